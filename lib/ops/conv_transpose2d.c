/* Transposed 2-D convolution: the input gradient of conv2d, and a layer in its own right. */
#include "ops/conv_rules.h"

/* As the convolution whose input gradient this is: its image is y, its output is x. */
static cg_conv conv(const cg_shape *x, const cg_shape *w, const cg_shape *y, const void *attrs)
{
    const cg_conv_transpose2d_attrs *a = attrs;
    return conv_of(y, w, x, a->stride, a->padding, a->dilation, a->groups);
}

CG_KERNEL(conv_transpose2d_forward)
{
    const cg_conv v = conv(c->xs[0], c->xs[1], c->ys, c->attrs);
    cg_conv_input_gradient(&v, c->x[0], c->x[1], c->y, c->scratch, begin, end);
}

#if CG_DESCRIBE

static cg_conv conv_node(const cg_node *node)
{
    return conv(cg_node_shape(cg_node_input(node, 0)), cg_node_shape(cg_node_input(node, 1)),
                cg_node_shape(node), cg_node_attrs(node));
}

static int64_t items(const cg_node *node)
{
    cg_conv v = conv_node(node);
    return cg_conv_input_gradient_items(&v);
}

static int64_t grain(const cg_node *node)
{
    cg_conv v = conv_node(node);
    return v.lanes ? cg_lanes_grain(&v, v.c) : 1;
}

static int64_t flops(const cg_node *node)
{
    cg_conv v = conv_node(node);
    return cg_conv_flops(&v);
}

static size_t scratch(const cg_node *node)
{
    cg_conv v = conv_node(node);
    return cg_conv_input_gradient_scratch(&v);
}

/* With images in the lanes a plane is an item; else items are blocks of pixels. */
static cg_planes planes(const cg_node *node)
{
    bool in_lanes = cg_node_shape(cg_node_input(node, 0))->rank == 5;
    return in_lanes ? CG_PLANES_WRITTEN : CG_PLANES_CROSSED;
}

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_conv_transpose2d_attrs *a = cg_node_attrs(node);
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0)),
                   *w = cg_node_shape(cg_node_input(node, 1));
    char x_text[CG_SHAPE_TEXT], w_text[CG_SHAPE_TEXT];
    if (!is_images(x) || w->rank != 4)
        return cg_shape_fail(node, error,
                             "x must be N K P Q (or N/16 K P Q 16) and w K C R S, found %s and %s",
                             cg_shape_text(x, x_text), cg_shape_text(w, w_text));
    if (x->dim[1] != w->dim[0] || w->dim[0] % a->groups)
        return cg_shape_fail(node, error, "x has %lld channels, w expects %lld in %lld groups",
                             (long long)x->dim[1], (long long)w->dim[0], (long long)a->groups);
    *y = *x;
    y->dim[1] = w->dim[1] * a->groups;
    for (int axis = 0; axis < 2; axis++) {
        if (a->output_padding[axis] >= a->stride[axis])
            return cg_shape_fail(node, error,
                                 "output_padding %lld must be less than the stride %lld",
                                 (long long)a->output_padding[axis], (long long)a->stride[axis]);
        int64_t size = (x->dim[2 + axis] - 1) * a->stride[axis] - a->padding[axis] -
                       a->padding[axis + 2] + reach_of(w->dim[2 + axis], a->dilation[axis]) +
                       a->output_padding[axis];
        if (size < 1)
            return cg_shape_fail(node, error, "padding %lld+%lld leaves no %s",
                                 (long long)a->padding[axis], (long long)a->padding[axis + 2],
                                 axis ? "column" : "row");
        y->dim[2 + axis] = size;
    }
    return CG_OK;
}

