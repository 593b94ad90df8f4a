/* 2-D convolution (cross-correlation, as everywhere in deep learning) and its weight gradient.  The
 * input gradient is conv_transpose2d; the three are closed under differentiation. */
#include "ops/conv_rules.h"

#include "kernels/planes.h"
#include "kernels/planes_winograd.h"

/* ---- kernels --------------------------------------------------------------------------------- */

static cg_conv conv(const cg_shape *x, const cg_shape *w, const cg_shape *y, const void *attrs)
{
    const cg_conv2d_attrs *a = attrs;
    return conv_of(x, w, y, a->stride, a->padding, a->dilation, a->groups);
}

CG_KERNEL(conv2d_forward)
{
    const cg_conv v = conv(c->xs[0], c->xs[1], c->ys, c->attrs);
    cg_conv_forward(&v, c->x[0], c->x[1], c->prepared, c->y, c->scratch, begin, end);
}

CG_KERNEL(conv2d_prepare)
{
    const cg_conv v = conv(c->xs[0], c->xs[1], c->ys, c->attrs);
    (void)begin;
    (void)end;
    cg_conv_prepare(&v, c->x[1], c->prepared);
}

/* The sizes of conv2d_dw, whose output has the parts of the batch first, if there are any. */
static cg_conv dw_conv(const cg_shape *dy, const cg_shape *x, const cg_shape *dw, const void *attrs)
{
    const int64_t parts = ((const cg_conv2d_attrs *)attrs)->parts;
    cg_shape w = *dw;
    if (parts)
        for (int i = 0; i < 4; i++) w.dim[i] = dw->dim[i + 1];
    cg_conv v = conv(x, &w, dy, attrs);
    v.parts = parts ? parts : 1;
    return v;
}

CG_KERNEL(conv2d_dw_forward)
{
    const cg_conv v = dw_conv(c->xs[0], c->xs[1], c->ys, c->attrs);
    cg_conv_weight_gradient(&v, c->x[0], c->x[1], c->y, c->scratch, begin, end);
}

#if CG_DESCRIBE

enum { MAX_PARTS = 8 };

static const cg_shape *input_shape(const cg_node *node, int i)
{
    return cg_node_shape(cg_node_input(node, i));
}

static cg_conv conv_node(const cg_node *node)
{
    return conv(input_shape(node, 0), input_shape(node, 1), cg_node_shape(node),
                cg_node_attrs(node));
}

static cg_conv dw_node(const cg_node *node)
{
    return dw_conv(input_shape(node, 0), input_shape(node, 1), cg_node_shape(node),
                   cg_node_attrs(node));
}

static int64_t conv_items(const cg_node *node)
{
    cg_conv v = conv_node(node);
    return cg_conv_forward_items(&v);
}

static int64_t conv_grain(const cg_node *node)
{
    cg_conv v = conv_node(node);
    if (v.lanes) return cg_lanes_grain(&v, v.k);
    if (cg_planes_winograd_wins(&v)) return cg_planes_winograd_grain(&v);
    return cg_planes_wins(&v) ? CG_PLANES_GRAIN : 1;
}

static cg_planes conv_planes(const cg_node *node)
{
    cg_conv v = conv_node(node);
    return cg_conv_has_planes(&v) ? CG_PLANES_WRITTEN : CG_PLANES_CROSSED;
}

static int64_t dw_grain(const cg_node *node)
{
    cg_conv v = dw_node(node);
    return v.lanes ? cg_lanes_weight_grain(&v) : 1;
}

static int64_t conv_flops(const cg_node *node)
{
    cg_conv v = conv_node(node);
    return cg_conv_flops(&v);
}

static size_t conv_scratch(const cg_node *node)
{
    cg_conv v = conv_node(node);
    return cg_conv_forward_scratch(&v);
}

static size_t conv_prepared(const cg_node *node)
{
    cg_conv v = conv_node(node);
    return (size_t)cg_conv_prepared(&v) * sizeof(float);
}

