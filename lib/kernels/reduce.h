/* Reductions along any set of axes.
 *
 * The axes of x, without those of size 1 and with neighbours of one kind merged, fall into kept and
 * reduced ones.  Where the last is reduced ("rows"), each result comes from contiguous runs; where
 * it is kept ("columns"), CG_LANES results are computed side by side, one row at a time.  Either
 * way the order of a sum depends on the shape alone.
 *
 * A sum adds 32 vectors plainly, then adds that block to a total whose rounding error is kept
 * (Knuth, TAOCP 2, 4.2.2): the error does not grow with the length. */
#ifndef CG_KERNELS_REDUCE_H
#define CG_KERNELS_REDUCE_H

#include <cnngraph/tensor.h>

#include "kernels/vec.h"

typedef struct {
    int n_kept, n;                                         /* axes, at least 1 each    */
    int64_t kept_dim[CG_MAX_RANK], kept_step[CG_MAX_RANK]; /* steps in elements of x   */
    int64_t dim[CG_MAX_RANK], step[CG_MAX_RANK];           /* of the reduced axes      */
    int64_t n_runs;   /* combinations of all reduced axes but the last */
    int64_t n_groups; /* results */
    bool by_rows;
} cg_reduction;

/* axes: a mask, 0 for all. */
static inline cg_reduction cg_reduction_new(const cg_shape *x, int64_t axes)
{
    cg_reduction r = { .n_runs = 1, .n_groups = 1 };
    int64_t step = 1;
    for (int i = 0; i < x->rank; i++) step *= x->dim[i];
    for (int i = 0, last = -1; i < x->rank; i++) {
        step /= x->dim[i];
        if (x->dim[i] == 1) continue;
        bool reduced = axes == 0 || (axes >> i & 1);
        int *n = reduced ? &r.n : &r.n_kept;
        int64_t *dim = reduced ? r.dim : r.kept_dim, *steps = reduced ? r.step : r.kept_step;
        if (last != reduced) dim[(*n)++] = 1;
        dim[*n - 1] *= x->dim[i];
        steps[*n - 1] = step;
        last = reduced;
    }
    for (int i = 0; i < r.n - 1; i++) r.n_runs *= r.dim[i];
    for (int i = 0; i < r.n_kept; i++) r.n_groups *= r.kept_dim[i];
    r.by_rows = r.n > 0 && r.step[r.n - 1] == 1;
    if (r.n == 0) r.dim[r.n++] = 1;
    if (r.n_kept == 0) r.kept_dim[r.n_kept++] = 1;
    return r;
}

static inline int64_t cg_reduction_offset(int n, const int64_t dim[], const int64_t step[],
                                          int64_t i)
{
    int64_t offset = 0;
    for (int d = n - 1; d >= 0; i /= dim[d], d--) offset += i % dim[d] * step[d];
    return offset;
}

/* Where group g begins, and where run i of every group lies relative to that. */
static inline int64_t cg_reduction_group(const cg_reduction *r, int64_t g)
{
    return cg_reduction_offset(r->n_kept, r->kept_dim, r->kept_step, g);
}

static inline int64_t cg_reduction_run(const cg_reduction *r, int64_t i)
{
    return cg_reduction_offset(r->n - 1, r->dim, r->step, i);
}

/* Groups from g on that lie side by side, at most up to `end`. */
static inline int64_t cg_reduction_width(const cg_reduction *r, int64_t g, int64_t end)
{
    int64_t row = r->kept_dim[r->n_kept - 1], left = row - g % row;
    return left < end - g ? left : end - g;
}

/* ---- sums ------------------------------------------------------------------------------------ */

enum { CG_SUM_BLOCK = 32 };

typedef struct {
    cg_vec block, total, lost;
} cg_vec_sum;

