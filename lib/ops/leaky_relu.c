#include "ops/op_file.h"

#include "kernels/map.h"

static inline float slope_of(const void *attrs)
{
    return (float)((const cg_leaky_relu_attrs *)attrs)->slope;
}

CG_MAP1(leaky_relu_forward, x, cg_vec_select(x > 0.0f, x, slope_of(c->attrs) * x))

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_leaky_relu_attrs *a = cg_node_attrs(node);
    cg_graph *graph = cg_node_graph(node);
    cg_node *zero = cg_constant(graph, (cg_shape){ 0 }, 0);
    cg_node *one = cg_constant(graph, (cg_shape){ 0 }, 1);
    cg_node *slope = cg_constant(graph, (cg_shape){ 0 }, a->slope);
    dx[0] = cg_mul(dy, cg_where(cg_greater(cg_node_input(node, 0), zero), one, slope));
}

static void reference(const cg_ref_call *c)
{
    const cg_leaky_relu_attrs *a = c->attrs;
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++)
        c->y[i] = cg_take(c, c->x[0][i] > 0) ? c->x[0][i] : a->slope * c->x[0][i];
}

static const cg_attr attrs[] = {
    CG_REAL(cg_leaky_relu_attrs, slope, 0.01, 1e-9, 1e9, "the slope left of 0"),
    CG_END_ATTRS,
};

static const cg_leaky_relu_attrs flat = { .slope = 0.01 };
static const cg_leaky_relu_attrs steep = { .slope = 0.2 };
static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .attrs = &flat, .low = -1, .high = 1 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .attrs = &steep, .low = -1, .high = 1 },
    { .x = { { .rank = 0 } }, .n_x = 1, .attrs = &flat, .low = -1, .high = 1 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .attrs = &steep, .low = -1, .high = 1 },
    CG_END_SAMPLES,
};

const cg_op cg_op_leaky_relu = {
    .name = "leaky_relu",
    .formula = "y = x where x > 0, else slope x",
    .help = "Leaky rectified linear unit (Maas, Hannun, Ng 2013).  The gradient at 0 is the slope.",
    .inputs = "x",
    .onnx = "LeakyRelu",
    .traits = CG_ELEMENTWISE | CG_LAYER,
    .attrs = attrs,
    .attrs_size = sizeof(cg_leaky_relu_attrs),
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(leaky_relu_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_leaky_relu(cg_node *x, double slope)
{
    return cg_record1(&cg_op_leaky_relu, &(cg_leaky_relu_attrs){ .slope = slope }, x);
}

#endif
