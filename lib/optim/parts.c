/* What several optimisers are made of. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

cg_node *cg_running_mean(cg_node *mean, cg_node *x, double memory)
{
    return cg_add(cg_scale(mean, memory), cg_scale(x, 1 - memory));
}

cg_node *cg_sign(cg_node *x)
{
    cg_node *zero = x ? cg_constant(cg_node_graph(x), (cg_shape){ 0 }, 0) : NULL;
    return cg_sub(cg_greater(x, zero), cg_greater(zero, x));
}
