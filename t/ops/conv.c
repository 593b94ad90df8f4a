/* Convolution, pooling and matrix product on random shapes and attributes: each tier's kernel
 * against the double reference, and an element's bits however the items are cut. */
#include "../tap.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"
#include "graph/graph.h"

#include <cnngraph/ops.h>

#include <math.h>
#include <string.h>

enum { SEED = 20240607, CASES = 240 };

static cg_rng rng;
static bool in_lanes; /* are 16 images side by side, x N/16 C H W 16? */
static bool prepared; /* do kernels get their constant inputs in the form they like best? */

static int64_t between(int64_t low, int64_t high)
{
    return low + (int64_t)cg_rng_below(&rng, (uint64_t)(high - low + 1));
}

/* ---- one case: an op, its inputs and what it must give ----------------------------------------
 */

typedef struct {
    cg_graph *graph;
    cg_node *node;
    const cg_shape *xs[2];
    float *x[2];
    double *wide[2];
    double *y, *size; /* the reference, and the same of absolute values */
    int64_t n_y;
} example;

static void example_free(example *e)
{
    for (int i = 0; i < 2; i++) {
        cg_release(e->x[i]);
        cg_release(e->wide[i]);
    }
    cg_release(e->y);
    cg_release(e->size);
    cg_graph_free(e->graph);
}

static void refer(const example *e, double *y)
{
    cg_node_op(e->node)->reference(&(cg_ref_call){ .attrs = cg_node_attrs(e->node),
                                                   .n_x = cg_node_arity(e->node),
                                                   .xs = e->xs,
                                                   .x = (const double *const *)e->wide,
                                                   .ys = cg_node_shape(e->node),
                                                   .y = y });
}

/* Values k/64 are exact in float; few of them, so that pooling meets ties. */
static example example_new(cg_graph *graph, cg_node *node)
{
    example e = { .graph = graph, .node = node, .n_y = cg_shape_size(cg_node_shape(node)) };
    for (int i = 0; i < cg_node_arity(node); i++) {
        e.xs[i] = cg_node_shape(cg_node_input(node, i));
        int64_t n = cg_shape_size(e.xs[i]);
        e.x[i] = cg_alloc((size_t)n, sizeof(float));
        e.wide[i] = cg_alloc((size_t)n, sizeof(double));
        for (int64_t j = 0; j < n; j++) {
            e.wide[i][j] = (double)between(-32, 32) / 64;
            e.x[i][j] = (float)e.wide[i][j];
        }
    }
    e.y = cg_alloc((size_t)e.n_y, sizeof(double));
    e.size = cg_alloc((size_t)e.n_y, sizeof(double));
    refer(&e, e.y);
    return e;
}

/* The sums of |a b| that rounding errors are measured by, of an op that is a sum of products. */
static void measure(example *e)
{
    for (int i = 0; i < cg_node_arity(e->node); i++)
        for (int64_t j = 0; j < cg_shape_size(e->xs[i]); j++) e->wide[i][j] = fabs(e->wide[i][j]);
    refer(e, e->size);
}

enum { BEYOND = 16384 }; /* bytes behind scratch, which nobody may write to */

/* Runs items in steps of `step` with fresh, dirty memory; NaN where nothing was written, or where
 * it was written too far. */
static float *run(const example *e, cg_tier tier, int64_t step)
{
    const cg_op *op = cg_node_op(e->node);
    const size_t bytes = op->scratch ? op->scratch(e->node) : 0;
    const int64_t items = op->items ? op->items(e->node) : e->n_y;
    float *y = cg_alloc((size_t)e->n_y, sizeof(float));
    unsigned char *scratch = cg_alloc(bytes + BEYOND, 1);
    for (int64_t i = 0; i < e->n_y; i++) y[i] = NAN;
    memset(scratch, 0xff, bytes + BEYOND);
    cg_call call = { .attrs = cg_node_attrs(e->node),
                     .n_x = cg_node_arity(e->node),
                     .xs = e->xs,
                     .x = (const float *const *)e->x,
                     .ys = cg_node_shape(e->node),
                     .y = y,
                     .scratch = scratch };
    const size_t form = prepared ? op->prepared(e->node) : 0;
    if (form) {
        call.prepared = cg_alloc_aligned(form, 1);
        memset(call.prepared, 0xff, form);
        op->prepare[tier](&call, 0, 1);
    }
    for (int64_t at = 0; at < items; at += step)
        op->forward[tier](&call, at, at + step < items ? at + step : items);
    for (int i = 0; i < BEYOND; i++)
        if (scratch[bytes + (size_t)i] != 0xff) y[0] = NAN;
    cg_release(call.prepared);
    cg_release(scratch);
    return y;
}

