/* Images in the lanes: another layout, the same values. */
#include "engine/program.h"

#include "base/pool.h"
#include "base/rng.h"
#include "graph/graph.h"

#include <cnngraph/ops.h>

#include "../tap.h"

#include <math.h>
#include <string.h>

enum { MAX_WRT = 8 };

typedef struct {
    cg_graph *graph;
    cg_node *out[MAX_WRT + 2]; /* loss, logits, then the gradients */
    int n;
} network;

/* Two branches of convolutions, joined; poolings, a transposed convolution, a mean over each image,
 * a broadcast along the batch, dropout, two dense layers. */
static network record(int64_t batch)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(batch, 2, 12, 11)),
            *t = cg_input(g, "t", CG_SHAPE(batch));
    cg_node *w[MAX_WRT] = {
        cg_parameter(g, "w0", CG_SHAPE(5, 2, 3, 3)), cg_parameter(g, "b0", CG_SHAPE(1, 5, 1, 1)),
        cg_parameter(g, "w1", CG_SHAPE(4, 2, 3, 3)), cg_parameter(g, "w2", CG_SHAPE(9, 3, 2, 2)),
        cg_parameter(g, "w3", CG_SHAPE(7, 108)),     cg_parameter(g, "w4", CG_SHAPE(7, 3)),
        cg_parameter(g, "b4", CG_SHAPE(3)),          x
    };
    cg_conv2d_attrs same = { .padding = { 1, 1, 1, 1 } };
    cg_pool2d_attrs two = { .kernel = { 2, 2 } };
    cg_node *a = cg_max_pool2d(cg_relu(cg_add(cg_conv2d(x, w[0], &same), w[1])), &two);
    cg_node *b = cg_avg_pool2d(cg_sigmoid(cg_conv2d(x, w[2], &same)), &two);
    cg_node *both[] = { a, b }, *h = cg_concat(2, both, 1);
    cg_node *shown = cg_mean(h, CG_AXIS(2) | CG_AXIS(3), true);
    h = cg_tanh(cg_sub(h, cg_broadcast(shown, *cg_node_shape(h))));
    h = cg_conv_transpose2d(h, w[3], &(cg_conv_transpose2d_attrs){ .stride = { 1, 1 } });
    h = cg_max_pool2d(h, &(cg_pool2d_attrs){ .kernel = { 3, 2 }, .stride = { 1, 1 } });
    h = cg_avg_pool2d(h, &(cg_pool2d_attrs){ .kernel = { 1, 2 }, .padding = { 0, 1, 0, 0 } });
    h = cg_reshape(h, CG_SHAPE(batch, cg_shape_size(cg_node_shape(h)) / batch));
    h = cg_slice(h, (int64_t[]){ 0, 3 }, CG_SHAPE(batch, 108 / 3), NULL);
    h = cg_concat(3, (cg_node *[]){ h, cg_square(h), cg_neg(h) }, 1);
    h = cg_relu(cg_matmul(h, w[4], false, true));
    h = cg_dropout(h, 0.25, 1);
    cg_node *z = cg_add(cg_matmul(h, w[5], false, false), w[6]);
    network n = { .graph = g, .n = MAX_WRT + 2 };
    n.out[0] = cg_mean(cg_softmax_cross_entropy(z, cg_one_hot(t, 3)), 0, false);
    n.out[1] = z;
    cg_gradient(n.out[0], NULL, MAX_WRT, w, n.out + 2);
    return n;
}

static void fill(cg_program *p)
{
    cg_node_kind kinds[] = { CG_NODE_INPUT, CG_NODE_PARAMETER };
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < cg_program_leaves(p, kinds[k]); i++) {
            cg_leaf leaf = cg_program_leaf(p, kinds[k], i);
            cg_rng rng = cg_rng_new(3, leaf.name, 0);
            float *to = leaf.data;
            for (int64_t j = 0; j < cg_shape_size(&leaf.shape); j++)
                to[j] = leaf.name[0] == 't' ? (float)cg_rng_below(&rng, 3)
                                            : (float)cg_rng_normal(&rng) * 0.4f;
        }
}

/* The largest difference, of the largest value. */
static double difference(cg_program *p, cg_program *q, const cg_node *node)
{
    const float *a = cg_data_f32(p, node), *b = cg_data_f32(q, node);
    double worst = 0, most = 1e-30;
    for (int64_t i = 0; i < cg_shape_size(cg_node_shape(node)); i++) {
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
        most = fmax(most, fabs((double)b[i]));
    }
    return worst / most;
}

static int in_lanes(const cg_program *p, const char *op)
{
    int n = 0;
    for (int i = 0; i < p->n_steps; i++) {
        const cg_node *node = p->step[i].node;
        const cg_shape *s = node->n_x ? &node->x[0]->shape : &node->shape;
        n += strcmp(node->op->name, op) == 0 && s->dim[s->rank - 1] == CG_LANE_IMAGES;
    }
    return n;
}

