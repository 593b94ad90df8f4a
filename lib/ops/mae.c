/* Mean absolute error of each row. */
#include "ops/op_file.h"

#include "ops/loss.h"

static inline cg_vec term(cg_vec x, cg_vec t, float unused)
{
    (void)unused;
    return cg_vec_abs(x - t);
}

CG_KERNEL(mae_forward)
{
    loss_rows(c, begin, end, term, 0, 0, 0, loss_row(c->xs[0]));
}

#if CG_DESCRIBE

/* dx = sign(x - t) / M, M elements a row; 0 where x = t. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *x = cg_node_input(node, 0), *t = cg_node_input(node, 1);
    cg_node *sign = cg_sub(cg_greater(x, t), cg_greater(t, x));
    dx[0] = cg_mul(sign, loss_weight(node, dy, loss_per_element(node)));
    if (cg_wants(node, 1)) dx[1] = cg_neg(dx[0]);
}

static double term_reference(const cg_ref_call *c, double x, double t)
{
    return cg_take(c, x > t) ? x - t : t - x;
}

static void reference(const cg_ref_call *c)
{
    loss_reference(c, loss_row(c->xs[0]), term_reference);
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 4), CG_DIMS(3, 4) }, .n_x = 2 },
    { .x = { CG_DIMS(2, 3, 3, 2), CG_DIMS(2, 3, 3, 2) }, .n_x = 2 },
    { .x = { CG_DIMS(4), CG_DIMS(4) }, .n_x = 2 },
    { .x = { CG_DIMS(2, 37), CG_DIMS(2, 37) }, .n_x = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_mae = {
    .name = "mae",
    .formula = "y[n] = mean over i of |x[n,i] - t[n,i]|",
    .help = "Mean absolute error of each row. The gradient at x = t is 0.",
    .inputs = "x t",
    .onnx = "",
    .shape = loss_shape,
    .vjp = vjp,
    .flow = loss_flow,
    .flops = loss_flops,
    .forward = CG_TIERS(mae_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_mae(cg_node *x, cg_node *t)
{
    return cg_record2(&cg_op_mae, NULL, x, t);
}

#endif
