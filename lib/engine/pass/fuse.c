/* Fusing: the same values from fewer or smaller steps.
 *
 * All of it is about max pooling, which picks one element of a window: whatever keeps the order of
 * elements and treats all of a channel alike may be done to the few that it picks. */
#include "engine/pass/pass.h"

#include <cnngraph/ops.h>

#include "graph/graph.h"

/* Is it 1 where x is above 0?  relu's gradient multiplies by that. */
static bool is_sign_of(const cg_node *mask, const cg_node *x)
{
    double value;
    return cg_is(mask, "greater") && mask->x[0] == x && cg_is_filled(mask->x[1], &value) &&
           value == 0 && cg_shape_equal(&mask->shape, &x->shape);
}

/* Of z + b with one b for each channel, the index of z; -1 where it is something else. */
static int biased(const cg_node *sum)
{
    if (!cg_is(sum, "add")) return -1;
    for (int i = 0; i < 2; i++) {
        const cg_shape *z = &sum->x[i]->shape, *b = &sum->x[1 - i]->shape;
        bool is_flat = b->rank <= z->rank && (b->rank < z->rank || b->dim[0] == 1);
        for (int k = 0; k < 2 && k < b->rank; k++)
            is_flat = is_flat && b->dim[b->rank - 1 - k] == 1;
        if (z->rank == 4 && is_flat && cg_shape_equal(z, &sum->shape)) return i;
    }
    return -1;
}

/* max_pool2d(x) where x = relu(z) is relu(max_pool2d(z)), and that of z + b is max_pool2d(z) + b.
 */
static cg_node *pool(cg_node *x, const cg_pool2d_attrs *attrs)
{
    int z = biased(x);
    if (cg_is(x, "relu")) return cg_relu(pool(x->x[0], attrs));
    if (z >= 0) return cg_add(pool(x->x[z], attrs), x->x[1 - z]);
    return cg_max_pool2d(x, attrs);
}

/* What has its window's maximum where x has it, if that is above 0. */
static cg_node *before_relu(cg_node *x)
{
    int z = biased(x);
    if (cg_is(x, "relu")) return before_relu(x->x[0]);
    return z >= 0 ? x->x[z] : x;
}

/* The gradient of max_pool2d(x), x = relu(..), times the sign of x: it is 0 but where a window has
 * its maximum, and there x is what the window gave.  So the fewer pooled elements are masked
 * instead. */
static cg_node *masked_pooling(cg_graph *to, cg_node *const x[])
{
    for (int i = 0; i < 2; i++) {
        const cg_node *pooled = x[i];
        if (!cg_is(pooled, "max_pool2d_dx") || !is_sign_of(x[1 - i], pooled->x[1])) continue;
        cg_node *y = pool(pooled->x[1], pooled->attrs); /* the forward pass has it already */
        cg_node *mask = cg_greater(y, cg_constant(to, (cg_shape){ 0 }, 0));
        return cg_record2(pooled->op, pooled->attrs, cg_mul(pooled->x[0], mask),
                          before_relu(pooled->x[1]));
    }
    return NULL;
}

/* A gradient that went back through pooling adds up to what it was. */
static cg_node *sum_of_pooled(const cg_node *node, cg_node *const x[])
{
    const cg_reduce_attrs *a = node->attrs;
    const int64_t plane = CG_AXIS(2) | CG_AXIS(3);
    if (!cg_is(x[0], "max_pool2d_dx") || (a->axes && (a->axes & plane) != plane)) return NULL;
    return cg_sum(x[0]->x[0], a->axes, a->keep != 0);
}

cg_node *cg_fuse_visit(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    if (cg_is(node, "mul")) return masked_pooling(to, x);
    if (cg_is(node, "max_pool2d")) return pool(x[0], node->attrs);
    if (cg_is(node, "sum")) return sum_of_pooled(node, x);
    return NULL;
}
