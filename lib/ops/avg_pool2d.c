/* 2-D average pooling and its input gradient, which are each other's gradient. */
#include "ops/pool_rules.h"

#include "base/memory.h"

#include <string.h>

/* The attributes of avg_pool2d_dx begin with those of avg_pool2d. */
typedef struct {
    cg_pool2d_attrs pool;
    int64_t output[2]; /* rows, columns of dx */
} dx_attrs;

/* 1 / how many elements the mean of a window is taken over. */
static inline float share(const cg_pool2d_attrs *a, pool_range rows, pool_range columns)
{
    int64_t n = a->count_padding ? rows.places * columns.places
                                 : (rows.end - rows.begin) * (columns.end - columns.begin);
    return 1 / (float)n;
}

/* Rows of a window are summed by themselves: rounding errors grow with its sides, not its area. */
static inline float sum_of_row(const float *x, pool_range columns)
{
    float sum = 0;
    for (int64_t w = columns.begin; w < columns.end; w++) sum += x[w];
    return sum;
}

CG_KERNEL(avg_pool2d_forward)
{
    const cg_pool2d_attrs *a = c->attrs;
    const int64_t height = c->xs[0]->dim[2], width = c->xs[0]->dim[3], p_end = c->ys->dim[2],
                  q_end = c->ys->dim[3];
    if (c->ys->rank == 5) {
        POOL_LANES(a, c->xs[0], c->ys, begin, end,
                   cg_vec_store(c->y + y_at,
                                cg_lanes_sum(c->x[0] + x_at, &in) * share(a, rows, columns),
                                CG_LANES))
        return;
    }
    float *y = c->y + begin * p_end * q_end;
    for (int64_t i = begin; i < end; i++)
        for (int64_t p = 0; p < p_end; p++) {
            const pool_range rows = pool_window(a, 0, p, height);
            for (int64_t q = 0; q < q_end; q++) {
                const pool_range columns = pool_window(a, 1, q, width);
                float sum = 0;
                for (int64_t h = rows.begin; h < rows.end; h++)
                    sum += sum_of_row(c->x[0] + (i * height + h) * width, columns);
                *y++ = sum * share(a, rows, columns);
            }
        }
}

CG_KERNEL(avg_pool2d_dx_forward)
{
    const cg_pool2d_attrs *a = &((const dx_attrs *)c->attrs)->pool;
    const int64_t height = c->ys->dim[2], width = c->ys->dim[3], p_end = c->xs[0]->dim[2],
                  q_end = c->xs[0]->dim[3];
    const float *dy = c->x[0] + begin * p_end * q_end;
    memset(c->y + begin * plane_of(c->ys), 0,
           (size_t)((end - begin) * plane_of(c->ys)) * sizeof *c->y);
    if (c->ys->rank == 5) {
        POOL_LANES(a, c->ys, c->xs[0], begin, end,
                   cg_lanes_add(c->y + x_at, &in,
                                cg_vec_load(c->x[0] + y_at, CG_LANES) * share(a, rows, columns)))
        return;
    }
    for (int64_t i = begin; i < end; i++)
        for (int64_t p = 0; p < p_end; p++) {
            const pool_range rows = pool_window(a, 0, p, height);
            for (int64_t q = 0; q < q_end; q++) {
                const pool_range columns = pool_window(a, 1, q, width);
                const float part = *dy++ * share(a, rows, columns);
                for (int64_t h = rows.begin; h < rows.end; h++)
                    for (int64_t w = columns.begin; w < columns.end; w++)
                        c->y[(i * height + h) * width + w] += part;
            }
        }
}

#if CG_DESCRIBE

extern const cg_op cg_op_avg_pool2d_dx;

static int64_t pool_flops(const cg_node *node)
{
    const cg_pool2d_attrs *a = cg_node_attrs(node);
    int64_t size = cg_shape_size(cg_node_shape(node));
    return cg_bounded_product(3, (int64_t[]){ size, a->kernel[0], a->kernel[1] });
}

