#include "ops/op_file.h"

#include "kernels/map.h"
#include "kernels/vec_math.h"

#include <math.h>

CG_MAP1(softplus_forward, x, cg_vec_softplus(x))

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_mul(dy, cg_sigmoid(cg_node_input(node, 0)));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { { .rank = 0 } }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .low = -4, .high = 4 },
    CG_END_SAMPLES,
};

const cg_op cg_op_softplus = {
    .name = "softplus",
    .formula = "y = log(1 + e^x)",
    .help = "A smooth relu; safe at both ends.",
    .inputs = "x",
    .onnx = "Softplus",
    .traits = CG_ELEMENTWISE | CG_LAYER,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(softplus_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_softplus(cg_node *x)
{
    return cg_record1(&cg_op_softplus, NULL, x);
}

#endif
