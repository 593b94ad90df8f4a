/* 3x3 convolutions with images in the lanes by fewer multiplications.
 *
 * F(2x2, 3x3) of A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016:
 * 2x2 outputs take 16 multiplications a channel instead of 36, and no more rounding error than the
 * sum itself does. */
#ifndef CG_KERNELS_LANES_WINOGRAD_H
#define CG_KERNELS_LANES_WINOGRAD_H

#include "kernels/tier.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* y[f][i][j] = sum over c, r, s of w[..] x[c][i + r - before[0]][j + s - before[1]], zero beyond x,
 * where w[..] is w[start + f f_step + c c_step + r t_step[0] + s t_step[1]]. */
typedef struct {
    int64_t channels, filters;
    int64_t size[2], out[2], before[2]; /* rows, columns of x and y; zeros above and left of x */
    const float *w;
    int64_t start, f_step, c_step, t_step[2];
} cg_winograd;

#define cg_lanes_winograd         CG_TIERED(cg_lanes_winograd)
#define cg_lanes_winograd_weights CG_TIERED(cg_lanes_winograd_weights)

/* Is it faster than summing tap by tap? */
bool cg_lanes_winograd_wins(int64_t channels, int64_t filters);

/* Bytes of scratch: the transformed weights first, then those of a few tiles. */
size_t cg_lanes_winograd_scratch(int64_t channels, int64_t filters);

/* Once before any number of calls of the next with the same scratch. */
void cg_lanes_winograd_weights(const cg_winograd *g, float *scratch);

/* Planes of filters [begin, end) for the 16 images at x; y points to the first filter's plane. */
void cg_lanes_winograd(const cg_winograd *g, const float *x, float *y, float *scratch,
                       int64_t begin, int64_t end);

#endif
