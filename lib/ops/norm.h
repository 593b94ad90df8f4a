/* What the normalisations share. */
#ifndef CG_OPS_NORM_H
#define CG_OPS_NORM_H

#include <cnngraph/ops.h>

#include "kernels/reduce.h"

#define NORM_ATTRS                                                                              \
    {                                                                                           \
        CG_REAL(cg_norm_attrs, epsilon, 1e-5, 1e-30, 1, "added to the variance"), CG_END_ATTRS, \
    }

/* ---- for kernels: n contiguous elements at x -------------------------------------------------*/

/* A round of a sum takes four vectors, so that additions need not wait for one another. */
enum { NORM_ROUND = 4 * CG_LANES };

/* Settles both sums after as many rounds as a block holds vectors; the second may be NULL. */
CG_INLINE void norm_settle(int64_t round, cg_vec_sum *a, cg_vec_sum *b)
{
    if (round % CG_SUM_BLOCK != CG_SUM_BLOCK - 1) return;
    cg_vec_sum_settle(a);
    if (b) cg_vec_sum_settle(b);
}

/* Adds x to the lanes of s. */
CG_INLINE void norm_add(cg_vec_sum *s, const float *x, int64_t n)
{
    int64_t i = 0;
    for (int64_t round = 0; i + NORM_ROUND <= n; i += NORM_ROUND, round++) {
        const float *p = x + i;
        s->block +=
            (cg_vec_load(p, CG_LANES) + cg_vec_load(p + CG_LANES, CG_LANES)) +
            (cg_vec_load(p + 2 * CG_LANES, CG_LANES) + cg_vec_load(p + 3 * CG_LANES, CG_LANES));
        norm_settle(round, s, NULL);
    }
    for (; i < n; i += CG_LANES) s->block += cg_vec_load(x + i, n - i);
    cg_vec_sum_settle(s);
}

/* Sums of d = x - shift and of d^2.  With the rounded mean for shift, mean(d) is what rounding took
 * from the mean, and mean(d^2) - mean(d)^2 the variance without cancellation: T. F. Chan, G. H.
 * Golub, R. J. LeVeque, "Algorithms for computing the sample variance", Am. Statistician 37 (1983).
 */
typedef struct {
    cg_vec_sum d, squares;
} norm_moments;

CG_INLINE void norm_add_moments(norm_moments *m, const float *x, int64_t n, float shift)
{
    int64_t i = 0;
    for (int64_t round = 0; i + NORM_ROUND <= n; i += NORM_ROUND, round++) {
        cg_vec d[4];
        CG_UNROLL
        for (int k = 0; k < 4; k++) d[k] = cg_vec_load(x + i + k * CG_LANES, CG_LANES) - shift;
        m->d.block += (d[0] + d[1]) + (d[2] + d[3]);
        m->squares.block += (d[0] * d[0] + d[1] * d[1]) + (d[2] * d[2] + d[3] * d[3]);
        norm_settle(round, &m->d, &m->squares);
    }
    for (; i < n; i += CG_LANES) {
        cg_vec d = cg_vec_load_pad(x + i, n - i, shift) - shift;
        m->d.block += d;
        m->squares.block += d * d;
    }
    cg_vec_sum_settle(&m->d);
    cg_vec_sum_settle(&m->squares);
}

/* The same of `width` <= CG_LANES columns of N rows of C: each one's mean, what rounding took from
 * it, and its variance. */
typedef struct {
    cg_vec mean, rest, variance;
} norm_columns;

CG_INLINE norm_columns norm_columns_of(const float *x, int64_t N, int64_t C, int64_t width)
{
    cg_vec_sum sum = { 0 };
    norm_moments m = { 0 };
    norm_columns y;
    for (int64_t n = 0; n < N; n++) {
        if (n % CG_SUM_BLOCK == 0) cg_vec_sum_settle(&sum);
        sum.block += cg_vec_load(x + n * C, width);
    }
    y.mean = cg_vec_sum_value(&sum) / (float)N;
    for (int64_t n = 0; n < N; n++) {
        if (n % CG_SUM_BLOCK == 0) cg_vec_sum_settle(&m.d), cg_vec_sum_settle(&m.squares);
        cg_vec d = cg_vec_load(x + n * C, width) - y.mean;
        m.d.block += d;
        m.squares.block += d * d;
    }
    y.rest = cg_vec_sum_value(&m.d) / (float)N;
    cg_vec squares = cg_vec_sum_value(&m.squares) / (float)N;
    y.variance = cg_vec_max(cg_vec_splat(0.0f), squares - y.rest * y.rest);
    y.variance = cg_vec_select(squares == INFINITY, squares, y.variance);
    return y;
}

