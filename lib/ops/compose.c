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

/* Axes that the broadcast put in front are summed away first, so that the second sum, over those it
 * stretched from size 1, has less to do. */
cg_node *cg_sum_to(cg_node *x, cg_shape shape)
{
    if (!x) return NULL;
    const cg_shape *from = cg_node_shape(x);
    int lead = from->rank - shape.rank;
    if (lead > 0) x = cg_sum(x, CG_AXIS(lead) - 1, false);
    int64_t stretched = 0;
    for (int i = 0; i < shape.rank && lead >= 0; i++)
        if (shape.dim[i] == 1 && from->dim[lead + i] > 1) stretched |= CG_AXIS(i);
    if (stretched) x = cg_sum(x, stretched, true);
    if (x && !cg_shape_equal(cg_node_shape(x), &shape))
        cg_graph_fail(cg_node_graph(x), CG_ESHAPE,
                      "cg_sum_to: no such shape broadcasts to the node's");
    return x && cg_shape_equal(cg_node_shape(x), &shape) ? x : NULL;
}
