/* `make bench`: how fast ops and training steps run.  Medians of several repeats; machines are
 * noisy, so compare the ratios of two builds run in turns, not single figures. */
#include <cnngraph/cnngraph.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPEATS = 9 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Seconds of one run: the median of REPEATS, each at least 20 ms long. */
static double seconds_per_run(cg_program *program)
{
    double taken[REPEATS];
    int runs = 1;
    for (;; runs *= 2) {
        double begin = now();
        for (int i = 0; i < runs; i++) cg_run(program, 1, (uint64_t)i);
        if (now() - begin > 0.02) break;
    }
    for (int r = 0; r < REPEATS; r++) {
        double begin = now();
        for (int i = 0; i < runs; i++) cg_run(program, 1, (uint64_t)i);
        taken[r] = (now() - begin) / runs;
    }
    qsort(taken, REPEATS, sizeof *taken, ascending);
    return taken[REPEATS / 2];
}

static void fill_leaves(cg_program *program)
{
    static const cg_node_kind kinds[] = { CG_NODE_INPUT, CG_NODE_PARAMETER };
    uint32_t state = 1;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int i = 0; i < cg_program_leaves(program, kinds[k]); i++) {
            cg_leaf leaf = cg_program_leaf(program, kinds[k], i);
            float *v = leaf.data;
            for (int64_t j = 0; j < cg_shape_size(&leaf.shape); j++) {
                state = state * 1664525u + 1013904223u;
                v[j] = (float)(state >> 8) / (1 << 25); /* [0, 0.5): labels become class 0 */
            }
        }
}

static void report(cg_graph *graph, int n, cg_node *const outputs[], const char *name,
                   cg_pool *pool, int64_t images)
{
    cg_program *program;
    cg_error error;
    if (cg_compile(&program, graph, n, outputs, &(cg_compile_options){ .pool = pool }, &error) !=
        CG_OK) {
        printf("%-44s %s\n", name, error.message);
        return;
    }
    fill_leaves(program);
    double seconds = seconds_per_run(program);
    printf("%-44s %10.1f us %8.1f GFLOP/s", name, 1e6 * seconds,
           1e-9 * (double)cg_program_flops(program) / seconds);
    if (images) printf(" %10.0f images/s", (double)images / seconds);
    putchar('\n');
    fflush(stdout);
    cg_program_free(program);
}

typedef struct {
    const char *name;
    cg_shape x, w;
    cg_conv2d_attrs attrs;
} conv_case;

static void bench_conv(const conv_case *c, cg_pool *pool)
{
    char name[96];
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", c->x), *w = cg_parameter(g, "w", c->w), *wrt[] = { x, w }, *d[2];
    cg_node *y = cg_conv2d(x, w, &c->attrs);
    cg_node *dy = y ? cg_input(g, "dy", *cg_node_shape(y)) : NULL;
    if (cg_gradient(y, dy, 2, wrt, d) == CG_OK) {
        cg_node *each[] = { y, d[0], d[1] };
        static const char *const words[] = { "forward", "input gradient", "weight gradient" };
        for (int i = 0; i < 3; i++) {
            snprintf(name, sizeof name, "conv2d %s, %s", c->name, words[i]);
            report(g, 1, &each[i], name, pool, 0);
        }
    }
    cg_graph_free(g);
}

static void bench_matmul(int64_t m, int64_t k, int64_t n, cg_pool *pool)
{
    char name[96];
    cg_graph *g = cg_graph_new();
    cg_node *y =
        cg_matmul(cg_input(g, "a", CG_SHAPE(m, k)), cg_input(g, "b", CG_SHAPE(k, n)), false, false);
    snprintf(name, sizeof name, "matmul %lldx%lldx%lld", (long long)m, (long long)k, (long long)n);
    report(g, 1, &y, name, pool, 0);
    cg_graph_free(g);
}

static void bench_elementwise(const char *op, cg_pool *pool)
{
    char name[96];
    cg_graph *g = cg_graph_new();
    cg_node *y = cg_record1(cg_op_find(op), NULL, cg_input(g, "x", CG_SHAPE(64, 4096)));
    snprintf(name, sizeof name, "%s 64x4096", op);
    report(g, 1, &y, name, pool, 0);
    cg_graph_free(g);
}

/* Forward and gradient of a model's loss on batches of random numbers. */
static void bench_model(const char *path, int64_t batch, cg_pool *pool)
{
    enum { MOST = 256 };
    cg_model *model;
    cg_error error;
    if (cg_model_load(&model, path, 0, NULL, NULL, &error) != CG_OK) {
        printf("%-44s %s\n", path, error.message);
        return;
    }
    cg_graph *g = cg_graph_new();
    cg_recording r;
    if (cg_model_record(model, g, CG_TRAINING, batch, &r, &error) == CG_OK) {
        cg_node *wrt[MOST], *out[MOST + 1];
        int n = 0;
        for (int id = 0; id < cg_graph_size(g); id++)
            if (cg_node_kind_of(cg_graph_node(g, id)) == CG_NODE_PARAMETER && n < MOST)
                wrt[n++] = cg_graph_node(g, id);
        out[0] = cg_stabilise(r.loss);
        if (cg_gradient(out[0], NULL, n, wrt, out + 1) == CG_OK) {
            char name[128];
            snprintf(name, sizeof name, "%s, batch %lld, gradient", cg_model_spec(model)->name,
                     (long long)batch);
            report(g, n + 1, out, name, pool, batch);
        }
    }
    cg_graph_free(g);
    cg_model_free(model);
}

int main(int argc, char *argv[])
{
    static const conv_case convs[] = {
        { "64x1x28x28 * 32x5x5",
          CG_DIMS(64, 1, 28, 28),
          CG_DIMS(32, 1, 5, 5),
          { .padding = { 2, 2, 2, 2 } } },
        { "64x32x14x14 * 64x5x5",
          CG_DIMS(64, 32, 14, 14),
          CG_DIMS(64, 32, 5, 5),
          { .padding = { 2, 2, 2, 2 } } },
        { "64x64x16x16 * 64x3x3",
          CG_DIMS(64, 64, 16, 16),
          CG_DIMS(64, 64, 3, 3),
          { .padding = { 1, 1, 1, 1 } } },
        { "64x10x11x11 * 10x5x5", CG_DIMS(64, 10, 11, 11), CG_DIMS(10, 10, 5, 5), { .groups = 1 } },
    };
    static const char *const maps[] = { "relu", "sigmoid", "tanh", "exp", "softmax", "gelu" };
    cg_pool *pool = cg_pool_new(0);
    printf("%d threads\n", cg_pool_threads(pool));
    bench_matmul(512, 512, 512, pool);
    bench_matmul(64, 3136, 1024, pool);
    for (size_t i = 0; i < sizeof convs / sizeof *convs; i++) bench_conv(&convs[i], pool);
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) bench_elementwise(maps[i], pool);
    for (int i = 1; i < argc; i++) bench_model(argv[i], 64, pool);
    cg_pool_free(pool);
    return 0;
}
