/* What the descriptors of softmax and log_softmax share. */
#ifndef CG_OPS_SOFTMAX_RULES_H
#define CG_OPS_SOFTMAX_RULES_H

#include <cnngraph/ops.h>

static inline int64_t cg_softmax_axis(const cg_node *node)
{
    int64_t axis = ((const cg_axis_attrs *)cg_node_attrs(node))->axis;
    return axis < 0 ? axis + cg_node_shape(cg_node_input(node, 0))->rank : axis;
}

static inline cg_status cg_softmax_shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    int64_t axis = cg_softmax_axis(node);
    char text[CG_SHAPE_TEXT];
    if (axis < 0 || axis >= x->rank)
        return cg_shape_fail(node, error, "x, which is %s, has no axis %d", cg_shape_text(x, text),
                             (int)axis);
    return cg_shape_same(node, y, error);
}

static inline cg_flow cg_softmax_flow(const cg_node *node, const bool batched[])
{
    if (!batched[0]) return CG_FLOW_NONE;
    return cg_softmax_axis(node) == 0 ? CG_FLOW_MIXED : CG_FLOW_ALONG;
}

/* An item is a group along the axis. */
static inline int64_t cg_softmax_items(const cg_node *node)
{
    const cg_shape *y = cg_node_shape(node);
    return cg_shape_size(y) / y->dim[cg_softmax_axis(node)];
}

/* Subtract, exponential, add, divide. */
static inline int64_t cg_softmax_flops(const cg_node *node)
{
    return 4 * cg_shape_size(cg_node_shape(node));
}

#define CG_SOFTMAX_ATTRS                                                                    \
    {                                                                                       \
        CG_INT(cg_axis_attrs, axis, -1, -1, CG_MAX_RANK - 1, "-1: the last"), CG_END_ATTRS, \
    }

#define CG_SOFTMAX_CASE(axis_, ...)                                                                \
    {                                                                                              \
        .x = { CG_DIMS(__VA_ARGS__) }, .n_x = 1, .attrs = &(const cg_axis_attrs){ .axis = axis_ }, \
        .low = -2, .high = 2                                                                       \
    }

#define CG_SOFTMAX_SAMPLES                                                              \
    {                                                                                   \
        CG_SOFTMAX_CASE(-1, 7), CG_SOFTMAX_CASE(-1, 3, 5), CG_SOFTMAX_CASE(1, 2, 3, 4), \
            CG_SOFTMAX_CASE(0, 4, 3), CG_SOFTMAX_CASE(1, 2, 3, 2, 2),                   \
            CG_SOFTMAX_CASE(2, 2, 1, 3, 1, 2), CG_END_SAMPLES,                          \
    }

#endif
