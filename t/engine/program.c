/* Running: updates, sharing, guards, memory, and the same bits for any number of threads. */
#include "engine/program.h"

#include "base/memory.h"
#include "base/rng.h"
#include "graph/graph.h"

#include <cnngraph/ops.h>

#include "../tap.h"

#include <math.h>
#include <string.h>

static void updates(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *a = cg_state(g, "a", CG_SHAPE(2)), *b = cg_state(g, "b", CG_SHAPE(2)),
            *c = cg_state(g, "c", CG_SHAPE(2));
    cg_node *sum = cg_add(a, b);
    cg_update(a, b); /* a swap: both read the old contents */
    cg_update(b, a);
    cg_update(c, cg_add(cg_scale(c, 2), sum));
    cg_program *p;
    ok(cg_compile(&p, g, 1, &sum, NULL, NULL) == CG_OK, "a program of updates compiles");
    memcpy(cg_data_f32(p, a), (float[]){ 1, 2 }, 8);
    memcpy(cg_data_f32(p, b), (float[]){ 10, 20 }, 8);
    cg_run(p, 0, 0);
    ok(cg_data_f32(p, a)[1] == 20 && cg_data_f32(p, b)[1] == 2, "two states are exchanged");
    ok(cg_data_f32(p, c)[0] == 11, "a third counts");
    cg_run(p, 0, 0);
    ok(cg_data_f32(p, a)[1] == 2 && cg_data_f32(p, c)[0] == 33 && cg_data_f32(p, sum)[0] == 11,
       "and again");
    cg_program_free(p);
    cg_graph_free(g);
}

/* A concatenation that is written over the state that it becomes, while its parts wait. */
static void joined_update(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(2, 2)), *s = cg_state(g, "s", CG_SHAPE(4, 2));
    cg_node *a = cg_matmul(x, x, false, false), *b = cg_matmul(a, x, false, false);
    cg_node *y = cg_matmul(b, a, false, false);
    cg_update(s, cg_concat(2, (cg_node *[]){ a, b }, 0));
    cg_program *p;
    cg_compile(&p, g, 1, &y, NULL, NULL);
    memcpy(cg_data_f32(p, x), (float[]){ 1, 1, 0, 2 }, 16);
    cg_run(p, 0, 0);
    const float *to = cg_data_f32(p, s), *of = cg_data_f32(p, y);
    ok(to[1] == 3 && to[3] == 4 && to[5] == 7 && to[7] == 8 && of[1] == 31 && of[3] == 32,
       "a state becomes a concatenation");
    cg_program_free(p);
    cg_graph_free(g);
}

/* w <- w - 0.1 dw on the slab, as an optimiser does it. */
static cg_program *trainer(cg_graph **graph, const cg_compile_options *options)
{
    cg_graph *g = *graph = cg_graph_new();
    if (!g) return NULL;
    cg_node *x = cg_input(g, "x", CG_SHAPE(2, 3)), *w = cg_parameter(g, "w", CG_SHAPE(3, 2));
    cg_node *b = cg_parameter(g, "b", CG_SHAPE(2)), *wrt[] = { w, b }, *grad[2];
    cg_node *loss = cg_sum(cg_square(cg_add(cg_matmul(x, w, false, false), b)), 0, false);
    cg_gradient(loss, NULL, 2, wrt, grad);
    cg_node *flat[] = { cg_reshape(grad[0], CG_SHAPE(6)), grad[1] };
    cg_node *slab = cg_parameter_slab(g);
    cg_update(slab, cg_sub(slab, cg_scale(cg_concat(2, flat, 0), 0.1)));
    cg_program *p = NULL;
    cg_compile(&p, g, 1, &loss, options, NULL);
    if (!p) return NULL;
    for (int i = 0; i < 6; i++) cg_data_f32(p, x)[i] = (float)(i + 1) / 8;
    return p;
}

/* Does every input of the concat lie in its output? */
static bool is_joined(const cg_program *p)
{
    for (int id = 0; id < p->graph->n_nodes; id++) {
        const cg_node *node = p->graph->node[id];
        if (!node->op || strcmp(node->op->name, "concat") != 0) continue;
        const float *at = p->data[id];
        for (int i = 0; i < node->n_x; at += cg_shape_size(&node->x[i++]->shape))
            if (p->data[node->x[i]->id] != at) return false;
        return true;
    }
    return false;
}

