#include "ops/op_file.h"

#include "kernels/map.h"
#include "kernels/vec_math.h"

#include <math.h>

CG_MAP1(tanh_forward, x, cg_vec_tanh(x))

#if CG_DESCRIBE

/* dy/dx = 1 - y^2: x may be forgotten. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_mul(dy, cg_shift(cg_neg(cg_square(node)), 1));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = tanh(x);
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = -3, .high = 3 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .low = -3, .high = 3 },
    { .x = { { .rank = 0 } }, .n_x = 1, .low = -3, .high = 3 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .low = -3, .high = 3 },
    CG_END_SAMPLES,
};

const cg_op cg_op_tanh = {
    .name = "tanh",
    .formula = "y = tanh x",
    .help = "The hyperbolic tangent.",
    .inputs = "x",
    .onnx = "Tanh",
    .traits = CG_ELEMENTWISE | CG_LAYER,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(tanh_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_tanh(cg_node *x)
{
    return cg_record1(&cg_op_tanh, NULL, x);
}

#endif
