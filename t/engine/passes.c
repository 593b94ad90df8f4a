/* Each pass does its one thing, and none changes what is computed. */
#include "graph/graph.h"

#include <cnngraph/ops.h>
#include <cnngraph/program.h>

#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The text of what y needs after the passes up to `last`; free() it. */
static char *after(cg_node *y, const char *last)
{
    cg_graph *g = NULL;
    cg_node *out;
    char *text = NULL;
    if (cg_pass_apply(&g, cg_node_graph(y), 1, &y, &out, last, NULL) == CG_OK)
        text = cg_graph_text(g, 1, &out);
    cg_graph_free(g);
    return text;
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *at = text; at && (at = strstr(at, word)); at++) n++;
    return n;
}

static void check(cg_node *y, const char *last, const char *word, int times, const char *name)
{
    char *text = after(y, last);
    if (!ok(text && count(text, word) == times, "%s", name))
        printf("# %s\n", text ? text : "no text");
    free(text);
}

/* What may be done to the few elements that pooling picks is done to them. */
static void fuse(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *z = cg_input(g, "z", CG_SHAPE(2, 3, 4, 4)),
            *b = cg_parameter(g, "b", CG_SHAPE(3, 1, 1));
    const cg_pool2d_attrs two = { .kernel = { 2, 2 } };
    cg_node *y = cg_max_pool2d(cg_relu(cg_add(z, b)), &two), *d[2];
    check(y, "fuse", "max_pool2d(%0:z)", 1, "pooling comes before relu and the bias");
    check(cg_max_pool2d(cg_sigmoid(z), &two), "fuse", "max_pool2d(%0:z)", 0, "not before sigmoid");
    cg_node *map = cg_input(g, "map", CG_SHAPE(3, 4, 4));
    check(cg_max_pool2d(cg_add(z, map), &two), "fuse", "max_pool2d(%0:z)", 0,
          "nor before what differs from pixel to pixel");
    cg_node *x = cg_relu(z), *dx;
    cg_gradient(cg_max_pool2d(x, &two), NULL, 1, &x, &dx);
    check(cg_mul(dx, cg_greater(x, cg_constant_like(x, 0))), "dead", "constant 0 : scalar", 1,
          "zeros of the shape of x mask what was pooled as well");
    cg_node *zeros = cg_constant(g, CG_SHAPE(5, 2, 3, 4, 4), 0);
    check(cg_mul(dx, cg_greater(x, zeros)), "dead", " : 5x2x3x4x4", 3,
          "and of a larger shape mask what they did");
    cg_gradient(cg_sum(cg_square(y), 0, false), NULL, 2, (cg_node *[]){ z, b }, d);
    check(d[0], "dead", "max_pool2d_dx(%10, %0:z)", 1, "the gradient is masked where it is pooled");
    check(d[1], "dead", "max_pool2d_dx(", 0, "and summed there");
    cg_graph_free(g);
}

/* Statistics and sums over the batch: plane by plane, then the rest. */
static void split(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(2, 3, 4, 4));
    const int64_t axes = CG_AXIS(0) | CG_AXIS(2) | CG_AXIS(3);
    check(cg_sum(x, axes, false), "split", "axes=[2,3] keep=true : 2x3x1x1", 1,
          "a sum begins with the planes'");
    check(cg_moments(x, false), "split", "each=true : 2x3x2", 1, "and so do moments");
    check(cg_sum(x, axes & ~1, false), "split", "keep=true", 0,
          "a sum within each image stays as it is");
    cg_node *scale = cg_parameter(g, "scale", CG_SHAPE(3)),
            *shift = cg_parameter(g, "shift", CG_SHAPE(3));
    cg_node *y = cg_batch_norm(x, scale, shift, 1e-5);
    check(y, "split", "= fma(%0:x", 1, "batch normalisation is one step over x");
    check(y, "split", "batch_norm(", 0, "and nothing else");
    cg_graph_free(g);
}