/* The rounding errors of n products added one after the other stay below n half-units of the sum
 * of magnitudes (N. J. Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1). */
static bool is_close(const example *e, const float *y, double units)
{
    for (int64_t i = 0; i < e->n_y; i++)
        if (!(fabs((double)y[i] - e->y[i]) <= units * ldexp(1, -24) * e->size[i])) return false;
    return true;
}

/* ---- drawing cases ----------------------------------------------------------------------------
 */

typedef cg_node *draw(cg_graph *graph, double *units);

static cg_node *images(cg_graph *graph, const char *name, const int64_t d[4])
{
    cg_shape s = CG_SHAPE(d[0], d[1], d[2], d[3]);
    if (in_lanes) s.dim[s.rank++] = CG_LANE_IMAGES;
    return cg_input(graph, name, s);
}

static cg_node *input(cg_graph *graph, const char *name, const int64_t d[4])
{
    return cg_input(graph, name, CG_SHAPE(d[0], d[1], d[2], d[3]));
}

static cg_node *draw_matmul(cg_graph *graph, double *units)
{
    static const int64_t most[] = { 3, 40, 140 };
    int64_t m = between(1, most[between(0, 2)]), n = between(1, most[between(0, 2)]),
            k = between(1, 600);
    bool ta = between(0, 1), tb = between(0, 1);
    int64_t batch[2] = { 1, 1 }, outer[2] = { 1, 1 };
    if (between(0, 1)) {
        k = between(1, 20);
        batch[between(0, 1)] = outer[between(0, 1)] = between(2, 3);
    }
    *units = (double)k + 2;
    cg_node *a = input(graph, "a", (int64_t[]){ outer[0], batch[0], ta ? k : m, ta ? m : k });
    cg_node *b = input(graph, "b", (int64_t[]){ outer[1], batch[1], tb ? n : k, tb ? k : n });
    return cg_matmul(a, b, ta, tb);
}

typedef struct {
    cg_conv2d_attrs attrs;
    int64_t x[4], w[4], y[4];
} geometry;

/* Draws until the kernel fits its padded input. */
static geometry draw_geometry(void)
{
    for (;;) {
        geometry g = { .attrs.groups = between(0, 2) ? 1 : between(2, 4) };
        int64_t channels = between(1, between(0, 3) ? 4
                                      : in_lanes    ? 9
                                                    : 20),
                filters = between(1, between(0, 3) ? 5
                                     : in_lanes    ? 20
                                                   : 40);
        if (g.attrs.groups > 1 && between(0, 1)) channels = 1;
        int64_t *x = g.x, *w = g.w, *y = g.y;
        x[0] = y[0] = between(1, in_lanes ? 2 : 4);
        x[1] = channels * g.attrs.groups;
        w[0] = y[1] = filters * g.attrs.groups;
        w[1] = channels;
        for (int axis = 0; axis < 2; axis++) {
            int64_t stride = between(0, 1) ? 1 : between(1, 4),
                    dilation = between(0, 2) ? 1 : between(1, 4);
            int64_t before = between(0, 1) ? 0 : between(0, 4),
                    after = between(0, 1) ? before : between(0, 4);
            g.attrs.stride[axis] = stride;
            g.attrs.dilation[axis] = dilation;
            g.attrs.padding[axis] = before;
            g.attrs.padding[axis + 2] = after;
            x[2 + axis] = between(1, in_lanes ? 11 : 18);
            w[2 + axis] = g.attrs.output[axis] = between(1, 5);
            int64_t room = x[2 + axis] + before + after - dilation * (w[2 + axis] - 1) - 1;
            y[2 + axis] = room < 0 ? 0 : room / stride + 1;
        }
        if (y[2] && y[3]) return g;
    }
}

