/* Categorical cross-entropy of softmax(z), computed from the logits z. */
#include "ops/op_file.h"

#include "ops/loss.h"

#include <math.h>

/* One position of a row: classes lie `step` apart.  log softmax(z)_k = z_k - m - log sum exp(z -
 * m), m the largest logit, so exp never overflows and the sum is at least 1. */
static inline float cross_entropy(const float *z, const float *t, int64_t n, int64_t step)
{
    float m = z[0], mass = 0, target = 0, dot = 0;
    for (int64_t k = 1; k < n; k++) m = z[k * step] > m ? z[k * step] : m;
    for (int64_t k = 0; k < n; k++) {
        float d = z[k * step] - m;
        mass += expf(d);
        target += t[k * step];
        dot += t[k * step] * d;
    }
    return target * logf(mass) - dot;
}

CG_KERNEL(softmax_cross_entropy_forward)
{
    const cg_shape *xs = c->xs[0];
    int64_t row = loss_row(xs), positions = loss_positions(xs);
    for (int64_t n = begin; n < end; n++) {
        float sum = 0;
        for (int64_t p = 0; p < positions; p++)
            sum +=
                cross_entropy(c->x[0] + n * row + p, c->x[1] + n * row + p, xs->dim[1], positions);
        c->y[n] = sum / (float)positions;
    }
}

#if CG_DESCRIBE

/* dz = softmax(z) sum(t) - t, dt = -log softmax(z), each divided by the positions.  sum(t) is 1 for
 * a distribution, but nothing says that t is one. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *z = cg_node_input(node, 0), *t = cg_node_input(node, 1);
    cg_node *w = loss_weight(node, dy, loss_per_position(node));
    if (cg_wants(node, 0)) {
        cg_node *expected = cg_mul(cg_softmax(z, 1), cg_sum(t, CG_AXIS(1), true));
        dx[0] = cg_mul(cg_sub(expected, t), w);
    }
    if (cg_wants(node, 1)) dx[1] = cg_neg(cg_mul(cg_log_softmax(z, 1), w));
}

/* -sum t log(exp(z_k) / sum exp(z)): each class compared with each, sum_j exp(z_j - z_k). */
static void reference(const cg_ref_call *c)
{
    const cg_shape *xs = c->xs[0];
    int64_t K = xs->dim[1], positions = loss_positions(xs);
    for (int64_t n = 0; n < xs->dim[0]; n++) {
        c->y[n] = 0;
        for (int64_t k = 0; k < K; k++)
            for (int64_t p = 0; p < positions; p++) {
                const double *z = c->x[0] + n * K * positions + p;
                double others = 0;
                for (int64_t j = 0; j < K; j++) others += exp(z[j * positions] - z[k * positions]);
                c->y[n] += c->x[1][(n * K + k) * positions + p] * log(others) / (double)positions;
            }
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 4), CG_DIMS(3, 4) }, .n_x = 2, .low = -3, .high = 3 },
    { .x = { CG_DIMS(2, 3, 2, 2), CG_DIMS(2, 3, 2, 2) }, .n_x = 2 },
    { .x = { CG_DIMS(2, 19), CG_DIMS(2, 19) }, .n_x = 2, .low = 0.05, .high = 0.95 },
    { .x = { CG_DIMS(3, 2), CG_DIMS(3, 2) }, .n_x = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_softmax_cross_entropy = {
    .name = "softmax_cross_entropy",
    .formula = "y[n] = -sum over classes k of t[n,k] log softmax(z[n])_k",
    .help =
        "cce(softmax(z), t) in a form that neither overflows nor cancels. Classes are axis 1; axes "
        "after it are averaged over.",
    .inputs = "z t",
    .onnx = "",
    .shape = loss_shape_classes,
    .vjp = vjp,
    .flow = loss_flow,
    .flops = loss_flops,
    .forward = CG_TIERS(softmax_cross_entropy_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_softmax_cross_entropy(cg_node *z, cg_node *t)
{
    return cg_record2(&cg_op_softmax_cross_entropy, NULL, z, t);
}

#endif
