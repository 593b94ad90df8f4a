/* What layers and losses compute, in double precision, against formulas written here. */
#include "nn/nn.h"

#include <cnngraph/ops.h>
#include <cnngraph/program.h>

#include "../tap.h"

#include <math.h>
#include <string.h>

enum { BATCH = 3, K = 4 };

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * (1 + fabs(b));
}

/* ---- losses -----------------------------------------------------------------------------------*/

static const double y_data[BATCH * K] = { 0.1, 0.2, 0.3,  0.4,  0.7,  0.1,
                                          0.1, 0.1, 0.25, 0.25, 0.25, 0.25 };
static const double labels_data[BATCH] = { 2, 0, 3 };

/* Runs the loss on k columns; attrs are the defaults unless given. */
static bool run_loss(const char *name, const void *attrs, int k, const double *y, double out[BATCH])
{
    static const double none[4];
    const cg_loss *loss = cg_loss_find(name);
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(BATCH, k)),
            *labels = cg_input(g, "labels", CG_SHAPE(BATCH));
    cg_node *losses = loss->record(attrs ? attrs : none, x, labels);
    cg_program *p = NULL;
    cg_compile_options options = { .dtype = CG_F64 };
    bool ran = losses && cg_compile(&p, g, 1, &losses, &options, NULL) == CG_OK;
    if (ran) {
        memcpy(cg_data_f64(p, x), y, (size_t)(BATCH * k) * sizeof *y);
        static const double binary[BATCH] = { 1, 0, 1 };
        memcpy(cg_data_f64(p, labels), k == 1 ? binary : labels_data, BATCH * sizeof *y);
        ran = cg_run(p, 0, 0) == CG_OK;
        memcpy(out, cg_data_f64(p, losses), BATCH * sizeof *out);
    }
    cg_program_free(p);
    cg_graph_free(g);
    return ran;
}

/* Expected: the mean or sum over the columns of f(y, t). */
static void check_loss(const char *name, double (*f)(double y, double t), bool mean)
{
    double out[BATCH];
    bool is_right = run_loss(name, NULL, K, y_data, out);
    for (int n = 0; n < BATCH; n++) {
        double sum = 0;
        for (int k = 0; k < K; k++) sum += f(y_data[n * K + k], k == (int)labels_data[n]);
        is_right &= near(out[n], mean ? sum / K : sum);
    }
    ok(is_right, "%s is its formula over one-hot targets", name);
}

static double cce(double y, double t)
{
    return t > 0 ? -log(y) : 0;
}

static double square(double y, double t)
{
    return (y - t) * (y - t);
}

static double absolute(double y, double t)
{
    return fabs(y - t);
}

static double bce(double y, double t)
{
    return -(t * log(y) + (1 - t) * log(1 - y));
}

static double bce_of_logit(double y, double t)
{
    return bce(1 / (1 + exp(-y)), t);
}

static double hinge(double y, double t)
{
    return fmax(0, 1 - (2 * t - 1) * y);
}

static void test_losses(void)
{
    double out[BATCH], logits[BATCH * K];
    check_loss("cce", cce, false);
    check_loss("kl", cce, false);
    check_loss("mse", square, true);
    check_loss("mae", absolute, true);
    check_loss("bce", bce, true);
    check_loss("bce_with_logits", bce_of_logit, true);
    check_loss("hinge", hinge, true);

    for (int i = 0; i < BATCH * K; i++)
        logits[i] = log(y_data[i]); /* rows sum to 1: softmax undoes it */
    ok(run_loss("cross_entropy", NULL, K, logits, out) && near(out[0], -log(0.3)) &&
           near(out[1], -log(0.7)),
       "cross_entropy takes logits");
    struct {
        cg_weights weights;
        double smoothing;
    } smooth = { .smoothing = 0.2 };
    ok(run_loss("cce", &smooth, K, y_data, out) &&
           near(out[1], -(0.8 + 0.05) * log(0.7) - 3 * 0.05 * log(0.1)),
       "label smoothing spreads its share over all classes");
    static const double weights[K] = { 3, 1, 2, 0 };
    smooth.weights = (cg_weights){ .n = K, .value = weights };
    ok(run_loss("cce", &smooth, K, y_data, out) &&
           near(out[1], -3 * (0.8 + 0.05) * log(0.7) - (1 + 2 + 0) * 0.05 * log(0.1)),
       "what smoothing gives to a class counts by its weight");
    smooth.smoothing = 0;
    ok(run_loss("kl", &smooth, K, y_data, out) && near(out[0], -2 * log(0.3)) &&
           near(out[1], -3 * log(0.7)) && out[2] == 0,
       "kl counts by the weight of the class");
    double delta = 0.5;
    ok(run_loss("huber", &delta, K, y_data, out) &&
           near(out[0], (0.005 + 0.02 + (0.5 * 0.7 - 0.125) + 0.08) / 4),
       "huber is a square near 0 and a line beyond delta");
    static const double p[BATCH] = { 0.9, 0.2, 0.5 };
    ok(run_loss("bce", NULL, 1, p, out) && near(out[0], -log(0.9)) && near(out[1], -log(0.8)),
       "one column is compared with the label itself");
}

