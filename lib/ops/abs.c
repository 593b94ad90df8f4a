#include "ops/op_file.h"

#include "kernels/map.h"

CG_MAP1(abs_forward, x, cg_vec_abs(x))

#if CG_DESCRIBE

/* The sign of x, which is 0 at 0. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *x = cg_node_input(node, 0);
    cg_node *zero = cg_constant(cg_node_graph(node), (cg_shape){ 0 }, 0);
    dx[0] = cg_mul(dy, cg_sub(cg_greater(x, zero), cg_greater(zero, x)));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = cg_take(c, x < 0) ? -x : x;
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1 },
    { .x = { { .rank = 0 } }, .n_x = 1 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1 },
    CG_END_SAMPLES,
};

const cg_op cg_op_abs = {
    .name = "abs",
    .formula = "y = |x|",
    .help = "The absolute value.  The gradient at 0 is 0, as in PyTorch.",
    .inputs = "x",
    .onnx = "Abs",
    .traits = CG_ELEMENTWISE,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(abs_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_abs(cg_node *x)
{
    return cg_record1(&cg_op_abs, NULL, x);
}

#endif
