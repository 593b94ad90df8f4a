/* Fusing: the same values from fewer or smaller steps. */
#include "engine/pass/pass.h"

#include <cnngraph/ops.h>

#include "graph/graph.h"

/* Is it 1 where x is above 0?  relu's gradient multiplies by that. */
static bool is_sign_of(const cg_node *mask, const cg_node *x)
{
    double value;
    return cg_is(mask, "greater") && mask->x[0] == x && cg_is_filled(mask->x[1], &value) &&
           value == 0;
}

/* The gradient of pool(x), x = relu(..), times the sign of x: it is 0 but where a window has its
 * maximum, and there x is what the window gave.  So the fewer pooled elements are masked instead.
 */
static cg_node *masked_pooling(cg_node *const x[])
{
    for (int i = 0; i < 2; i++) {
        const cg_node *pooled = x[i];
        if (!cg_is(pooled, "max_pool2d_dx") || !is_sign_of(x[1 - i], pooled->x[1])) continue;
        cg_node *y =
            cg_max_pool2d(pooled->x[1], pooled->attrs); /* the forward pass has it already */
        cg_node *mask = cg_greater(y, x[1 - i]->x[1]);
        return cg_record2(pooled->op, pooled->attrs, cg_mul(pooled->x[0], mask), pooled->x[1]);
    }
    return NULL;
}

cg_node *cg_fuse_visit(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    (void)to;
    return cg_is(node, "mul") ? masked_pooling(x) : NULL;
}
