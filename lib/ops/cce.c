/* Categorical cross-entropy of probabilities, such as a softmax gives. */
#include "ops/op_file.h"

#include "ops/loss.h"

#include <math.h>

/* The logarithm is cut off at CG_LOG_FLOOR; a class that the target excludes costs nothing. */
static inline cg_vec term(cg_vec p, cg_vec t, float unused)
{
    (void)unused;
    return -t * loss_cut_log(p);
}

CG_KERNEL(cce_forward)
{
    loss_rows(c, begin, end, term, 0, 1, 0, loss_positions(c->xs[0]));
}

#if CG_DESCRIBE

/* dp = -t / p, the denominator at least CG_LOSS_TINY; dt = -log p; each divided by the positions.
 */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *p = cg_node_input(node, 0), *t = cg_node_input(node, 1);
    cg_node *w = loss_weight(node, dy, -loss_per_position(node));
    if (cg_wants(node, 0))
        dx[0] = cg_mul(cg_div(t, cg_maximum(p, loss_scalar(node, CG_LOSS_TINY))), w);
    if (cg_wants(node, 1)) dx[1] = cg_mul(loss_log(node, p), w);
}

static double term_reference(const cg_ref_call *c, double p, double t)
{
    return -t * (cg_take(c, log(p) < CG_LOG_FLOOR) ? CG_LOG_FLOOR : log(p));
}

static void reference(const cg_ref_call *c)
{
    loss_reference(c, loss_positions(c->xs[0]), term_reference);
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 4), CG_DIMS(3, 4) }, .n_x = 2, .low = 0.05, .high = 0.95 },
    { .x = { CG_DIMS(2, 5, 3), CG_DIMS(2, 5, 3) }, .n_x = 2, .low = 0.05, .high = 0.95 },
    { .x = { CG_DIMS(1, 2), CG_DIMS(1, 2) }, .n_x = 2, .low = 0.05, .high = 0.95 },
    CG_END_SAMPLES,
};

const cg_op cg_op_cce = {
    .name = "cce",
    .formula = "y[n] = -sum over classes k of t[n,k] log p[n,k]",
    .help = "Classes are axis 1; axes after it are averaged over. The logarithm is cut off at -100 "
            "and the "
            "gradient's denominator at 1e-12. From logits, softmax_cross_entropy is more exact.",
    .inputs = "p t",
    .onnx = "",
    .shape = loss_shape_classes,
    .vjp = vjp,
    .flow = loss_flow,
    .flops = loss_flops,
    .forward = CG_TIERS(cce_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_cce(cg_node *p, cg_node *t)
{
    return cg_record2(&cg_op_cce, NULL, p, t);
}

#endif
