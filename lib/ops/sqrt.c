#include "ops/op_file.h"

#include "kernels/map.h"

#include <math.h>

CG_MAP1(sqrt_forward, x, cg_vec_sqrt(x))

#if CG_DESCRIBE

/* dy/dx = 1 / (2 sqrt x) = 1 / (2 y). */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_scale(cg_div(dy, node), 0.5);
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = sqrt(x);
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = 0.3, .high = 3 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .low = 0.3, .high = 3 },
    { .x = { { .rank = 0 } }, .n_x = 1, .low = 0.3, .high = 3 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .low = 0.3, .high = 3 },
    CG_END_SAMPLES,
};

const cg_op cg_op_sqrt = {
    .name = "sqrt",
    .formula = "y = sqrt x",
    .help = "The square root, NaN below 0.  Its gradient is infinite at 0.",
    .inputs = "x",
    .onnx = "Sqrt",
    .traits = CG_ELEMENTWISE,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(sqrt_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_sqrt(cg_node *x)
{
    return cg_record1(&cg_op_sqrt, NULL, x);
}

#endif
