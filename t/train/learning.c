/* Who learns, from how many images at a time, and what is kept of it: frozen layers, accumulated
 * gradients, averaged weights. */
#include "base/memory.h"
#include "train/average.h"
#include "train/trainer.h"

#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 44 images: in batches of 8 five full ones and one of 4, in batches of 16 two and one of 12. */
static const char yaml[] =
    "cnngraph: 1\n"
    "seed: 7\n"
    "data: {source: digits, digits: {train: 55, test: 20}}\n"
    "model:\n"
    "  input: {shape: [1, 28, 28]}\n"
    "  layers:\n"
    "    - residual:\n"
    "        name: r\n"
    "        frozen: ${frozen}\n"
    "        body:\n"
    "          - conv2d: {name: c, filters: 2, kernel: 5, stride: 2, padding: 2}\n"
    "          - layer_norm: {name: n}\n"
    "    - relu\n"
    "    - flatten\n"
    "    - dense: {name: d, units: 10, lr: 0.5}\n"
    "loss: cross_entropy\n"
    "optimizer: {type: sgd, lr: 0.05, momentum: 0.9, weight_decay: 0.1}\n"
    "train: {epochs: 3, batch: 8, validation: 0.2, shuffle: false}\n"
    "vars: {frozen: false}\n";
#define BATCH_NORM "model.layers[0].residual.body[1]={batch_norm: {name: n}}"
enum { MAX_SETS = 4 };

typedef struct {
    cg_model *model;
    cg_trainer t;
    cg_error error;
} session;

static bool begin(session *s, const char *const sets[MAX_SETS])
{
    int n = 0;
    while (n < MAX_SETS && sets[n]) n++;
    *s = (session){ .model = NULL };
    bool is_open = cg_model_parse(&s->model, "m.yaml", yaml, strlen(yaml), n, sets, NULL,
                                  &s->error) == CG_OK &&
                   cg_trainer_open(&s->t, s->model, 2, NULL, &s->error) == CG_OK;
    if (!is_open) printf("# %s\n", s->error.message);
    return is_open;
}

static void end(session *s)
{
    if (s->model) cg_trainer_close(&s->t);
    cg_model_free(s->model);
}

/* Takes the steps of n epochs. */
static bool learn(session *s, int n)
{
    for (int64_t i = 0; i < n * s->t.n_batches; i++) {
        if (cg_trainer_step(&s->t, &s->error) != CG_OK) return false;
        if (s->t.standing.position < s->t.n_batches) continue;
        s->t.standing.position = 0;
        s->t.standing.epoch++;
    }
    return true;
}

/* All values of the leaves whose names begin so. */
static int64_t gather(const cg_program *p, const char *prefix, float values[], int64_t room)
{
    static const cg_node_kind kinds[] = { CG_NODE_PARAMETER, CG_NODE_STATE };
    int64_t n = 0;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < cg_program_leaves(p, kinds[k]); i++) {
            cg_leaf leaf = cg_program_leaf(p, kinds[k], i);
            int64_t size = cg_shape_size(&leaf.shape);
            if (strncmp(leaf.name, prefix, strlen(prefix)) != 0 || n + size > room) continue;
            memcpy(values + n, leaf.data, (size_t)size * sizeof *values);
            n += size;
        }
    return n;
}

enum { ROOM = 20000 };
static float before[ROOM], after[ROOM];

static double worst(int64_t n)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++) most = fmax(most, fabs((double)before[i] - (double)after[i]));
    return most;
}