static int64_t dw_items(const cg_node *node)
{
    cg_conv v = dw_node(node);
    return cg_conv_weight_gradient_items(&v);
}

static int64_t dw_flops(const cg_node *node)
{
    cg_conv v = dw_node(node);
    return cg_conv_flops(&v);
}

static size_t dw_scratch(const cg_node *node)
{
    cg_conv v = dw_node(node);
    return cg_conv_weight_gradient_scratch(&v);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static cg_status conv_shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_conv2d_attrs *a = cg_node_attrs(node);
    const cg_shape *x = input_shape(node, 0), *w = input_shape(node, 1);
    char x_text[CG_SHAPE_TEXT], w_text[CG_SHAPE_TEXT];
    if (!is_images(x) || w->rank != 4)
        return cg_shape_fail(node, error,
                             "x must be N C H W (or N/16 C H W 16) and w K C R S, found %s and %s",
                             cg_shape_text(x, x_text), cg_shape_text(w, w_text));
    if (x->dim[1] % a->groups || w->dim[0] % a->groups || x->dim[1] / a->groups != w->dim[1])
        return cg_shape_fail(
            node, error, "x has %lld channels, w expects %lld and has %lld filters, in %lld groups",
            (long long)x->dim[1], (long long)(w->dim[1] * a->groups), (long long)w->dim[0],
            (long long)a->groups);
    *y = *x;
    y->dim[1] = w->dim[0];
    for (int axis = 0; axis < 2; axis++)
        y->dim[2 + axis] =
            conv_size(x->dim[2 + axis], w->dim[2 + axis], axis, a->stride, a->padding, a->dilation);
    if (y->dim[2] && y->dim[3]) return CG_OK;
    return cg_shape_fail(node, error, "kernel %lldx%lld exceeds its padded input %lldx%lld",
                         (long long)reach_of(w->dim[2], a->dilation[0]),
                         (long long)reach_of(w->dim[3], a->dilation[1]),
                         (long long)(x->dim[2] + a->padding[0] + a->padding[2]),
                         (long long)(x->dim[3] + a->padding[1] + a->padding[3]));
}

static cg_status dw_shape(const cg_node *node, cg_shape *dw, cg_error *error)
{
    const cg_conv2d_attrs *a = cg_node_attrs(node);
    const cg_shape *dy = input_shape(node, 0), *x = input_shape(node, 1);
    char dy_text[CG_SHAPE_TEXT], x_text[CG_SHAPE_TEXT];
    cg_shape_text(dy, dy_text);
    cg_shape_text(x, x_text);
    if (!is_images(x) || dy->rank != x->rank || dy->dim[0] != x->dim[0])
        return cg_shape_fail(node, error,
                             "dy must be N K P Q and x N C H W, or both with 16 images in the last "
                             "axis, found %s and %s",
                             dy_text, x_text);
    if (x->dim[1] % a->groups || dy->dim[1] % a->groups)
        return cg_shape_fail(node, error, "dy %s and x %s have no %lld groups of channels", dy_text,
                             x_text, (long long)a->groups);
    for (int axis = 0; axis < 2; axis++) {
        int64_t size =
            conv_size(x->dim[2 + axis], a->output[axis], axis, a->stride, a->padding, a->dilation);
        if (size != dy->dim[2 + axis])
            return cg_shape_fail(
                node, error, "a %lldx%lld kernel on x %s gives %lld %s, dy %s has %lld",
                (long long)a->output[0], (long long)a->output[1], x_text, (long long)size,
                axis ? "columns" : "rows", dy_text, (long long)dy->dim[2 + axis]);
    }
    if (a->parts > dy->dim[0])
        return cg_shape_fail(node, error, "%lld parts of dy %s", (long long)a->parts, dy_text);
    *dw = CG_SHAPE(dy->dim[1], x->dim[1] / a->groups, a->output[0], a->output[1]);
    if (a->parts) *dw = CG_SHAPE(a->parts, dw->dim[0], dw->dim[1], dw->dim[2], dw->dim[3]);
    return CG_OK;
}

