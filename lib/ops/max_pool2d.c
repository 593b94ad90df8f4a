/* 2-D max pooling, its input gradient, and the gradient of that: which element a window takes
 * depends on x, what happens to it is linear.  The first maximum in row-major order is taken; NaN
 * counts as greater than any number, padding as less. */
#include "base/memory.h"
#include "ops/pool_rules.h"
#include "ops/reference.h"

#include <string.h>

/* ---- kernels --------------------------------------------------------------------------------- */

/* The later place `here`, should it hold the greater number, or `at`.  Without a branch: which one
 * is greater cannot be predicted. */
static inline int64_t greater(const float *x, int64_t at, int64_t here)
{
    int64_t is_better = (x[here] > x[at]) | ((x[here] != x[here]) & (x[at] == x[at]));
    return at + ((here - at) & -is_better);
}

/* Where in a plane of x, with rows of `width`, the maximum of a window lies. */
static inline int64_t first_maximum(const float *x, int64_t width, pool_range rows,
                                    pool_range columns)
{
    int64_t at = rows.begin * width + columns.begin;
    for (int64_t h = rows.begin; h < rows.end; h++)
        for (int64_t w = columns.begin; w < columns.end; w++) at = greater(x, at, h * width + w);
    return at;
}

/* The places in a plane that row p of its windows takes.  The most frequent window, 2 x 2, is
 * unrolled. */
static inline void take_row(const cg_pool2d_attrs *a, const cg_shape *xs, const float *x, int64_t p,
                            int64_t n, int64_t at[])
{
    const int64_t width = xs->dim[3], stride = pool_stride(a, 1);
    const pool_range rows = pool_window(a, 0, p, xs->dim[2]);
    for (int64_t q = 0; q < n; q++) {
        int64_t left = q * stride - a->padding[1];
        if (rows.end - rows.begin != 2 || a->kernel[1] != 2 || left < 0 || left + 2 > width) {
            at[q] = first_maximum(x, width, rows, pool_window(a, 1, q, width));
            continue;
        }
        int64_t above = rows.begin * width + left, below = above + width;
        at[q] = greater(x, greater(x, above, above + 1), greater(x, below, below + 1));
    }
}

/* Do 2x2 windows with images in the lanes lie side by side and cover all of x? */
static inline bool is_2x2(const cg_pool2d_attrs *a, const cg_shape *xs, const cg_shape *ys)
{
    bool is_so = xs->rank == 5;
    for (int i = 0; i < 2; i++)
        is_so = is_so && a->kernel[i] == 2 && pool_stride(a, i) == 2 && a->padding[i] == 0 &&
                xs->dim[2 + i] == 2 * ys->dim[2 + i];
    return is_so;
}

/* The first of the two rows of x that row i of y takes, counted through all planes. */
static inline const float *row_of_pair(const float *x, const cg_shape *xs, int64_t rows, int64_t i)
{
    return x + (i / rows * xs->dim[2] + i % rows * 2) * xs->dim[3] * CG_POOL_LANES;
}

/* Rows of 2x2 windows side by side within x, N C H W. */
static inline void take_2x2(const cg_call *c, int64_t begin, int64_t end)
{
    const int64_t width = c->xs[0]->dim[3], height = c->xs[0]->dim[2], n = c->ys->dim[3];
    float *y = c->y + begin * c->ys->dim[2] * n;
    for (int64_t i = begin; i < end; i++)
        for (int64_t p = 0; p < c->ys->dim[2]; p++, y += n) {
            const float *above = c->x[0] + (i * height + 2 * p) * width, *below = above + width;
            for (int64_t q = 0; q < n; q += CG_LANES) {
                int64_t at = 2 * q, left = 2 * (n - q) - CG_LANES;
                cg_vec a = cg_vec_larger(cg_vec_load(above + at, CG_LANES + left),
                                         cg_vec_load(below + at, CG_LANES + left));
                cg_vec b = { 0 };
                if (left > 0)
                    b = cg_vec_larger(cg_vec_load(above + at + CG_LANES, left),
                                      cg_vec_load(below + at + CG_LANES, left));
                cg_vec_store(y + q, cg_vec_larger(cg_vec_even(a, b), cg_vec_odd(a, b)), n - q);
            }
        }
}

/* Are the windows those? */
static inline bool is_plain_2x2(const cg_pool2d_attrs *a, const cg_shape *xs, const cg_shape *ys)
{
    bool is_so = xs->rank == 4;
    for (int i = 0; i < 2; i++)
        is_so = is_so && a->kernel[i] == 2 && pool_stride(a, i) == 2 && a->padding[i] == 0 &&
                xs->dim[2 + i] >= 2 * ys->dim[2 + i];
    return is_so;
}

