#include "ops/op_file.h"

#include "kernels/map.h"
#include "kernels/vec_math.h"

#include <math.h>

CG_MAP1(exp_forward, x, cg_vec_exp(x))

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_mul(dy, node);
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = exp(x);
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = -2, .high = 2 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .low = -2, .high = 2 },
    { .x = { { .rank = 0 } }, .n_x = 1, .low = -2, .high = 2 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .low = -2, .high = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_exp = {
    .name = "exp",
    .formula = "y = e^x",
    .help = "The exponential; infinite above 88.72 in float32.",
    .inputs = "x",
    .onnx = "Exp",
    .traits = CG_ELEMENTWISE,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(exp_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_exp(cg_node *x)
{
    return cg_record1(&cg_op_exp, NULL, x);
}

#endif