/* y is the input gradient of conv2d, so its own input gradient is conv2d, and w's is conv2d_dw with
 * x and dy in the places of dy and x. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_conv_transpose2d_attrs *t = cg_node_attrs(node);
    cg_node *x = cg_node_input(node, 0), *w = cg_node_input(node, 1);
    cg_conv2d_attrs a = { .groups = t->groups };
    for (int i = 0; i < 4; i++) a.padding[i] = t->padding[i];
    for (int axis = 0; axis < 2; axis++) {
        a.stride[axis] = t->stride[axis];
        a.dilation[axis] = t->dilation[axis];
        a.output[axis] = cg_node_shape(w)->dim[2 + axis];
    }
    if (cg_wants(node, 0)) dx[0] = cg_conv2d(dy, w, &a);
    if (cg_wants(node, 1)) dx[1] = cg_conv2d_dw(x, dy, &a);
}

/* Adds what row p of channel k of an image x gives through filter tap (r, s) to channel c of y. */
static void put_row(const cg_ref_call *call, const double *x, double *y, int64_t k, int64_t c,
                    int64_t r, int64_t s, int64_t p)
{
    const cg_conv_transpose2d_attrs *a = call->attrs;
    const cg_shape *xs = call->xs[0], *ws = call->xs[1], *ys = call->ys;
    const int64_t step = pixel_step(xs), channels = ws->dim[1];
    const int64_t h = p * a->stride[0] + r * a->dilation[0] - a->padding[0];
    const double weight =
        call->x[1][((k * channels + c % channels) * ws->dim[2] + r) * ws->dim[3] + s];
    if (h < 0 || h >= ys->dim[2]) return;
    x += (k * xs->dim[2] + p) * xs->dim[3] * step;
    y += (c * ys->dim[2] + h) * ys->dim[3] * step;
    const int64_t start = s * a->dilation[1] - a->padding[1], stride = a->stride[1];
    int64_t first = 0, last = xs->dim[3];
    while (first < last && start + first * stride < 0) first++;
    while (first < last && start + (last - 1) * stride >= ys->dim[3]) last--;
    for (int64_t q = first; q < last; q++) y[(start + q * stride) * step] += weight * x[q * step];
}

/* Every element of x is spread over the window that it reaches. */
static void reference(const cg_ref_call *call)
{
    const cg_shape *xs = call->xs[0], *ws = call->xs[1], *ys = call->ys;
    const int64_t groups = ((const cg_conv_transpose2d_attrs *)call->attrs)->groups;
    const int64_t channels = ws->dim[1], filters = xs->dim[1] / groups;
    for (int64_t i = 0; i < cg_shape_size(ys); i++) call->y[i] = 0;
    for (int64_t n = 0; n < images_of(ys); n++)
        for (int64_t k = 0; k < xs->dim[1]; k++)
            for (int64_t c = k / filters * channels; c < (k / filters + 1) * channels; c++)
                for (int64_t r = 0; r < ws->dim[2]; r++)
                    for (int64_t s = 0; s < ws->dim[3]; s++)
                        for (int64_t p = 0; p < xs->dim[2]; p++)
                            put_row(call, call->x[0] + image_at(xs, n), call->y + image_at(ys, n),
                                    k, c, r, s, p);
}

static const cg_attr attrs_table[] = {
    CONV_ATTRS(cg_conv_transpose2d_attrs),
    CG_INTS(cg_conv_transpose2d_attrs, output_padding, 2, 0, 0, CONV_LIMIT,
            "rows, columns added at the end of y, fewer than the stride"),
    CG_END_ATTRS,
};

#define SAMPLE(xs, ws, ...)                                                                    \
    {                                                                                          \
        .x = { CG_DIMS xs, CG_DIMS ws }, .n_x = 2, .attrs = &(const cg_conv_transpose2d_attrs) \
        {                                                                                      \
            __VA_ARGS__                                                                        \
        }                                                                                      \
    }