CG_KERNEL(max_pool2d_forward)
{
    if (is_plain_2x2(c->attrs, c->xs[0], c->ys)) {
        take_2x2(c, begin, end);
        return;
    }
    if (is_2x2(c->attrs, c->xs[0], c->ys)) {
        const int64_t width = c->xs[0]->dim[3], n = c->ys->dim[3], height = c->ys->dim[2];
        for (int64_t i = begin * height; i < end * height; i++)
            cg_lanes_max_2x2(row_of_pair(c->x[0], c->xs[0], height, i), width,
                             c->y + i * n * CG_POOL_LANES, n);
        return;
    }
    if (c->ys->rank == 5) {
        POOL_LANES(
            c->attrs, c->xs[0], c->ys, begin, end,
            cg_vec_store(c->y + y_at, cg_lanes_first_maximum(c->x[0] + x_at, &in).best, CG_LANES))
        return;
    }
    const int64_t plane = c->xs[0]->dim[2] * c->xs[0]->dim[3], rows = c->ys->dim[2],
                  columns = c->ys->dim[3];
    int64_t *at = c->scratch;
    float *y = c->y + begin * rows * columns;
    for (int64_t i = begin; i < end; i++)
        for (int64_t p = 0; p < rows; p++, y += columns) {
            const float *x = c->x[0] + i * plane;
            take_row(c->attrs, c->xs[0], x, p, columns, at);
            for (int64_t q = 0; q < columns; q++) y[q] = x[at[q]];
        }
}

/* One window of lanes after the other: dy goes where x has its maximum.  Windows that overlap add
 * up; what no window covers is 0. */
static inline void put_lanes(const cg_call *c, int64_t begin, int64_t end)
{
    const cg_pool2d_attrs *a = c->attrs;
    bool overlaps = false, covers = true;
    for (int i = 0; i < 2; i++) {
        int64_t reach = c->xs[0]->dim[2 + i] * a->kernel[i] - a->padding[i];
        overlaps = overlaps || pool_stride(a, i) < a->kernel[i];
        covers = covers && pool_stride(a, i) == a->kernel[i] && reach >= c->ys->dim[2 + i];
    }
    if (!covers)
        memset(c->y + begin * plane_of(c->ys), 0,
               (size_t)((end - begin) * plane_of(c->ys)) * sizeof *c->y);
    POOL_LANES(a, c->ys, c->xs[0], begin, end,
               cg_lanes_put(c->y + x_at, &in, cg_lanes_first_maximum(c->x[1] + x_at, &in).place,
                            cg_vec_load(c->x[0] + y_at, CG_LANES), overlaps))
}

CG_KERNEL(max_pool2d_dx_forward)
{
    const int64_t plane = plane_of(c->ys), rows = c->xs[0]->dim[2], columns = c->xs[0]->dim[3];
    int64_t *at = c->scratch;
    const float *dy = c->x[0] + begin * rows * columns;
    if (is_2x2(c->attrs, c->ys, c->xs[0])) {
        for (int64_t i = begin * rows; i < end * rows; i++) {
            const float *x = row_of_pair(c->x[1], c->ys, rows, i);
            cg_lanes_put_2x2(c->x[0] + i * columns * CG_POOL_LANES, x, c->ys->dim[3],
                             c->y + (x - c->x[1]), columns);
        }
        return;
    }
    if (c->ys->rank == 5) {
        put_lanes(c, begin, end);
        return;
    }
    memset(c->y + begin * plane, 0, (size_t)((end - begin) * plane) * sizeof *c->y);
    for (int64_t i = begin; i < end; i++)
        for (int64_t p = 0; p < rows; p++, dy += columns) {
            take_row(c->attrs, c->ys, c->x[1] + i * plane, p, columns, at);
            for (int64_t q = 0; q < columns; q++) c->y[i * plane + at[q]] += dy[q];
        }
}

CG_KERNEL(max_pool2d_pick_forward)
{
    if (c->ys->rank == 5) {
        POOL_LANES(c->attrs, c->xs[0], c->ys, begin, end,
                   cg_vec_store(c->y + y_at,
                                cg_lanes_pick(c->x[0] + x_at, &in,
                                              cg_lanes_first_maximum(c->x[1] + x_at, &in).place),
                                CG_LANES))
        return;
    }
    const int64_t plane = c->xs[0]->dim[2] * c->xs[0]->dim[3], rows = c->ys->dim[2],
                  columns = c->ys->dim[3];
    int64_t *at = c->scratch;
    float *y = c->y + begin * rows * columns;
    for (int64_t i = begin; i < end; i++)
        for (int64_t p = 0; p < rows; p++, y += columns) {
            take_row(c->attrs, c->xs[0], c->x[1] + i * plane, p, columns, at);
            for (int64_t q = 0; q < columns; q++) y[q] = c->x[0][i * plane + at[q]];
        }
}

