/* 3x3 and 5x5 convolutions of single images, N C H W, by fewer multiplications: tiles of the image
 * in the lanes of vectors.
 *
 * As lanes_winograd.h has it, but with 16 tiles of 2x2 outputs side by side where that has 16
 * images.  With so few pixels for each weight the transformed weights must be there already. */
#ifndef CG_KERNELS_PLANES_WINOGRAD_H
#define CG_KERNELS_PLANES_WINOGRAD_H

#include "kernels/conv.h"

#define cg_planes_winograd CG_TIERED(cg_planes_winograd)

/* Items are planes, (image, filter), of y; u is what cg_conv_prepare made of the weights. */
void cg_planes_winograd(const cg_conv *conv, const float *x, const float *u, float *y,
                        void *scratch, int64_t begin, int64_t end);
size_t cg_planes_winograd_scratch(const cg_conv *conv);

/* Filters that are best computed together: for each such part the image is transformed again. */
int64_t cg_planes_winograd_grain(const cg_conv *conv);

/* Blocks of 16 tiles that are computed together. */
static inline int64_t cg_planes_winograd_blocks(const cg_conv *v)
{
    enum { MOST = 4 };
    const int64_t blocks = ((v->p + 1) / 2 * ((v->q + 1) / 2) + 15) / 16;
    return blocks < MOST ? blocks : MOST;
}

/* Does it beat the sum tap by tap? */
bool cg_planes_winograd_wins(const cg_conv *conv);

#endif
