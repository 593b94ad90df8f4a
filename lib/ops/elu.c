#include "ops/op_file.h"

#include "kernels/map.h"
#include "kernels/vec_math.h"

#include <math.h>

static inline float alpha_of(const void *attrs)
{
    return (float)((const cg_elu_attrs *)attrs)->alpha;
}

static inline cg_vec elu(cg_vec x, float alpha)
{
    cg_vec left = alpha * cg_vec_expm1_negative(cg_vec_min(cg_vec_splat(0.0f), x));
    return cg_vec_select(x > 0.0f, x, left);
}

CG_MAP1(elu_forward, x, elu(x, alpha_of(c->attrs)))

#if CG_DESCRIBE

/* Left of 0, dy/dx = alpha e^x = y + alpha; y > 0 just where x > 0. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_elu_attrs *a = cg_node_attrs(node);
    cg_graph *graph = cg_node_graph(node);
    cg_node *zero = cg_constant(graph, (cg_shape){ 0 }, 0);
    cg_node *one = cg_constant(graph, (cg_shape){ 0 }, 1);
    dx[0] = cg_mul(dy, cg_where(cg_greater(node, zero), one, cg_shift(node, a->alpha)));
}

static void reference(const cg_ref_call *c)
{
    const cg_elu_attrs *a = c->attrs;
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++)
        c->y[i] = cg_take(c, c->x[0][i] > 0) ? c->x[0][i] : a->alpha * expm1(c->x[0][i]);
}

static const cg_attr attrs[] = {
    CG_REAL(cg_elu_attrs, alpha, 1, 1e-9, 1e9, "minus the limit at the far left"),
    CG_END_ATTRS,
};

static const cg_elu_attrs one = { .alpha = 1 };
static const cg_elu_attrs half = { .alpha = 0.5 };
static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .attrs = &one, .low = -2, .high = 2 },
    { .x = { CG_DIMS(2, 3, 5) }, .n_x = 1, .attrs = &half, .low = -2, .high = 2 },
    { .x = { { .rank = 0 } }, .n_x = 1, .attrs = &one, .low = -2, .high = 2 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2) }, .n_x = 1, .attrs = &half, .low = -2, .high = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_elu = {
    .name = "elu",
    .formula = "y = x where x > 0, else alpha (e^x - 1)",
    .help = "Exponential linear unit (Clevert, Unterthiner, Hochreiter 2015).  The gradient at 0 "
            "is alpha.",
    .inputs = "x",
    .onnx = "Elu",
    .traits = CG_ELEMENTWISE | CG_LAYER,
    .attrs = attrs,
    .attrs_size = sizeof(cg_elu_attrs),
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(elu_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_elu(cg_node *x, double alpha)
{
    return cg_record1(&cg_op_elu, &(cg_elu_attrs){ .alpha = alpha }, x);
}

#endif
