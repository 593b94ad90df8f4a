/* Normalisation by the statistics of the batch, x: N C ..., gamma, beta: C.
 *
 * S. Ioffe, C. Szegedy, "Batch Normalization", ICML 2015, arXiv:1502.03167. */
#include "ops/op_file.h"

#include "ops/norm.h"

#include <math.h>

static inline void normalise_channel(const cg_call *c, int64_t channel, int64_t plane)
{
    int64_t N = c->xs[0]->dim[0], step = c->xs[0]->dim[1] * plane;
    double epsilon = ((const cg_norm_attrs *)c->attrs)->epsilon, count = (double)(N * plane);
    const float *x = c->x[0] + channel * plane;
    float *y = c->y + channel * plane;
    cg_vec_sum sum = { 0 };
    norm_moments moments = { 0 };
    for (int64_t n = 0; n < N; n++) norm_add(&sum, x + n * step, plane);
    float mean = (float)((double)cg_vec_sum_lanes(&sum) / count);
    for (int64_t n = 0; n < N; n++) norm_add_moments(&moments, x + n * step, plane, mean);
    norm_scale scale = norm_scale_of(&moments, count, epsilon);
    if (!(scale.slope > 0)) {
        norm_wide wide = norm_wide_of(x, N, step, plane, mean);
        scale = norm_scale_wide(&wide, epsilon);
    }
    float slope = c->x[1][channel] * scale.slope, offset = c->x[2][channel] - scale.rest * slope;
    for (int64_t n = 0; n < N; n++)
        norm_apply(x + n * step, y + n * step, plane, mean, slope, offset);
}

/* x: N C.  The same for `width` <= CG_LANES channels side by side. */
static inline void normalise_columns(const cg_call *c, int64_t channel, int64_t width)
{
    int64_t N = c->xs[0]->dim[0], C = c->xs[0]->dim[1];
    float epsilon = (float)((const cg_norm_attrs *)c->attrs)->epsilon;
    const float *x = c->x[0] + channel;
    norm_columns m = norm_columns_of(x, N, C, width);
    if (cg_vec_max_lanes(m.variance) == INFINITY) {
        for (int64_t i = 0; i < width; i++) normalise_channel(c, channel + i, 1);
        return;
    }
    cg_vec slope = cg_vec_load(c->x[1] + channel, width) / cg_vec_sqrt(m.variance + epsilon);
    cg_vec offset = cg_vec_load(c->x[2] + channel, width) - m.rest * slope;
    for (int64_t n = 0; n < N; n++) {
        cg_vec d = cg_vec_load(x + n * C, width) - m.mean;
        cg_vec_store(c->y + n * C + channel, d * slope + offset, width);
    }
}

/* One item per channel. */
CG_KERNEL(batch_norm_forward)
{
    int64_t plane = cg_shape_size(c->xs[0]) / (c->xs[0]->dim[0] * c->xs[0]->dim[1]);
    if (plane > 1)
        for (int64_t channel = begin; channel < end; channel++)
            normalise_channel(c, channel, plane);
    else
        for (int64_t channel = begin; channel < end; channel += CG_LANES)
            normalise_columns(c, channel, end - channel < CG_LANES ? end - channel : CG_LANES);
}

#if CG_DESCRIBE

static const cg_attr attrs[] = NORM_ATTRS;

