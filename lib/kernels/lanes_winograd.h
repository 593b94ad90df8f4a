/* 3x3 and 5x5 convolutions with images in the lanes by fewer multiplications.
 *
 * F(2x2, 3x3) of A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016:
 * 2x2 outputs take 16 multiplications a channel instead of 36.  Five taps are three taps and two
 * taps, F(2, 3) and F(2, 2) side by side, and take 49 instead of 100.  No number is multiplied by
 * anything but 1 and 1/2, so there is no more rounding error than the sum itself has. */
#ifndef CG_KERNELS_LANES_WINOGRAD_H
#define CG_KERNELS_LANES_WINOGRAD_H

#include "kernels/conv.h"

/* y[f][i][j] = sum over c, r, s of w[..] x[c][i + r - before[0]][j + s - before[1]], zero beyond x,
 * where w[..] is w[start + f f_step + c c_step + r t_step[0] + s t_step[1]]; the taps of a channel
 * lie one behind the other, from the first or from the last one on. */
typedef struct {
    int64_t taps; /* 3 or 5 in each direction */
    int64_t channels, filters;
    int64_t size[2], out[2], before[2]; /* rows, columns of x and y; zeros above and left of x */
    const float *w;
    int64_t start, f_step, c_step, t_step[2];
} cg_winograd;

enum {
    CG_WINOGRAD_FILTERS = 64, /* of the weight gradient, that are best computed together */
    CG_WINOGRAD_OUT = 2,      /* rows and columns of a tile of y */
};

/* The sizes of a convolution's y with weights w. */
static inline cg_winograd cg_winograd_of(const cg_conv *v, const float *w)
{
    return (cg_winograd){ .taps = v->r,
                          .channels = v->c,
                          .filters = v->k,
                          .size = { v->h, v->w },
                          .out = { v->p, v->q },
                          .before = { v->before[0], v->before[1] },
                          .w = w,
                          .f_step = v->c * v->r * v->s,
                          .c_step = v->r * v->s,
                          .t_step = { v->s, 1 } };
}

/* Is it faster than summing tap by tap? */
static inline bool cg_winograd_wins(const cg_conv *v)
{
    bool is_plain = v->groups == 1 && v->stride[0] == 1 && v->stride[1] == 1 &&
                    v->dilation[0] == 1 && v->dilation[1] == 1;
    return is_plain && v->r == v->s && (v->r == 3 || v->r == 5) && v->c >= 16 && v->k >= 16;
}

/* Elements of a transformed tile in each direction, and tiles that are transformed together: as
 * many as the second-level cache has room for. */
static inline int cg_winograd_points(int64_t taps)
{
    return taps == 3 ? 4 : 7;
}

static inline int64_t cg_winograd_tiles(int64_t taps)
{
    return taps == 3 ? 8 : 4;
}

/* f(taps, ...): its loops over a tile want the number of taps when they are compiled. */
#define CG_WINOGRAD_BY_TAPS(f, taps, ...) \
    do {                                  \
        if ((taps) == 3)                  \
            f(3, __VA_ARGS__);            \
        else                              \
            f(5, __VA_ARGS__);            \
    } while (0)

/* Floats from one point to the next of `planes` planes' tiles: a cache line more than they fill,
 * for the points of a tile are written together and must not all fall into the same set of the
 * cache. */
static inline int64_t cg_winograd_step(int64_t taps, int64_t planes)
{
    return (planes * cg_winograd_tiles(taps) + 1) * 16;
}

#define cg_lanes_winograd         CG_TIERED(cg_lanes_winograd)
#define cg_lanes_winograd_weights CG_TIERED(cg_lanes_winograd_weights)
#define cg_lanes_winograd_pixels  CG_TIERED(cg_lanes_winograd_pixels)
#define cg_lanes_winograd_dw      CG_TIERED(cg_lanes_winograd_dw)

/* Bytes of scratch for a few tiles. */
size_t cg_lanes_winograd_scratch(int64_t taps, int64_t channels, int64_t filters);

/* The transformed weights of each point, packed in panels as cg_lanes_dense wants them, and how
 * many floats they are. */
void cg_lanes_winograd_weights(const cg_winograd *g, int64_t panel, float *u);

static inline int64_t cg_winograd_weights(int64_t taps, int64_t channels, int64_t filters)
{
    return cg_winograd_points(taps) * cg_winograd_points(taps) * channels * filters;
}

/* Planes of filters [begin, end) for the 16 images at x; y points to the first filter's plane. */
void cg_lanes_winograd(const cg_winograd *g, const float *x, const float *u, float *y,
                       float *scratch, int64_t begin, int64_t end);

/* n tiles, at most those transformed together, from `tile` on of all channels of x:
 * v[point][channel][tile]. */
void cg_lanes_winograd_pixels(const cg_winograd *g, const float *x, int64_t tile, int64_t n,
                              float *v);

/* The weight gradient of filters [begin, end), all channels, summed over the blocks of x and dy;
 * lanes_winograd_weights.c. */
void cg_lanes_winograd_dw(const cg_winograd *g, int64_t blocks, const float *x, const float *dy,
                          float *dw, float *scratch, int64_t begin, int64_t end);
size_t cg_lanes_winograd_dw_scratch(int64_t taps, int64_t channels);

#endif
