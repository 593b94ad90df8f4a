/* Binary cross-entropy of sigmoid(z), computed from z so that nothing overflows or cancels. */
#include "ops/op_file.h"

#include "ops/loss.h"

#include <math.h>

static inline cg_vec term(cg_vec z, cg_vec t, float unused)
{
    (void)unused;
    /* max(z, 0) - z t without a difference: exact for t 0 and 1, where the loss is all but 0; and
     * 0, not NaN, where a certainty of infinity is right. */
    cg_vec share = cg_vec_select(z > 0.0f, 1.0f - t, -t);
    cg_vec away = cg_vec_select(share == 0.0f, cg_vec_splat(0.0f), z * share);
    return away + cg_vec_log1p_unit(cg_vec_exp(-cg_vec_abs(z)));
}

CG_KERNEL(bce_with_logits_forward)
{
    loss_rows(c, begin, end, term, 0, 200, 1, loss_row(c->xs[0]));
}

#if CG_DESCRIBE

/* dz = (sigmoid(z) - t) / M, dt = -z / M, M elements a row. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *z = cg_node_input(node, 0), *t = cg_node_input(node, 1);
    cg_node *w = loss_weight(node, dy, loss_per_element(node));
    if (cg_wants(node, 0)) dx[0] = cg_mul(cg_sub(cg_sigmoid(z), t), w);
    if (cg_wants(node, 1)) dx[1] = cg_neg(cg_mul(z, w));
}

/* t log(1 + exp(-z)) + (1 - t) log(1 + exp(z)), each logarithm written so that exp stays below 1.
 */
static double term_reference(const cg_ref_call *c, double z, double t)
{
    (void)c;
    double away = log1p(exp(-fabs(z)));
    double if_one = z < 0 ? away - z : away, if_zero = z > 0 ? away + z : away;
    return (t != 0 ? t * if_one : 0) + (t != 1 ? (1 - t) * if_zero : 0);
}

static void reference(const cg_ref_call *c)
{
    loss_reference(c, loss_row(c->xs[0]), term_reference);
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 4), CG_DIMS(3, 4) }, .n_x = 2, .low = -4, .high = 4 },
    { .x = { CG_DIMS(2, 3, 3, 2), CG_DIMS(2, 3, 3, 2) }, .n_x = 2, .low = -4, .high = 4 },
    { .x = { CG_DIMS(4), CG_DIMS(4) }, .n_x = 2, .low = -4, .high = 4 },
    { .x = { CG_DIMS(2, 37), CG_DIMS(2, 37) }, .n_x = 2, .low = -4, .high = 4 },
    CG_END_SAMPLES,
};

const cg_op cg_op_bce_with_logits = {
    .name = "bce_with_logits",
    .formula = "y[n] = mean over i of log(1 + exp(z[n,i])) - t[n,i] z[n,i]",
    .help = "bce(sigmoid(z), t) in a form that neither overflows nor cancels.",
    .inputs = "z t",
    .onnx = "",
    .shape = loss_shape,
    .vjp = vjp,
    .flow = loss_flow,
    .flops = loss_flops,
    .forward = CG_TIERS(bce_with_logits_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_bce_with_logits(cg_node *z, cg_node *t)
{
    return cg_record2(&cg_op_bce_with_logits, NULL, z, t);
}

#endif