static void stabilise(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *z = cg_input(g, "z", CG_SHAPE(4, 3)), *t = cg_input(g, "t", CG_SHAPE(4, 3));
    cg_node *cce = cg_cce(cg_softmax(z, -1), t), *bce = cg_bce(cg_sigmoid(z), t);
    check(cce, "stabilise", "= softmax_cross_entropy(", 1,
          "softmax -> cce becomes cross-entropy from logits");
    check(cce, "stabilise", "= softmax(", 0, "and the softmax is gone");
    check(bce, "stabilise", "= bce_with_logits(", 1, "sigmoid -> bce becomes bce_with_logits");
    cg_node *pair = cg_input(g, "pair", CG_SHAPE(4, 2));
    cg_node *pair_t = cg_input(g, "pair_t", CG_SHAPE(4, 2));
    check(cg_bce(cg_softmax(pair, 1), pair_t), "stabilise", "= softmax_cross_entropy(", 1,
          "softmax of two classes -> bce becomes cross-entropy from logits");
    check(cg_bce(cg_softmax(z, 1), t), "stabilise", "= bce(", 1, "that of three stays");
    check(cg_log(cg_softmax(z, 1)), "stabilise", "= log_softmax(", 1,
          "log of softmax becomes log_softmax");
    check(cg_log(cg_sigmoid(z)), "stabilise", "= softplus(", 1,
          "log of sigmoid becomes -softplus(-z)");
    check(cg_cce(cg_softmax(z, 0), t), "stabilise", "= cce(", 1,
          "a softmax over another axis is left alone");
    cg_node *loss = cg_scale(cg_mean(cce, 0, false), 2), *safe = cg_stabilise(loss), *dz;
    ok(safe && safe != loss, "cg_stabilise re-records what follows too");
    ok(cg_stabilise(safe) == safe, "and is done after once");
    cg_gradient(safe, NULL, 1, &z, &dz);
    cg_program *p;
    cg_compile(&p, g, 2, (cg_node *[]){ safe, dz }, NULL, NULL);
    for (int i = 0; i < 12; i++) {
        cg_data_f32(p, z)[i] = i % 3 ? -500.f : 500.f;
        cg_data_f32(p, t)[i] = i % 3 == 1;
    }
    cg_run(p, 0, 0);
    ok(fabsf(*cg_data_f32(p, safe) - 2000) < 1e-3f, "a loss of 1000 is computed, not infinity");
    ok(cg_data_f32(p, dz)[0] == 0.5f && cg_data_f32(p, dz)[1] == -0.5f,
       "and its gradient is finite");
    cg_program_free(p);
    cg_graph_free(g);
}

/* Against bce of probabilities that are given; and where a probability rounds to 1. */
static void stabilise_two_classes(void)
{
    static const float logits[] = { 0.5f, -1, 2, 2.5f, -3, 1, 200, -200 };
    static const float targets[] = { 1, 0, 0.3f, 0.9f, 0, 1, 0, 1 };
    cg_graph *g = cg_graph_new();
    cg_node *z = cg_input(g, "z", CG_SHAPE(4, 2)), *t = cg_input(g, "t", CG_SHAPE(4, 2));
    cg_node *p = cg_input(g, "p", CG_SHAPE(4, 2)), *plain = cg_bce(p, t);
    cg_node *safe = cg_stabilise(cg_bce(cg_softmax(z, 1), t)), *dz;
    cg_gradient(safe, NULL, 1, &z, &dz);
    cg_program *program;
    cg_compile(&program, g, 3, (cg_node *[]){ plain, safe, dz }, NULL, NULL);
    for (int i = 0; i < 8; i++) {
        float other = logits[i ^ 1];
        cg_data_f32(program, z)[i] = logits[i];
        cg_data_f32(program, t)[i] = targets[i];
        cg_data_f32(program, p)[i] = 1 / (1 + expf(other - logits[i]));
    }
    cg_run(program, 0, 0);
    const float *want = cg_data_f32(program, plain), *got = cg_data_f32(program, safe);
    int same = 1;
    for (int i = 0; i < 3; i++) same &= fabsf(got[i] - want[i]) < 1e-6f;
    ok(same, "softmax of two classes -> bce is the bce of its probabilities");
    ok(got[3] == 400 && cg_data_f32(program, dz)[6] == 1 && cg_data_f32(program, dz)[7] == -1,
       "and has a gradient where one of them rounds to 1");
    cg_program_free(program);
    cg_graph_free(g);
}

static void fold(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(2, 3));
    cg_node *two = cg_constant(g, CG_SHAPE(3), 2), *big = cg_constant(g, CG_SHAPE(1000, 1000), 3);
    cg_node *data = cg_constant_data(g, CG_SHAPE(3), (double[]){ 1, 2, 3 });
    check(cg_mul(x, cg_exp(two)), "fold", "= exp(", 0, "an op on a constant is computed");
    check(cg_mul(x, cg_square(data)), "fold", "= square(", 0, "so is one on constant data");
    check(cg_sum(cg_neg(big), 0, false), "fold", "constant -3 : 1000x1000", 1,
          "a filled constant stays one number");
    check(cg_add(cg_mul(x, cg_constant(g, CG_SHAPE(3), 1)), cg_constant(g, (cg_shape){ 0 }, 0)),
          "fold", " = ", 1, "x * 1 + 0 is x");
    check(cg_sub(cg_constant_like(x, 0), x), "fold", "= sub(", 1, "0 - x stays");
    check(cg_mul(cg_constant(g, CG_SHAPE(4, 1, 1), 1), x), "fold", "= mul(", 1,
          "x * 1 that broadcasts x stays");
    check(cg_reshape(cg_reshape(x, CG_SHAPE(6)), CG_SHAPE(3, 2)), "fold", "= reshape(", 1,
          "reshapes merge");
    check(cg_neg(cg_reshape(x, CG_SHAPE(2, 3))), "fold", "= reshape(", 0,
          "a reshape to the same shape goes");
    check(cg_dropout(cg_constant_like(x, 1), 0.5, 1), "fold", "= dropout(", 1,
          "what is drawn anew each step stays");
    cg_graph_free(g);
}

