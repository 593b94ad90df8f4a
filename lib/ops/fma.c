#include "ops/op_file.h"

#include "kernels/map.h"
#include "ops/reference.h"

CG_MAP3(fma_forward, a, b, c, a *b + c)

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *a = cg_node_input(node, 0), *b = cg_node_input(node, 1), *c = cg_node_input(node, 2);
    if (cg_wants(node, 0)) dx[0] = cg_sum_to(cg_mul(dy, b), *cg_node_shape(a));
    if (cg_wants(node, 1)) dx[1] = cg_sum_to(cg_mul(dy, a), *cg_node_shape(b));
    if (cg_wants(node, 2)) dx[2] = cg_sum_to(dy, *cg_node_shape(c));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++)
        c->y[i] = cg_ref_broadcast(c, 0, i) * cg_ref_broadcast(c, 1, i) + cg_ref_broadcast(c, 2, i);
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(9), CG_DIMS(9), CG_DIMS(9) }, .n_x = 3 },
    { .x = { CG_DIMS(2, 3, 5), CG_DIMS(3, 1), CG_DIMS(3, 1) }, .n_x = 3 },
    { .x = { CG_DIMS(4, 1), CG_DIMS(1, 3), { .rank = 0 } }, .n_x = 3 },
    { .x = { { .rank = 0 }, CG_DIMS(5), CG_DIMS(4, 5) }, .n_x = 3 },
    { .x = { CG_DIMS(3, 1, 2, 1), CG_DIMS(2, 1, 3, 1, 2), CG_DIMS(2, 3, 1, 1, 1) }, .n_x = 3 },
    CG_END_SAMPLES,
};

const cg_op cg_op_fma = {
    .name = "fma",
    .formula = "y = a b + c",
    .help = "Multiplies and adds in one pass.  Shapes broadcast as in NumPy.",
    .inputs = "a b c",
    .onnx = "",
    .traits = CG_ELEMENTWISE | CG_LINEAR,
    .shape = cg_shape_broadcast,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(fma_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_fma(cg_node *a, cg_node *b, cg_node *c)
{
    return cg_record3(&cg_op_fma, NULL, a, b, c);
}

#endif