/* ---- gradients ------------------------------------------------------------------------------- */

/* What of y's gradient reaches x, of the given shape, through w. */
static cg_node *input_gradient(cg_node *dy, cg_node *w, const cg_shape *x, const cg_conv2d_attrs *a)
{
    cg_conv_transpose2d_attrs t = { .groups = a->groups };
    if (!dy || !w) return NULL;
    for (int i = 0; i < 4; i++) t.padding[i] = a->padding[i];
    for (int axis = 0; axis < 2; axis++) {
        t.stride[axis] = a->stride[axis];
        t.dilation[axis] = a->dilation[axis];
        t.output_padding[axis] = conv_rest(x->dim[2 + axis], cg_node_shape(w)->dim[2 + axis], axis,
                                           a->stride, a->padding, a->dilation);
    }
    return cg_conv_transpose2d(dy, w, &t);
}

static void conv_vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_conv2d_attrs a = *(const cg_conv2d_attrs *)cg_node_attrs(node);
    cg_node *x = cg_node_input(node, 0), *w = cg_node_input(node, 1);
    a.output[0] = cg_node_shape(w)->dim[2];
    a.output[1] = cg_node_shape(w)->dim[3];
    if (cg_wants(node, 1)) dx[1] = cg_conv2d_dw(dy, x, &a);
    if (cg_wants(node, 0)) dx[0] = input_gradient(dy, w, cg_node_shape(x), &a); /* goes on */
}

/* dw is linear in dy as conv2d is in w, and in x as conv2d's input gradient is. */
static void plain_dw_vjp(cg_node *node, cg_node *dy, cg_node *x, cg_node *dw, cg_node *dx[])
{
    cg_conv2d_attrs a = *(const cg_conv2d_attrs *)cg_node_attrs(node);
    a.parts = 0;
    if (cg_wants(node, 0)) dx[0] = cg_conv2d(x, dw, &a);
    if (cg_wants(node, 1)) dx[1] = input_gradient(dy, dw, cg_node_shape(x), &a);
}

/* Rows [begin, end) along axis 0. */
static cg_node *rows(cg_node *x, int64_t begin, int64_t end)
{
    cg_shape size = *cg_node_shape(x);
    size.dim[0] = end - begin;
    return cg_slice(x, (int64_t[CG_MAX_RANK]){ begin }, size, NULL);
}

static void dw_vjp(cg_node *node, cg_node *dw, cg_node *dx[])
{
    const int64_t parts = ((const cg_conv2d_attrs *)cg_node_attrs(node))->parts;
    cg_node *dy = cg_node_input(node, 0), *x = cg_node_input(node, 1), *of[2][MAX_PARTS] = { 0 };
    if (!parts) {
        plain_dw_vjp(node, dy, x, dw, dx);
        return;
    }
    const int64_t n = cg_node_shape(dy)->dim[0];
    const cg_shape *s = cg_node_shape(node);
    for (int64_t i = 0; i < parts; i++) {
        int64_t begin = n * i / parts, end = n * (i + 1) / parts;
        cg_node *part =
            cg_reshape(rows(dw, i, i + 1), CG_SHAPE(s->dim[1], s->dim[2], s->dim[3], s->dim[4]));
        cg_node *d[2] = { NULL, NULL };
        plain_dw_vjp(node, rows(dy, begin, end), rows(x, begin, end), part, d);
        of[0][i] = d[0];
        of[1][i] = d[1];
    }
    for (int i = 0; i < 2; i++)
        if (cg_wants(node, i)) dx[i] = cg_concat((int)parts, of[i], 0);
}

