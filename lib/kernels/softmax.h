/* Softmax and its logarithm along one axis, the maximum taken off first so that nothing overflows.
 * An item is one group along the axis: item g is (outer g / inner, inner g % inner). */
#ifndef CG_KERNELS_SOFTMAX_H
#define CG_KERNELS_SOFTMAX_H

#include "kernels/reduce.h"
#include "kernels/turn.h"
#include "kernels/vec_math.h"

/* Contiguous: inner is 1. */
CG_INLINE void cg_softmax_row(const float *x, int64_t n, bool logarithm, float *y)
{
    const cg_reduction row = { .n = 1, .dim = { n }, .step = { 1 }, .n_runs = 1 };
    float best = cg_max_rows(&row, x);
    cg_vec_sum s = { 0 };
    for (int64_t i = 0, count = 0; i < n; i += CG_LANES) {
        if (count++ == CG_SUM_BLOCK) cg_vec_sum_settle(&s), count = 1;
        cg_vec e = cg_vec_exp(cg_vec_load_pad(x + i, n - i, -INFINITY) - best);
        if (!logarithm) cg_vec_store(y + i, e, n - i);
        s.block += e;
    }
    cg_vec sum = cg_vec_splat(cg_vec_sum_lanes(&s));
    cg_vec log_sum = logarithm ? cg_vec_log(sum) : sum;
    for (int64_t i = 0; i < n; i += CG_LANES) {
        cg_vec v = logarithm ? (cg_vec_load(x + i, n - i) - best) - log_sum
                             : cg_vec_load(y + i, n - i) / sum;
        cg_vec_store(y + i, v, n - i);
    }
}

/* `width` <= CG_LANES groups side by side, `inner` from one row to the next. */
CG_INLINE void cg_softmax_columns(const float *x, int64_t n, int64_t inner, int64_t width,
                                  bool logarithm, float *y)
{
    cg_vec best = cg_vec_splat(-INFINITY);
    for (int64_t i = 0; i < n; i++) best = cg_vec_larger(best, cg_vec_load(x + i * inner, width));
    cg_vec_sum s = { 0 };
    for (int64_t i = 0, count = 0; i < n; i++) {
        if (count++ == CG_SUM_BLOCK) cg_vec_sum_settle(&s), count = 1;
        cg_vec e = cg_vec_exp(cg_vec_load(x + i * inner, width) - best);
        if (!logarithm) cg_vec_store(y + i * inner, e, width);
        s.block += e;
    }
    cg_vec sum = cg_vec_sum_value(&s);
    cg_vec log_sum = logarithm ? cg_vec_log(sum) : sum;
    for (int64_t i = 0; i < n; i++) {
        cg_vec v = logarithm ? (cg_vec_load(x + i * inner, width) - best) - log_sum
                             : cg_vec_load(y + i * inner, width) / sum;
        cg_vec_store(y + i * inner, v, width);
    }
}

/* Rows of so few are turned, many rows side by side. */
enum { CG_SOFTMAX_FEW = 32 };

/* `width` <= CG_LANES contiguous rows of n <= CG_SOFTMAX_FEW. */
static inline void cg_softmax_few(const float *x, int64_t n, int64_t width, bool logarithm,
                                  float *y)
{
    float turned[2][CG_SOFTMAX_FEW * CG_LANES];
    cg_turn(x, n, width, n, turned[0], CG_LANES);
    cg_softmax_columns(turned[0], n, CG_LANES, width, logarithm, turned[1]);
    cg_turn(turned[1], CG_LANES, n, width, y, n);
}

static inline int64_t cg_softmax_inner(const cg_shape *x, int64_t axis)
{
    int64_t inner = 1;
    for (int64_t i = axis + 1; i < x->rank; i++) inner *= x->dim[i];
    return inner;
}

CG_INLINE void cg_softmax_groups(const float *x, const cg_shape *shape, int64_t axis,
                                 bool logarithm, float *y, int64_t begin, int64_t end)
{
    if (axis < 0) axis += shape->rank;
    int64_t n = shape->dim[axis], inner = cg_softmax_inner(shape, axis);
    for (int64_t g = begin, width; g < end; g += width) {
        const bool are_few = inner == 1 && n <= CG_SOFTMAX_FEW;
        int64_t left = are_few ? end - g : inner - g % inner,
                at = g / inner * n * inner + g % inner;
        width = left < end - g ? left : end - g;
        if (width > CG_LANES) width = CG_LANES;
        if (are_few)
            cg_softmax_few(x + at, n, width, logarithm, y + at);
        else if (inner == 1)
            cg_softmax_row(x + at, n, logarithm, y + at);
        else
            cg_softmax_columns(x + at, n, inner, width, logarithm, y + at);
    }
}

#endif
