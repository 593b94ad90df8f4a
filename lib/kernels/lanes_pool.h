/* Pooling with 16 images in the lanes: a window is a few vectors of its plane. */
#ifndef CG_KERNELS_LANES_POOL_H
#define CG_KERNELS_LANES_POOL_H

#include "kernels/lanes.h"
#include "kernels/vec.h"

#include <stdbool.h>

enum { CG_POOL_LANES = CG_LANES_IMAGES };

/* Where a window lies in a plane with rows of `width` pixels. */
typedef struct {
    int64_t top, bottom, left, right, width; /* rows [top, bottom), columns [left, right) */
} cg_lanes_window;

/* The window's first maximum, image by image, and its place, counted row by row; NaN is the
 * greatest. `x` points to the lanes to look at. */
typedef struct {
    cg_vec best;
    cg_ivec place;
} cg_lanes_maximum;

CG_INLINE cg_vec cg_lanes_load(const float *x, int64_t width, int64_t h, int64_t w)
{
    return cg_vec_load(x + (h * width + w) * CG_POOL_LANES, CG_LANES);
}

CG_INLINE cg_lanes_maximum cg_lanes_search(const float *x, const cg_lanes_window *in, int64_t rows,
                                           int64_t columns)
{
    const float *from = x + (in->top * in->width + in->left) * CG_POOL_LANES;
    cg_lanes_maximum m = { cg_vec_load(from, CG_LANES), { 0 } };
    cg_ivec here = { 0 };
    for (int64_t h = 0; h < rows; h++)
        for (int64_t w = 0; w < columns; w++, here += 1) {
            cg_vec v = cg_lanes_load(from, in->width, h, w);
            cg_ivec keep = (m.best >= v) | (m.best != m.best);
            m.best = cg_vec_select(keep, m.best, v);
            m.place = (here & ~keep) | (m.place & keep);
        }
    return m;
}

CG_INLINE cg_lanes_maximum cg_lanes_first_maximum(const float *x, const cg_lanes_window *in)
{
    return cg_lanes_search(x, in, in->bottom - in->top, in->right - in->left);
}

CG_INLINE void cg_lanes_spread(float *dx, const cg_lanes_window *in, int64_t rows, int64_t columns,
                               cg_ivec place, cg_vec dy, bool add)
{
    float *to = dx + (in->top * in->width + in->left) * CG_POOL_LANES;
    cg_ivec here = { 0 };
    for (int64_t h = 0; h < rows; h++)
        for (int64_t w = 0; w < columns; w++, here += 1) {
            float *at = to + (h * in->width + w) * CG_POOL_LANES;
            cg_vec v = (cg_vec)((cg_ivec)dy & (here == place));
            cg_vec_store(at, add ? v + cg_vec_load(at, CG_LANES) : v, CG_LANES);
        }
}

/* Puts dy, or adds it, where the maximum of the window was found, and 0 elsewhere. */
CG_INLINE void cg_lanes_put(float *dx, const cg_lanes_window *in, cg_ivec place, cg_vec dy,
                            bool add)
{
    cg_lanes_spread(dx, in, in->bottom - in->top, in->right - in->left, place, dy, add);
}

/* Of v, what lies where the maximum of the window was found. */
CG_INLINE cg_vec cg_lanes_pick(const float *v, const cg_lanes_window *in, cg_ivec place)
{
    cg_ivec here = { 0 };
    cg_vec y = { 0 };
    for (int64_t h = in->top; h < in->bottom; h++)
        for (int64_t w = in->left; w < in->right; w++, here += 1)
            y = cg_vec_select(here == place, cg_lanes_load(v, in->width, h, w), y);
    return y;
}

/* Row by row: rounding errors grow with the sides of a window, not its area. */
CG_INLINE cg_vec cg_lanes_sum(const float *x, const cg_lanes_window *in)
{
    cg_vec sum = { 0 };
    for (int64_t h = in->top; h < in->bottom; h++) {
        cg_vec row = { 0 };
        for (int64_t w = in->left; w < in->right; w++) row += cg_lanes_load(x, in->width, h, w);
        sum += row;
    }
    return sum;
}

CG_INLINE void cg_lanes_add(float *dx, const cg_lanes_window *in, cg_vec part)
{
    for (int64_t h = in->top; h < in->bottom; h++)
        for (int64_t w = in->left; w < in->right; w++) {
            float *to = dx + (h * in->width + w) * CG_POOL_LANES;
            cg_vec_store(to, cg_vec_load(to, CG_LANES) + part, CG_LANES);
        }
}

/* ---- the most frequent windows: 2x2, side by side from the corner on ------------------------ */

/* Where v, which comes later, is the greater number. */
CG_INLINE cg_ivec cg_lanes_beats(cg_vec v, cg_vec best)
{
    return ~(best >= v) & (best == best);
}

/* A row of n windows: the two rows of x begin at x. */
CG_INLINE void cg_lanes_max_2x2(const float *x, int64_t width, float *y, int64_t n)
{
    const float *below = x + width * CG_POOL_LANES;
    for (int64_t i = 0; i < n * CG_POOL_LANES; i += CG_LANES) {
        int64_t left = i / CG_POOL_LANES * 2 * CG_POOL_LANES + i % CG_POOL_LANES,
                right = left + CG_POOL_LANES;
        cg_vec top =
            cg_vec_larger(cg_vec_load(x + left, CG_LANES), cg_vec_load(x + right, CG_LANES));
        cg_vec bottom = cg_vec_larger(cg_vec_load(below + left, CG_LANES),
                                      cg_vec_load(below + right, CG_LANES));
        cg_vec_store(y + i, cg_vec_larger(top, bottom), CG_LANES);
    }
}

CG_INLINE void cg_lanes_put_2x2(const float *dy, const float *x, int64_t width, float *dx,
                                int64_t n)
{
    const int64_t row = width * CG_POOL_LANES;
    for (int64_t i = 0; i < n * CG_POOL_LANES; i += CG_LANES) {
        int64_t at = i / CG_POOL_LANES * 2 * CG_POOL_LANES + i % CG_POOL_LANES;
        cg_vec v[4];
        CG_UNROLL
        for (int k = 0; k < 4; k++)
            v[k] = cg_vec_load(x + at + k / 2 * row + k % 2 * CG_POOL_LANES, CG_LANES);
        cg_ivec right[2] = { cg_lanes_beats(v[1], v[0]), cg_lanes_beats(v[3], v[2]) };
        cg_ivec below = cg_lanes_beats(cg_vec_select(right[1], v[3], v[2]),
                                       cg_vec_select(right[0], v[1], v[0]));
        cg_ivec d = (cg_ivec)cg_vec_load(dy + i, CG_LANES);
        CG_UNROLL
        for (int k = 0; k < 4; k++) {
            cg_ivec here = (k / 2 ? below : ~below) & (k % 2 ? right[k / 2] : ~right[k / 2]);
            cg_vec_store(dx + at + k / 2 * row + k % 2 * CG_POOL_LANES, (cg_vec)(d & here),
                         CG_LANES);
        }
    }
}

#endif
