/* What the descriptors of reductions share. */
#ifndef CG_OPS_REDUCE_RULES_H
#define CG_OPS_REDUCE_RULES_H

#include <cnngraph/ops.h>

/* The mask as it was meant: 0 is all axes. */
static inline int64_t cg_reduce_axes(const cg_node *node)
{
    const cg_reduce_attrs *a = cg_node_attrs(node);
    return a->axes ? a->axes : CG_AXIS(cg_node_shape(cg_node_input(node, 0))->rank) - 1;
}

/* The shape of x with `axes` reduced to size 1, which broadcasts against x again. */
static inline cg_shape cg_reduce_kept(const cg_shape *x, int64_t axes)
{
    cg_shape y = *x;
    for (int i = 0; i < y.rank; i++)
        if (axes >> i & 1) y.dim[i] = 1;
    return y;
}

static inline cg_status cg_shape_reduce(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_reduce_attrs *a = cg_node_attrs(node);
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    char text[CG_SHAPE_TEXT];
    if (a->axes >> x->rank)
        return cg_shape_fail(node, error, "axes go beyond the %d of x, which is %s", x->rank,
                             cg_shape_text(x, text));
    int64_t axes = cg_reduce_axes(node);
    if (a->keep) {
        *y = cg_reduce_kept(x, axes);
        return CG_OK;
    }
    *y = (cg_shape){ 0 };
    for (int i = 0; i < x->rank; i++)
        if (!(axes >> i & 1)) y->dim[y->rank++] = x->dim[i];
    return CG_OK;
}

/* dy as a node that broadcasts against x. */
static inline cg_node *cg_reduce_spread(const cg_node *node, cg_node *dy)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    cg_shape kept = cg_reduce_kept(x, cg_reduce_axes(node));
    return dy && cg_shape_equal(cg_node_shape(dy), &kept) ? dy : cg_reshape(dy, kept);
}

/* Rows stay apart unless axis 0 is reduced; then only sums of rows add up. */
static inline cg_flow cg_reduce_flow(const cg_node *node, const bool batched[], cg_flow across)
{
    if (!batched[0]) return CG_FLOW_NONE;
    return cg_reduce_axes(node) & 1 ? across : CG_FLOW_ALONG;
}

static inline int64_t cg_flops_reduce(const cg_node *node)
{
    return cg_shape_size(cg_node_shape(cg_node_input(node, 0)));
}

#define CG_REDUCE_ATTRS                                                                     \
    {                                                                                       \
        CG_AXES_ATTR(cg_reduce_attrs, axes, "the axes to reduce; none: all"),               \
            CG_BOOL(cg_reduce_attrs, keep, "reduced axes stay, with size 1"), CG_END_ATTRS, \
    }

#define CG_REDUCE_CASE(shape, ...)                                  \
    {                                                               \
        .x = { shape }, .n_x = 1, .attrs = &(const cg_reduce_attrs) \
        {                                                           \
            __VA_ARGS__                                             \
        }                                                           \
    }

#endif