static void same_values(int64_t batch, const char *isa)
{
    static const char *const names[] = { "loss", "logits", "dw0", "db0", "dw1",
                                         "dw2",  "dw3",    "dw4", "db4", "dx" };
    network n = record(batch);
    cg_program *plain = NULL, *lanes = NULL;
    cg_error error = { 0 };
    cg_compile(&plain, n.graph, n.n, n.out, &(cg_compile_options){ .no_passes = true }, &error);
    cg_compile(&lanes, n.graph, n.n, n.out, &(cg_compile_options){ .isa = isa }, &error);
    if (ok(plain && lanes, "a network of %d images compiles for %s", (int)batch, isa)) {
        fill(plain);
        fill(lanes);
        cg_run(plain, 1, 2);
        cg_run(lanes, 1, 2);
        for (int i = 0; i < n.n; i++)
            ok(difference(lanes, plain, n.out[i]) < 2e-5, "%s: %s is the same in lanes", isa,
               names[i]);
        ok(in_lanes(lanes, "conv2d") == 3 && in_lanes(lanes, "conv2d_dw") == 3,
           "all convolutions run in lanes");
        ok(in_lanes(lanes, "max_pool2d") == 2 && in_lanes(lanes, "max_pool2d_dx") == 2 &&
               in_lanes(lanes, "avg_pool2d_dx") == 2,
           "and all poolings");
    } else {
        printf("# %s\n", error.message);
    }
    cg_program_free(plain);
    cg_program_free(lanes);
    cg_graph_free(n.graph);
}

static int slices(const cg_program *p)
{
    int n = 0;
    for (int i = 0; i < p->n_sections; i++) n += p->section[i].rows > 0;
    return n;
}

/* Rows of 16 images that run through several stages one after the other, on any number of threads:
 * the very bits of stages that run by themselves, every value in memory of its own. */
static void in_slices(int64_t batch)
{
    network n = record(batch);
    cg_program *whole = NULL;
    cg_compile(&whole, n.graph, n.n, n.out, &(cg_compile_options){ .keep_all = true }, NULL);
    if (!ok(whole && slices(whole) == 0, "no slices where all values are kept")) return;
    fill(whole);
    cg_run(whole, 1, 2);
    for (int threads = 1; threads <= 5; threads++) {
        cg_pool *pool = cg_pool_new(threads);
        cg_program *cut = NULL;
        cg_compile(&cut, n.graph, n.n, n.out, &(cg_compile_options){ .pool = pool }, NULL);
        fill(cut);
        bool same = true;
        for (int run = 0; run < 20; run++) {
            cg_run(cut, 1, 2);
            for (int i = 0; i < n.n; i++)
                same = same && memcmp(cg_data_f32(cut, n.out[i]), cg_data_f32(whole, n.out[i]),
                                      (size_t)cg_shape_size(cg_node_shape(n.out[i])) * 4) == 0;
        }
        bool suits = batch / CG_LANE_IMAGES % threads == 0;
        ok(suits ? slices(cut) >= 2 : slices(cut) == 0, "%d images, %d threads: %d slices",
           (int)batch, threads, slices(cut));
        ok(same, "and the same bits");
        cg_program_free(cut);
        cg_pool_free(pool);
    }
    cg_program_free(whole);
    cg_graph_free(n.graph);
}

static void other_batches(void)
{
    network n = record(24);
    cg_program *p = NULL;
    cg_compile(&p, n.graph, n.n, n.out, NULL, NULL);
    ok(p && in_lanes(p, "conv2d") == 0, "a batch that is no multiple of 16 stays as it is");
    cg_program_free(p);
    cg_graph_free(n.graph);
    n = record(32);
    cg_compile(&p, n.graph, n.n, n.out, &(cg_compile_options){ .dtype = CG_F64 }, NULL);
    ok(p && in_lanes(p, "conv2d") == 0, "and so do references");
    cg_program_free(p);
    cg_graph_free(n.graph);
}

/* Every allocation of a compilation fails once. */
static void out_of_memory(void)
{
    int n_failed = 0, n_wrong = 0;
    network net = record(16);
    cg_program *p = NULL;
    for (int n = 0; n < 10000 && !p; n++) {
        cg_fail_allocation_after(n);
        cg_status status = cg_compile(&p, net.graph, net.n, net.out, NULL, NULL);
        cg_fail_allocation_after(-1);
        n_failed += !p;
        n_wrong += !p && status != CG_ENOMEM;
    }
    ok(p && n_failed > 400 && n_wrong == 0, "each of %d allocations may fail", n_failed);
    cg_program_free(p);
    cg_graph_free(net.graph);
}

int main(void)
{
    for (int t = 0; t < CG_N_TIERS; t++)
        if (cg_tier_usable((cg_tier)t))
            for (int64_t batch = 16; batch <= 48; batch += 32)
                same_values(batch, cg_tier_name((cg_tier)t));
    in_slices(64);
    in_slices(96);
    other_batches();
    out_of_memory();
    return done_testing();
}
