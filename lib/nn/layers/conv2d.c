/* Convolution with its weights and bias, and the transposed one.
 * x: N C H W, weight: K C/groups R S, y: N K P Q. */
#include "nn/layers/conv.h"

#include <cnngraph/ops.h>

extern const cg_init cg_init_fan_in_uniform, cg_init_zeros;

cg_node *cg_conv_bias(cg_builder *b, cg_node *y, int64_t kind, const cg_init_use *init)
{
    if (kind == CG_BIAS_NONE || !y) return y;
    const cg_shape *s = cg_node_shape(y);
    int64_t k = s->dim[1];
    if (kind == CG_BIAS_UNTIED) {
        cg_shape all = CG_SHAPE(k, s->dim[2], s->dim[3]);
        return cg_add(y, cg_layer_parameter(b, "bias", all, init, &cg_init_zeros, 1, 1));
    }
    cg_node *bias = cg_layer_parameter(b, "bias", CG_SHAPE(k), init, &cg_init_zeros, 1, 1);
    return cg_add(y, cg_reshape(bias, CG_SHAPE(k, 1, 1)));
}

static bool groups_divide(cg_builder *b, int64_t channels, int64_t filters, int64_t groups)
{
    if (channels % groups == 0 && filters % groups == 0) return true;
    cg_layer_fail(b, "groups", "a number that divides both",
                  "groups %lld must divide %lld input channels and %lld filters", (long long)groups,
                  (long long)channels, (long long)filters);
    return false;
}

/* ---- conv2d -----------------------------------------------------------------------------------*/

/* Padding that is not zeros is recorded as an op of its own. */
static cg_node *pad_image(cg_node *x, int64_t sides[4], int64_t mode)
{
    if (mode == CG_PAD_ZERO || !(sides[0] | sides[1] | sides[2] | sides[3])) return x;
    int64_t before[CG_MAX_RANK] = { 0, 0, sides[0], sides[1] };
    int64_t after[CG_MAX_RANK] = { 0, 0, sides[2], sides[3] };
    for (int i = 0; i < 4; i++) sides[i] = 0;
    return cg_pad(x, before, after, (cg_pad_mode)mode);
}

cg_node *cg_conv_record(cg_builder *b, const cg_conv_keys *a, const char *weight, cg_node *x)
{
    if (!cg_layer_expects_rank(b, x, 4, "C x H x W")) return NULL;
    const cg_shape *s = cg_node_shape(x);
    if (!groups_divide(b, s->dim[1], a->filters, a->groups)) return NULL;
    cg_conv2d_attrs conv = { .groups = a->groups };
    for (int i = 0; i < 2; i++) {
        conv.stride[i] = a->stride[i];
        conv.dilation[i] = a->dilation[i];
    }
    cg_padding_sides(&a->padding, s, a->kernel, a->stride, a->dilation, conv.padding);
    if (!cg_layer_window_fits(b, s, a->kernel, a->dilation, conv.padding)) return NULL;
    int64_t channels = s->dim[1] / a->groups, area = a->kernel[0] * a->kernel[1];
    cg_node *w = cg_layer_parameter(
        b, weight, CG_SHAPE(a->filters, channels, a->kernel[0], a->kernel[1]), &a->init,
        &cg_init_fan_in_uniform, channels * area, a->filters / a->groups * area);
    if (a->flip) w = cg_flip(w, CG_AXIS(2) | CG_AXIS(3));
    return cg_conv2d(pad_image(x, conv.padding, a->padding_mode), w, &conv);
}

static const cg_attr conv2d_attrs[] = {
    CG_INT(cg_conv_keys, filters, 0, 1, 65536, "channels of the output"),
    CG_CONV_ATTRS,
    CG_INT(cg_conv_keys, groups, 1, 1, 65536, "parts of the channels that do not see each other"),
    CG_BOOL(cg_conv_keys, flip, "turn the kernel round: the convolution of mathematics"),
    { .name = NULL },
};
static const cg_layer_key conv2d_more[] = { CG_CONV_KEYS, { .name = NULL } };

