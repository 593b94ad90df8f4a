#include "ops/op_file.h"

#include "kernels/map.h"
#include "kernels/vec_math.h"

#include <math.h>

CG_MAP1(erf_forward, x, cg_vec_erf(x))

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *x = cg_node_input(node, 0);
    dx[0] =
        cg_mul(dy, cg_scale(cg_exp(cg_neg(cg_square(x))), 1.1283791670955126)); /* 2 / sqrt(pi) */
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = erf(x);
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = -3, .high = 3 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .low = -3, .high = 3 },
    { .x = { { .rank = 0 } }, .n_x = 1, .low = -3, .high = 3 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .low = -3, .high = 3 },
    CG_END_SAMPLES,
};

const cg_op cg_op_erf = {
    .name = "erf",
    .formula = "y = 2 / sqrt(pi) integral of e^(-t^2) for t = 0..x",
    .help = "The error function.",
    .inputs = "x",
    .onnx = "Erf",
    .traits = CG_ELEMENTWISE,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(erf_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_erf(cg_node *x)
{
    return cg_record1(&cg_op_erf, NULL, x);
}

#endif
