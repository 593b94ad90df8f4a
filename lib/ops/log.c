#include "ops/op_file.h"

#include "kernels/map.h"
#include "kernels/vec_math.h"

#include <math.h>

CG_MAP1(log_forward, x, cg_vec_log(x))

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_div(dy, cg_node_input(node, 0));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = log(x);
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = 0.3, .high = 3 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .low = 0.3, .high = 3 },
    { .x = { { .rank = 0 } }, .n_x = 1, .low = 0.3, .high = 3 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .low = 0.3, .high = 3 },
    CG_END_SAMPLES,
};

const cg_op cg_op_log = {
    .name = "log",
    .formula = "y = log x",
    .help = "The natural logarithm: -inf at 0, NaN below.",
    .inputs = "x",
    .onnx = "Log",
    .traits = CG_ELEMENTWISE,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(log_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_log(cg_node *x)
{
    return cg_record1(&cg_op_log, NULL, x);
}

#endif