static const cg_sample samples[] = {
    SAMPLE((1, 1, 1, 1), (1, 1, 1, 1), .groups = 1),
    SAMPLE((1, 1, 1, 1), (1, 1, 3, 3), .groups = 1),
    SAMPLE((2, 4, 4, 5), (4, 3, 1, 1), .groups = 1),
    SAMPLE((2, 3, 3, 3), (3, 2, 3, 3), .groups = 1),
    SAMPLE((2, 3, 5, 4), (3, 2, 3, 3), .padding = { 1, 1, 1, 1 }),
    SAMPLE((1, 2, 4, 4), (2, 2, 2, 3), .groups = 1),
    SAMPLE((1, 2, 3, 4), (2, 2, 1, 4), .groups = 1),
    SAMPLE((1, 2, 3, 3), (2, 1, 5, 1), .groups = 1),
    SAMPLE((1, 2, 4, 4), (2, 1, 3, 3), .padding = { 1, 2, 0, 1 }),
    SAMPLE((1, 1, 5, 5), (1, 2, 2, 2), .padding = { 2, 2, 2, 1 }),
    SAMPLE((2, 2, 3, 3), (2, 1, 2, 2), .stride = { 2, 2 }),
    SAMPLE((1, 2, 3, 2), (2, 2, 3, 3), .stride = { 2, 2 }),
    SAMPLE((1, 2, 3, 2), (2, 2, 3, 3), .stride = { 2, 2 }, .output_padding = { 1, 1 }),
    SAMPLE((1, 2, 2, 2), (2, 2, 3, 3), .stride = { 2, 3 }, .output_padding = { 0, 2 }),
    SAMPLE((2, 3, 2, 2), (3, 1, 3, 3), .stride = { 3, 3 }),
    SAMPLE((1, 1, 2, 2), (1, 1, 2, 2), .stride = { 4, 5 }),
    SAMPLE((1, 1, 2, 2), (1, 1, 2, 2), .stride = { 4, 5 }, .output_padding = { 3, 2 }),
    SAMPLE((1, 2, 3, 2), (2, 2, 1, 1), .stride = { 2, 3 }),
    SAMPLE((2, 2, 3, 3), (2, 2, 3, 3), .stride = { 2, 2 }, .padding = { 1, 1, 1, 1 }),
    SAMPLE((2, 2, 3, 3), (2, 2, 4, 4), .stride = { 2, 2 }, .padding = { 1, 1, 1, 1 }),
    SAMPLE((1, 2, 3, 3), (2, 2, 3, 3), .stride = { 2, 2 }, .padding = { 0, 1, 1, 1 },
           .output_padding = { 0, 1 }),
    SAMPLE((1, 2, 3, 3), (2, 2, 3, 3), .dilation = { 2, 2 }),
    SAMPLE((1, 2, 5, 3), (2, 1, 3, 3), .dilation = { 1, 3 }),
    SAMPLE((1, 2, 2, 3), (2, 1, 3, 2), .stride = { 2, 2 }, .dilation = { 2, 3 },
           .output_padding = { 1, 0 }),
    SAMPLE((1, 1, 2, 2), (1, 1, 3, 3), .stride = { 4, 4 }, .dilation = { 2, 2 }),
    SAMPLE((1, 2, 3, 2), (2, 1, 2, 3), .stride = { 3, 2 }, .dilation = { 2, 3 },
           .padding = { 1, 0, 0, 2 }),
    SAMPLE((1, 1, 5, 5), (1, 1, 3, 3), .dilation = { 2, 2 }, .padding = { 2, 2, 2, 2 }),
    SAMPLE((2, 4, 2, 2), (4, 2, 3, 3), .groups = 2),
    SAMPLE((1, 6, 3, 3), (6, 2, 2, 2), .groups = 2),
    SAMPLE((2, 3, 4, 4), (3, 1, 3, 3), .groups = 3, .padding = { 1, 1, 1, 1 }),
    SAMPLE((1, 6, 2, 3), (6, 1, 3, 2), .groups = 3, .stride = { 2, 2 }, .output_padding = { 1, 1 }),
    SAMPLE((1, 4, 3, 3), (4, 1, 3, 3), .groups = 4, .stride = { 2, 2 }, .padding = { 1, 1, 1, 1 }),
    SAMPLE((3, 2, 5, 7), (2, 17, 3, 3), .groups = 1),
    SAMPLE((2, 17, 4, 6), (17, 3, 3, 3), .padding = { 1, 1, 1, 1 }),
    SAMPLE((1, 2, 2, 3, 16), (2, 1, 2, 2), .groups = 1),
    SAMPLE((1, 1, 4, 3, 16), (1, 2, 3, 3), .padding = { 1, 1, 1, 1 }),
    SAMPLE((1, 2, 2, 2, 16), (2, 1, 3, 2), .stride = { 2, 2 }, .output_padding = { 0, 1 }),
    SAMPLE((1, 2, 2, 3, 16), (2, 1, 2, 2), .groups = 2, .stride = { 2, 1 }, .dilation = { 2, 2 }),
    CG_END_SAMPLES,
};

const cg_op cg_op_conv_transpose2d = {
    .name = "conv_transpose2d",
    .formula = "y[n,c,h,w] = sum over k,r,s with p stride + r dilation - padding = h, ... of "
               "w[k,c,r,s] x[n,k,p,q]",
    .help = "The input gradient of conv2d. x: N K P Q; w: K C/groups R S; y: N C H W with "
            "H = (P-1) stride - top - bottom + dilation (R-1) + 1 + output_padding.",
    .inputs = "x w",
    .onnx = "ConvTranspose",
    .traits = CG_LINEAR,
    .attrs = attrs_table,
    .attrs_size = sizeof(cg_conv_transpose2d_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = cg_flow_along,
    .items = items,
    .grain = grain,
    .planes = planes,
    .flops = flops,
    .scratch = scratch,
    .forward = CG_TIERS(conv_transpose2d_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_conv_transpose2d(cg_node *x, cg_node *w, const cg_conv_transpose2d_attrs *attrs)
{
    return cg_record2(&cg_op_conv_transpose2d, attrs, x, w);
}

#endif