static cg_node *conv2d(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const cg_conv_keys *a = attrs;
    cg_node *y = cg_conv_bias(b, cg_conv_record(b, a, "weight", x[0]), a->bias, &a->bias_init);
    return cg_layer_activation(&a->activation, y);
}

const cg_layer cg_layer_conv2d = {
    .name = "conv2d",
    .help = "Cross-correlation with `filters` windows, as PyTorch's Conv2d.",
    .n_inputs = 1,
    .attrs = conv2d_attrs,
    .keys = conv2d_more,
    .attrs_size = sizeof(cg_conv_keys),
    .record = conv2d,
};

/* ---- conv_transpose2d -------------------------------------------------------------------------*/
typedef struct {
    int64_t filters, kernel[2], stride[2], padding[4], output_padding[2], dilation[2], groups, bias;
    cg_init_use init, bias_init;
    cg_activation_use activation;
} transpose_keys;

static const cg_attr transpose_attrs[] = {
    CG_INT(transpose_keys, filters, 0, 1, 65536, "channels of the output"),
    CG_INTS(transpose_keys, kernel, 2, 0, 1, 1024, "height and width of the window"),
    CG_INTS(transpose_keys, stride, 2, 1, 1, 1024, "output steps for one input step"),
    CG_INTS(transpose_keys, padding, 4, 0, 0, 1024, "rows and columns cut from the output"),
    CG_INTS(transpose_keys, output_padding, 2, 0, 0, 1024, "rows and columns added at the end"),
    CG_INTS(transpose_keys, dilation, 2, 1, 1, 1024, "distance of the window's taps"),
    CG_INT(transpose_keys, groups, 1, 1, 65536, "parts of the channels that do not see each other"),
    CG_CHOICE(transpose_keys, bias, "tied untied none", "one a filter, one an output, or no bias"),
    { .name = NULL },
};
static const cg_layer_key transpose_more[] = {
    { "init", CG_KEY_INIT, offsetof(transpose_keys, init), "of the weights" },
    { "bias_init", CG_KEY_INIT, offsetof(transpose_keys, bias_init), "of the bias; zeros" },
    { "activation", CG_KEY_ACTIVATION, offsetof(transpose_keys, activation), "applied at the end" },
    { .name = NULL },
};

/* The input gradient of a conv2d whose output is our input: its K are our input channels. */
static cg_node *conv_transpose2d(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const transpose_keys *a = attrs;
    if (!cg_layer_expects_rank(b, x[0], 4, "C x H x W")) return NULL;
    int64_t channels = cg_node_shape(x[0])->dim[1];
    if (!groups_divide(b, channels, a->filters, a->groups)) return NULL;
    cg_conv_transpose2d_attrs conv = { .groups = a->groups };
    for (int i = 0; i < 4; i++) conv.padding[i] = a->padding[i];
    for (int i = 0; i < 2; i++) {
        conv.stride[i] = a->stride[i];
        conv.dilation[i] = a->dilation[i];
        conv.output_padding[i] = a->output_padding[i];
    }
    int64_t filters = a->filters / a->groups, area = a->kernel[0] * a->kernel[1];
    cg_node *w = cg_layer_parameter(
        b, "weight", CG_SHAPE(channels, filters, a->kernel[0], a->kernel[1]), &a->init,
        &cg_init_fan_in_uniform, channels / a->groups * area, filters * area);
    cg_node *y = cg_conv_transpose2d(x[0], w, &conv);
    return cg_layer_activation(&a->activation, cg_conv_bias(b, y, a->bias, &a->bias_init));
}

const cg_layer cg_layer_conv_transpose2d = {
    .name = "conv_transpose2d",
    .help = "The transpose of conv2d, which enlarges an image `stride` times.",
    .n_inputs = 1,
    .attrs = transpose_attrs,
    .keys = transpose_more,
    .attrs_size = sizeof(transpose_keys),
    .record = conv_transpose2d,
};
