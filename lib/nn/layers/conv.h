/* What the layers of convolution share.  x: N C H W, weight: K C/groups R S, y: N K P Q. */
#ifndef CG_NN_LAYERS_CONV_H
#define CG_NN_LAYERS_CONV_H

#include "nn/nn.h"

enum { CG_BIAS_TIED, CG_BIAS_UNTIED, CG_BIAS_NONE };

typedef struct {
    int64_t filters, multiplier, kernel[2], stride[2], dilation[2], groups, padding_mode, bias,
        flip;
    cg_padding padding;
    cg_init_use init, bias_init;
    cg_activation_use activation;
} cg_conv_keys;

/* The window, and what is at its end. */
#define CG_CONV_ATTRS                                                                        \
    CG_INTS(cg_conv_keys, kernel, 2, 0, 1, 1024, "height and width of the window"),          \
        CG_INTS(cg_conv_keys, stride, 2, 1, 1, 1024, "steps of the window down and across"), \
        CG_INTS(cg_conv_keys, dilation, 2, 1, 1, 1024, "distance of the window's taps"),     \
        CG_CHOICE(cg_conv_keys, padding_mode, "zero reflect replicate",                      \
                  "what padding is made of"),                                                \
        CG_CHOICE(cg_conv_keys, bias, "tied untied none",                                    \
                  "one a filter, one an output, or no bias")
#define CG_CONV_KEYS                                                                              \
    { "padding", CG_KEY_PADDING, offsetof(cg_conv_keys, padding),                                 \
      "same, valid, or top, left, bottom, right" },                                               \
        { "init", CG_KEY_INIT, offsetof(cg_conv_keys, init), "of the weights" },                  \
        { "bias_init", CG_KEY_INIT, offsetof(cg_conv_keys, bias_init), "of the bias; zeros" },    \
    {                                                                                             \
        "activation", CG_KEY_ACTIVATION, offsetof(cg_conv_keys, activation), "applied at the end" \
    }

/* The convolution of x with a parameter of that name, without bias and activation.  NULL once the
 * graph is in error. */
cg_node *cg_conv_record(cg_builder *b, const cg_conv_keys *a, const char *weight, cg_node *x);
/* Adds a bias for each channel (tied: K) or for each place of each channel (untied: K P Q). */
cg_node *cg_conv_bias(cg_builder *b, cg_node *y, int64_t kind, const cg_init_use *init);

#endif
