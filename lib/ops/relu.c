#include "ops/op_file.h"

#include "kernels/map.h"

CG_MAP1(relu_forward, x, cg_vec_max(cg_vec_splat(0.0f), x))

#if CG_DESCRIBE

/* y > 0 just where x > 0: x may be forgotten. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *zero = cg_constant(cg_node_graph(node), (cg_shape){ 0 }, 0);
    dx[0] = cg_mul(dy, cg_greater(node, zero));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = cg_take(c, x < 0) ? 0 : x;
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1 },
    { .x = { { .rank = 0 } }, .n_x = 1 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1 },
    CG_END_SAMPLES,
};

const cg_op cg_op_relu = {
    .name = "relu",
    .formula = "y = max(0, x)",
    .help = "Rectified linear unit.  The gradient at 0 is 0; NaN stays NaN.",
    .inputs = "x",
    .onnx = "Relu",
    .traits = CG_ELEMENTWISE | CG_LAYER,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(relu_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_relu(cg_node *x)
{
    return cg_record1(&cg_op_relu, NULL, x);
}

#endif