static int64_t dx_flops(const cg_node *node)
{
    const dx_attrs *a = cg_node_attrs(node);
    int64_t size = cg_shape_size(cg_node_shape(cg_node_input(node, 0)));
    return cg_bounded_product(3, (int64_t[]){ size, a->pool.kernel[0], a->pool.kernel[1] });
}

/* ---- shapes and gradients -------------------------------------------------------------------- */

static cg_status pool_shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    return pool_size(node, cg_node_attrs(node), cg_node_shape(cg_node_input(node, 0)), y, error);
}

static cg_status dx_shape(const cg_node *node, cg_shape *dx, cg_error *error)
{
    const dx_attrs *a = cg_node_attrs(node);
    const cg_shape *dy = cg_node_shape(cg_node_input(node, 0));
    char text[CG_SHAPE_TEXT];
    if (dy->rank != 4 && dy->rank != 5)
        return cg_shape_fail(node, error, "dy must be N C P Q, or N/16 C P Q 16, found %s",
                             cg_shape_text(dy, text));
    *dx = *dy;
    dx->dim[2] = a->output[0];
    dx->dim[3] = a->output[1];
    return pool_check(node, &a->pool, dy, dx, error);
}

static void pool_vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    dx_attrs a = { *(const cg_pool2d_attrs *)cg_node_attrs(node), { x->dim[2], x->dim[3] } };
    dx[0] = cg_record1(&cg_op_avg_pool2d_dx, &a, dy);
}

static void dx_vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_avg_pool2d(dy, &((const dx_attrs *)cg_node_attrs(node))->pool);
}

/* ---- references ------------------------------------------------------------------------------ */

/* What x[h][w] weighs in y[p][q], from one axis after the other: a place of the window, or not. */
static double weight(const cg_pool2d_attrs *a, const int64_t size[2], const int64_t from[2],
                     const int64_t to[2])
{
    double n = 1;
    for (int axis = 0; axis < 2; axis++) {
        int64_t stride = a->stride[axis] ? a->stride[axis] : a->kernel[axis], live = 0;
        int64_t start = to[axis] * stride - a->padding[axis];
        if (from[axis] < start || from[axis] >= start + a->kernel[axis]) return 0;
        for (int64_t i = start; i < start + a->kernel[axis]; i++) {
            bool is_padding = i < 0 || (i >= size[axis] && i < size[axis] + a->padding[axis + 2]);
            if ((i >= 0 && i < size[axis]) || (is_padding && a->count_padding)) live++;
        }
        n *= (double)live;
    }
    return 1 / n;
}

/* to += or from += weight * the other, over all pairs of an element of x and one of y. */
static void spread(const cg_pool2d_attrs *a, const cg_shape *xs, const cg_shape *ys,
                   const double *x, double *y, const double *dy, double *dx)
{
    const int64_t size[2] = { xs->dim[2], xs->dim[3] }, lanes = xs->rank == 5 ? xs->dim[4] : 1;
    for (int64_t e = 0; e < cg_shape_size(xs); e++)
        for (int64_t j = 0; j < ys->dim[2] * ys->dim[3]; j++) {
            int64_t i = e / lanes, plane = i / (size[0] * size[1]);
            int64_t out = (plane * ys->dim[2] * ys->dim[3] + j) * lanes + e % lanes;
            int64_t from[2] = { i / size[1] % size[0], i % size[1] },
                    to[2] = { j / ys->dim[3], j % ys->dim[3] };
            double each = weight(a, size, from, to);
            if (each == 0) continue; /* 0 NaN would be NaN */
            if (y) y[out] += each * x[e];
            if (dx) dx[e] += each * dy[out];
        }
}

static void pool_reference(const cg_ref_call *c)
{
    memset(c->y, 0, (size_t)cg_shape_size(c->ys) * sizeof *c->y);
    spread(c->attrs, c->xs[0], c->ys, c->x[0], c->y, NULL, NULL);
}