static void slab(void)
{
    cg_graph *g;
    cg_program *p = trainer(&g, NULL);
    float *w = cg_data_f32(p, cg_graph_find(g, "w")), *b = cg_data_f32(p, cg_graph_find(g, "b"));
    ok(b == w + 6, "parameters lie one behind the other");
    ok(p->n_copies == 0, "the update is made in place");
    ok(is_joined(p), "gradients are computed where the concat puts them");
    for (int i = 0; i < 8; i++) w[i] = 1;
    cg_run(p, 0, 0);
    /* y = x w + b: rows 1.75, 2.875 in both columns; db = 2 (1.75 + 2.875) */
    ok(fabsf(b[0] - (1 - 0.1f * 9.25f)) < 1e-6f && b[0] == b[1],
       "one step of gradient descent on the slab");
    cg_graph *g2;
    cg_program *second = trainer(&g2, &(cg_compile_options){ .share = p });
    ok(second && cg_data_f32(second, cg_graph_find(g2, "w")) == w,
       "another program shares the parameters");
    float before = w[0];
    cg_run(second, 0, 0);
    ok(w[0] != before, "and updates them");
    cg_program_free(second);
    cg_graph_free(g2);
    cg_program_free(p);
    cg_graph_free(g);
}

static void guards(void)
{
    cg_graph *g = cg_graph_new();
    cg_graph_at(g, (cg_place){ "m.yaml", 9, 1 }, "logs");
    cg_node *x = cg_input(g, "x", CG_SHAPE(2)), *s = cg_state(g, "s", (cg_shape){ 0 });
    cg_update(s, cg_shift(s, 1));
    cg_node *loss = cg_sum(cg_log(x), 0, false);
    cg_program *p;
    cg_compile(&p, g, 1, &loss, &(cg_compile_options){ .guards = &loss, .n_guards = 1 }, NULL);
    cg_data_f32(p, x)[0] = cg_data_f32(p, x)[1] = 1;
    ok(cg_run(p, 0, 0) == CG_OK && *cg_data_f32(p, s) == 1, "a finite guard lets the run go on");
    cg_data_f32(p, x)[1] = -1;
    ok(cg_run(p, 0, 1) == CG_ENUMERIC && *cg_data_f32(p, s) == 1,
       "NaN ends it and leaves the states alone");
    cg_error e;
    ok(cg_program_first_nonfinite(p, 0, 1, &e) == CG_ENUMERIC &&
           strstr(e.message, "log of 'logs' at step 1") && strstr(e.message, "1 of 2 values") &&
           strstr(e.message, "x in [-1, 1]") && e.line == 9,
       "the first op is named: %s", e.message);
    ok(*cg_data_f32(p, s) == 1, "and looking for it changes nothing");
    cg_data_f32(p, x)[1] = 0;
    ok(cg_program_first_nonfinite(p, 0, 1, &e) == CG_ENUMERIC &&
           strstr(e.message, "log of 'logs' at step 1: 1 of 2 values are not finite; x in [0, 1]"),
       "so is the logarithm of 0: %s", e.message);
    cg_data_f32(p, x)[1] = NAN;
    ok(cg_program_first_nonfinite(p, 0, 1, &e) == CG_ENUMERIC &&
           strstr(e.message, "the input 'x' at step 1: 1 of 2 values"),
       "an input is told of before the ops: %s", e.message);
    cg_data_f32(p, x)[1] = 1;
    *cg_data_f32(p, s) = INFINITY;
    ok(cg_program_first_nonfinite(p, 0, 1, &e) == CG_ENUMERIC && strstr(e.message, "the state 's'"),
       "and so is a state: %s", e.message);
    *cg_data_f32(p, s) = 1;
    cg_data_f32(p, x)[1] = 2;
    ok(cg_program_first_nonfinite(p, 0, 1, &e) == CG_OK, "all finite is found to be so");
    cg_program_free(p);
    cg_graph_free(g);
}

