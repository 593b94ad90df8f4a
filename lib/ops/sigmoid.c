#include "ops/op_file.h"

#include "kernels/map.h"
#include "kernels/vec_math.h"

#include <math.h>

CG_MAP1(sigmoid_forward, x, cg_vec_sigmoid(x))

#if CG_DESCRIBE

/* dy/dx = y (1 - y): the output is all the gradient needs, x may be forgotten. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *one = cg_constant(cg_node_graph(node), (cg_shape){ 0 }, 1);
    dx[0] = cg_mul(dy, cg_mul(node, cg_sub(one, node)));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = 1 / (1 + exp(-x));
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { { .rank = 0 } }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .low = -4, .high = 4 },
    CG_END_SAMPLES,
};

const cg_op cg_op_sigmoid = {
    .name = "sigmoid",
    .formula = "y = 1 / (1 + e^-x)",
    .help = "The logistic function; safe at both ends.",
    .inputs = "x",
    .onnx = "Sigmoid",
    .traits = CG_ELEMENTWISE | CG_LAYER,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(sigmoid_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_sigmoid(cg_node *x)
{
    return cg_record1(&cg_op_sigmoid, NULL, x);
}

#endif
