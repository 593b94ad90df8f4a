#include "ops/op_file.h"

#include "kernels/map.h"

CG_MAP1(square_forward, x, (x * x))

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_mul(dy, cg_scale(cg_node_input(node, 0), 2));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = x * x;
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1 },
    { .x = { { .rank = 0 } }, .n_x = 1 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1 },
    CG_END_SAMPLES,
};

const cg_op cg_op_square = {
    .name = "square",
    .formula = "y = x^2",
    .help = "The square.",
    .inputs = "x",
    .onnx = "",
    .traits = CG_ELEMENTWISE,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(square_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_square(cg_node *x)
{
    return cg_record1(&cg_op_square, NULL, x);
}

#endif