static cg_node *draw_conv2d(cg_graph *graph, double *units)
{
    geometry g = draw_geometry();
    *units = (double)(g.w[1] * g.w[2] * g.w[3]) + 2;
    return cg_conv2d(images(graph, "x", g.x), input(graph, "w", g.w), &g.attrs);
}

static cg_node *draw_conv2d_dw(cg_graph *graph, double *units)
{
    geometry g = draw_geometry();
    *units = (double)(g.y[0] * g.y[2] * g.y[3] * (in_lanes ? CG_LANE_IMAGES : 1)) + 2;
    g.attrs.parts = between(0, g.y[0]);
    return cg_conv2d_dw(images(graph, "dy", g.y), images(graph, "x", g.x), &g.attrs);
}

static cg_node *draw_conv_transpose2d(cg_graph *graph, double *units)
{
    geometry g = draw_geometry();
    cg_conv_transpose2d_attrs t = { .groups = g.attrs.groups };
    *units = (double)(g.w[0] * g.w[2] * g.w[3]) + 2;
    memcpy(t.padding, g.attrs.padding, sizeof t.padding);
    for (int i = 0; i < 2; i++) {
        t.stride[i] = g.attrs.stride[i];
        t.dilation[i] = g.attrs.dilation[i];
        t.output_padding[i] =
            (g.x[2 + i] + t.padding[i] + t.padding[i + 2] - t.dilation[i] * (g.w[2 + i] - 1) - 1) %
            t.stride[i];
    }
    return cg_conv_transpose2d(images(graph, "y", g.y), input(graph, "w", g.w), &t);
}

/* Enough channels for Winograd's algorithm, and windows of 3x3 or 5x5 that it takes. */
static geometry draw_winograd(void)
{
    const int64_t taps = between(0, 1) ? 3 : 5;
    geometry g = {
        .attrs = { .stride = { 1, 1 }, .dilation = { 1, 1 }, .groups = 1, .output = { taps, taps } }
    };
    g.x[0] = g.y[0] = 1;
    g.x[1] = g.w[1] = between(16, 20);
    g.y[1] = g.w[0] = between(16, 20);
    for (int axis = 0; axis < 2; axis++) {
        int64_t before = between(0, 3), after = between(0, 3), size = between(1, in_lanes ? 6 : 20);
        if (size + before + after < taps) size = taps;
        g.attrs.padding[axis] = before;
        g.attrs.padding[axis + 2] = after;
        g.w[2 + axis] = taps;
        g.x[2 + axis] = size;
        g.y[2 + axis] = size + before + after - (taps - 1);
    }
    return g;
}

static cg_node *winograd_conv2d(cg_graph *graph, const geometry *g)
{
    return cg_conv2d(images(graph, "x", g->x), input(graph, "w", g->w), &g->attrs);
}

static cg_node *draw_winograd_conv2d(cg_graph *graph, double *units)
{
    geometry g = draw_winograd();
    *units = (double)(g.w[1] * g.w[2] * g.w[3]) + 2;
    return winograd_conv2d(graph, &g);
}

/* Draws until there are enough pixels that the weights are prepared. */
static cg_node *draw_prepared_conv2d(cg_graph *graph, double *units)
{
    for (;;) {
        geometry g = draw_winograd();
        cg_graph *trial = cg_graph_new();
        cg_node *y = winograd_conv2d(trial, &g);
        bool is_prepared = y && cg_node_op(y)->prepared(y) > 0;
        cg_graph_free(trial);
        *units = (double)(g.w[1] * g.w[2] * g.w[3]) + 2;
        if (is_prepared) return winograd_conv2d(graph, &g);
    }
}

