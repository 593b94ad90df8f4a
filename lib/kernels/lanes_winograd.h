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

enum {
    CG_WINOGRAD_TILES = 8,   /* that are transformed together */
    CG_WINOGRAD_POINTS = 16, /* elements of a transformed tile */
    CG_WINOGRAD_FILTERS = 64,
};

/* Floats from one point to the next of `planes` planes' tiles: a cache line more than they fill,
 * for the points of a tile are written together and must not all fall into the same set of the
 * cache. */
static inline int64_t cg_winograd_step(int64_t planes)
{
    return (planes * CG_WINOGRAD_TILES + 1) * 16;
}

#define cg_lanes_winograd         CG_TIERED(cg_lanes_winograd)
#define cg_lanes_winograd_weights CG_TIERED(cg_lanes_winograd_weights)
#define cg_lanes_winograd_pixels  CG_TIERED(cg_lanes_winograd_pixels)
#define cg_lanes_winograd_dw      CG_TIERED(cg_lanes_winograd_dw)

/* Bytes of scratch: the transformed weights first, then those of a few tiles. */
size_t cg_lanes_winograd_scratch(int64_t channels, int64_t filters);

/* Once before any number of calls of the next with the same scratch. */
void cg_lanes_winograd_weights(const cg_winograd *g, float *scratch);

/* Planes of filters [begin, end) for the 16 images at x; y points to the first filter's plane. */
void cg_lanes_winograd(const cg_winograd *g, const float *x, float *y, float *scratch,
                       int64_t begin, int64_t end);

/* n <= CG_WINOGRAD_TILES tiles from `tile` on of all channels of x, transformed:
 * v[point][channel][tile]. */
void cg_lanes_winograd_pixels(const cg_winograd *g, const float *x, int64_t tile, int64_t n,
                              float *v);

/* The weight gradient of filters [begin, end), all channels, summed over the blocks of x and dy;
 * CG_WINOGRAD_FILTERS of them are best computed together. */
void cg_lanes_winograd_dw(const cg_winograd *g, int64_t blocks, const float *x, const float *dy,
                          float *dw, float *scratch, int64_t begin, int64_t end);
size_t cg_lanes_winograd_dw_scratch(int64_t channels);

#endif
