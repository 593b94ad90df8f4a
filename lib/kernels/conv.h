/* Convolution and its two gradients as matrix products, the patches packed straight from the image.
 *
 * Images x: N C H W, filters w: K C/groups R S, outputs y: N K P Q, with zeros around the image:
 *   y[n, k, p, q] = sum over c, r, s of w[k, c, r, s] x[n, c, p stride + r dilation - top, ...]
 * K. Chellapilla, S. Puri, P. Simard, "High performance convolutional neural networks for document
 * processing", IWFHR 2006, without the buffer for the unrolled image. */
#ifndef CG_KERNELS_CONV_H
#define CG_KERNELS_CONV_H

#include "kernels/tier.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t n, groups;
    bool lanes;      /* 16 images side by side, n times: see lanes.h */
    int64_t parts;   /* dw: of the n, each with a sum of its own; at least 1 */
    int64_t c, h, w; /* image: c in all groups           */
    int64_t k, r, s; /* filters: k in all groups         */
    int64_t p, q;    /* output                           */
    int64_t stride[2], dilation[2];
    int64_t before[2]; /* zeros above and left of an image */
} cg_conv;

#define cg_conv_forward         CG_TIERED(cg_conv_forward)
#define cg_conv_prepare         CG_TIERED(cg_conv_prepare)
#define cg_conv_input_gradient  CG_TIERED(cg_conv_input_gradient)
#define cg_conv_weight_gradient CG_TIERED(cg_conv_weight_gradient)

/* Each computes items [begin, end) of its result.  Items are planes or blocks of pixels of y,
 * blocks of pixels of dx, and blocks of dw's filters or taps; in the lanes, planes of y and dx, and
 * filters of dw.  dw sums over the images in their order.  u: weights in the form that y is
 * computed from fastest, as cg_conv_prepare makes them, or NULL. */
void cg_conv_forward(const cg_conv *conv, const float *x, const float *w, const float *u, float *y,
                     void *scratch, int64_t begin, int64_t end);
void cg_conv_input_gradient(const cg_conv *conv, const float *dy, const float *w, float *dx,
                            void *scratch, int64_t begin, int64_t end);
void cg_conv_weight_gradient(const cg_conv *conv, const float *dy, const float *x, float *dw,
                             void *scratch, int64_t begin, int64_t end);

/* The floats of u, 0 where nothing is gained. */
void cg_conv_prepare(const cg_conv *conv, const float *w, float *u);
int64_t cg_conv_prepared(const cg_conv *conv);

/* Are the items of y its planes? */
bool cg_conv_has_planes(const cg_conv *conv);

int64_t cg_conv_forward_items(const cg_conv *conv);
int64_t cg_conv_input_gradient_items(const cg_conv *conv);
int64_t cg_conv_weight_gradient_items(const cg_conv *conv);

/* Bytes that each needs on every tier. */
size_t cg_conv_forward_scratch(const cg_conv *conv);
size_t cg_conv_input_gradient_scratch(const cg_conv *conv);
size_t cg_conv_weight_gradient_scratch(const cg_conv *conv);

/* Multiplications and additions of any of the three. */
int64_t cg_conv_flops(const cg_conv *conv);

#endif
