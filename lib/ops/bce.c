/* Binary cross-entropy of probabilities. */
#include "ops/op_file.h"

#include "ops/loss.h"

#include <math.h>

/* Both logarithms are cut off, so that a wrong certainty costs 100, not infinity. */
static inline cg_vec term(cg_vec p, cg_vec t, float unused)
{
    (void)unused;
    return -(t * loss_cut_log(p) + (1.0f - t) * loss_cut_log(1.0f - p));
}

CG_KERNEL(bce_forward)
{
    loss_rows(c, begin, end, term, 0, 1, 1, loss_row(c->xs[0]));
}

#if CG_DESCRIBE

/* dp = (p - t) / (p (1 - p)) / M, the denominator at least CG_LOSS_TINY as in PyTorch;
 * dt = (log(1 - p) - log p) / M; M elements a row. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *p = cg_node_input(node, 0), *t = cg_node_input(node, 1);
    cg_node *w = loss_weight(node, dy, loss_per_element(node));
    cg_node *q = cg_sub(loss_scalar(node, 1), p);
    if (cg_wants(node, 0)) {
        cg_node *variance = cg_maximum(cg_mul(p, q), loss_scalar(node, CG_LOSS_TINY));
        dx[0] = cg_mul(cg_div(cg_sub(p, t), variance), w);
    }
    if (cg_wants(node, 1)) dx[1] = cg_mul(cg_sub(loss_log(node, q), loss_log(node, p)), w);
}

static double cut(const cg_ref_call *c, double log_p)
{
    return cg_take(c, log_p < CG_LOG_FLOOR) ? CG_LOG_FLOOR : log_p;
}

static double term_reference(const cg_ref_call *c, double p, double t)
{
    return -t * cut(c, log(p)) - (1 - t) * cut(c, log(1 - p));
}

static void reference(const cg_ref_call *c)
{
    loss_reference(c, loss_row(c->xs[0]), term_reference);
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 4), CG_DIMS(3, 4) }, .n_x = 2, .low = 0.05, .high = 0.95 },
    { .x = { CG_DIMS(2, 3, 3, 2), CG_DIMS(2, 3, 3, 2) }, .n_x = 2, .low = 0.05, .high = 0.95 },
    { .x = { CG_DIMS(4), CG_DIMS(4) }, .n_x = 2, .low = 0.05, .high = 0.95 },
    { .x = { CG_DIMS(2, 37), CG_DIMS(2, 37) }, .n_x = 2, .low = 0.05, .high = 0.95 },
    CG_END_SAMPLES,
};

const cg_op cg_op_bce = {
    .name = "bce",
    .formula = "y[n] = -mean over i of t[n,i] log p[n,i] + (1 - t[n,i]) log(1 - p[n,i])",
    .help = "Each logarithm is cut off at -100 and the gradient's denominator p (1 - p) at 1e-12, "
            "as in "
            "PyTorch. From logits, bce_with_logits is more exact.",
    .inputs = "p t",
    .onnx = "",
    .shape = loss_shape,
    .vjp = vjp,
    .flow = loss_flow,
    .flops = loss_flops,
    .forward = CG_TIERS(bce_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_bce(cg_node *p, cg_node *t)
{
    return cg_record2(&cg_op_bce, NULL, p, t);
}

#endif