/* ---- batch_norm: running statistics -----------------------------------------------------------*/

static void test_batch_norm(void)
{
    static const double data[6] = { 1, 10, 2, 20, 6, 60 }; /* 3 x 2: means 3 and 30 */
    const cg_layer *layer = cg_layer_find("batch_norm");
    double attrs[2] = { 0.1, 1e-5 }; /* momentum, epsilon */
    cg_arena *arena = cg_arena_new();
    cg_builder b = { .graph = cg_graph_new(), .arena = arena, .training = true, .name = "bn" };
    cg_node *x = cg_input(b.graph, "x", CG_SHAPE(3, 2));
    cg_node *y = layer->record(&b, attrs, 1, &x);
    cg_program *p = NULL;
    cg_compile_options options = { .dtype = CG_F64 };
    cg_error error = { 0 };
    if (!ok(cg_compile(&p, b.graph, 1, &y, &options, &error) == CG_OK, "batch_norm compiles %s",
            error.message))
        return;
    memcpy(cg_data_f64(p, x), data, sizeof data);
    double *gamma = cg_data_f64(p, cg_graph_find(b.graph, "bn.weight"));
    double *var = cg_data_f64(p, cg_graph_find(b.graph, "bn.running_var"));
    double *mean = cg_data_f64(p, cg_graph_find(b.graph, "bn.running_mean"));
    gamma[0] = gamma[1] = var[0] = var[1] = 1;
    cg_run(p, 0, 0);
    const double *out = cg_data_f64(p, y);
    ok(near(mean[0], 0.3) && near(mean[1], 3), "the running mean takes a tenth of the batch's");
    ok(near(var[0], 0.9 + 0.1 * 14 / 2) && near(var[1], 0.9 + 0.1 * 1400 / 2),
       "the running variance takes a tenth of the unbiased one");
    ok(near(out[0], -2 / sqrt(14.0 / 3 + 1e-5)), "the batch is normalised by its biased variance");
    cg_program_free(p);
    cg_graph_free(b.graph);
    cg_arena_free(arena);
}

/* ---- spatial_dropout --------------------------------------------------------------------------*/

static void test_spatial_dropout(void)
{
    enum { N = 40, C = 25, PLANE = 6 };
    const cg_layer *layer = cg_layer_find("spatial_dropout");
    double rate = 0.3;
    cg_arena *arena = cg_arena_new();
    cg_builder b = { .graph = cg_graph_new(), .arena = arena, .training = true, .name = "d" };
    cg_node *x = cg_input(b.graph, "x", CG_SHAPE(N, C, 2, 3)), *y = layer->record(&b, &rate, 1, &x);
    b.training = false;
    ok(layer->record(&b, &rate, 1, &x) == x, "in evaluation spatial_dropout does nothing");
    cg_program *p = NULL;
    cg_compile_options options = { .dtype = CG_F64 };
    int dropped = 0, other = 0;
    if (!ok(y && cg_compile(&p, b.graph, 1, &y, &options, NULL) == CG_OK,
            "in training it compiles"))
        return;
    for (int i = 0; i < N * C * PLANE; i++) cg_data_f64(p, x)[i] = i + 1;
    cg_run(p, 1, 1);
    for (int i = 0; i < N * C; i++) {
        const double *plane = cg_data_f64(p, y) + (ptrdiff_t)i * PLANE;
        bool gone = plane[0] == 0;
        dropped += gone;
        for (int k = 0; k < PLANE; k++)
            other += !near(plane[k], gone ? 0 : (i * PLANE + k + 1) / (1 - rate));
    }
    ok(other == 0, "whole channels are 0, the others scaled");
    ok(fabs(dropped - rate * N * C) < 4 * sqrt(N * C * rate * (1 - rate)),
       "%d of %d channels are dropped at a rate of %g", dropped, N * C, rate);
    cg_program_free(p);
    cg_graph_free(b.graph);
    cg_arena_free(arena);
}

/* ---- lists ------------------------------------------------------------------------------------*/

static void test_lists(void)
{
    bool is_complete = true;
    for (const cg_layer *const *l = cg_layers; *l; l++)
        is_complete &= (*l)->help && (*l)->record && cg_layer_find((*l)->name) == *l;
    for (const cg_loss *const *l = cg_losses; *l; l++)
        is_complete &= (*l)->help && (*l)->least_columns > 0 && cg_loss_find((*l)->name) == *l;
    for (const cg_init *const *l = cg_inits; *l; l++)
        is_complete &=
            (*l)->help && (*l)->attrs_size <= CG_INIT_ATTRS && cg_init_find((*l)->name) == *l;
    for (const cg_metric *const *l = cg_metrics; *l; l++)
        is_complete &= (*l)->help && cg_metric_find((*l)->name) == *l;
    ok(is_complete, "every layer, loss, initialiser and metric is found by its name");
    ok(!cg_layer_find("conv") && !cg_loss_find("") && !cg_init_find("x") && !cg_metric_find("top9"),
       "what is not there is not found");
}

int main(void)
{
    test_losses();
    test_batch_norm();
    test_spatial_dropout();
    test_lists();
    return done_testing();
}
