/* The hinge loss of support vector machines, t in {-1, 1}. */
#include "ops/op_file.h"

#include "ops/loss.h"

static inline cg_vec term(cg_vec x, cg_vec t, float unused)
{
    (void)unused;
    return cg_vec_max(cg_vec_splat(0), 1.0f - t * x);
}

CG_KERNEL(hinge_forward)
{
    loss_rows(c, begin, end, term, 0, 1, 1, loss_row(c->xs[0]));
}

#if CG_DESCRIBE

/* dx = -t / M, dt = -x / M where t x < 1, else 0; M elements a row. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *x = cg_node_input(node, 0), *t = cg_node_input(node, 1);
    cg_node *inside = cg_greater(loss_scalar(node, 1), cg_mul(t, x));
    cg_node *w = cg_mul(inside, loss_weight(node, dy, -loss_per_element(node)));
    if (cg_wants(node, 0)) dx[0] = cg_mul(t, w);
    if (cg_wants(node, 1)) dx[1] = cg_mul(x, w);
}

static double term_reference(const cg_ref_call *c, double x, double t)
{
    return cg_take(c, t * x >= 1) ? 0 : 1 - t * x;
}

static void reference(const cg_ref_call *c)
{
    loss_reference(c, loss_row(c->xs[0]), term_reference);
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 4), CG_DIMS(3, 4) }, .n_x = 2, .low = -2, .high = 2 },
    { .x = { CG_DIMS(2, 3, 3, 2), CG_DIMS(2, 3, 3, 2) }, .n_x = 2, .low = -2, .high = 2 },
    { .x = { CG_DIMS(4), CG_DIMS(4) }, .n_x = 2, .low = -2, .high = 2 },
    { .x = { CG_DIMS(2, 37), CG_DIMS(2, 37) }, .n_x = 2, .low = -2, .high = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_hinge = {
    .name = "hinge",
    .formula = "y[n] = mean over i of max(0, 1 - t[n,i] x[n,i])",
    .help = "t is -1 or 1. The gradient at t x = 1 is 0.",
    .inputs = "x t",
    .onnx = "",
    .shape = loss_shape,
    .vjp = vjp,
    .flow = loss_flow,
    .flops = loss_flops,
    .forward = CG_TIERS(hinge_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_hinge(cg_node *x, cg_node *t)
{
    return cg_record2(&cg_op_hinge, NULL, x, t);
}

#endif