#if CG_DESCRIBE

extern const cg_op cg_op_max_pool2d_dx, cg_op_max_pool2d_pick;

/* The places that one row of windows takes; a row of x is at least as long. */
static size_t scratch(const cg_node *node)
{
    const cg_shape *y = cg_node_shape(node), *x = cg_node_shape(cg_node_input(node, 0));
    return (size_t)(y->dim[3] > x->dim[3] ? y->dim[3] : x->dim[3]) * sizeof(int64_t);
}

static int64_t flops(const cg_node *node)
{
    const cg_shape *y = cg_node_shape(node), *x = cg_node_shape(cg_node_input(node, 0));
    const cg_pool2d_attrs *a = cg_node_attrs(node);
    int64_t ny = cg_shape_size(y), nx = cg_shape_size(x);
    return cg_bounded_product(3, (int64_t[]){ ny < nx ? ny : nx, a->kernel[0], a->kernel[1] });
}

/* ---- shapes and gradients -------------------------------------------------------------------- */

static cg_status pool_shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    return pool_size(node, cg_node_attrs(node), cg_node_shape(cg_node_input(node, 0)), y, error);
}

static cg_status dx_shape(const cg_node *node, cg_shape *dx, cg_error *error)
{
    *dx = *cg_node_shape(cg_node_input(node, 1));
    return pool_check(node, cg_node_attrs(node), cg_node_shape(cg_node_input(node, 0)), dx, error);
}

static cg_status pick_shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *v = cg_node_shape(cg_node_input(node, 0)),
                   *x = cg_node_shape(cg_node_input(node, 1));
    char v_text[CG_SHAPE_TEXT], x_text[CG_SHAPE_TEXT];
    if (!cg_shape_equal(v, x))
        return cg_shape_fail(node, error, "v must have the shape of x, %s, found %s",
                             cg_shape_text(x, x_text), cg_shape_text(v, v_text));
    return pool_size(node, cg_node_attrs(node), x, y, error);
}

static void pool_vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_record2(&cg_op_max_pool2d_dx, cg_node_attrs(node), dy, cg_node_input(node, 0));
}

/* Picking and putting back are each other's adjoint; x only says where, so it has no gradient. */
static void dx_vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_record2(&cg_op_max_pool2d_pick, cg_node_attrs(node), dy, cg_node_input(node, 1));
}

static void pick_vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_record2(&cg_op_max_pool2d_dx, cg_node_attrs(node), dy, cg_node_input(node, 1));
}

static cg_flow flow_of_two(const cg_node *node, const bool batched[])
{
    (void)node;
    if (batched[0] != batched[1]) return CG_FLOW_MIXED;
    return batched[0] ? CG_FLOW_ALONG : CG_FLOW_NONE;
}

/* ---- references ------------------------------------------------------------------------------ */

/* The index in x of what element i of the pooled shape ys takes: every place of the window is
 * tried, and told to the gradient checker where it ends. */
static int64_t taken(const cg_ref_call *c, const double *x, const cg_shape *xs, const cg_shape *ys,
                     int64_t i)
{
    const cg_pool2d_attrs *a = c->attrs;
    const int64_t lanes = ys->rank == 5 ? ys->dim[4] : 1, lane = i % lanes;
    i /= lanes;
    int64_t q = i % ys->dim[3], p = i / ys->dim[3] % ys->dim[2],
            plane = i / ys->dim[3] / ys->dim[2], best = -1;
    for (int64_t r = 0; r < a->kernel[0]; r++)
        for (int64_t s = 0; s < a->kernel[1]; s++) {
            int64_t h = p * (a->stride[0] ? a->stride[0] : a->kernel[0]) + r - a->padding[0];
            int64_t w = q * (a->stride[1] ? a->stride[1] : a->kernel[1]) + s - a->padding[1];
            if (h < 0 || w < 0 || h >= xs->dim[2] || w >= xs->dim[3]) continue;
            int64_t at = ((plane * xs->dim[2] + h) * xs->dim[3] + w) * lanes + lane;
            if (best < 0 || cg_ref_beats(x[at], x[best])) best = at;
        }
    return cg_take(c, best);
}

