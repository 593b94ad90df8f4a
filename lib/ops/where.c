#include "ops/op_file.h"

#include "kernels/map.h"
#include "ops/reference.h"

CG_MAP3(where_forward, m, a, b, cg_vec_select(m != 0.0f, a, b))

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *mask = cg_node_input(node, 0), *a = cg_node_input(node, 1),
            *b = cg_node_input(node, 2);
    cg_node *zero = cg_constant(cg_node_graph(node), (cg_shape){ 0 }, 0);
    if (cg_wants(node, 1)) dx[1] = cg_sum_to(cg_where(mask, dy, zero), *cg_node_shape(a));
    if (cg_wants(node, 2)) dx[2] = cg_sum_to(cg_where(mask, zero, dy), *cg_node_shape(b));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++)
        c->y[i] = cg_ref_broadcast(c, cg_ref_broadcast(c, 0, i) != 0 ? 1 : 2, i);
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(9), CG_DIMS(9), CG_DIMS(9) }, .n_x = 3 },
    { .x = { CG_DIMS(2, 3, 5), CG_DIMS(3, 1), CG_DIMS(5) }, .n_x = 3 },
    { .x = { CG_DIMS(4, 1), CG_DIMS(1, 3), { .rank = 0 } }, .n_x = 3 },
    { .x = { CG_DIMS(5), { .rank = 0 }, CG_DIMS(4, 5) }, .n_x = 3 },
    { .x = { CG_DIMS(3, 1, 2, 1), CG_DIMS(2, 1, 3, 1, 2), CG_DIMS(2, 3, 1, 1, 1) }, .n_x = 3 },
    CG_END_SAMPLES,
};

const cg_op cg_op_where = {
    .name = "where",
    .formula = "y = a where mask is not 0, else b",
    .help = "Chooses element by element.  Shapes broadcast as in NumPy; the mask has no gradient.",
    .inputs = "mask a b",
    .onnx = "",
    .traits = CG_ELEMENTWISE | CG_LINEAR,
    .fixed = 1,
    .shape = cg_shape_broadcast,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(where_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_where(cg_node *mask, cg_node *a, cg_node *b)
{
    return cg_record3(&cg_op_where, NULL, mask, a, b);
}

#endif