/* What is left of the mean beside its rounded value, and 1 / sqrt(var + epsilon). */
typedef struct {
    float rest, slope;
} norm_scale;

/* mean((x - shift)^2) - rest^2 may round to less than 0 where all values are alike. */
CG_INLINE double norm_variance(double squares, double rest)
{
    double variance = squares - rest * rest;
    return variance < 0 ? 0 : variance;
}

CG_INLINE norm_scale norm_scale_of(norm_moments *m, double count, double epsilon)
{
    double rest = (double)cg_vec_sum_lanes(&m->d) / count;
    double variance = norm_variance((double)cg_vec_sum_lanes(&m->squares) / count, rest);
    return (norm_scale){ (float)rest, (float)(1 / sqrt(variance + epsilon)) };
}

/* mean(d), d = x - shift, and the variance, in double: of `rows` rows of n elements, where the
 * squares are beyond floats. */
typedef struct {
    double rest, variance;
} norm_wide;

static inline norm_wide norm_wide_of(const float *x, int64_t rows, int64_t step, int64_t n,
                                     float shift)
{
    double sum = 0, squares = 0, count = (double)(rows * n);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < n; i++) {
            double d = (double)x[r * step + i] - (double)shift;
            sum += d;
            squares += d * d;
        }
    return (norm_wide){ sum / count, norm_variance(squares / count, sum / count) };
}

static inline norm_scale norm_scale_wide(const norm_wide *m, double epsilon)
{
    return (norm_scale){ (float)m->rest, (float)(1 / sqrt(m->variance + epsilon)) };
}

/* y = (x - mean) slope + beta */
CG_INLINE void norm_apply(const float *x, float *y, int64_t n, float mean, float slope, float beta)
{
    for (int64_t i = 0; i < n; i += CG_LANES)
        cg_vec_store(y + i, (cg_vec_load(x + i, n - i) - mean) * slope + beta, n - i);
}

/* ---- for descriptors of batch_norm and batch_norm_eval: x: N C ..., the other inputs: C -------*/

/* The axes that a channel spans. */
static inline int64_t norm_axes(const cg_shape *x)
{
    return (CG_AXIS(x->rank) - 1) & ~CG_AXIS(1);
}

/* v, one value for each channel, as 1 C 1 ... of x's rank. */
static inline cg_node *norm_as_channels(const cg_shape *x, cg_node *v)
{
    cg_shape shape = { .rank = x->rank };
    for (int i = 0; i < x->rank; i++) shape.dim[i] = i == 1 ? x->dim[1] : 1;
    return cg_reshape(v, shape);
}

/* 1 / sqrt(v), written so that the infinite variance of what lies beyond the squares of floats
 * gives NaN, which is noticed, and not 0, which is not. */
static inline cg_node *norm_slope(cg_node *v)
{
    return cg_div(cg_sqrt(v), v);
}

/* Moment `which` of moments R C 2, to be broadcast over values of that rank. */
static inline cg_node *norm_moment(cg_node *moments, int which, int rank)
{
    if (!moments) return NULL;
    const cg_shape *s = cg_node_shape(moments);
    cg_shape y = { .rank = rank, .dim = { s->dim[0], s->dim[1] } };
    for (int i = 2; i < rank; i++) y.dim[i] = 1;
    return cg_reshape(cg_moment(moments, which), y);
}

/* Of moments and comoments: one item for two numbers, of each plane or of all together. */
static inline int64_t norm_items(const cg_node *node)
{
    return cg_shape_size(cg_node_shape(node)) / 2;
}

static inline cg_planes norm_planes(const cg_node *node)
{
    bool each = ((const cg_moments_attrs *)cg_node_attrs(node))->each != 0;
    return each ? CG_PLANES_ALONE : CG_PLANES_CROSSED;
}

static inline cg_status norm_shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    *y = *cg_node_shape(cg_node_input(node, 0));
    if (y->rank < 2)
        return cg_shape_fail(node, error, "expected x: N C ..., found rank %d", y->rank);
    for (int i = 1; i < cg_node_arity(node); i++) {
        const cg_shape *s = cg_node_shape(cg_node_input(node, i));
        char found[CG_SHAPE_TEXT];
        if (s->rank != 1 || s->dim[0] != y->dim[1])
            return cg_shape_fail(node, error, "expected %lld, the channels of x, for %s, found %s",
                                 (long long)y->dim[1], cg_node_op(node)->inputs + 2,
                                 cg_shape_text(s, found));
    }
    return CG_OK;
}

#endif