/* Now and then more filters than are computed together. */
static cg_node *draw_winograd_conv2d_dw(cg_graph *graph, double *units)
{
    geometry g = draw_winograd();
    g.x[0] = g.y[0] = between(1, 3);
    if (!between(0, 7)) g.y[1] = between(64, 68);
    g.attrs.parts = between(0, g.y[0]);
    *units = (double)(g.y[0] * g.y[2] * g.y[3] * CG_LANE_IMAGES) + 2;
    return cg_conv2d_dw(images(graph, "dy", g.y), images(graph, "x", g.x), &g.attrs);
}

static cg_node *draw_winograd_conv_transpose2d(cg_graph *graph, double *units)
{
    geometry g = draw_winograd();
    cg_conv_transpose2d_attrs t = { .stride = { 1, 1 }, .dilation = { 1, 1 }, .groups = 1 };
    *units = (double)(g.w[0] * g.w[2] * g.w[3]) + 2;
    memcpy(t.padding, g.attrs.padding, sizeof t.padding);
    return cg_conv_transpose2d(images(graph, "y", g.y), input(graph, "w", g.w), &t);
}

/* Draws until each window fits and, in ceil mode, something is left to pool. */
static cg_pool2d_attrs draw_pool(int64_t x[4], int64_t y[4])
{
    for (;;) {
        cg_pool2d_attrs a = { .ceil = between(0, 1), .count_padding = between(0, 1) };
        x[0] = y[0] = between(1, 3);
        x[1] = y[1] = between(1, 4);
        for (int axis = 0; axis < 2; axis++) {
            int64_t kernel = between(1, 4), stride = between(0, 5),
                    size = between(1, between(0, 4) ? 9
                                      : in_lanes    ? 15
                                                    : 40);
            a.kernel[axis] = kernel;
            a.stride[axis] = stride;
            if (!stride) stride = kernel;
            a.padding[axis] = between(0, 1) ? 0 : between(0, kernel - 1);
            a.padding[axis + 2] = between(0, 1) ? a.padding[axis] : between(0, kernel - 1);
            x[2 + axis] = size;
            int64_t padded = size + a.padding[axis] + a.padding[axis + 2];
            y[2 + axis] = 0;
            for (int64_t start = 0; start < size + a.padding[axis]; start += stride)
                y[2 + axis] +=
                    start + kernel <= padded || (a.ceil && start - stride + kernel < padded);
            if (kernel > padded) y[2 + axis] = 0;
        }
        if (y[2] && y[3]) return a;
    }
}

static cg_node *draw_max_pool2d(cg_graph *graph, double *units)
{
    int64_t x[4], y[4];
    cg_pool2d_attrs a = draw_pool(x, y);
    *units = 0;
    return cg_max_pool2d(images(graph, "x", x), &a);
}

static cg_node *draw_max_pool2d_dx(cg_graph *graph, double *units)
{
    int64_t x[4], y[4];
    cg_pool2d_attrs a = draw_pool(x, y);
    *units = 0;
    return cg_record2(cg_op_find("max_pool2d_dx"), &a, images(graph, "dy", y),
                      images(graph, "x", x));
}

static cg_node *draw_max_pool2d_pick(cg_graph *graph, double *units)
{
    int64_t x[4], y[4];
    cg_pool2d_attrs a = draw_pool(x, y);
    *units = 0;
    return cg_record2(cg_op_find("max_pool2d_pick"), &a, images(graph, "v", x),
                      images(graph, "x", x));
}

static cg_node *draw_avg_pool2d(cg_graph *graph, double *units)
{
    int64_t x[4], y[4];
    cg_pool2d_attrs a = draw_pool(x, y);
    *units = (double)(a.kernel[0] * a.kernel[1]) + 2;
    return cg_avg_pool2d(images(graph, "x", x), &a);
}

/* The op that avg_pool2d's gradient is. */
static cg_node *draw_avg_pool2d_dx(cg_graph *graph, double *units)
{
    int64_t x[4], y[4];
    cg_pool2d_attrs a = draw_pool(x, y);
    *units = (double)(a.kernel[0] * a.kernel[1]) + 2;
    cg_node *leaf = images(graph, "x", x), *grad = NULL;
    cg_gradient(cg_avg_pool2d(leaf, &a), images(graph, "dy", y), 1, &leaf, &grad);
    return grad;
}

