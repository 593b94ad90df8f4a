/* Normalisation by the statistics of the batch, x: N C ..., gamma, beta: C.
 *
 * S. Ioffe, C. Szegedy, "Batch Normalization", ICML 2015, arXiv:1502.03167. */
#include "ops/op_file.h"

#include "ops/norm.h"

#include <math.h>

/* One item per channel.  Two passes for the statistics: sum of squares minus square of the sum
 * cancels when the mean is far from 0. */
CG_KERNEL(batch_norm_forward)
{
    const cg_shape *xs = c->xs[0];
    int64_t N = xs->dim[0], C = xs->dim[1], plane = cg_shape_size(xs) / (N * C);
    double epsilon = ((const cg_norm_attrs *)c->attrs)->epsilon, count = (double)(N * plane);
    for (int64_t channel = begin; channel < end; channel++) {
        double sum = 0, squares = 0;
        for (int64_t n = 0; n < N; n++)
            sum += sum_shifted(c->x[0] + (n * C + channel) * plane, plane, 0);
        float mean = (float)(sum / count);
        for (int64_t n = 0; n < N; n++)
            squares += sum_squares(c->x[0] + (n * C + channel) * plane, plane, mean);
        float slope = (float)((double)c->x[1][channel] / sqrt(squares / count + epsilon));
        float beta = c->x[2][channel];
        for (int64_t n = 0; n < N; n++) {
            int64_t at = (n * C + channel) * plane;
            for (int64_t i = at; i < at + plane; i++) c->y[i] = (c->x[0][i] - mean) * slope + beta;
        }
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_REAL(cg_norm_attrs, epsilon, 1e-5, 1e-30, 1, "added to the variance"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    *y = *cg_node_shape(cg_node_input(node, 0));
    if (y->rank < 2)
        return cg_shape_fail(node, error, "expected x: N C ..., found rank %d", y->rank);
    for (int i = 1; i < 3; i++) {
        const cg_shape *s = cg_node_shape(cg_node_input(node, i));
        char found[CG_SHAPE_TEXT];
        if (s->rank != 1 || s->dim[0] != y->dim[1])
            return cg_shape_fail(node, error,
                                 "expected gamma and beta: %lld, the channels of x, found %s",
                                 (long long)y->dim[1], cg_shape_text(s, found));
    }
    return CG_OK;
}

/* v, one value for each channel, as 1 C 1 ... of x's rank. */
static cg_node *as_channels(const cg_shape *x, cg_node *v)
{
    cg_shape s = { .rank = x->rank };
    for (int i = 0; i < x->rank; i++) s.dim[i] = i == 1 ? x->dim[1] : 1;
    return cg_reshape(v, s);
}

/* With h = (x - mean) r, r = 1 / sqrt(var + epsilon), and means over all axes but 1:
 *     dx = gamma r (dy - mean(dy) - h mean(dy h)),  dgamma = sum(dy h),  dbeta = sum(dy)
 * (Ioffe and Szegedy, section 3). */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_norm_attrs *a = cg_node_attrs(node);
    cg_node *x = cg_node_input(node, 0);
    const cg_shape *s = cg_node_shape(x);
    int64_t axes = (CG_AXIS(s->rank) - 1) & ~CG_AXIS(1);
    cg_node *d = cg_sub(x, cg_mean(x, axes, true));
    cg_node *deviation = cg_sqrt(cg_shift(cg_mean(cg_square(d), axes, true), a->epsilon));
    cg_node *r = cg_div(cg_constant(cg_node_graph(node), (cg_shape){ 0 }, 1), deviation);
    cg_node *h = cg_mul(d, r), *dy_h = cg_mul(dy, h);
    if (cg_wants(node, 0)) {
        cg_node *slope = cg_mul(as_channels(s, cg_node_input(node, 1)), r);
        cg_node *along_h = cg_mul(h, cg_mean(dy_h, axes, true));
        dx[0] = cg_mul(cg_sub(cg_sub(dy, cg_mean(dy, axes, true)), along_h), slope);
    }
    if (cg_wants(node, 1)) dx[1] = cg_sum(dy_h, axes, false);
    if (cg_wants(node, 2)) dx[2] = cg_sum(dy, axes, false);
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

/* Channel by channel over all of x, which tells the channel of each element. */
static void reference(const cg_ref_call *c)
{
    const cg_shape *xs = c->xs[0];
    int64_t size = cg_shape_size(xs), C = xs->dim[1], plane = size / (xs->dim[0] * C);
    double count = (double)(size / C), epsilon = ((const cg_norm_attrs *)c->attrs)->epsilon;
    for (int64_t k = 0; k < C; k++) {
        double mean = 0, variance = 0;
        for (int64_t e = 0; e < size; e++)
            if (e / plane % C == k) mean += c->x[0][e] / count;
        for (int64_t e = 0; e < size; e++)
            if (e / plane % C == k) variance += pow(c->x[0][e] - mean, 2) / count;
        for (int64_t e = 0; e < size; e++)
            if (e / plane % C == k)
                c->y[e] = c->x[1][k] * (c->x[0][e] - mean) / sqrt(variance + epsilon) + c->x[2][k];
    }
}

static const cg_sample samples[] = {
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
    .shape = shape,
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
