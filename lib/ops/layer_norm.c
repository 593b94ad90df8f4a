/* Normalisation of each sample by itself, over the trailing axes, which are gamma's and beta's.
 *
 * J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer Normalization", 2016, arXiv:1607.06450. */
#include "ops/op_file.h"

#include "ops/norm.h"

#include <math.h>

/* One item per group: the elements that share a mean. */
CG_KERNEL(layer_norm_forward)
{
    int64_t n = cg_shape_size(c->xs[1]);
    double epsilon = ((const cg_norm_attrs *)c->attrs)->epsilon;
    for (int64_t group = begin; group < end; group++) {
        const float *x = c->x[0] + group * n, *gamma = c->x[1], *beta = c->x[2];
        cg_vec_sum sum = { 0 };
        norm_moments moments = { 0 };
        norm_add(&sum, x, n);
        float mean = (float)((double)cg_vec_sum_lanes(&sum) / (double)n);
        norm_add_moments(&moments, x, n, mean);
        norm_scale scale = norm_scale_of(&moments, (double)n, epsilon);
        if (!(scale.slope > 0)) {
            norm_wide wide = norm_wide_of(x, 1, n, n, mean);
            scale = norm_scale_wide(&wide, epsilon);
        }
        for (int64_t i = 0; i < n; i += CG_LANES) {
            cg_vec h = (cg_vec_load(x + i, n - i) - mean - scale.rest) * scale.slope;
            cg_vec y = h * cg_vec_load(gamma + i, n - i) + cg_vec_load(beta + i, n - i);
            cg_vec_store(c->y + group * n + i, y, n - i);
        }
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = NORM_ATTRS;

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *gamma = cg_node_shape(cg_node_input(node, 1));
    const cg_shape *beta = cg_node_shape(cg_node_input(node, 2));
    char found[CG_SHAPE_TEXT], of[CG_SHAPE_TEXT];
    *y = *cg_node_shape(cg_node_input(node, 0));
    bool fits = gamma->rank >= 1 && gamma->rank <= y->rank && cg_shape_equal(gamma, beta);
    for (int k = 1; fits && k <= gamma->rank; k++)
        fits = gamma->dim[gamma->rank - k] == y->dim[y->rank - k];
    if (!fits)
        return cg_shape_fail(
            node, error, "expected gamma and beta of the trailing axes of x, %s, found gamma %s",
            cg_shape_text(y, of), cg_shape_text(gamma, found));
    return CG_OK;
}

/* With h = (x - mean) r, r = 1 / sqrt(var + epsilon), g = dy gamma, and means over the group:
 *     dx = r (g - mean(g) - h mean(g h)),  dgamma = sum(dy h),  dbeta = sum(dy) over groups. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_norm_attrs *a = cg_node_attrs(node);
    cg_node *x = cg_node_input(node, 0), *gamma = cg_node_input(node, 1);
    const cg_shape *s = cg_node_shape(gamma);
    int rank = cg_node_shape(x)->rank;
    int64_t axes = (CG_AXIS(rank) - 1) & ~(CG_AXIS(rank - s->rank) - 1);
    cg_node *d = cg_sub(x, cg_mean(x, axes, true));
    cg_node *variance = cg_shift(cg_mean(cg_square(d), axes, true), a->epsilon);
    cg_node *r = norm_slope(variance);
    cg_node *h = cg_mul(d, r);
    if (cg_wants(node, 0)) {
        cg_node *g = cg_mul(dy, gamma);
        cg_node *along_h = cg_mul(h, cg_mean(cg_mul(g, h), axes, true));
        dx[0] = cg_mul(cg_sub(cg_sub(g, cg_mean(g, axes, true)), along_h), r);
    }
    if (cg_wants(node, 1)) dx[1] = cg_sum_to(cg_mul(dy, h), *s);
    if (cg_wants(node, 2)) dx[2] = cg_sum_to(dy, *s);
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    bool spans_batch = cg_node_shape(cg_node_input(node, 1))->rank == cg_node_shape(node)->rank;
    return batched[0] && spans_batch ? CG_FLOW_MIXED : cg_flow_along(node, batched);
}

static int64_t items(const cg_node *node)
{
    return cg_shape_size(cg_node_shape(node)) /
           cg_shape_size(cg_node_shape(cg_node_input(node, 1)));
}

static int64_t flops(const cg_node *node)
{
    return 7 * cg_shape_size(cg_node_shape(node));
}

/* Each element finds its own group's mean and variance anew. */
static void reference(const cg_ref_call *c)
{
    int64_t n = cg_shape_size(c->xs[1]);
    double epsilon = ((const cg_norm_attrs *)c->attrs)->epsilon;
    for (int64_t e = 0, size = cg_shape_size(c->ys); e < size; e++) {
        int64_t first = e - e % n;
        double mean = 0, variance = 0;
        for (int64_t i = first; i < first + n; i++) mean += c->x[0][i] / (double)n;
        for (int64_t i = first; i < first + n; i++)
            variance += pow(c->x[0][i] - mean, 2) / (double)n;
        c->y[e] = c->x[1][e % n] * (c->x[0][e] - mean) / sqrt(variance + epsilon) + c->x[2][e % n];
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(2, 40), CG_DIMS(40), CG_DIMS(40) }, .n_x = 3, .low = 10, .high = 11 },
    { .x = { CG_DIMS(3, 5), CG_DIMS(5), CG_DIMS(5) }, .n_x = 3 },
    { .x = { CG_DIMS(2, 3, 4), CG_DIMS(3, 4), CG_DIMS(3, 4) },
      .n_x = 3,
      .attrs = &(cg_norm_attrs){ 1e-3 } },
    { .x = { CG_DIMS(2, 2, 37), CG_DIMS(37), CG_DIMS(37) }, .n_x = 3 },
    { .x = { CG_DIMS(2, 4), CG_DIMS(2, 4), CG_DIMS(2, 4) },
      .n_x = 3,
      .attrs = &(cg_norm_attrs){ 0.1 } },
    CG_END_SAMPLES,
};

const cg_op cg_op_layer_norm = {
    .name = "layer_norm",
    .formula = "y = gamma (x - mean(x)) / sqrt(var(x) + epsilon) + beta",
    .help =
        "Mean and biased variance over the trailing axes, those of gamma and beta; Ba, Kiros and "
        "Hinton (2016).",
    .inputs = "x gamma beta",
    .onnx = "LayerNormalization",
    .attrs = attrs,
    .attrs_size = sizeof(cg_norm_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items,
    .flops = flops,
    .forward = CG_TIERS(layer_norm_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_layer_norm(cg_node *x, cg_node *gamma, cg_node *beta, double epsilon)
{
    return cg_record3(&cg_op_layer_norm, &(cg_norm_attrs){ epsilon }, x, gamma, beta);
}

#endif
