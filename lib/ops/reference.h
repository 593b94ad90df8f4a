/* Indexing for the double-precision references, by unravelling a C-order index one axis at a time:
 * slow, obvious, and unlike anything that the kernels do. */
#ifndef CG_OPS_REFERENCE_H
#define CG_OPS_REFERENCE_H

#include <cnngraph/op.h>

#include <math.h>

/* The element of input k that element i of y reads when inputs broadcast as in NumPy. */
static inline double cg_ref_broadcast(const cg_ref_call *c, int k, int64_t i)
{
    const cg_shape *x = c->xs[k], *y = c->ys;
    int64_t at = 0, step = 1;
    for (int d = 1; d <= x->rank; d++) {
        int64_t size = y->dim[y->rank - d];
        if (x->dim[x->rank - d] > 1) at += i % size * step;
        i /= size;
        step *= x->dim[x->rank - d];
    }
    return c->x[k][at];
}

/* Is v a greater maximum than the best before it?  NaN is the greatest. */
static inline bool cg_ref_beats(double v, double best)
{
    return v > best || (isnan(v) && !isnan(best));
}

static inline bool cg_ref_is_reduced(int64_t axes, int axis)
{
    return axes == 0 || (axes >> axis & 1);
}

/* How many elements of x each group along `axes` (0: all) holds. */
static inline int64_t cg_ref_group_size(const cg_shape *x, int64_t axes)
{
    int64_t n = 1;
    for (int d = 0; d < x->rank; d++)
        if (cg_ref_is_reduced(axes, d)) n *= x->dim[d];
    return n;
}

/* Where in x member r of group g lies: g counts over the axes that stay, r over the reduced ones.
 */
static inline int64_t cg_ref_member(const cg_shape *x, int64_t axes, int64_t g, int64_t r)
{
    int64_t at = 0, step = 1;
    for (int d = x->rank - 1; d >= 0; d--) {
        int64_t *index = cg_ref_is_reduced(axes, d) ? &r : &g;
        at += *index % x->dim[d] * step;
        *index /= x->dim[d];
        step *= x->dim[d];
    }
    return at;
}

#endif