/* ---- frozen ---------------------------------------------------------------------------------- */
static void test_frozen(const char *optimizer)
{
    session s;
    const char *const sets[MAX_SETS] = { "vars.frozen=true", BATCH_NORM, optimizer };
    static const char *const layers[] = { "c.", "n.", "r." };
    bool is_same = begin(&s, sets), has_learnt = is_same;
    int64_t n[3] = { 0 }, at = 0, n_d = 0;
    float *d = after + ROOM / 2;
    for (int i = 0; i < 3 && is_same; i++, at += n[i - 1])
        n[i] = gather(s.t.full.program, layers[i], before + at, ROOM / 2 - at);
    if (is_same) n_d = gather(s.t.full.program, "d.", before + ROOM / 2, ROOM / 2);
    is_same = is_same && learn(&s, 2);
    at = 0;
    for (int i = 0; i < 3 && is_same; i++, at += n[i - 1])
        gather(s.t.full.program, layers[i], after + at, ROOM / 2 - at);
    if (is_same) gather(s.t.full.program, "d.", d, ROOM / 2);
    has_learnt = is_same && n_d > 1000 && memcmp(before + ROOM / 2, d, (size_t)n_d * sizeof *d);
    /* c: 2 x 25 and 2, n: 2 and 2 with two running ones, r: a projection of 2 */
    ok(is_same && at == 62 && memcmp(before, after, (size_t)at * sizeof *after) == 0,
       "%s: frozen layers keep all %d values bit for bit %s", optimizer, (int)at, s.error.message);
    ok(has_learnt, "and the others learn");
    end(&s);
}

/* ---- accumulated gradients ------------------------------------------------------------------- */
static void test_accumulation(const char *more)
{
    session one, many;
    const char *const whole[MAX_SETS] = { "train.batch=16", more };
    const char *const parts[MAX_SETS] = { "train.batch=8", "train.accumulate=2", more };
    bool made = begin(&one, whole);
    made = begin(&many, parts) && made; /* both: both are ended */
    made = made && learn(&one, 3) && learn(&many, 3);
    int64_t size = made ? cg_parameters_size(one.t.full.program) : 0;
    if (made) gather(one.t.full.program, "", before, size);
    if (made) gather(many.t.full.program, "", after, size);
    ok(size > 1000 && worst(size) < 1e-5,
       "%s: batches of 8 by twos go where batches of 16 go (%.1e)", more, worst(size));
    ok(made && cg_trainer_rate(&one.t) == cg_trainer_rate(&many.t), "at the same learning rate");
    end(&one);
    end(&many);
}

static void test_waiting(void)
{
    session s;
    const char *const sets[MAX_SETS] = { "train.accumulate=4" };
    bool made = begin(&s, sets);
    int64_t size = made ? cg_parameters_size(s.t.full.program) : 0;
    int n_changes = 0, at[12] = { 0 };
    for (int i = 0; made && i < 12; i++) {
        gather(s.t.full.program, "", before, size);
        s.t.standing.position = i % s.t.n_batches;
        made = cg_trainer_step(&s.t, &s.error) == CG_OK;
        gather(s.t.full.program, "", after, size);
        if (worst(size) > 0) at[n_changes++] = i;
    }
    ok(made && n_changes == 4 && at[0] == 3 && at[1] == 5 && at[2] == 9 && at[3] == 11,
       "weights change with every fourth batch and with the last of an epoch %s", s.error.message);
    end(&s);
}

/* ---- learning rates -------------------------------------------------------------------------- */
static void note_rate(void *context, const cg_progress *p)
{
    if (p->epoch_done) ((double *)context)[p->epoch - 1] = p->lr;
}

static void test_told_rate(void)
{
    const char *const sets[] = { "schedule={type: step, every: 1, gamma: 0.5}" };
    double rate[3] = { 0 };
    cg_train_options options = { .progress = note_rate, .context = rate };
    cg_train_result result;
    cg_error error = { 0 };
    cg_model *model = NULL;
    if (cg_model_parse(&model, "m.yaml", yaml, strlen(yaml), 1, sets, NULL, &error) == CG_OK)
        cg_train(model, &options, &result, &error);
    ok(rate[0] == 0.05 && rate[1] == 0.025 && rate[2] == 0.0125,
       "an epoch is told with the learning rate that it had: %g, %g, %g %s", rate[0], rate[1],
       rate[2], error.message);
    cg_model_free(model);
}

