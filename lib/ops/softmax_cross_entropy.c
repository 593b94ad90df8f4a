/* Categorical cross-entropy of softmax(z), computed from the logits z. */
#include "ops/op_file.h"

#include "kernels/softmax.h"
#include "ops/loss.h"

#include <math.h>

/* What cross-entropy sums over the classes: exp(d), t and t d, d = z - m, m the largest logit. */
typedef struct {
    cg_vec_sum mass, target, dot;
    int64_t count;
} class_sums;

CG_INLINE void add_class(class_sums *s, cg_vec d, cg_vec t)
{
    if (s->count++ == CG_SUM_BLOCK) {
        cg_vec_sum_settle(&s->mass);
        cg_vec_sum_settle(&s->target);
        cg_vec_sum_settle(&s->dot);
        s->count = 1;
    }
    s->mass.block += cg_vec_exp(d);
    s->target.block += t;
    /* What is masked, by a logit of -infinity, is not asked for: 0, where 0 times infinity is NaN.
     */
    s->dot.block += cg_vec_select(t == 0.0f, cg_vec_splat(0.0f), t * d);
}

/* One row of n contiguous classes: sum t (log sum exp(d) - d); exp never overflows and the sum is
 * at least 1. */
static inline float row_loss(const float *z, const float *t, int64_t n)
{
    const cg_reduction row = { .n = 1, .dim = { n }, .step = { 1 }, .n_runs = 1 };
    float m = cg_max_rows(&row, z);
    class_sums s = { .count = 0 };
    for (int64_t k = 0; k < n; k += CG_LANES)
        add_class(&s, cg_vec_load_pad(z + k, n - k, -INFINITY) - m, cg_vec_load(t + k, n - k));
    cg_vec log_mass = cg_vec_log(cg_vec_splat(cg_vec_sum_lanes(&s.mass)));
    return cg_vec_sum_lanes(&s.target) * log_mass[0] - cg_vec_sum_lanes(&s.dot);
}

/* The same for `width` <= CG_LANES positions side by side, classes `step` apart. */
static inline cg_vec column_loss(const float *z, const float *t, int64_t n, int64_t step,
                                 int64_t width)
{
    cg_vec m = cg_vec_splat(-INFINITY);
    class_sums s = { .count = 0 };
    for (int64_t k = 0; k < n; k++) m = cg_vec_larger(m, cg_vec_load(z + k * step, width));
    for (int64_t k = 0; k < n; k++)
        add_class(&s, cg_vec_load(z + k * step, width) - m, cg_vec_load(t + k * step, width));
    return cg_vec_sum_value(&s.target) * cg_vec_log(cg_vec_sum_value(&s.mass)) -
           cg_vec_sum_value(&s.dot);
}

/* Rows of few classes are turned, CG_LANES of them side by side. */
static inline void few_classes(const cg_call *c, int64_t K, int64_t begin, int64_t end)
{
    float z[CG_SOFTMAX_FEW * CG_LANES], t[CG_SOFTMAX_FEW * CG_LANES];
    for (int64_t n = begin; n < end; n += CG_LANES) {
        int64_t width = end - n < CG_LANES ? end - n : CG_LANES;
        cg_turn(c->x[0] + n * K, K, width, K, z, CG_LANES);
        cg_turn(c->x[1] + n * K, K, width, K, t, CG_LANES);
        cg_vec_store(c->y + n, column_loss(z, t, K, CG_LANES, width), width);
    }
}

CG_KERNEL(softmax_cross_entropy_forward)
{
    const cg_shape *xs = c->xs[0];
    int64_t K = xs->dim[1], positions = loss_positions(xs);
    if (positions == 1 && K <= CG_SOFTMAX_FEW) {
        few_classes(c, K, begin, end);
        return;
    }
    for (int64_t n = begin; n < end; n++) {
        const float *z = c->x[0] + n * K * positions, *t = c->x[1] + n * K * positions;
        if (positions == 1) {
            c->y[n] = row_loss(z, t, K);
            continue;
        }
        cg_vec_sum sum = { 0 };
        for (int64_t p = 0; p < positions; p += CG_LANES) {
            int64_t width = positions - p < CG_LANES ? positions - p : CG_LANES;
            sum.block += column_loss(z + p, t + p, K, positions, width); /* 0 past the end, as t */
            cg_vec_sum_settle(&sum);
        }
        c->y[n] = cg_vec_sum_lanes(&sum) / (float)positions;
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

/* -log(0) of a class that is masked, by a logit of -infinity, beside one that is not. */
static double masked_cost(const double *z, int64_t K, int64_t positions)
{
    bool is_any = false;
    for (int64_t j = 0; j < K; j++) {
        if (isnan(z[j * positions])) return NAN;
        is_any = is_any || z[j * positions] > -INFINITY;
    }
    return is_any ? INFINITY : NAN;
}

/* -log(exp(z_k) / sum exp(z)): each class compared with each, sum_j exp(z_j - z_k), whose logarithm
 * is taken of the largest summand and the rest, for exp alone ends at 709. */
static double cost(const double *z, int64_t K, int64_t positions, int64_t k)
{
    double most = 0, others = 0, own = z[k * positions];
    if (own == -INFINITY) return masked_cost(z, K, positions);
    for (int64_t j = 0; j < K; j++) most = fmax(most, z[j * positions] - own);
    for (int64_t j = 0; j < K; j++) others += exp(z[j * positions] - own - most);
    return most + log(others);
}

/* sum t cost; what the target excludes costs nothing. */
static void reference(const cg_ref_call *c)
{
    const cg_shape *xs = c->xs[0];
    int64_t K = xs->dim[1], positions = loss_positions(xs);
    for (int64_t n = 0; n < xs->dim[0]; n++) {
        c->y[n] = 0;
        for (int64_t k = 0; k < K; k++)
            for (int64_t p = 0; p < positions; p++) {
                int64_t first = n * K * positions + p;
                double t = c->x[1][first + k * positions];
                double paid = cost(c->x[0] + first, K, positions, k);
                if (t != 0 || paid != INFINITY) c->y[n] += t * paid / (double)positions;
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
