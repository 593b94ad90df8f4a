#include "ops/op_file.h"

#include "kernels/map.h"
#include "kernels/vec_math.h"

#include <math.h>

/* Far left of 0 the sum cancels: the error is then some ulps of x, not of y. */
CG_MAP1(gelu_forward, x, 0.5f * x * (1.0f + cg_vec_erf(x * 0.70710678f)))

#if CG_DESCRIBE

/* dy/dx = Phi(x) + x phi(x), with phi(x) = e^(-x^2/2) / sqrt(2 pi). */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *x = cg_node_input(node, 0);
    cg_node *cdf = cg_scale(cg_shift(cg_erf(cg_scale(x, 0.7071067811865476)), 1), 0.5);
    cg_node *density = cg_scale(cg_exp(cg_scale(cg_square(x), -0.5)), 0.3989422804014327);
    dx[0] = cg_mul(dy, cg_add(cdf, cg_mul(x, density)));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = x * erfc(-x * sqrt(0.5)) / 2;
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = -3, .high = 3 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .low = -3, .high = 3 },
    { .x = { { .rank = 0 } }, .n_x = 1, .low = -3, .high = 3 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .low = -3, .high = 3 },
    CG_END_SAMPLES,
};

const cg_op cg_op_gelu = {
    .name = "gelu",
    .formula = "y = x Phi(x) = x (1 + erf(x / sqrt 2)) / 2",
    .help = "Gaussian error linear unit, exact (Hendrycks, Gimpel 2016, arXiv:1606.08415).",
    .inputs = "x",
    .onnx = "Gelu",
    .traits = CG_ELEMENTWISE | CG_LAYER,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(gelu_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_gelu(cg_node *x)
{
    return cg_record1(&cg_op_gelu, NULL, x);
}

#endif
