/* Mean squared error of each row. */
#include "ops/op_file.h"

#include "ops/loss.h"

#include <math.h>

static inline cg_vec term(cg_vec x, cg_vec t, float unused)
{
    (void)unused;
    cg_vec d = x - t;
    return d * d;
}

CG_KERNEL(mse_forward)
{
    loss_rows(c, begin, end, term, 0, 0, 0, loss_row(c->xs[0]));
}

#if CG_DESCRIBE

/* dx = 2 (x - t) / M, M elements a row. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *d = cg_sub(cg_node_input(node, 0), cg_node_input(node, 1));
    dx[0] = cg_mul(d, loss_weight(node, dy, 2 * loss_per_element(node)));
    if (cg_wants(node, 1)) dx[1] = cg_neg(dx[0]);
}

static double term_reference(const cg_ref_call *c, double x, double t)
{
    (void)c;
    return pow(x - t, 2);
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

const cg_op cg_op_mse = {
    .name = "mse",
    .formula = "y[n] = mean over i of (x[n,i] - t[n,i])^2",
    .help = "Mean squared error of each row; without a factor of 1/2.",
    .inputs = "x t",
    .onnx = "",
    .shape = loss_shape,
    .vjp = vjp,
    .flow = loss_flow,
    .flops = loss_flops,
    .forward = CG_TIERS(mse_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_mse(cg_node *x, cg_node *t)
{
    return cg_record2(&cg_op_mse, NULL, x, t);
}

#endif