static void cse_and_dead(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(1, 1, 6, 6)),
            *w = cg_parameter(g, "w", CG_SHAPE(1, 1, 3, 3));
    cg_state(g, "unused", CG_SHAPE(5));
    cg_exp(x); /* nobody asks for it */
    cg_node *a = cg_conv2d(x, w, &(cg_conv2d_attrs){ .padding = { 1, 1, 1, 1 } });
    cg_node *b = cg_conv2d(x, w, &(cg_conv2d_attrs){ .padding = { 1, 1, 1, 1 }, .groups = 1 });
    cg_node *c =
        cg_conv2d(x, w, &(cg_conv2d_attrs){ .padding = { 1, 1, 1, 1 }, .dilation = { 1, 1 } });
    cg_node *y = cg_add(cg_add(a, b), cg_mul(c, cg_constant(g, (cg_shape){ 0 }, 2)));
    y = cg_add(y, cg_mul(c, cg_constant(g, (cg_shape){ 0 }, 2)));
    check(y, "stabilise", "= conv2d(", 3, "before, three convolutions");
    check(y, "cse", "= conv2d(", 1, "equal nodes are one, with defaults written or not");
    check(y, "cse", "= mul(", 1, "equal constants count as equal inputs");
    cg_node *other = cg_add(
        a, cg_conv2d(x, w, &(cg_conv2d_attrs){ .padding = { 1, 1, 1, 1 }, .output = { 0 } }));
    check(other, "cse", "= conv2d(", 1, "zero attributes are defaults");
    check(cg_add(cg_dropout(x, 0.5, 1), cg_dropout(x, 0.5, 2)), "cse", "= dropout(", 2,
          "other attributes, other nodes");
    cg_graph *dead = NULL;
    cg_node *out;
    cg_pass_apply(&dead, g, 1, &y, &out, "dead", NULL);
    ok(cg_graph_find(dead, "unused") && !strstr(cg_node_label(out), "?"),
       "leaves stay, for their memory");
    char *text = cg_graph_text(dead, 0, NULL);
    ok(text && count(text, "= exp(") == 0, "what nobody needs is gone");
    free(text);
    cg_graph_free(dead);
    cg_error e;
    ok(cg_pass_apply(&dead, g, 1, &y, &out, "polish", &e) == CG_EUSAGE,
       "an unknown pass is an error: %s", e.message);
    cg_graph_free(g);
}

/* A small network's loss and gradients, with every pass and without any, agree. */
static void same_values(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(3, 4)), *t = cg_input(g, "t", CG_SHAPE(3, 2));
    cg_node *w = cg_parameter(g, "w", CG_SHAPE(4, 2)), *out[2];
    cg_node *y = cg_softmax(cg_tanh(cg_matmul(x, w, false, false)), -1);
    out[0] = cg_mean(cg_cce(y, t), 0, false);
    cg_gradient(out[0], NULL, 1, &w, &out[1]);
    double value[2][9];
    for (int without = 0; without < 2; without++) {
        cg_program *p;
        cg_compile_options options = { .dtype = CG_F64, .no_passes = without };
        ok(cg_compile(&p, g, 2, out, &options, NULL) == CG_OK, "it compiles %s passes",
           without ? "without" : "with");
        for (int i = 0; i < 12; i++) cg_data_f64(p, x)[i] = sin(i);
        for (int i = 0; i < 8; i++) cg_data_f64(p, w)[i] = cos(i);
        for (int i = 0; i < 6; i++) cg_data_f64(p, t)[i] = i % 2;
        cg_run(p, 0, 0);
        value[without][0] = *cg_data_f64(p, out[0]);
        memcpy(value[without] + 1, cg_data_f64(p, out[1]), 8 * sizeof(double));
        cg_program_free(p);
    }
    double worst = 0;
    for (int i = 0; i < 9; i++) worst = fmax(worst, fabs(value[0][i] - value[1][i]));
    ok(worst < 1e-14 && value[0][0] > 0.1, "passes change no value (%.1e)", worst);
    cg_graph_free(g);
}

/* Nothing in a pass may grow with the length of a chain but time. */
static void long_chain(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(3)), *y = x;
    for (int i = 0; i < 2000; i++) y = cg_shift(cg_reshape(cg_neg(y), CG_SHAPE(3)), 1);
    char *text = after(y, "sink");
    ok(text && count(text, "= add(") == 2000, "a chain of 6000 elementwise nodes sinks");
    free(text);
    cg_graph_free(g);
}

/* A mask that was recorded long before its reader comes right before it. */
static void sink(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(4, 4)), *w = cg_input(g, "w", CG_SHAPE(4, 4));
    cg_node *mask = cg_exp(x), *z = cg_matmul(x, w, false, false);
    char *text = after(cg_mul(z, mask), "sink");
    ok(text && strstr(text, "= matmul(") < strstr(text, "= exp("),
       "an elementwise node waits for the one that reads it");
    free(text);
    cg_graph_free(g);
}

int main(void)
{
    stabilise();
    stabilise_two_classes();
    fuse();
    split();
    fold();
    cse_and_dead();
    same_values();
    sink();
    long_chain();
    return done_testing();
}
