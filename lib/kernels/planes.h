/* Convolution of single images, N C H W, with stride 1: pixels in the lanes of vectors.
 *
 * The padded image has rows of just as many columns as the taps of one row of y reach, so that all
 * of a plane of y is one run of positions: tap (c, r, s) of position i is element i + offset(c, r,
 * s) of the image.  Positions beyond the end of a row of y are computed too, and left out. */
#ifndef CG_KERNELS_PLANES_H
#define CG_KERNELS_PLANES_H

#include "kernels/conv.h"

#define cg_planes_forward CG_TIERED(cg_planes_forward)

/* Items are planes, (image, filter), of y. */
void cg_planes_forward(const cg_conv *conv, const float *x, const float *w, float *y, void *scratch,
                       int64_t begin, int64_t end);
size_t cg_planes_scratch(const cg_conv *conv);

enum { CG_PLANES_GRAIN = 12 }; /* planes that are best computed together */

/* Does it beat the matrix product over patches? */
bool cg_planes_wins(const cg_conv *conv);

#endif