/* No step computes a view. */
static void guarding_a_view(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(2)), *s = cg_state(g, "s", (cg_shape){ 0 });
    cg_node *loss = cg_reshape(cg_sum(cg_log(x), 0, false), CG_SHAPE(1));
    cg_update(s, cg_shift(s, 1));
    cg_program *p;
    cg_compile(&p, g, 1, &loss, &(cg_compile_options){ .guards = &loss, .n_guards = 1 }, NULL);
    cg_data_f32(p, x)[0] = -1;
    ok(cg_run(p, 0, 0) == CG_ENUMERIC && *cg_data_f32(p, s) == 0,
       "a guard that is a view keeps the states as they were");
    cg_program_free(p);
    cg_graph_free(g);
}

/* A deep chain of images: its values, its memory. */
static cg_node *chain(cg_graph *g, int depth, cg_node **x)
{
    cg_node *y = *x = cg_input(g, "x", CG_SHAPE(2, 8, 16, 16));
    for (int i = 0; i < depth; i++) {
        cg_node *w = cg_constant(g, CG_SHAPE(8, 8, 3, 3), 0.02);
        y = cg_tanh(cg_add(cg_conv2d(y, w, &(cg_conv2d_attrs){ .padding = { 1, 1, 1, 1 } }),
                           cg_constant_like(y, 0.1)));
    }
    return y;
}

static void memory(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x, *y = chain(g, 20, &x);
    cg_program *tight, *wide;
    cg_compile(&tight, g, 1, &y, NULL, NULL);
    cg_compile(&wide, g, 1, &y, &(cg_compile_options){ .keep_all = true }, NULL);
    size_t image = 2 * 8 * 16 * 16 * sizeof(float);
    ok(cg_program_arena_bytes(tight) == 2 * image, "a chain of 20 layers lives in two buffers");
    ok(cg_program_arena_bytes(wide) >= 40 * image, "keep_all gives each value its own");
    cg_rng rng = cg_rng_new(1, "test", 0);
    for (int i = 0; i < 2 * 8 * 16 * 16; i++) {
        float v = (float)cg_rng_normal(&rng);
        cg_data_f32(tight, x)[i] = cg_data_f32(wide, x)[i] = v;
    }
    cg_run(tight, 0, 0);
    cg_run(wide, 0, 0);
    ok(memcmp(cg_data_f32(tight, y), cg_data_f32(wide, y), image) == 0,
       "sharing memory changes no bit");
    ok(!cg_data_f32(tight, cg_graph_node(g, 5)) && cg_data_f32(wide, cg_graph_node(g, 5)),
       "a value that did not last cannot be looked at");
    ok(!cg_data_f32(tight, cg_node_input(y, 0)), "nor one that the output was written over");
    cg_fail_allocation_after(0);
    cg_status status = cg_run(tight, 0, 0);
    cg_fail_allocation_after(-1);
    ok(status == CG_OK, "a run allocates nothing");
    cg_program_free(tight);
    cg_program_free(wide);
    cg_graph_free(g);
}

static void threads(void)
{
    enum { N = 16 * 4 * 24 * 24 };
    static float first[4 * 4 * 3 * 3 + 4 * 4 * 9];
    for (int n = 1; n <= 7; n += n < 3 ? 1 : 4) {
        cg_graph *g = cg_graph_new();
        cg_node *x = cg_input(g, "x", CG_SHAPE(16, 4, 24, 24)),
                *w = cg_parameter(g, "w", CG_SHAPE(4, 4, 3, 3)), *dw;
        cg_node *y =
            cg_tanh(cg_conv2d(cg_dropout(x, 0.3, 1), w, &(cg_conv2d_attrs){ .stride = { 2, 1 } }));
        cg_gradient(cg_mean(cg_square(y), 0, false), NULL, 1, &w, &dw);
        cg_pool *pool = cg_pool_new(n);
        cg_program *p;
        cg_compile(&p, g, 1, &dw, &(cg_compile_options){ .pool = pool }, NULL);
        cg_rng rng = cg_rng_new(3, "test", 0);
        for (int i = 0; i < N; i++) cg_data_f32(p, x)[i] = (float)cg_rng_normal(&rng);
        for (int i = 0; i < 144; i++) cg_data_f32(p, w)[i] = (float)cg_rng_normal(&rng);
        cg_run(p, 5, 6);
        if (n == 1) memcpy(first, cg_data_f32(p, dw), 144 * sizeof(float));
        ok(memcmp(first, cg_data_f32(p, dw), 144 * sizeof(float)) == 0 && first[0] != 0,
           "%d threads, the same bits", n);
        cg_program_free(p);
        cg_pool_free(pool);
        cg_graph_free(g);
    }
}