/* Its rows are the parts, which may be one row of the batch each. */
static cg_planes dw_planes(const cg_node *node)
{
    const cg_conv2d_attrs *a = cg_node_attrs(node);
    return a->parts == input_shape(node, 0)->dim[0] ? CG_PLANES_ROWS : CG_PLANES_CROSSED;
}

static cg_flow dw_flow(const cg_node *node, const bool batched[])
{
    const cg_conv2d_attrs *a = cg_node_attrs(node);
    if (batched[0] != batched[1] || (batched[0] && a->parts)) return CG_FLOW_MIXED;
    return batched[0] ? CG_FLOW_REDUCED : CG_FLOW_NONE;
}

/* ---- references ------------------------------------------------------------------------------ */

/* Element (channel, h, w) of an image, or 0 around it. */
static double pixel(const double *image, const cg_shape *xs, int64_t channel, int64_t h, int64_t w)
{
    if (h < 0 || w < 0 || h >= xs->dim[2] || w >= xs->dim[3]) return 0;
    return image[((channel * xs->dim[2] + h) * xs->dim[3] + w) * pixel_step(xs)];
}

/* y[q] += w x[start + q stride] for all q of a row that meet one of x; pixels lie `step` apart. */
static void add_row(double *y, int64_t n, const double *x, int64_t size, double w, int64_t start,
                    int64_t stride, int64_t step)
{
    int64_t first = 0, last = n;
    while (first < last && start + first * stride < 0) first++;
    while (first < last && start + (last - 1) * stride >= size) last--;
    for (int64_t q = first; q < last; q++) y[q * step] += w * x[(start + q * stride) * step];
}

/* One filter on image x, tap by tap: its weight times the whole channel, shifted. */
static void filter(const cg_ref_call *c, const double *x, const double *w, int64_t first, double *y)
{
    const cg_conv2d_attrs *a = c->attrs;
    const cg_shape *xs = c->xs[0], *ws = c->xs[1], *ys = c->ys;
    const int64_t step = pixel_step(xs);
    for (int64_t i = 0; i < ys->dim[2] * ys->dim[3]; i++) y[i * step] = 0;
    for (int64_t ch = first; ch < first + ws->dim[1]; ch++)
        for (int64_t r = 0; r < ws->dim[2]; r++)
            for (int64_t s = 0; s < ws->dim[3]; s++, w++)
                for (int64_t p = 0; p < ys->dim[2]; p++) {
                    int64_t h = p * a->stride[0] + r * a->dilation[0] - a->padding[0];
                    if (h < 0 || h >= xs->dim[2]) continue;
                    add_row(y + p * ys->dim[3] * step, ys->dim[3],
                            x + (ch * xs->dim[2] + h) * xs->dim[3] * step, xs->dim[3], *w,
                            s * a->dilation[1] - a->padding[1], a->stride[1], step);
                }
}

static void conv_reference(const cg_ref_call *c)
{
    const cg_shape *ws = c->xs[1], *ys = c->ys;
    const int64_t filters = ys->dim[1] / ((const cg_conv2d_attrs *)c->attrs)->groups;
    const int64_t weights = ws->dim[1] * ws->dim[2] * ws->dim[3];
    const int64_t plane = ys->dim[2] * ys->dim[3] * pixel_step(ys);
    for (int64_t n = 0; n < images_of(ys); n++)
        for (int64_t k = 0; k < ys->dim[1]; k++)
            filter(c, c->x[0] + image_at(c->xs[0], n), c->x[1] + k * weights,
                   k / filters * ws->dim[1], c->y + image_at(ys, n) + k * plane);
}