/* ---- the tests --------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    draw *draw; /* sets the half-units that an element may err by; 0: nothing is rounded */
    enum { ANYWHERE, IN_LANES, PREPARED } where;
} subjects[] = {
    { "matmul", draw_matmul, ANYWHERE },
    { "conv2d", draw_conv2d, ANYWHERE },
    { "conv2d_dw", draw_conv2d_dw, ANYWHERE },
    { "conv_transpose2d", draw_conv_transpose2d, ANYWHERE },
    { "conv2d of many channels", draw_winograd_conv2d, IN_LANES },
    { "conv2d prepared", draw_prepared_conv2d, PREPARED },
    { "conv2d_dw of many channels", draw_winograd_conv2d_dw, IN_LANES },
    { "conv_transpose2d of many channels", draw_winograd_conv_transpose2d, IN_LANES },
    { "max_pool2d", draw_max_pool2d, ANYWHERE },
    { "max_pool2d_dx", draw_max_pool2d_dx, ANYWHERE },
    { "max_pool2d_pick", draw_max_pool2d_pick, ANYWHERE },
    { "avg_pool2d", draw_avg_pool2d, ANYWHERE },
    { "avg_pool2d_dx", draw_avg_pool2d_dx, ANYWHERE },
};

/* Every subject, as "conv2d in lanes on avx2" too; the matrix product knows no images. */
static void test_subject(int s, cg_tier tier, bool lanes)
{
    const char *place = lanes ? " in lanes" : "";
    in_lanes = lanes;
    prepared = subjects[s].where == PREPARED;
    int n_close = 0, n_same = 0;
    rng = cg_rng_new(SEED, subjects[s].name, 0);
    for (int i = 0; i < CASES; i++) {
        double units = 0;
        cg_graph *graph = cg_graph_new();
        cg_node *node = subjects[s].draw(graph, &units);
        if (!node) {
            ok(0, "%s: case %d is recorded: %s", subjects[s].name, i,
               cg_graph_error(graph)->message);
            cg_graph_free(graph);
            return;
        }
        example e = example_new(graph, node);
        if (units > 0) measure(&e);
        float *whole = run(&e, tier, e.n_y + 1), *cut = run(&e, tier, 1 + i % 5);
        n_close += is_close(&e, whole, units);
        n_same += memcmp(whole, cut, (size_t)e.n_y * sizeof *whole) == 0;
        cg_release(whole);
        cg_release(cut);
        example_free(&e);
    }
    ok(n_close == CASES,
       "%s%s on %s agrees with its reference on %d of %d shapes drawn from seed %d",
       subjects[s].name, place, cg_tier_name(tier), n_close, CASES, SEED);
    ok(n_same == CASES, "%s%s on %s gives the same bits however its items are cut, %d of %d",
       subjects[s].name, place, cg_tier_name(tier), n_same, CASES);
}

/* So many taps that the sums of one row of them are more than a kernel likes to keep at once. */
static void test_tall_kernel(void)
{
    in_lanes = true;
    rng = cg_rng_new(SEED, "tall", 0);
    for (cg_tier tier = CG_PORTABLE; tier < CG_N_TIERS; tier++) {
        if (!cg_tier_usable(tier)) continue;
        cg_graph *graph = cg_graph_new();
        cg_node *dy = images(graph, "dy", (int64_t[]){ 1, 5, 40, 2 }),
                *x = images(graph, "x", (int64_t[]){ 1, 1, 169, 6 });
        example e =
            example_new(graph, cg_conv2d_dw(dy, x, &(cg_conv2d_attrs){ .output = { 130, 5 } }));
        measure(&e);
        float *y = run(&e, tier, e.n_y);
        ok(is_close(&e, y, 40 * 2 * CG_LANE_IMAGES + 2),
           "conv2d_dw of a kernel of 130 x 5 stays within its memory on %s", cg_tier_name(tier));
        cg_release(y);
        example_free(&e);
    }
}

