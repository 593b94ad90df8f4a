/* Huber's loss: square near the target, linear far from it.
 *
 * P. J. Huber, "Robust estimation of a location parameter", Annals of Statistics 53 (1964). */
#include "ops/op_file.h"

#include "ops/loss.h"

static inline cg_vec term(cg_vec x, cg_vec t, float delta)
{
    cg_vec d = cg_vec_abs(x - t), near = cg_vec_min(cg_vec_splat(delta), d);
    return near * (d - 0.5f * near); /* d^2 / 2 up to delta, delta (d - delta / 2) beyond */
}

CG_KERNEL(huber_forward)
{
    loss_rows(c, begin, end, term, (float)((const cg_huber_attrs *)c->attrs)->delta, 0, 0,
              loss_row(c->xs[0]));
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_REAL(cg_huber_attrs, delta, 1, 1e-30, 1e30, "error at which the loss becomes linear"),
    CG_END_ATTRS,
};

/* dx = clip(x - t, -delta, delta) / M, M elements a row. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_huber_attrs *a = cg_node_attrs(node);
    cg_node *d = cg_sub(cg_node_input(node, 0), cg_node_input(node, 1));
    dx[0] = cg_mul(cg_clip(d, -a->delta, a->delta), loss_weight(node, dy, loss_per_element(node)));
    if (cg_wants(node, 1)) dx[1] = cg_neg(dx[0]);
}

static double term_reference(const cg_ref_call *c, double x, double t)
{
    double delta = ((const cg_huber_attrs *)c->attrs)->delta, d = x - t;
    if (cg_take(c, d > delta)) return delta * (d - 0.5 * delta);
    if (cg_take(c, d < -delta)) return delta * (-d - 0.5 * delta);
    return 0.5 * d * d;
}

static void reference(const cg_ref_call *c)
{
    loss_reference(c, loss_row(c->xs[0]), term_reference);
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 4), CG_DIMS(3, 4) },
      .n_x = 2,
      .attrs = &(cg_huber_attrs){ 1 },
      .low = -2,
      .high = 2 },
    { .x = { CG_DIMS(2, 3, 3, 2), CG_DIMS(2, 3, 3, 2) },
      .n_x = 2,
      .attrs = &(cg_huber_attrs){ 0.3 },
      .low = -2,
      .high = 2 },
    { .x = { CG_DIMS(4), CG_DIMS(4) },
      .n_x = 2,
      .attrs = &(cg_huber_attrs){ 1 },
      .low = -2,
      .high = 2 },
    { .x = { CG_DIMS(2, 37), CG_DIMS(2, 37) },
      .n_x = 2,
      .attrs = &(cg_huber_attrs){ 0.3 },
      .low = -2,
      .high = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_huber = {
    .name = "huber",
    .formula = "y[n] = mean over i of (d^2 / 2 if |d| <= delta else delta (|d| - delta / 2)), d = "
               "x[n,i] - t[n,i]",
    .help = "Huber (1964): square near the target, linear beyond delta; as PyTorch's huber_loss.",
    .inputs = "x t",
    .onnx = "",
    .attrs = attrs,
    .attrs_size = sizeof(cg_huber_attrs),
    .shape = loss_shape,
    .vjp = vjp,
    .flow = loss_flow,
    .flops = loss_flops,
    .forward = CG_TIERS(huber_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_huber(cg_node *x, cg_node *t, double delta)
{
    return cg_record2(&cg_op_huber, &(cg_huber_attrs){ delta }, x, t);
}

#endif
