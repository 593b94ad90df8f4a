/* Convolution of single images, N C H W: pixels in the lanes of vectors.
 *
 * The padded image has rows of just as many columns as the taps of one row of y reach, so that all
 * of a plane of y is one run of positions: tap (c, r, s) of position i is element i + offset(c, r,
 * s) of the image.  Positions beyond the end of a row of y are computed too, and left out.  With a
 * stride, the pixels that are a stride apart lie side by side: a plane of the image is as many
 * planes, its phases, as there are remainders of row and column. */
#ifndef CG_KERNELS_PLANES_H
#define CG_KERNELS_PLANES_H

#include "kernels/conv.h"

#define cg_planes_forward CG_TIERED(cg_planes_forward)
#define cg_planes_pad     CG_TIERED(cg_planes_pad)

/* Rows and columns of a phase that the taps of y reach, the phases in each direction, and the run
 * of positions of a plane of y. */
typedef struct {
    int64_t rows, columns, phases[2], plane, positions; /* plane: floats of a channel */
} cg_planes_frame;

static inline cg_planes_frame cg_planes_frame_of(const cg_conv *v)
{
    cg_planes_frame f = { .rows = v->p + (v->r - 1) * v->dilation[0] / v->stride[0],
                          .columns = v->q + (v->s - 1) * v->dilation[1] / v->stride[1],
                          .phases = { v->r > 1 ? v->stride[0] : 1, v->s > 1 ? v->stride[1] : 1 } };
    f.plane = f.phases[0] * f.phases[1] * f.rows * f.columns;
    f.positions = (v->p - 1) * f.columns + v->q;
    return f;
}

/* An image with zeros around it, [channel][row phase][column phase][row][column] of the frame and a
 * few zeros more, and how many floats that takes. */
void cg_planes_pad(const cg_conv *conv, const float *x, float *to);

static inline int64_t cg_planes_floats(const cg_conv *v)
{
    enum { MORE = 64 };
    const cg_planes_frame f = cg_planes_frame_of(v);
    return (v->c * f.plane + f.columns + 2 * MORE - 1) / MORE * MORE;
}

/* Items are planes, (image, filter), of y. */
void cg_planes_forward(const cg_conv *conv, const float *x, const float *w, float *y, void *scratch,
                       int64_t begin, int64_t end);
size_t cg_planes_scratch(const cg_conv *conv);

enum { CG_PLANES_GRAIN = 12 }; /* planes that are best computed together */

/* Does it beat the matrix product over patches? */
bool cg_planes_wins(const cg_conv *conv);

#endif
