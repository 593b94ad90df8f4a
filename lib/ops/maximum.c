#include "ops/op_file.h"

#include "kernels/map.h"
#include "ops/reference.h"

#include <math.h>

CG_MAP2(maximum_forward, a, b, cg_vec_larger(a, b))

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *a = cg_node_input(node, 0), *b = cg_node_input(node, 1);
    cg_node *zero = cg_constant(cg_node_graph(node), (cg_shape){ 0 }, 0);
    cg_node *to_b = cg_greater(b, a);
    if (cg_wants(node, 0)) dx[0] = cg_sum_to(cg_where(to_b, zero, dy), *cg_node_shape(a));
    if (cg_wants(node, 1)) dx[1] = cg_sum_to(cg_where(to_b, dy, zero), *cg_node_shape(b));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double a = cg_ref_broadcast(c, 0, i), b = cg_ref_broadcast(c, 1, i);
        c->y[i] = cg_take(c, b > a || isnan(b)) ? b : a;
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7), CG_DIMS(7) }, .n_x = 2 },
    { .x = { CG_DIMS(2, 3, 5), CG_DIMS(3, 1) }, .n_x = 2 },
    { .x = { CG_DIMS(5), CG_DIMS(4, 5) }, .n_x = 2 },
    { .x = { CG_DIMS(4, 1), CG_DIMS(1, 3) }, .n_x = 2 },
    { .x = { { .rank = 0 }, CG_DIMS(2, 3) }, .n_x = 2 },
    { .x = { CG_DIMS(2, 3), { .rank = 0 } }, .n_x = 2 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2), CG_DIMS(3, 1, 2, 1) }, .n_x = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_maximum = {
    .name = "maximum",
    .formula = "y = max(a, b)",
    .help = "The larger of two; NaN if either is.  Where they tie, a gets all of the gradient.",
    .inputs = "a b",
    .onnx = "Max",
    .traits = CG_ELEMENTWISE,
    .shape = cg_shape_broadcast,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(maximum_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_maximum(cg_node *a, cg_node *b)
{
    return cg_record2(&cg_op_maximum, NULL, a, b);
}

#endif
