/* Mean and variance of each channel, x: N C ...; or of each plane, whose moments add up to them. */
#include "ops/op_file.h"

#include "ops/norm.h"

#include <math.h>

/* Channel `channel` of rows [row, row + n). */
static inline void moments_of_planes(const cg_call *c, int64_t row, int64_t n, int64_t channel,
                                     float y[2])
{
    const int64_t C = c->xs[0]->dim[1], plane = cg_shape_size(c->xs[0]) / (c->xs[0]->dim[0] * C);
    const float *x = c->x[0] + (row * C + channel) * plane;
    const double count = (double)(n * plane);
    cg_vec_sum sum = { 0 };
    norm_moments m = { 0 };
    for (int64_t i = 0; i < n; i++) norm_add(&sum, x + i * C * plane, plane);
    float mean = (float)((double)cg_vec_sum_lanes(&sum) / count);
    for (int64_t i = 0; i < n; i++) norm_add_moments(&m, x + i * C * plane, plane, mean);
    double rest = (double)cg_vec_sum_lanes(&m.d) / count;
    norm_wide all = { rest, norm_variance((double)cg_vec_sum_lanes(&m.squares) / count, rest) };
    if (!isfinite(all.variance)) all = norm_wide_of(x, n, C * plane, plane, mean);
    y[0] = (float)((double)mean + all.rest);
    y[1] = (float)all.variance;
}

/* x: N C, `width` <= CG_LANES channels side by side. */
static inline void moments_of_columns(const cg_call *c, int64_t channel, int64_t width)
{
    norm_columns m = norm_columns_of(c->x[0] + channel, c->xs[0]->dim[0], c->xs[0]->dim[1], width);
    cg_vec mean = m.mean + m.rest;
    for (int64_t i = 0; i < width; i++) {
        c->y[2 * (channel + i)] = mean[i];
        c->y[2 * (channel + i) + 1] = m.variance[i];
        if (m.variance[i] == INFINITY)
            moments_of_planes(c, 0, c->xs[0]->dim[0], channel + i, c->y + 2 * (channel + i));
    }
}

/* One item per row and channel of y. */
CG_KERNEL(moments_forward)
{
    const cg_shape *xs = c->xs[0];
    const bool each = ((const cg_moments_attrs *)c->attrs)->each != 0;
    const int64_t C = xs->dim[1], rows = each ? 1 : xs->dim[0];
    if (!each && cg_shape_size(xs) == rows * C) {
        for (int64_t k = begin; k < end; k += CG_LANES)
            moments_of_columns(c, k, end - k < CG_LANES ? end - k : CG_LANES);
        return;
    }
    for (int64_t i = begin; i < end; i++) moments_of_planes(c, i / C, rows, i % C, c->y + 2 * i);
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_BOOL(cg_moments_attrs, each, "of each plane, not of all rows together"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    if (x->rank < 2)
        return cg_shape_fail(node, error, "expected x: N C ..., found rank %d", x->rank);
    const cg_moments_attrs *a = cg_node_attrs(node);
    *y = CG_SHAPE(a->each ? x->dim[0] : 1, x->dim[1], 2);
    return CG_OK;
}

/* dx = (dmean + 2 (x - mean) dvar) / count */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *x = cg_node_input(node, 0);
    const cg_shape *s = cg_node_shape(x);
    double count = 2 * (double)cg_shape_size(s) / (double)cg_shape_size(cg_node_shape(node));
    cg_node *d = cg_sub(x, norm_moment(node, 0, s->rank));
    cg_node *slope = cg_scale(norm_moment(dy, 1, s->rank), 2 / count);
    dx[0] = cg_fma(d, slope, cg_scale(norm_moment(dy, 0, s->rank), 1 / count));
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    if (!batched[0]) return CG_FLOW_NONE;
    return ((const cg_moments_attrs *)cg_node_attrs(node))->each ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

static int64_t flops(const cg_node *node)
{
    return 4 * cg_shape_size(cg_node_shape(cg_node_input(node, 0)));
}

static void reference(const cg_ref_call *c)
{
    const cg_shape *xs = c->xs[0];
    const int64_t C = xs->dim[1], plane = cg_shape_size(xs) / (xs->dim[0] * C), R = c->ys->dim[0];
    const int64_t rows = xs->dim[0] / R;
    for (int64_t i = 0; i < R * C; i++) {
        double mean = 0, variance = 0, count = (double)(rows * plane);
        const double *x = c->x[0] + i * plane; /* with rows of its own, or from the first one on */
        for (int64_t n = 0; n < rows; n++)
            for (int64_t e = 0; e < plane; e++) mean += x[n * C * plane + e] / count;
        for (int64_t n = 0; n < rows; n++)
            for (int64_t e = 0; e < plane; e++) {
                double d = x[n * C * plane + e] - mean;
                variance += d * d / count;
            }
        c->y[2 * i] = mean;
        c->y[2 * i + 1] = variance;
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(2, 3, 5, 7) }, .n_x = 1, .low = 10, .high = 16 },
    { .x = { CG_DIMS(7, 19) }, .n_x = 1 },
    { .x = { CG_DIMS(2, 3, 2, 3) }, .n_x = 1, .attrs = &(const cg_moments_attrs){ 1 } },
    { .x = { CG_DIMS(3, 2, 37) },
      .n_x = 1,
      .attrs = &(const cg_moments_attrs){ 1 },
      .low = 10,
      .high = 16 },
    { .x = { CG_DIMS(2, 1, 1) }, .n_x = 1 },
    CG_END_SAMPLES,
};

const cg_op cg_op_moments = {
    .name = "moments",
    .formula = "y = (mean(x), mean((x - mean(x))^2)) of each channel",
    .help =
        "x: N C ...; y: 1 C 2, over all axes but 1, the variance biased (divided by the count); "
        "or, with each, N C 2 over the axes from 2 on.",
    .inputs = "x",
    .onnx = "",
    .attrs = attrs,
    .attrs_size = sizeof(cg_moments_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = norm_items,
    .flops = flops,
    .planes = norm_planes,
    .forward = CG_TIERS(moments_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_moments(cg_node *x, bool each)
{
    return cg_record1(&cg_op_moments, &(cg_moments_attrs){ each }, x);
}

cg_node *cg_moment(cg_node *moments, int which)
{
    if (!moments) return NULL;
    cg_shape size = *cg_node_shape(moments);
    size.dim[2] = 1;
    return cg_slice(moments, (int64_t[CG_MAX_RANK]){ 0, 0, which }, size, NULL);
}

#endif