/* The sum over images [first, end) for tap (r, s) of channel ch under filter k. */
static double dw_tap(const cg_ref_call *c, int64_t k, int64_t ch, int64_t r, int64_t s,
                     int64_t first, int64_t end)
{
    const cg_conv2d_attrs *a = c->attrs;
    const cg_shape *dys = c->xs[0], *xs = c->xs[1];
    double sum = 0;
    for (int64_t n = first; n < end; n++) {
        const double *dy = c->x[0] + image_at(dys, n), *x = c->x[1] + image_at(xs, n);
        for (int64_t p = 0; p < dys->dim[2]; p++)
            for (int64_t q = 0; q < dys->dim[3]; q++)
                sum += pixel(dy, dys, k, p, q) *
                       pixel(x, xs, ch, p * a->stride[0] + r * a->dilation[0] - a->padding[0],
                             q * a->stride[1] + s * a->dilation[1] - a->padding[1]);
    }
    return sum;
}

static void dw_reference(const cg_ref_call *c)
{
    const cg_conv2d_attrs *a = c->attrs;
    const cg_shape *dys = c->xs[0], *xs = c->xs[1];
    const int64_t channels = xs->dim[1] / a->groups, filters = dys->dim[1] / a->groups;
    const int64_t parts = a->parts ? a->parts : 1, lanes = images_of(dys) / dys->dim[0];
    double *dw = c->y;
    for (int64_t i = 0; i < parts; i++)
        for (int64_t k = 0; k < dys->dim[1]; k++)
            for (int64_t ch = 0; ch < channels; ch++)
                for (int64_t r = 0; r < a->output[0]; r++)
                    for (int64_t s = 0; s < a->output[1]; s++)
                        *dw++ = dw_tap(c, k, k / filters * channels + ch, r, s,
                                       dys->dim[0] * i / parts * lanes,
                                       dys->dim[0] * (i + 1) / parts * lanes);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static const cg_attr conv_attrs[] = { CONV_ATTRS(cg_conv2d_attrs), CG_END_ATTRS };

static const cg_attr dw_attrs[] = {
    CONV_ATTRS(cg_conv2d_attrs),
    CG_INTS(cg_conv2d_attrs, output, 2, 1, 1, 1e9, "rows, columns of w"),
    CG_INT(cg_conv2d_attrs, parts, 0, 0, MAX_PARTS,
           "parts of the batch to sum by themselves, 0: all together"),
    CG_END_ATTRS,
};

/* One table of cases for both ops: images, filters, attributes, and y as conv2d makes it. */
#define A(...)               \
    &(const cg_conv2d_attrs) \
    {                        \
        __VA_ARGS__          \
    }
#define CASES(CASE)                                                                               \
    CASE((1, 1, 1, 1), (1, 1, 1, 1), (1, 1, 1, 1), .groups = 1)                                   \
    CASE((1, 1, 3, 3), (1, 1, 3, 3), (1, 1, 1, 1), .groups = 1)                                   \
    CASE((2, 3, 4, 5), (4, 3, 1, 1), (2, 4, 4, 5), .groups = 1)                                   \
    CASE((2, 2, 5, 5), (3, 2, 3, 3), (2, 3, 3, 3), .groups = 1)                                   \
    CASE((2, 2, 5, 4), (3, 2, 3, 3), (2, 3, 5, 4), .padding = { 1, 1, 1, 1 })                     \
    CASE((1, 2, 5, 6), (2, 2, 2, 3), (1, 2, 4, 4), .groups = 1)                                   \
    CASE((1, 2, 4, 7), (2, 2, 1, 4), (1, 2, 4, 4), .groups = 1)                                   \
    CASE((1, 1, 7, 3), (2, 1, 5, 1), (1, 2, 3, 3), .groups = 1)                                   \
    CASE((2, 1, 6, 6), (2, 1, 2, 2), (2, 2, 3, 3), .stride = { 2, 2 })                            \
    CASE((1, 2, 7, 6), (2, 2, 3, 3), (1, 2, 3, 2), .stride = { 2, 2 })                            \
    CASE((1, 2, 6, 8), (2, 2, 3, 3), (1, 2, 2, 2), .stride = { 2, 3 })                            \
    CASE((2, 1, 8, 8), (3, 1, 3, 3), (2, 3, 2, 2), .stride = { 3, 3 })                            \
    CASE((1, 1, 7, 7), (1, 1, 2, 2), (1, 1, 2, 2), .stride = { 4, 5 })                            \
    CASE((1, 2, 5, 5), (2, 2, 1, 1), (1, 2, 3, 2), .stride = { 2, 3 })                            \
    CASE((1, 1, 4, 4), (2, 1, 3, 3), (1, 2, 3, 5), .padding = { 1, 2, 0, 1 })                     \
    CASE((1, 1, 4, 4), (2, 1, 3, 3), (1, 2, 4, 3), .padding = { 0, 0, 2, 1 })                     \
    CASE((2, 2, 5, 5), (2, 2, 3, 3), (2, 2, 3, 3), .stride = { 2, 2 }, .padding = { 1, 1, 1, 1 }) \
    CASE((1, 2, 6, 5), (2, 2, 3, 3), (1, 2, 3, 3), .stride = { 2, 2 }, .padding = { 0, 1, 1, 1 }) \
    CASE((1, 1, 3, 3), (1, 1, 2, 2), (1, 1, 6, 6), .padding = { 2, 2, 2, 2 })                     \
    CASE((1, 2, 7, 7), (2, 2, 3, 3), (1, 2, 3, 3), .dilation = { 2, 2 })                          \
    CASE((1, 1, 7, 9), (2, 1, 3, 3), (1, 2, 5, 3), .dilation = { 1, 3 })                          \
    CASE((1, 1, 8, 8), (2, 1, 3, 2), (1, 2, 2, 3), .stride = { 2, 2 }, .dilation = { 2, 3 })      \
    CASE((1, 1, 9, 9), (1, 1, 3, 3), (1, 1, 2, 2), .stride = { 4, 4 }, .dilation = { 2, 2 })      \
    CASE((1, 1, 9, 8), (2, 1, 2, 3), (1, 2, 3, 2), .stride = { 3, 2 }, .dilation = { 2, 3 },      \
         .padding = { 1, 0, 0, 2 })                                                               \
    CASE((1, 1, 5, 5), (1, 1, 3, 3), (1, 1, 5, 5), .dilation = { 2, 2 },                          \
         .padding = { 2, 2, 2, 2 })                                                               \
    CASE((2, 4, 4, 4), (4, 2, 3, 3), (2, 4, 2, 2), .groups = 2)                                   \
    CASE((1, 4, 4, 4), (6, 2, 2, 2), (1, 6, 3, 3), .groups = 2)                                   \
    CASE((2, 3, 5, 5), (3, 1, 3, 3), (2, 3, 5, 5), .groups = 3, .padding = { 1, 1, 1, 1 })        \
    CASE((1, 3, 5, 6), (6, 1, 3, 2), (1, 6, 2, 3), .groups = 3, .stride = { 2, 2 })               \
    CASE((1, 4, 6, 6), (4, 1, 3, 3), (1, 4, 3, 3), .groups = 4, .stride = { 2, 2 },               \
         .padding = { 1, 1, 1, 1 })                                                               \
    CASE((3, 1, 6, 6), (17, 1, 5, 5), (3, 17, 2, 2), .groups = 1)                                 \
    CASE((2, 5, 6, 11), (15, 5, 3, 3), (2, 15, 4, 9), .groups = 1)                                \
    CASE((3, 6, 7, 7), (2, 6, 3, 3), (3, 2, 7, 7), .padding = { 1, 1, 1, 1 })                     \
    CASE((1, 1, 3, 4, 16), (2, 1, 2, 2), (1, 2, 2, 3, 16), .groups = 1)                           \
    CASE((1, 2, 4, 3, 16), (1, 2, 3, 3), (1, 1, 4, 3, 16), .padding = { 1, 1, 1, 1 })             \
    CASE((1, 1, 5, 5, 16), (2, 1, 3, 2), (1, 2, 2, 2, 16), .stride = { 2, 2 },                    \
         .padding = { 0, 0, 0, 0 })                                                               \
    CASE((1, 2, 4, 5, 16), (2, 1, 2, 2), (1, 2, 1, 3, 16), .groups = 2, .stride = { 2, 1 },       \
         .dilation = { 2, 2 })
#define CONV_CASE(xs, ws, ys, ...) \
    { .x = { CG_DIMS xs, CG_DIMS ws }, .n_x = 2, .attrs = A(__VA_ARGS__) },
#define OUTPUT(k, c, r, s) .output = { r, s }
#define DW_CASE(xs, ws, ys, ...) \
    { .x = { CG_DIMS ys, CG_DIMS xs }, .n_x = 2, .attrs = A(__VA_ARGS__, OUTPUT ws) },
static const cg_sample conv_samples[] = { CASES(CONV_CASE) CG_END_SAMPLES };
static const cg_sample dw_samples[] = {
    CASES(DW_CASE) /* */
    DW_CASE((3, 2, 4, 4), (2, 2, 3, 3), (3, 2, 2, 2), .parts = 2) DW_CASE(
        (2, 4, 5, 4), (2, 2, 2, 2), (2, 2, 2, 2), .groups = 2, .stride = { 2, 2 }, .parts = 1)
        DW_CASE((2, 1, 3, 3, 16), (2, 1, 2, 2), (2, 2, 2, 2, 16), .parts = 2) CG_END_SAMPLES,
};

const cg_op cg_op_conv2d = {
    .name = "conv2d",
    .formula =
        "y[n,k,p,q] = sum over c,r,s of w[k,c,r,s] x[n, c, p stride + r dilation - padding, ...]",
    .help = "x: N C H W, zero around the image; w: K C/groups R S; y: N K P Q. Group g of the "
            "filters sees "
            "group g of the channels; with as many groups as channels it is depthwise.",
    .inputs = "x w",
    .onnx = "Conv",
    .traits = CG_LINEAR,
    .attrs = conv_attrs,
    .attrs_size = sizeof(cg_conv2d_attrs),
    .shape = conv_shape,
    .vjp = conv_vjp,
    .flow = cg_flow_along,
    .items = conv_items,
    .grain = conv_grain,
    .planes = conv_planes,
    .flops = conv_flops,
    .scratch = conv_scratch,
    .prepared = conv_prepared,
    .prepare = CG_TIERS(conv2d_prepare),
    .forward = CG_TIERS(conv2d_forward),
    .reference = conv_reference,
    .samples = conv_samples,
};

const cg_op cg_op_conv2d_dw = {
    .name = "conv2d_dw",
    .formula =
        "dw[k,c,r,s] = sum over n,p,q of dy[n,k,p,q] x[n, c, p stride + r dilation - padding, ...]",
    .help =
        "The weight gradient of conv2d. dy: N K P Q; x: N C H W; output: R S of w. With parts of "
        "the batch, their sums one behind the other.",
    .inputs = "dy x",
    .onnx = "",
    .traits = CG_LINEAR,
    .attrs = dw_attrs,
    .attrs_size = sizeof(cg_conv2d_attrs),
    .shape = dw_shape,
    .vjp = dw_vjp,
    .flow = dw_flow,
    .items = dw_items,
    .planes = dw_planes,
    .grain = dw_grain,
    .flops = dw_flops,
    .scratch = dw_scratch,
    .forward = CG_TIERS(conv2d_dw_forward),
    .reference = dw_reference,
    .samples = dw_samples,
};

cg_node *cg_conv2d(cg_node *x, cg_node *w, const cg_conv2d_attrs *attrs)
{
    return cg_record2(&cg_op_conv2d, attrs, x, w);
}

cg_node *cg_conv2d_dw(cg_node *dy, cg_node *x, const cg_conv2d_attrs *attrs)
{
    return cg_record2(&cg_op_conv2d_dw, attrs, dy, x);
}

#endif