CG_INLINE void cg_vec_sum_settle(cg_vec_sum *s)
{
    cg_vec total = s->total + s->block, back = total - s->total;
    s->lost += (s->total - (total - back)) + (s->block - back);
    s->total = total;
    s->block = cg_vec_splat(0.0f);
}

CG_INLINE cg_vec cg_vec_sum_value(cg_vec_sum *s)
{
    cg_vec_sum_settle(s);
    /* An infinite total has lost NaN. */
    return s->total + cg_vec_select(s->lost == s->lost, s->lost, cg_vec_splat(0.0f));
}

CG_INLINE float cg_vec_sum_lanes(cg_vec_sum *s)
{
    return cg_vec_add_lanes(cg_vec_sum_value(s));
}

static inline float cg_sum_rows(const cg_reduction *r, const float *x)
{
    cg_vec_sum s = { 0 };
    int64_t length = r->dim[r->n - 1], count = 0;
    for (int64_t i = 0; i < r->n_runs; i++) {
        const float *run = x + cg_reduction_run(r, i);
        int64_t j = 0;
        for (; j + 4 * CG_LANES <= length; j += 4 * CG_LANES, count += 4) {
            if (count >= CG_SUM_BLOCK) cg_vec_sum_settle(&s), count = 0;
            const float *p = run + j;
            s.block +=
                (cg_vec_load(p, CG_LANES) + cg_vec_load(p + CG_LANES, CG_LANES)) +
                (cg_vec_load(p + 2 * CG_LANES, CG_LANES) + cg_vec_load(p + 3 * CG_LANES, CG_LANES));
        }
        for (; j < length; j += CG_LANES, count++) s.block += cg_vec_load(run + j, length - j);
        if (count >= CG_SUM_BLOCK) cg_vec_sum_settle(&s), count = 0;
    }
    return cg_vec_sum_lanes(&s);
}

/* n_vecs vectors of groups side by side, the last of which holds `last` groups. */
CG_INLINE void cg_sum_columns(const cg_reduction *r, const float *x, int n_vecs, int64_t last,
                              float scale, float *y)
{
    cg_vec_sum s[4] = { 0 };
    int64_t n_rows = r->dim[r->n - 1], step = r->step[r->n - 1], count = 0;
    for (int64_t i = 0; i < r->n_runs; i++) {
        const float *row = x + cg_reduction_run(r, i);
        for (int64_t j = 0; j < n_rows; j++, row += step) {
            if (count++ == CG_SUM_BLOCK) {
                for (int k = 0; k < n_vecs; k++) cg_vec_sum_settle(&s[k]);
                count = 1;
            }
            for (int k = 0; k < n_vecs; k++)
                s[k].block += cg_vec_load(row + k * CG_LANES, k < n_vecs - 1 ? CG_LANES : last);
        }
    }
    for (int k = 0; k < n_vecs; k++)
        cg_vec_store(y + k * CG_LANES, scale * cg_vec_sum_value(&s[k]),
                     k < n_vecs - 1 ? CG_LANES : last);
}

/* y[begin..end) = scale times the sums of those groups of x. */
static inline void cg_reduce_sum(const float *x, const cg_shape *shape, int64_t axes, float scale,
                                 float *y, int64_t begin, int64_t end)
{
    cg_reduction r = cg_reduction_new(shape, axes);
    for (int64_t g = begin, n; g < end; g += n) {
        const float *group = x + cg_reduction_group(&r, g);
        n = r.by_rows ? 1 : cg_reduction_width(&r, g, end);
        if (r.by_rows) {
            y[g] = scale * cg_sum_rows(&r, group);
        } else if (n >= 4 * CG_LANES) {
            n = 4 * CG_LANES;
            cg_sum_columns(&r, group, 4, CG_LANES, scale, y + g);
        } else {
            n = n < CG_LANES ? n : CG_LANES;
            cg_sum_columns(&r, group, 1, n, scale, y + g);
        }
    }
}

/* ---- maxima ---------------------------------------------------------------------------------- */