/* With d = x - mean, r = 1 / sqrt(var + epsilon), and n values in a channel:
 *     dx = gamma r (dy - sum(dy)/n - d r^2 sum(dy d)/n),  dgamma = r sum(dy d),  dbeta = sum(dy)
 * (Ioffe and Szegedy, section 3); dx is written as dy slope + x b + c. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_norm_attrs *a = cg_node_attrs(node);
    cg_node *x = cg_node_input(node, 0), *gamma = cg_node_input(node, 1);
    const cg_shape *s = cg_node_shape(x), *channels = cg_node_shape(gamma);
    const double n = (double)cg_shape_size(s) / (double)s->dim[1];
    cg_node *moments = cg_moments(x, false);
    cg_node *mean = norm_moment(moments, 0, s->rank);
    cg_node *var = norm_moment(moments, 1, s->rank);
    cg_node *r = norm_slope(cg_shift(var, a->epsilon));
    cg_node *sums = cg_comoments(dy, x, mean, false);
    cg_node *sum = norm_moment(sums, 0, s->rank), *along = norm_moment(sums, 1, s->rank);
    if (cg_wants(node, 0)) {
        cg_node *slope = cg_mul(norm_as_channels(s, gamma), r);
        cg_node *b = cg_scale(cg_mul(cg_mul(slope, cg_square(r)), along), -1 / n);
        cg_node *c = cg_sub(cg_scale(cg_mul(slope, sum), -1 / n), cg_mul(mean, b));
        dx[0] = cg_fma(dy, slope, cg_fma(x, b, c));
    }
    if (cg_wants(node, 1)) dx[1] = cg_reshape(cg_mul(along, r), *channels);
    if (cg_wants(node, 2)) dx[2] = cg_reshape(sum, *channels);
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    (void)node;
    return batched[0] || batched[1] || batched[2] ? CG_FLOW_MIXED : CG_FLOW_NONE;
}

static int64_t items(const cg_node *node)
{
    return cg_node_shape(node)->dim[1];
}

static int64_t flops(const cg_node *node)
{
    return 6 * cg_shape_size(cg_node_shape(node));
}

/* Calls body with the index of each element of channel k. */
#define EACH(body)                               \
    for (int64_t n = 0; n < xs->dim[0]; n++)     \
        for (int64_t i = 0; i < plane; i++) {    \
            int64_t e = (n * C + k) * plane + i; \
            body;                                \
        }

static void reference(const cg_ref_call *c)
{
    const cg_shape *xs = c->xs[0];
    int64_t size = cg_shape_size(xs), C = xs->dim[1], plane = size / (xs->dim[0] * C);
    double count = (double)(xs->dim[0] * plane),
           epsilon = ((const cg_norm_attrs *)c->attrs)->epsilon;
    for (int64_t k = 0; k < C; k++) {
        double mean = 0, variance = 0;
        EACH(mean += c->x[0][e] / count)
        EACH(variance += pow(c->x[0][e] - mean, 2) / count)
        double deviation = sqrt(variance + epsilon);
        EACH(c->y[e] = c->x[1][k] * (c->x[0][e] - mean) / deviation + c->x[2][k])
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(2, 3, 5, 7), CG_DIMS(3), CG_DIMS(3) }, .n_x = 3, .low = 10, .high = 16 },
    { .x = { CG_DIMS(7, 19), CG_DIMS(19), CG_DIMS(19) }, .n_x = 3, .low = 10, .high = 16 },
    { .x = { CG_DIMS(3, 2, 2, 3), CG_DIMS(2), CG_DIMS(2) }, .n_x = 3 },
    { .x = { CG_DIMS(6, 3), CG_DIMS(3), CG_DIMS(3) }, .n_x = 3, .attrs = &(cg_norm_attrs){ 1e-3 } },
    { .x = { CG_DIMS(2, 1, 37), CG_DIMS(1), CG_DIMS(1) },
      .n_x = 3,
      .attrs = &(cg_norm_attrs){ 0.1 } },
    CG_END_SAMPLES,
};

const cg_op cg_op_batch_norm = {
    .name = "batch_norm",
    .formula = "y = gamma (x - mean(x)) / sqrt(var(x) + epsilon) + beta",
    .help = "Statistics over all axes but 1, the variance biased (divided by the count); Ioffe and "
            "Szegedy (2015). For training; batch_norm_eval takes stored statistics.",
    .inputs = "x gamma beta",
    .onnx = "BatchNormalization",
    .attrs = attrs,
    .attrs_size = sizeof(cg_norm_attrs),
    .shape = norm_shape,
    .vjp = vjp,
    .flow = flow,
    .items = items,
    .flops = flops,
    .forward = CG_TIERS(batch_norm_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_batch_norm(cg_node *x, cg_node *gamma, cg_node *beta, double epsilon)
{
    return cg_record3(&cg_op_batch_norm, &(cg_norm_attrs){ epsilon }, x, gamma, beta);
}

#endif