static void halve(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) c->y[i] = c->x[0][i] / 2;
}

static void without_kernel(void)
{
    static const cg_op op = {
        .name = "halve", .inputs = "x", .shape = cg_shape_same, .reference = halve
    };
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(3)),
            *y = cg_record1(&op, NULL, cg_neg(cg_record1(&op, NULL, x)));
    cg_program *p;
    cg_compile(&p, g, 1, &y, NULL, NULL);
    for (int i = 0; i < 3; i++) cg_data_f32(p, x)[i] = (float)(4 * i);
    cg_run(p, 0, 0);
    ok(cg_data_f32(p, y)[2] == -2, "an op without a kernel runs through its reference");
    cg_program_free(p);
    cg_graph_free(g);
}

static void mistakes(void)
{
    cg_error e;
    cg_program *p;
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(2)), *none = NULL;
    ok(cg_compile(&p, g, 1, &none, NULL, &e) == CG_EUSAGE && !p, "a NULL output: %s", e.message);
    ok(cg_compile(&p, g, 1, &x, &(cg_compile_options){ .guards = &none, .n_guards = 1 }, &e) ==
               CG_EUSAGE &&
           !p,
       "a NULL guard: %s", e.message);
    ok(cg_compile(&p, g, 1, &x, &(cg_compile_options){ .isa = "mmx" }, &e) == CG_EUSAGE, "%s",
       e.message);
    ok(cg_compile(&p, g, 1, &x, &(cg_compile_options){ .guards = &x, .n_guards = 1 }, &e) ==
           CG_EUSAGE,
       "%s", e.message);
    cg_add(x, cg_input(g, "y", CG_SHAPE(3)));
    ok(cg_compile(&p, g, 1, &x, NULL, &e) == CG_ESHAPE && !p,
       "a graph in error does not compile: %s", e.message);
    cg_graph_free(g);
}

/* Every allocation fails once: an error, no leak (the sanitizers look), no crash. */
static void out_of_memory(void)
{
    int n_failed = 0, n = 0;
    for (; n < 5000; n++) {
        cg_graph *g = NULL;
        cg_fail_allocation_after(n);
        cg_program *p = trainer(&g, NULL);
        cg_fail_allocation_after(-1);
        cg_program_free(p);
        cg_graph_free(g);
        if (p) break;
        n_failed++;
    }
    ok(n_failed > 20 && n < 5000, "each of %d allocations may fail", n_failed);
}

/* relu(conv(x, w) sqrt(g + 1)): the weights can be transformed once, and the root be taken. */
static cg_program *network(bool is_frozen, float *w[2])
{
    cg_graph *graph = cg_graph_new();
    cg_node *x = cg_input(graph, "x", CG_SHAPE(1, 16, 12, 12)),
            *kernel = cg_parameter(graph, "w", CG_SHAPE(16, 16, 3, 3)),
            *g = cg_state(graph, "g", CG_SHAPE(16, 1, 1)),
            *one = cg_constant(graph, CG_SHAPE(16, 1, 1), 1);
    cg_node *y = cg_relu(cg_mul(cg_conv2d(x, kernel, NULL), cg_sqrt(cg_add(g, one))));
    cg_program *p = NULL;
    cg_compile(&p, graph, 1, &y, &(cg_compile_options){ .is_frozen = is_frozen }, NULL);
    for (int i = 0; i < 16 * 12 * 12; i++) cg_data_f32(p, x)[i] = (float)(i % 29) / 29;
    for (int i = 0; i < 16 * 16 * 9; i++) cg_data_f32(p, kernel)[i] = (float)(i % 31 - 15) / 31;
    for (int i = 0; i < 16; i++) cg_data_f32(p, g)[i] = (float)i;
    w[0] = cg_data_f32(p, kernel);
    w[1] = cg_data_f32(p, y);
    cg_graph_free(graph);
    return p;
}

