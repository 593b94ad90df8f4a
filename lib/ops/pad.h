/* Where the padded positions of an axis come from, for pad and its adjoint.
 *
 * Position i of a padded axis lies at j = i - before of the n positions within; outside of them:
 *     zero       nothing
 *     reflect    the mirror image about the first or last position, which is not repeated
 *     replicate  the first or last position */
#ifndef CG_OPS_PAD_H
#define CG_OPS_PAD_H

#include <cnngraph/ops.h>

/* The position within that padded position i repeats, or -1 for none. */
static inline int64_t pad_source(int64_t i, int64_t before, int64_t n, int64_t mode)
{
    int64_t j = i - before;
    if (j >= 0 && j < n) return j;
    if (mode == CG_PAD_ZERO) return -1;
    if (mode == CG_PAD_REPLICATE) return j < 0 ? 0 : n - 1;
    return j < 0 ? -j : 2 * (n - 1) - j;
}

/* Can an axis of n positions within be padded so? */
static inline cg_status pad_axis_check(const cg_node *node, const cg_pad_attrs *a, int axis,
                                       int64_t n, cg_error *error)
{
    if (n < 1)
        return cg_shape_fail(node, error, "axis %d: nothing is left between %lld and %lld", axis,
                             (long long)a->before[axis], (long long)a->after[axis]);
    if (a->mode == CG_PAD_REFLECT && (a->before[axis] >= n || a->after[axis] >= n))
        return cg_shape_fail(
            node, error, "axis %d: reflection of %lld and %lld needs more than %lld positions",
            axis, (long long)a->before[axis], (long long)a->after[axis], (long long)n);
    return CG_OK;
}

/* A pad that leaves the batch axis alone. */
static inline cg_flow pad_flow(const cg_node *node, const bool batched[])
{
    const cg_pad_attrs *a = cg_node_attrs(node);
    if (!batched[0]) return CG_FLOW_NONE;
    bool cuts = cg_node_shape(node)->rank == 0 || a->before[0] != 0 || a->after[0] != 0;
    return cuts ? CG_FLOW_MIXED : CG_FLOW_ALONG;
}

#define PAD_ATTRS                                                                               \
    {                                                                                           \
        CG_INTS(cg_pad_attrs, before, CG_MAX_RANK, 0, 0, 1e12,                                  \
                "positions added before each axis"),                                            \
            CG_INTS(cg_pad_attrs, after, CG_MAX_RANK, 0, 0, 1e12,                               \
                    "positions added after each axis"),                                         \
            CG_CHOICE(cg_pad_attrs, mode, "zero reflect replicate", "what the positions hold"), \
            CG_END_ATTRS,                                                                       \
    }

/* The attributes of a node of this rank. */
static inline cg_pad_attrs pad_attrs(int rank, const int64_t before[], const int64_t after[],
                                     cg_pad_mode mode)
{
    cg_pad_attrs a = { .mode = (int64_t)mode };
    for (int i = 0; i < rank; i++) {
        a.before[i] = before[i];
        a.after[i] = after[i];
    }
    return a;
}

#endif
