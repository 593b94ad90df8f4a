#include "ops/op_file.h"

#include "kernels/map.h"
#include "ops/reference.h"

CG_MAP2(greater_forward, a, b, cg_vec_select(a > b, cg_vec_splat(1.0f), cg_vec_splat(0.0f)))

#if CG_DESCRIBE

/* A step: flat wherever it has a derivative at all. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    (void)node, (void)dy, (void)dx;
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double a = cg_ref_broadcast(c, 0, i), b = cg_ref_broadcast(c, 1, i);
        c->y[i] = cg_take(c, a > b) ? 1 : 0;
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7), CG_DIMS(7) }, .n_x = 2 },
    { .x = { CG_DIMS(2, 3, 5), CG_DIMS(3, 1) }, .n_x = 2 },
    { .x = { CG_DIMS(5), CG_DIMS(4, 5) }, .n_x = 2 },
    { .x = { CG_DIMS(4, 1), CG_DIMS(1, 3) }, .n_x = 2 },
    { .x = { { .rank = 0 }, CG_DIMS(2, 3) }, .n_x = 2 },
    { .x = { CG_DIMS(2, 3), { .rank = 0 } }, .n_x = 2 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2), CG_DIMS(3, 1, 2, 1) }, .n_x = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_greater = {
    .name = "greater",
    .formula = "y = 1 where a > b, else 0",
    .help = "A mask for where and for products; its gradient is 0.",
    .inputs = "a b",
    .onnx = "",
    .traits = CG_ELEMENTWISE,
    .shape = cg_shape_broadcast,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(greater_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_greater(cg_node *a, cg_node *b)
{
    return cg_record2(&cg_op_greater, NULL, a, b);
}

#endif
