/* Recording functions that are compositions of ops. */
#include <cnngraph/ops.h>

cg_node *cg_scale(cg_node *x, double factor)
{
    return x ? cg_mul(x, cg_constant(cg_node_graph(x), (cg_shape){ 0 }, factor)) : NULL;
}

cg_node *cg_shift(cg_node *x, double term)
{
    return x ? cg_add(x, cg_constant(cg_node_graph(x), (cg_shape){ 0 }, term)) : NULL;
}

/* Over the axes that the broadcast put in front, and over those that it stretched from size 1. */
cg_node *cg_sum_to(cg_node *x, cg_shape shape)
{
    if (!x) return NULL;
    const cg_shape *from = cg_node_shape(x);
    int lead = from->rank - shape.rank;
    int64_t axes = lead > 0 ? CG_AXIS(lead) - 1 : 0;
    bool fits = lead >= 0;
    for (int i = 0; i < shape.rank && fits; i++) {
        int64_t size = from->dim[lead + i];
        if (shape.dim[i] == 1 && size > 1) axes |= CG_AXIS(lead + i);
        fits = shape.dim[i] == 1 || shape.dim[i] == size;
    }
    if (!fits) {
        cg_graph_fail(cg_node_graph(x), CG_ESHAPE,
                      "cg_sum_to: no such shape broadcasts to the node's");
        return NULL;
    }
    cg_node *y = axes ? cg_sum(x, axes, true) : x;
    return !y || cg_shape_equal(cg_node_shape(y), &shape) ? y : cg_reshape(y, shape);
}