static inline float cg_max_rows(const cg_reduction *r, const float *x)
{
    cg_vec best = cg_vec_splat(-INFINITY);
    int64_t length = r->dim[r->n - 1];
    for (int64_t i = 0; i < r->n_runs; i++) {
        const float *run = x + cg_reduction_run(r, i);
        for (int64_t j = 0; j < length; j += CG_LANES)
            best = cg_vec_larger(best, cg_vec_load_pad(run + j, length - j, -INFINITY));
    }
    return cg_vec_max_lanes(best);
}

/* Of n <= CG_LANES groups side by side. */
CG_INLINE cg_vec cg_max_columns(const cg_reduction *r, const float *x, int64_t n)
{
    cg_vec best = cg_vec_splat(-INFINITY);
    for (int64_t i = 0; i < r->n_runs; i++) {
        const float *row = x + cg_reduction_run(r, i);
        for (int64_t j = 0; j < r->dim[r->n - 1]; j++, row += r->step[r->n - 1])
            best = cg_vec_larger(best, cg_vec_load(row, n));
    }
    return best;
}

static inline void cg_reduce_max(const float *x, const cg_shape *shape, int64_t axes, float *y,
                                 int64_t begin, int64_t end)
{
    cg_reduction r = cg_reduction_new(shape, axes);
    for (int64_t g = begin, n; g < end; g += n) {
        const float *group = x + cg_reduction_group(&r, g);
        n = r.by_rows ? 1 : cg_reduction_width(&r, g, end);
        if (n > CG_LANES) n = CG_LANES;
        if (r.by_rows)
            y[g] = cg_max_rows(&r, group);
        else
            cg_vec_store(y + g, cg_max_columns(&r, group, n), n);
    }
}

/* ---- the first maximum ----------------------------------------------------------------------- */

static inline void cg_max_mask_rows(const cg_reduction *r, const float *x, float *y)
{
    float best = cg_max_rows(r, x);
    bool found = false;
    for (int64_t i = 0; i < r->n_runs; i++) {
        int64_t run = cg_reduction_run(r, i);
        for (int64_t j = 0; j < r->dim[r->n - 1]; j++) {
            bool hit = !found && (x[run + j] == best || x[run + j] != x[run + j]);
            y[run + j] = hit ? 1.0f : 0.0f;
            found = found || hit;
        }
    }
}

static inline void cg_max_mask_columns(const cg_reduction *r, const float *x, int64_t n, float *y)
{
    cg_vec best = cg_max_columns(r, x, n);
    cg_ivec found = { 0 };
    for (int64_t i = 0; i < r->n_runs; i++) {
        int64_t at = cg_reduction_run(r, i);
        for (int64_t j = 0; j < r->dim[r->n - 1]; j++, at += r->step[r->n - 1]) {
            cg_vec v = cg_vec_load(x + at, n);
            cg_ivec hit = ((v == best) | (v != v)) & ~found;
            cg_vec_store(y + at, cg_vec_select(hit, cg_vec_splat(1.0f), cg_vec_splat(0.0f)), n);
            found |= hit;
        }
    }
}

/* y, of x's shape: 1 at the first maximum (or NaN) of each group begin..end-1, else 0. */
static inline void cg_reduce_max_mask(const float *x, const cg_shape *shape, int64_t axes, float *y,
                                      int64_t begin, int64_t end)
{
    cg_reduction r = cg_reduction_new(shape, axes);
    for (int64_t g = begin, n; g < end; g += n) {
        int64_t group = cg_reduction_group(&r, g);
        n = r.by_rows ? 1 : cg_reduction_width(&r, g, end);
        if (n > CG_LANES) n = CG_LANES;
        if (r.by_rows)
            cg_max_mask_rows(&r, x + group, y + group);
        else
            cg_max_mask_columns(&r, x + group, n, y + group);
    }
}

#endif
