/* Initialisers: their moments against the formulas, and streams that do not touch each other. */
#include <cnngraph/model.h>

#include "../tap.h"

#include "nn/nn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 40000, FAN_IN = 50, FAN_OUT = 150 };

/* Mean and deviation of N draws; 6 standard errors of the mean, 4 % of the deviation. */
static void has_moments(const char *name, double mean, double std, double largest)
{
    cg_init_use use;
    double *x = malloc(N * sizeof *x), sum = 0, square = 0, most = 0;
    cg_init_use_default(&use, cg_init_find(name));
    use.init->fill(&use.attrs, &(cg_rng){ .key = 12345 }, FAN_IN, FAN_OUT, N, x);
    for (int i = 0; i < N; i++) {
        sum += x[i];
        if (fabs(x[i]) > most) most = fabs(x[i]);
    }
    for (int i = 0; i < N; i++) square += (x[i] - sum / N) * (x[i] - sum / N);
    double found = sqrt(square / N);
    ok(fabs(sum / N - mean) <= 6 * std / sqrt(N), "%s has mean %g: %g", name, mean, sum / N);
    ok(fabs(found - std) <= 0.04 * std, "%s has deviation %g: %g", name, std, found);
    ok(most <= largest, "%s stays within %g", name, largest);
    free(x);
}

static void test_moments(void)
{
    double in = FAN_IN, both = FAN_IN + FAN_OUT;
    has_moments("zeros", 0, 0, 0);
    has_moments("ones", 1, 0, 1);
    has_moments("constant", 0, 0, 0);
    has_moments("uniform", 0, 1 / sqrt(3), 1);
    has_moments("normal", 0, 1, 6);
    has_moments("fan_in_uniform", 0, 1 / sqrt(3 * in), 1 / sqrt(in));
    has_moments("lecun_uniform", 0, 1 / sqrt(in), sqrt(3 / in));
    has_moments("lecun_normal", 0, 1 / sqrt(in), 6 / sqrt(in));
    has_moments("he_uniform", 0, sqrt(2 / in), sqrt(6 / in));
    has_moments("he_normal", 0, sqrt(2 / in), 6 * sqrt(2 / in));
    has_moments("xavier_uniform", 0, sqrt(2 / both), sqrt(6 / both));
    has_moments("xavier_normal", 0, sqrt(2 / both), 6 * sqrt(2 / both));
    has_moments("glorot_uniform", 0, sqrt(2 / both), sqrt(6 / both));
    has_moments("glorot_normal", 0, sqrt(2 / both), 6 * sqrt(2 / both));
}

/* A program of the model with its initial values; the caller frees both. */
static cg_program *start(const char *layers, cg_graph **graph, cg_model **model)
{
    char text[1000];
    cg_recording r;
    cg_error error = { 0 };
    cg_program *program = NULL;
    snprintf(
        text, sizeof text,
        "cnngraph: 1\ndata: {source: digits}\nmodel:\n  input: {shape: [1, 28, 28]}\n  layers:\n%s"
        "loss: cross_entropy\noptimizer: sgd\ntrain: {epochs: 1, batch: 2}\n",
        layers);
    *graph = cg_graph_new();
    if (cg_model_parse(model, "m", text, strlen(text), 0, NULL, NULL, &error) != CG_OK ||
        cg_model_record(*model, *graph, CG_EVALUATION, 2, &r, &error) != CG_OK ||
        cg_compile(&program, *graph, 1, &r.loss, NULL, &error) != CG_OK ||
        cg_model_init(*model, program, 7, &error) != CG_OK)
        printf("# %s\n", error.message);
    return program;
}

static const float *leaf(const cg_program *program, cg_node_kind kind, const char *name)
{
    for (int i = 0; i < cg_program_leaves(program, kind); i++)
        if (!strcmp(cg_program_leaf(program, kind, i).name, name))
            return cg_program_leaf(program, kind, i).data;
    return NULL;
}

static void test_streams(void)
{
    cg_graph *graph[2];
    cg_model *model[2];
    cg_program *a =
        start("    - flatten\n    - dense: {name: out, units: 10}\n", &graph[0], &model[0]);
    cg_program *b =
        start("    - batch_norm: {name: bn}\n    - conv2d: {filters: 1, kernel: 1}\n    - flatten\n"
              "    - dense: {name: out, units: 10, bias_init: {constant: {value: 0.5}}}\n",
              &graph[1], &model[1]);
    ok(a && b, "two models are compiled");
    const float *wa = leaf(a, CG_NODE_PARAMETER, "out.weight"),
                *wb = leaf(b, CG_NODE_PARAMETER, "out.weight");
    ok(wa && wb && !memcmp(wa, wb, 7840 * sizeof *wa),
       "another layer's weights stay the same bits");
    ok(wa && wa[0] != wa[1] && fabsf(wa[0]) <= 1 / 28.0f, "weights differ, within 1 / sqrt(784)");
    const float *bias = leaf(b, CG_NODE_PARAMETER, "out.bias");
    ok(bias && bias[0] == 0.5f && bias[9] == 0.5f, "the file's initialiser is used");
    const float *mean = leaf(b, CG_NODE_STATE, "bn.running_mean"),
                *var = leaf(b, CG_NODE_STATE, "bn.running_var");
    ok(mean && var && mean[0] == 0 && var[0] == 1, "running statistics begin with 0 and 1");
    cg_program_free(a), cg_program_free(b);
    for (int i = 0; i < 2; i++) cg_graph_free(graph[i]), cg_model_free(model[i]);
}

int main(void)
{
    test_moments();
    test_streams();
    return done_testing();
}
