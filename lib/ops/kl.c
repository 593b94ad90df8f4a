/* The Kullback-Leibler divergence of p from the target distribution t. */
#include "ops/op_file.h"

#include "ops/loss.h"

#include <math.h>

/* t log(t / p): 0 where t is 0, which is its limit; log p is cut off at CG_LOG_FLOOR. */
static inline cg_vec term(cg_vec p, cg_vec t, float unused)
{
    (void)unused;
    cg_vec slope = cg_vec_log(t) - loss_cut_log(p);
    return cg_vec_select(t > 0.0f, t * slope, cg_vec_splat(0));
}

CG_KERNEL(kl_forward)
{
    loss_rows(c, begin, end, term, 0, 1, 0, loss_positions(c->xs[0]));
}

#if CG_DESCRIBE

/* dp = -t / p, the denominator at least CG_LOSS_TINY; dt = log t - log p + 1, and 0 where t is 0
 * (where the slope is infinite); each divided by the positions. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *p = cg_node_input(node, 0), *t = cg_node_input(node, 1);
    cg_node *w = loss_weight(node, dy, loss_per_position(node));
    cg_node *zero = loss_scalar(node, 0), *one = loss_scalar(node, 1);
    cg_node *is_possible = cg_greater(t, zero);
    if (cg_wants(node, 0)) {
        cg_node *slope = cg_div(t, cg_maximum(p, loss_scalar(node, CG_LOSS_TINY)));
        dx[0] = cg_neg(cg_mul(cg_mul(is_possible, slope), w));
    }
    if (cg_wants(node, 1)) {
        cg_node *log_t = cg_log(cg_where(is_possible, t, one)); /* finite, so its own gradient is */
        cg_node *slope = cg_shift(cg_sub(log_t, loss_log(node, p)), 1);
        dx[1] = cg_mul(cg_where(is_possible, slope, zero), w);
    }
}

static double term_reference(const cg_ref_call *c, double p, double t)
{
    if (!cg_take(c, t > 0)) return 0;
    return t * log(t) - t * (cg_take(c, log(p) < CG_LOG_FLOOR) ? CG_LOG_FLOOR : log(p));
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

const cg_op cg_op_kl = {
    .name = "kl",
    .formula = "y[n] = sum over classes k of t[n,k] (log t[n,k] - log p[n,k])",
    .help = "KL(t || p): 0 where t is 0. Classes are axis 1; axes after it are averaged over. log "
            "p is cut off "
            "at -100 and the gradient's denominator at 1e-12.",
    .inputs = "p t",
    .onnx = "",
    .shape = loss_shape_classes,
    .vjp = vjp,
    .flow = loss_flow,
    .flops = loss_flops,
    .forward = CG_TIERS(kl_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_kl(cg_node *p, cg_node *t)
{
    return cg_record2(&cg_op_kl, NULL, p, t);
}

#endif
