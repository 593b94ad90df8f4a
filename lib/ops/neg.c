#include "ops/op_file.h"

#include "kernels/map.h"

CG_MAP1(neg_forward, x, -x)

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    (void)node;
    dx[0] = cg_neg(dy);
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        c->y[i] = -x;
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1 },
    { .x = { { .rank = 0 } }, .n_x = 1 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1 },
    CG_END_SAMPLES,
};

const cg_op cg_op_neg = {
    .name = "neg",
    .formula = "y = -x",
    .help = "The negative.",
    .inputs = "x",
    .onnx = "Neg",
    .traits = CG_ELEMENTWISE | CG_LINEAR,
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(neg_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_neg(cg_node *x)
{
    return cg_record1(&cg_op_neg, NULL, x);
}

#endif