/* ---- averaged weights ------------------------------------------------------------------------ */
static void test_averages(void)
{
    session s;
    const char *const sets[MAX_SETS] = { "train.ema=0.75", BATCH_NORM };
    bool made = begin(&s, sets);
    int64_t size = made ? cg_parameters_size(s.t.full.program) : 0;
    static double expected[ROOM];
    for (int i = 0; made && i < 12; i++) {
        s.t.standing.position = i % s.t.n_batches;
        made = cg_trainer_step(&s.t, &s.error) == CG_OK;
        gather(s.t.full.program, "", before, size);
        double newest = fmax(0.25, 1.0 / (i + 1));
        for (int64_t k = 0; k < size; k++)
            expected[k] += newest * ((double)before[k] - expected[k]);
    }
    made = made && cg_trainer_evaluate(&s.t, s.t.validation, &s.error) == CG_OK;
    int64_t n = made ? gather(s.t.evaluation.program, "", after, ROOM) : 0;
    double error = 0;
    for (int64_t k = 0; k < size; k++) error = fmax(error, fabs((double)after[k] - expected[k]));
    ok(made && error < 1e-6, "evaluation takes the average of the weights so far (%.1e) %s", error,
       s.error.message);
    ok(worst(size) > 1e-3, "which is not the weights themselves (%.1e)", worst(size));
    int64_t n_running = made ? gather(s.t.full.program, "n.running", before, ROOM) : 0;
    ok(n_running == 4 && n == size + n_running &&
           memcmp(before, after + size, (size_t)n_running * sizeof *before) == 0,
       "running statistics are those of the run");
    end(&s);
}

/* A run that stops before its first update has weights to evaluate, too. */
static void test_first_average(void)
{
    session s;
    const char *const sets[MAX_SETS] = { "train.ema=0.75", "train.accumulate=2" };
    bool made = begin(&s, sets);
    int64_t size = made ? cg_parameters_size(s.t.full.program) : 0;
    made = made && cg_trainer_step(&s.t, &s.error) == CG_OK &&
           cg_trainer_evaluate(&s.t, s.t.validation, &s.error) == CG_OK;
    if (made) gather(s.t.full.program, "", before, size);
    if (made) gather(s.t.evaluation.program, "", after, size);
    ok(made && worst(size) == 0, "before the first update the average is the weights' beginning %s",
       s.error.message);
    end(&s);
}

/* A predictor measures what training measured last. */
static void test_predictor(void)
{
    char folder[] = "/tmp/cnngraph-learning-XXXXXX", path[400], command[64];
    const char *const sets[] = { "train.ema=0.9", BATCH_NORM };
    cg_train_result result = { .test_loss = NAN };
    cg_error error = { 0 };
    cg_model *model = NULL;
    cg_dataset *set = NULL;
    cg_predictor *predictor = NULL;
    cg_evaluation e = { 0 };
    const char *used;
    if (!mkdtemp(folder)) return;
    if (cg_model_parse(&model, "m.yaml", yaml, strlen(yaml), 2, sets, NULL, &error) != CG_OK)
        return;
    cg_train(model, &(cg_train_options){ .folder = folder }, &result, &error);
    snprintf(path, sizeof path, "%s/last.safetensors", result.folder);
    bool made = cg_dataset_load(&set, &cg_model_spec(model)->data, &used, &error) == CG_OK &&
                cg_predictor_new(&predictor, model, path, 1, &error) == CG_OK &&
                cg_evaluate(predictor, set, cg_dataset_split(set, "test"), &e, &error) == CG_OK;
    ok(made && e.loss == result.test_loss && isfinite(e.loss),
       "a predictor takes the averages of the file, to the bit %s", error.message);
    cg_predictor_free(predictor);
    cg_dataset_free(set);
    cg_model_free(model);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ok(system(command) == 0, "the run's folder is removed");
}

int main(void)
{
    static const char *const optimizers[] = {
        "optimizer={type: sgd, momentum: 0.9, weight_decay: 0.1}",
        "optimizer={type: adamw, lr: 0.01, l1: 0.01}",
        "optimizer={type: lion, lr: 0.01, weight_decay: 0.1}",
    };
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) test_frozen(optimizers[i]);
    test_accumulation("seed=7");
    test_accumulation("optimizer={type: nadam, lr: 0.001, weight_decay: 0.1}");
    test_accumulation("train.clip_norm=0.5");
    test_accumulation("schedule={type: polynomial}");
    test_waiting();
    test_told_rate();
    test_averages();
    test_first_average();
    test_predictor();
    return done_testing();
}
