/* Sums of a, and of a with the deviations of b: what the gradient of a normalisation needs to know
 * of all that it normalised together. */
#include "ops/op_file.h"

#include "ops/norm.h"

/* Adds n elements: sum += a, along += a (b - mean). */
static inline void add_products(cg_vec_sum *sum, cg_vec_sum *along, const float *a, const float *b,
                                int64_t n, float mean)
{
    int64_t i = 0;
    for (int64_t round = 0; i + NORM_ROUND <= n; i += NORM_ROUND, round++) {
        cg_vec u[4], v[4];
        CG_UNROLL
        for (int k = 0; k < 4; k++) {
            u[k] = cg_vec_load(a + i + k * CG_LANES, CG_LANES);
            v[k] = u[k] * (cg_vec_load(b + i + k * CG_LANES, CG_LANES) - mean);
        }
        sum->block += (u[0] + u[1]) + (u[2] + u[3]);
        along->block += (v[0] + v[1]) + (v[2] + v[3]);
        norm_settle(round, sum, along);
    }
    for (; i < n; i += CG_LANES) {
        cg_vec u = cg_vec_load(a + i, n - i);
        sum->block += u;
        along->block += u * (cg_vec_load(b + i, n - i) - mean);
    }
    cg_vec_sum_settle(sum);
    cg_vec_sum_settle(along);
}

/* One item per row and channel of y. */
CG_KERNEL(comoments_forward)
{
    const cg_shape *s = c->xs[0];
    const bool each = ((const cg_moments_attrs *)c->attrs)->each != 0;
    const int64_t C = s->dim[1], plane = cg_shape_size(s) / (s->dim[0] * C);
    const int64_t rows = each ? 1 : s->dim[0];
    for (int64_t i = begin; i < end; i++) {
        cg_vec_sum sum = { 0 }, along = { 0 };
        for (int64_t n = 0; n < rows; n++) {
            int64_t at = (i + n * C) * plane;
            add_products(&sum, &along, c->x[0] + at, c->x[1] + at, plane, c->x[2][i % C]);
        }
        c->y[2 * i] = cg_vec_sum_lanes(&sum);
        c->y[2 * i + 1] = cg_vec_sum_lanes(&along);
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_BOOL(cg_moments_attrs, each, "of each plane, not of all rows together"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *a = cg_node_shape(cg_node_input(node, 0)),
                   *b = cg_node_shape(cg_node_input(node, 1)),
                   *mean = cg_node_shape(cg_node_input(node, 2));
    if (a->rank < 2 || !cg_shape_equal(a, b) || cg_shape_size(mean) != a->dim[1])
        return cg_shape_fail(node, error,
                             "expected a and b: N C ..., and mean with the %lld channels",
                             a->rank < 2 ? 0 : (long long)a->dim[1]);
    const cg_moments_attrs *attrs_ = cg_node_attrs(node);
    *y = CG_SHAPE(attrs_->each ? a->dim[0] : 1, a->dim[1], 2);
    return CG_OK;
}

/* da = dsum + dalong (b - mean),  db = dalong a,  dmean = -sum over rows of dalong sum(a) */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *a = cg_node_input(node, 0), *b = cg_node_input(node, 1);
    const cg_shape *s = cg_node_shape(a), *mean = cg_node_shape(cg_node_input(node, 2));
    cg_node *along = norm_moment(dy, 1, s->rank);
    if (cg_wants(node, 0)) {
        cg_node *d = cg_sub(b, norm_as_channels(s, cg_node_input(node, 2)));
        dx[0] = cg_fma(along, d, norm_moment(dy, 0, s->rank));
    }
    if (cg_wants(node, 1)) dx[1] = cg_mul(along, a);
    if (cg_wants(node, 2)) {
        cg_node *product = cg_mul(cg_moment(dy, 1), cg_moment(node, 0));
        dx[2] = cg_reshape(cg_neg(cg_sum(product, CG_AXIS(0), false)), *mean);
    }
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    const cg_moments_attrs *a = cg_node_attrs(node);
    if (!batched[0] && !batched[1] && !batched[2]) return CG_FLOW_NONE;
    if (batched[0] != batched[1] || batched[2]) return CG_FLOW_MIXED;
    return a->each ? CG_FLOW_ALONG : CG_FLOW_REDUCED;
}

static int64_t flops(const cg_node *node)
{
    return 4 * cg_shape_size(cg_node_shape(cg_node_input(node, 0)));
}

static void reference(const cg_ref_call *c)
{
    const cg_shape *s = c->xs[0];
    const int64_t C = s->dim[1], plane = cg_shape_size(s) / (s->dim[0] * C), R = c->ys->dim[0];
    for (int64_t i = 0; i < R * C; i++) {
        double sum = 0, along = 0;
        for (int64_t n = 0; n < s->dim[0] / R; n++)
            for (int64_t e = 0; e < plane; e++) {
                int64_t at = (i + n * C) * plane + e;
                sum += c->x[0][at];
                along += c->x[0][at] * (c->x[1][at] - c->x[2][i % C]);
            }
        c->y[2 * i] = sum;
        c->y[2 * i + 1] = along;
    }
}

#define SAMPLE(shape, channels, each)                                                          \
    {                                                                                          \
        .x = { shape, shape, CG_DIMS(channels) }, .n_x = 3, .attrs = &(const cg_moments_attrs) \
        {                                                                                      \
            each                                                                               \
        }                                                                                      \
    }
#define S(...) CG_DIMS(__VA_ARGS__)
static const cg_sample samples[] = {
    SAMPLE(S(2, 3, 5, 7), 3, 0), SAMPLE(S(7, 19), 19, 0),  SAMPLE(S(2, 3, 2, 3), 3, 1),
    SAMPLE(S(3, 2, 37), 2, 1),   SAMPLE(S(2, 1, 1), 1, 0), CG_END_SAMPLES,
};

const cg_op cg_op_comoments = {
    .name = "comoments",
    .formula = "y = (sum(a), sum(a (b - mean))) of each channel",
    .help = "a, b: N C ...; mean: one value for each channel; y: 1 C 2, over all axes but 1, or, "
            "with each, N C 2 over the axes from 2 on.",
    .inputs = "a b mean",
    .onnx = "",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_moments_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = norm_items,
    .flops = flops,
    .planes = norm_planes,
    .forward = CG_TIERS(comoments_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_comoments(cg_node *a, cg_node *b, cg_node *mean, bool each)
{
    return cg_record3(&cg_op_comoments, &(cg_moments_attrs){ each }, a, b, mean);
}

#endif
