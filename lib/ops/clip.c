#include "ops/op_file.h"

#include "kernels/map.h"

static inline cg_vec clip(cg_vec x, const cg_clip_attrs *a)
{
    return cg_vec_min(cg_vec_splat((float)a->high), cg_vec_max(cg_vec_splat((float)a->low), x));
}

CG_MAP1(clip_forward, x, clip(x, c->attrs))

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_clip_attrs *a = cg_node_attrs(node);
    cg_node *x = cg_node_input(node, 0);
    cg_graph *graph = cg_node_graph(node);
    cg_node *below = cg_greater(cg_constant(graph, (cg_shape){ 0 }, a->low), x);
    cg_node *above = cg_greater(x, cg_constant(graph, (cg_shape){ 0 }, a->high));
    dx[0] = cg_mul(dy, cg_shift(cg_neg(cg_add(below, above)), 1));
}

static void reference(const cg_ref_call *c)
{
    const cg_clip_attrs *a = c->attrs;
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double x = c->x[0][i];
        int64_t side = cg_take(c, x < a->low ? -1 : x > a->high);
        c->y[i] = side < 0 ? a->low : side > 0 ? a->high : x;
    }
}

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_clip_attrs *a = cg_node_attrs(node);
    if (a->low > a->high)
        return cg_shape_fail(node, error, "low is %g, must not exceed high, which is %g", a->low,
                             a->high);
    return cg_shape_same(node, y, error);
}

static const cg_attr attrs[] = {
    CG_REAL(cg_clip_attrs, low, 0, -1e300, 1e300, "the least value of y"),
    CG_REAL(cg_clip_attrs, high, 1, -1e300, 1e300, "the largest value of y"),
    CG_END_ATTRS,
};

static const cg_clip_attrs inside = { .low = -0.5, .high = 0.25 };
static const cg_clip_attrs positive = { .low = 0, .high = 1 };
static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .attrs = &inside, .low = -1, .high = 1 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .attrs = &positive, .low = -1, .high = 1 },
    { .x = { { .rank = 0 } }, .n_x = 1, .attrs = &inside, .low = -1, .high = 1 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .attrs = &positive, .low = -1, .high = 1 },
    CG_END_SAMPLES,
};

const cg_op cg_op_clip = {
    .name = "clip",
    .formula = "y = min(max(x, low), high)",
    .help =
        "Cuts x off at low and high.  The gradient is 1 within [low, high], both ends included.",
    .inputs = "x",
    .onnx = "Clip",
    .traits = CG_ELEMENTWISE,
    .attrs = attrs,
    .attrs_size = sizeof(cg_clip_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(clip_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_clip(cg_node *x, double low, double high)
{
    return cg_record1(&cg_op_clip, &(cg_clip_attrs){ .low = low, .high = high }, x);
}

#endif