enum { OUTPUTS = 16 * 10 * 10 };

static double distance(const float *a, const float *b)
{
    double worst = 0, scale = 1e-30;
    for (int i = 0; i < OUTPUTS; i++) {
        double off = fabs((double)a[i] - b[i]), size = fabs((double)b[i]);
        if (off > worst) worst = off; /* fmax() here ends gcc 12 for aarch64 */
        if (size > scale) scale = size;
    }
    return worst / scale;
}

static void frozen(void)
{
    float *plain[2], *fast[2], before[OUTPUTS];
    cg_program *p = network(false, plain), *q = network(true, fast);
    cg_run(p, 0, 0);
    cg_run(q, 0, 0);
    ok(q->prologue >= 0 && q->prepared_bytes > 0 && p->prologue < 0 && !p->prepared,
       "a frozen program has steps that run once, and weights in another form");
    ok(cg_program_flops(q) < cg_program_flops(p), "what is computed once is not counted");
    ok(distance(fast[1], plain[1]) < 1e-6, "it computes the same: %.1e",
       distance(fast[1], plain[1]));
    memcpy(before, fast[1], sizeof before);
    plain[0][100] = fast[0][100] = 3;
    cg_run(p, 0, 0);
    cg_run(q, 0, 0);
    ok(memcmp(before, fast[1], sizeof before) == 0, "a parameter that changes has no effect ...");
    cg_program_refresh(q);
    cg_run(q, 0, 0);
    ok(distance(fast[1], plain[1]) < 1e-6 && distance(before, plain[1]) > 1e-3,
       "... until the program is refreshed");
    cg_program_free(p);
    cg_program_free(q);
}

/* The last of what is settled is a view here, and what follows could run together with it. */
static void frozen_view(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(1, 9)), *w = cg_parameter(g, "w", CG_SHAPE(9));
    cg_node *y = cg_mul(x, cg_reshape(cg_exp(w), CG_SHAPE(1, 9)));
    y = cg_sum(y, 0, false);
    cg_program *p = NULL;
    cg_compile(&p, g, 1, &y, &(cg_compile_options){ .is_frozen = true }, NULL);
    cg_run(p, 0, 0);
    cg_data_f32(p, x)[8] = 5;
    cg_run(p, 0, 0);
    ok(*cg_data_f32(p, y) == 5, "what follows a view of settled values is computed in each run");
    cg_program_free(p);
    cg_graph_free(g);
}

static void frozen_slab(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *w = cg_parameter(g, "w", CG_SHAPE(9)), *slab = cg_parameter_slab(g);
    cg_node *y = cg_neg(w);
    cg_update(slab, cg_shift(slab, 1));
    cg_program *p = NULL;
    cg_compile(&p, g, 1, &y, &(cg_compile_options){ .is_frozen = true }, NULL);
    cg_run(p, 0, 0);
    cg_run(p, 0, 0);
    ok(cg_data_f32(p, y)[8] == -1, "nor are parameters whose slab is updated");
    cg_program_free(p);
    cg_graph_free(g);
}

static void frozen_updates(void)
{
    float w[2][8];
    for (int i = 0; i < 2; i++) {
        cg_graph *g;
        cg_program *p = trainer(&g, &(cg_compile_options){ .is_frozen = i });
        float *parameters = cg_program_leaf(p, CG_NODE_PARAMETER, 0).data;
        for (int k = 0; k < 8; k++) parameters[k] = 1;
        for (int run = 0; run < 3; run++) cg_run(p, 0, 0);
        memcpy(w[i], parameters, sizeof w[i]);
        cg_program_free(p);
        cg_graph_free(g);
    }
    ok(memcmp(w[0], w[1], sizeof w[0]) == 0 && w[0][0] != 1, "what is updated is not frozen");
}

int main(void)
{
    updates();
    joined_update();
    slab();
    guards();
    guarding_a_view();
    memory();
    threads();
    frozen();
    frozen_view();
    frozen_updates();
    frozen_slab();
    without_kernel();
    mistakes();
    out_of_memory();
    return done_testing();
}