/* Records y (or fails to) and compares the graph's message. */
static void test_message(cg_graph *graph, const cg_node *y, const char *expected)
{
    ok(!y && strcmp(cg_graph_error(graph)->message, expected) == 0,
       "the mistake is told as \"%s\": \"%s\"", expected, cg_graph_error(graph)->message);
    cg_graph_free(graph);
}

static void test_messages(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = input(g, "x", (int64_t[]){ 1, 1, 4, 4 });
    test_message(g, cg_conv2d(x, input(g, "w", (int64_t[]){ 1, 1, 5, 5 }), NULL),
                 "conv2d: kernel 5x5 exceeds its padded input 4x4");
    g = cg_graph_new();
    x = input(g, "x", (int64_t[]){ 1, 3, 4, 4 });
    test_message(
        g,
        cg_conv2d(x, input(g, "w", (int64_t[]){ 4, 2, 3, 3 }), &(cg_conv2d_attrs){ .groups = 2 }),
        "conv2d: x has 3 channels, w expects 4 and has 4 filters, in 2 groups");
    g = cg_graph_new();
    x = input(g, "x", (int64_t[]){ 1, 2, 3, 3 });
    test_message(g, cg_conv_transpose2d(x, input(g, "w", (int64_t[]){ 3, 1, 2, 2 }), NULL),
                 "conv_transpose2d: x has 2 channels, w expects 3 in 1 groups");
    g = cg_graph_new();
    x = input(g, "x", (int64_t[]){ 1, 2, 3, 3 });
    test_message(g, cg_max_pool2d(x, &(cg_pool2d_attrs){ .kernel = { 2, 4 } }),
                 "max_pool2d: a window of 4 columns exceeds its padded input, 3");
    g = cg_graph_new();
    x = cg_input(g, "a", CG_SHAPE(2, 3));
    test_message(g, cg_matmul(x, x, false, false),
                 "matmul: a 2x3 and b 2x3 do not chain: 3 columns, 2 rows");
}

/* Two equal elements: the first in row-major order has the gradient, also against a NaN after it.
 */
static void test_first_maximum(void)
{
    const float x[2][9] = { { 1, 2, 0, 2, 1, 0, 2, 2, 0 }, { 1, 5, 0, NAN, 1, 0, NAN, 2, 0 } };
    const float dy = 7, where[2] = { 1, 3 };
    cg_graph *graph = cg_graph_new();
    cg_pool2d_attrs a = { .kernel = { 3, 3 } };
    cg_node *leaf = input(graph, "x", (int64_t[]){ 1, 1, 3, 3 });
    cg_node *node = cg_record2(cg_op_find("max_pool2d_dx"), &a,
                               input(graph, "dy", (int64_t[]){ 1, 1, 1, 1 }), leaf);
    bool right = true;
    for (int i = 0; i < 2; i++) {
        float dx[9];
        int64_t scratch[3];
        cg_call call = {
            .attrs = &a, .n_x = 2, .y = dx, .ys = cg_node_shape(node), .scratch = scratch
        };
        call.xs =
            (const cg_shape *const[]){ cg_node_shape(cg_node_input(node, 0)), cg_node_shape(leaf) };
        call.x = (const float *const[]){ &dy, x[i] };
        cg_node_op(node)->forward[CG_PORTABLE](&call, 0, 1);
        for (int j = 0; j < 9; j++) right = right && dx[j] == (j == (int)where[i] ? dy : 0);
    }
    ok(right, "the first maximum has the gradient, the first NaN before any number");
    cg_graph_free(graph);
}

int main(void)
{
    test_messages();
    test_first_maximum();
    for (int s = 0; s < (int)(sizeof subjects / sizeof *subjects); s++)
        for (cg_tier tier = CG_PORTABLE; tier < CG_N_TIERS; tier++) {
            if (!cg_tier_usable(tier)) {
                skip(subjects[s].name, "this processor lacks the tier");
                continue;
            }
            if (subjects[s].where != IN_LANES) test_subject(s, tier, false);
            if (subjects[s].draw != draw_matmul) test_subject(s, tier, true);
        }
    test_tall_kernel();
    return done_testing();
}
