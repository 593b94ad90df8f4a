#include "ops/op_file.h"

#include "kernels/map.h"
#include "kernels/vec_math.h"

#include <math.h>

CG_MAP1(silu_forward, x, cg_vec_sigmoid(x) * x)

#if CG_DESCRIBE

/* With s = sigmoid(x): dy/dx = s + x s (1 - s) = s + y (1 - s). */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *s = cg_sigmoid(cg_node_input(node, 0));
    dx[0] = cg_mul(dy, cg_add(s, cg_mul(node, cg_shift(cg_neg(s), 1))));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = x / (1 + exp(-x));
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { { .rank = 0 } }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .low = -4, .high = 4 },
    CG_END_SAMPLES,
};

const cg_op cg_op_silu = {
    .name = "silu",
    .formula = "y = x / (1 + e^-x)",
    .help =
        "Sigmoid-weighted linear unit, or swish: x times its sigmoid (Elfwing, Uchibe, Doya 2017).",
    .inputs = "x",
    .onnx = "",
    .traits = CG_ELEMENTWISE | CG_LAYER,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(silu_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_silu(cg_node *x)
{
    return cg_record1(&cg_op_silu, NULL, x);
}

#endif
