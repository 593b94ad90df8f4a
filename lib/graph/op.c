/* What descriptors share: shape rules, flows of the batch, costs. */
#include "graph/graph.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

int cg_op_arity(const cg_op *op)
{
    if (strstr(op->inputs, "...")) return -1;
    int words = *op->inputs != '\0';
    for (const char *s = op->inputs; *s; s++) words += *s == ' ';
    return words;
}

cg_status cg_shape_fail(const cg_node *node, cg_error *error, const char *format, ...)
{
    char message[400];
    va_list ap;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    return cg_fail(error, CG_ESHAPE, "%s: %s", node->op->name, message);
}

bool cg_wants(const cg_node *node, int i)
{
    const bool *live = node->graph->live;
    return !(node->op->fixed >> i & 1) && (!live || live[node->x[i]->id]);
}

cg_status cg_shape_same(const cg_node *node, cg_shape *y, cg_error *error)
{
    char first[CG_SHAPE_TEXT], other[CG_SHAPE_TEXT];
    *y = node->x[0]->shape;
    for (int i = 1; i < node->n_x; i++)
        if (!cg_shape_equal(y, &node->x[i]->shape))
            return cg_shape_fail(node, error, "inputs must have one shape, found %s and %s",
                                 cg_shape_text(y, first), cg_shape_text(&node->x[i]->shape, other));
    return CG_OK;
}

/* NumPy: align the shapes at their last axes; each pair is equal or one of it is 1. */
cg_status cg_shape_broadcast(const cg_node *node, cg_shape *y, cg_error *error)
{
    char first[CG_SHAPE_TEXT], other[CG_SHAPE_TEXT];
    *y = node->x[0]->shape;
    for (int i = 1; i < node->n_x; i++) {
        const cg_shape *x = &node->x[i]->shape;
        cg_shape wide = *x, *long_ = x->rank > y->rank ? &wide : y;
        const cg_shape *short_ = x->rank > y->rank ? y : x;
        for (int k = 1; k <= short_->rank; k++) {
            int64_t *a = &long_->dim[long_->rank - k], b = short_->dim[short_->rank - k];
            if (*a != b && *a != 1 && b != 1)
                return cg_shape_fail(node, error, "shapes %s and %s do not broadcast",
                                     cg_shape_text(&node->x[0]->shape, first),
                                     cg_shape_text(x, other));
            if (*a == 1) *a = b;
        }
        *y = *long_;
    }
    return CG_OK;
}

cg_flow cg_flow_along(const cg_node *node, const bool batched[])
{
    for (int i = 1; i < node->n_x; i++)
        if (batched[i]) return CG_FLOW_MIXED;
    return batched[0] ? CG_FLOW_ALONG : CG_FLOW_NONE;
}

cg_flow cg_flow_elementwise(const cg_node *node, const bool batched[])
{
    cg_flow flow = CG_FLOW_NONE;
    for (int i = 0; i < node->n_x; i++) {
        const cg_shape *x = &node->x[i]->shape;
        if (!batched[i]) {
            /* A constant operand that reaches the batch axis would have to be cut as well. */
            if (x->rank == node->shape.rank && x->rank > 0 && x->dim[0] > 1) return CG_FLOW_MIXED;
            continue;
        }
        if (x->rank == 0 || x->rank != node->shape.rank || x->dim[0] != node->shape.dim[0])
            return CG_FLOW_MIXED;
        flow = CG_FLOW_ALONG;
    }
    return flow;
}

int64_t cg_flops_per_element(const cg_node *node)
{
    return cg_shape_size(&node->shape);
}

cg_planes cg_planes_alone(const cg_node *node)
{
    (void)node;
    return CG_PLANES_ALONE;
}

cg_planes cg_planes_rows(const cg_node *node)
{
    const bool first[CG_MAX_INPUTS] = { true };
    return node->op->flow(node, first) == CG_FLOW_ALONG ? CG_PLANES_ROWS : CG_PLANES_CROSSED;
}

int64_t cg_items_rows(const cg_node *node)
{
    return node->shape.rank ? node->shape.dim[0] : 1;
}