static void dx_reference(const cg_ref_call *c)
{
    memset(c->y, 0, (size_t)cg_shape_size(c->ys) * sizeof *c->y);
    spread(&((const dx_attrs *)c->attrs)->pool, c->ys, c->xs[0], NULL, NULL, c->x[0], c->y);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static const cg_attr pool_attrs[] = {
    POOL_ATTRS(cg_pool2d_attrs),
    CG_BOOL(cg_pool2d_attrs, count_padding, "padding counts in the mean"),
    CG_END_ATTRS,
};

static const cg_attr dx_attrs_table[] = {
    POOL_ATTRS(cg_pool2d_attrs), /* at the same offsets: pool comes first */
    CG_BOOL(cg_pool2d_attrs, count_padding, "padding counts in the mean"),
    CG_INTS(dx_attrs, output, 2, 1, 1, 1e9, "rows, columns of dx"),
    CG_END_ATTRS,
};

#define A(...)      \
    {               \
        __VA_ARGS__ \
    }
#define POOL_CASE(xs, ys, ...)                                                          \
    { .x = { CG_DIMS xs }, .n_x = 1, .attrs = &(const cg_pool2d_attrs)A(__VA_ARGS__) }, \
        { .x = { CG_DIMS xs },                                                          \
          .n_x = 1,                                                                     \
          .attrs = &(const cg_pool2d_attrs)A(.count_padding = 1, __VA_ARGS__) },
#define OUTPUT(n, c, h, ...) OUTPUT_(h, __VA_ARGS__, )
#define OUTPUT_(h, w, ...)   .output = { h, w }
#define DX_CASE(xs, ys, ...)                                                                    \
    { .x = { CG_DIMS ys }, .n_x = 1, .attrs = &(const dx_attrs){ A(__VA_ARGS__), OUTPUT xs } }, \
        { .x = { CG_DIMS ys },                                                                  \
          .n_x = 1,                                                                             \
          .attrs = &(const dx_attrs){ A(.count_padding = 1, __VA_ARGS__), OUTPUT xs } },
static const cg_sample pool_samples[] = { POOL_CASES(POOL_CASE) CG_END_SAMPLES };
static const cg_sample dx_samples[] = { POOL_CASES(DX_CASE) CG_END_SAMPLES };

const cg_op cg_op_avg_pool2d = {
    .name = "avg_pool2d",
    .formula = "y[n,c,p,q] = mean over r,s of x[n, c, p stride + r - padding, ...]",
    .help = "The mean is over what lies within x or, with count_padding, within x and its padding; "
            "as in "
            "PyTorch, what ceil mode adds beyond the padding never counts.",
    .inputs = "x",
    .onnx = "AveragePool",
    .traits = CG_LINEAR,
    .planes = cg_planes_alone,
    .attrs = pool_attrs,
    .attrs_size = sizeof(cg_pool2d_attrs),
    .shape = pool_shape,
    .vjp = pool_vjp,
    .flow = cg_flow_along,
    .items = pool_items,
    .flops = pool_flops,
    .forward = CG_TIERS(avg_pool2d_forward),
    .reference = pool_reference,
    .samples = pool_samples,
};

const cg_op cg_op_avg_pool2d_dx = {
    .name = "avg_pool2d_dx",
    .formula = "dx = for each window, dy divided by its elements, added to each of them",
    .help = "The input gradient of avg_pool2d. output: H W of x.",
    .inputs = "dy",
    .onnx = "",
    .traits = CG_LINEAR,
    .planes = cg_planes_alone,
    .attrs = dx_attrs_table,
    .attrs_size = sizeof(dx_attrs),
    .shape = dx_shape,
    .vjp = dx_vjp,
    .flow = cg_flow_along,
    .items = pool_items,
    .flops = dx_flops,
    .forward = CG_TIERS(avg_pool2d_dx_forward),
    .reference = dx_reference,
    .samples = dx_samples,
};

cg_node *cg_avg_pool2d(cg_node *x, const cg_pool2d_attrs *attrs)
{
    return cg_record1(&cg_op_avg_pool2d, attrs, x);
}

cg_node *cg_global_avg_pool2d(cg_node *x)
{
    return cg_mean(x, CG_AXIS(2) | CG_AXIS(3), true);
}

#endif
