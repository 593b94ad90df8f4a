/* Convolution of 16 images at a time, side by side in the lanes of vectors.
 *
 * An image is B C H W 16: `block` b, lane l is image 16 b + l.  Every load and store is whole, and
 * a tile of filters x pixels of sums stays in registers for all channels and taps, whatever their
 * number; the weights of a tile are packed once for it. */
#ifndef CG_KERNELS_LANES_H
#define CG_KERNELS_LANES_H

#include "kernels/conv.h"

#define cg_lanes_forward         CG_TIERED(cg_lanes_forward)
#define cg_lanes_input_gradient  CG_TIERED(cg_lanes_input_gradient)
#define cg_lanes_weight_gradient CG_TIERED(cg_lanes_weight_gradient)

/* Items are planes: (block, filter) of y, (block, channel) of dx.  Those of dw are for the kernel
 * to choose.  u: what cg_conv_prepare made of w, or NULL. */
void cg_lanes_forward(const cg_conv *conv, const float *x, const float *w, const float *u, float *y,
                      void *scratch, int64_t begin, int64_t end);
void cg_lanes_input_gradient(const cg_conv *conv, const float *dy, const float *w, float *dx,
                             void *scratch, int64_t begin, int64_t end);
void cg_lanes_weight_gradient(const cg_conv *conv, const float *dy, const float *x, float *dw,
                              void *scratch, int64_t begin, int64_t end);

enum {
    CG_LANES_IMAGES = 16, /* side by side */
    CG_LANES_TILE = 8,    /* planes, or filters of dw, that are best computed together: at most */
};

/* n planes or filters cut into equal parts that tiles fill: the size of a part. */
static inline int64_t cg_lanes_part(int64_t n)
{
    int64_t parts = (n + CG_LANES_TILE - 1) / CG_LANES_TILE;
    return (n + parts - 1) / parts;
}

/* Planes, of `planes` in a block, that the first two best compute together. */
int64_t cg_lanes_grain(const cg_conv *conv, int64_t planes);

/* Bytes of scratch for the first two. */
size_t cg_lanes_scratch(const cg_conv *conv);

/* Scratch, from its first whole cache line on. */
static inline float *cg_lanes_align(void *scratch)
{
    return (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
}

/* Items of dw, how many are best computed together, and bytes of scratch. */
int64_t cg_lanes_weight_items(const cg_conv *conv);
int64_t cg_lanes_weight_grain(const cg_conv *conv);
size_t cg_lanes_weight_scratch(const cg_conv *conv);

#endif