static void pool_reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++)
        c->y[i] = c->x[0][taken(c, c->x[0], c->xs[0], c->ys, i)];
}

static void dx_reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) c->y[i] = 0;
    for (int64_t i = 0; i < cg_shape_size(c->xs[0]); i++)
        c->y[taken(c, c->x[1], c->xs[1], c->xs[0], i)] += c->x[0][i];
}

static void pick_reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++)
        c->y[i] = c->x[0][taken(c, c->x[1], c->xs[1], c->ys, i)];
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static const cg_attr attrs_table[] = { POOL_ATTRS(cg_pool2d_attrs), CG_END_ATTRS };

#define A(...)               \
    &(const cg_pool2d_attrs) \
    {                        \
        __VA_ARGS__          \
    }
#define POOL_CASE(xs, ys, ...) { .x = { CG_DIMS xs }, .n_x = 1, .attrs = A(__VA_ARGS__) },
#define DX_CASE(xs, ys, ...) \
    { .x = { CG_DIMS ys, CG_DIMS xs }, .n_x = 2, .attrs = A(__VA_ARGS__), .below = -1 },
#define PICK_CASE(xs, ys, ...) \
    { .x = { CG_DIMS xs, CG_DIMS xs }, .n_x = 2, .attrs = A(__VA_ARGS__), .below = -1 },
static const cg_sample pool_samples[] = { POOL_CASES(POOL_CASE) CG_END_SAMPLES };
static const cg_sample dx_samples[] = { POOL_CASES(DX_CASE) CG_END_SAMPLES };
static const cg_sample pick_samples[] = { POOL_CASES(PICK_CASE) CG_END_SAMPLES };

const cg_op cg_op_max_pool2d = {
    .name = "max_pool2d",
    .formula = "y[n,c,p,q] = max over r,s of x[n, c, p stride + r - padding, ...]",
    .help = "Padding never wins; the gradient goes to the first maximum in row-major order, and "
            "NaN is the "
            "greatest. Kink: where two elements of a window are equal.",
    .inputs = "x",
    .onnx = "MaxPool",
    .planes = cg_planes_alone,
    .attrs = attrs_table,
    .attrs_size = sizeof(cg_pool2d_attrs),
    .shape = pool_shape,
    .vjp = pool_vjp,
    .flow = cg_flow_along,
    .items = pool_items,
    .flops = flops,
    .scratch = scratch,
    .forward = CG_TIERS(max_pool2d_forward),
    .reference = pool_reference,
    .samples = pool_samples,
};

const cg_op cg_op_max_pool2d_dx = {
    .name = "max_pool2d_dx",
    .formula = "dx = for each window, dy added where the first maximum of x lies; 0 elsewhere",
    .help = "The input gradient of max_pool2d. x only selects and has no gradient.",
    .inputs = "dy x",
    .onnx = "",
    .traits = CG_LINEAR,
    .planes = cg_planes_alone,
    .fixed = 1 << 1,
    .attrs = attrs_table,
    .attrs_size = sizeof(cg_pool2d_attrs),
    .shape = dx_shape,
    .vjp = dx_vjp,
    .flow = flow_of_two,
    .items = pool_items,
    .flops = flops,
    .scratch = scratch,
    .forward = CG_TIERS(max_pool2d_dx_forward),
    .reference = dx_reference,
    .samples = dx_samples,
};

const cg_op cg_op_max_pool2d_pick = {
    .name = "max_pool2d_pick",
    .formula = "y = for each window, v where the first maximum of x lies",
    .help = "The gradient of max_pool2d_dx. x only selects and has no gradient.",
    .inputs = "v x",
    .onnx = "",
    .traits = CG_LINEAR,
    .planes = cg_planes_alone,
    .fixed = 1 << 1,
    .attrs = attrs_table,
    .attrs_size = sizeof(cg_pool2d_attrs),
    .shape = pick_shape,
    .vjp = pick_vjp,
    .flow = flow_of_two,
    .items = pool_items,
    .flops = flops,
    .scratch = scratch,
    .forward = CG_TIERS(max_pool2d_pick_forward),
    .reference = pick_reference,
    .samples = pick_samples,
};

cg_node *cg_max_pool2d(cg_node *x, const cg_pool2d_attrs *attrs)
{
    return cg_record1(&cg_op_max_pool2d, attrs, x);
}

cg_node *cg_global_max_pool2d(cg_node *x)
{
    return cg_max(x, CG_AXIS(2) | CG_AXIS(3), true);
}

#endif
