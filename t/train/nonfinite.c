/* NaN and infinity in data, losses, gradients and weights: found in the step that makes them, and
 * answered as `on_nonfinite` says, to the same bits however the run is interrupted. */
#include "train/lockstep.h"
#include "train/weights.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/safetensors.h"

#include <cnngraph/train.h>

#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 22 rows in batches of 4: the last of the 6 holds 2.  One row, of the second, may be another. */
enum { N_ROWS = 22, ODD = 7, STEPS_PER_EPOCH = 6, EPOCHS = 4, MAX_SETS = 6 };

static char parent[] = "/tmp/cnngraph-nonfinite-XXXXXX";

static const char yaml[] = "cnngraph: 1\n"
                           "name: small\n"
                           "seed: 3\n"
                           "data:\n"
                           "  format: csv\n"
                           "  files: {train: %s/rows.csv}\n"
                           "  csv: {label: [y]}\n"
                           "  target: values\n"
                           "  splits: {train: {from: train}}\n"
                           "  normalize: {mean: [0, 0], std: [1, 1.0e-9]}\n"
                           "model:\n"
                           "  input: {shape: [2]}\n"
                           "  layers:\n"
                           "    - dense: {name: d, units: 1}\n"
                           "loss: mse\n"
                           "optimizer: {type: sgd, lr: 0.01}\n"
                           "train: {epochs: 4, batch: 4}\n";
enum { OPTIMIZER_LINE = 16 };

/* The rows first..n-1 of a table of a in 2..4 and b in (0..1) 1e-9, whose row `at` is `odd`, if
 * that is not NULL. */
static void write_table(int first, int n, int at, const char *odd)
{
    char path[64];
    snprintf(path, sizeof path, "%s/rows.csv", parent);
    FILE *f = fopen(path, "w");
    fputs("a,b,y\n", f);
    for (int i = first; i < n; i++)
        if (odd && i == at)
            fprintf(f, "%s\n", odd);
        else
            fprintf(f, "%g,%ge-9,%g\n", 2 + 0.1 * (i % 21), 0.05 * (i * 7 % 20),
                    6.0 * (i % 5) - 10);
    fclose(f);
}

static void write_rows(const char *odd)
{
    write_table(0, N_ROWS, ODD, odd);
}

static cg_model *parse(const char *const sets[], cg_error *error)
{
    char text[sizeof yaml + sizeof parent];
    int n = 0;
    while (n < MAX_SETS && sets[n]) n++;
    cg_model *model = NULL;
    snprintf(text, sizeof text, yaml, parent);
    cg_model_parse(&model, "small.yaml", text, strlen(text), n, sets, NULL, error);
    if (model) cg_model_allow_paths(model, "/", error);
    return model;
}

static cg_status train(const char *const sets[], const cg_train_options *options,
                       cg_train_result *result, cg_error *error)
{
    *error = (cg_error){ 0 };
    *result = (cg_train_result){ 0 };
    cg_model *model = parse(sets, error);
    cg_status status = model ? cg_train(model, options, result, error) : CG_EMODEL;
    cg_model_free(model);
    return status;
}

/* ---- stop ---------------------------------------------------------------------------------- */
static void test_stop(void)
{
    cg_train_result result;
    cg_error error;
    const char *huge[MAX_SETS] = { "optimizer.lr=1.0e+38" };
    write_rows(NULL);
    cg_status status = train(huge, NULL, &result, &error);
    ok(status == CG_ENUMERIC && strstr(error.message, "of 'update' at step 0") &&
           strstr(error.message, "epoch 1, batch 1") && strstr(error.message, " in ["),
       "a huge learning rate is found in the first step: %s", error.message);
    ok(error.line == OPTIMIZER_LINE && !strcmp(error.file, "small.yaml"),
       "which names the optimizer's line, %d", error.line);

    write_rows("3,1e30,0");
    const char *none[MAX_SETS] = { "train.shuffle=false" };
    status = train(none, NULL, &result, &error);
    ok(status == CG_ENUMERIC &&
           strstr(error.message, "batch 2: the input 'x' at step 1: 1 of 8 values"),
       "infinity in a batch is told of as that: %s", error.message);

    write_rows("3,nan,0");
    status = train(none, NULL, &result, &error);
    ok(status == CG_EDATA && strstr(error.file, "rows.csv") && error.line == 9,
       "NaN in a file is told of with its row, %d: %s", error.line, error.message);
}

/* ---- weights that are not finite to begin with --------------------------------------------- */
/* A checkpoint of one step, one of whose weights is infinite. */
static void spoil(const char *folder)
{
    cg_trainer t;
    cg_error error = { 0 };
    const char *none[MAX_SETS] = { NULL };
    char path[400];
    cg_model *model = parse(none, &error);
    snprintf(path, sizeof path, "%s/last.safetensors", folder);
    cg_trainer_open(&t, model, 1, NULL, &error);
    cg_trainer_step(&t, &error);
    ((float *)cg_program_leaf(t.full.program, CG_NODE_PARAMETER, 0).data)[1] = INFINITY;
    cg_standing standing = cg_trainer_standing(&t);
    cg_checkpoint_save(path, model, t.data, t.names, t.full.program, &standing, &error);
    cg_trainer_close(&t);
    cg_model_free(model);
}

static void test_predictor(const char *folder)
{
    char path[400];
    cg_error error = { 0 };
    const char *none[MAX_SETS] = { NULL }, *ignored[MAX_SETS] = { "train.on_nonfinite=ignore" };
    cg_predictor *predictor = NULL;
    cg_model *model = parse(none, &error), *careless = parse(ignored, &error);
    snprintf(path, sizeof path, "%s/last.safetensors", folder);
    cg_status status = cg_predictor_new(&predictor, model, path, 1, &error);
    ok(status == CG_ENUMERIC && !strcmp(error.file, path) && strstr(error.message, "'d.weight'"),
       "and predicts nothing: %s: %s", error.file, error.message);
    status = cg_predictor_new(&predictor, careless, path, 1, &error);
    ok(status == CG_OK, "unless that is to be ignored");
    cg_predictor_free(predictor);
    cg_model_free(model);
    cg_model_free(careless);
}

static void test_infinite_weight(void)
{
    cg_train_result first, result;
    cg_error error;
    const char *none[MAX_SETS] = { NULL };
    write_rows(NULL);
    train(none, &(cg_train_options){ .folder = parent, .max_steps = 1 }, &first, &error);
    spoil(first.folder);
    cg_status status = train(none, &(cg_train_options){ .resume = first.folder }, &result, &error);
    ok(status == CG_ENUMERIC && strstr(error.message, "'d.weight'") &&
           strstr(error.message, "1 of 2 values") && strstr(error.file, "last.safetensors"),
       "an infinite weight in a checkpoint is refused: %s", error.message);
    test_predictor(first.folder);
}

/* ---- what is kept -------------------------------------------------------------------------- */
/* A file of a run; of metrics.jsonl without the seconds. */
static char *contents(const char *folder, const char *name, size_t *size)
{
    char path[400], *text = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *size = 0;
    if (cg_file_read(path, 1 << 24, &text, size, NULL) != CG_OK) return NULL;
    if (strcmp(name, "metrics.jsonl") != 0) return text;
    char *to = text;
    for (const char *from = text; *from;) {
        if (strncmp(from, ",\"seconds\":", 11) == 0) from += strcspn(from, "}");
        *to++ = *from++;
    }
    *size = (size_t)(to - text);
    return text;
}

static bool same_file(const char *a, const char *b, const char *name)
{
    size_t n_a, n_b;
    char *text_a = contents(a, name, &n_a), *text_b = contents(b, name, &n_b);
    bool same = text_a && text_b && n_a == n_b && memcmp(text_a, text_b, n_a) == 0;
    cg_release(text_a);
    cg_release(text_b);
    return same;
}

static bool has_beginning(const char *folder)
{
    char path[400];
    snprintf(path, sizeof path, "%s/epoch.safetensors", folder);
    return cg_file_exists(path);
}

static bool same_run(const char *a, const char *b)
{
    return same_file(a, b, "last.safetensors") && same_file(a, b, "metrics.jsonl") &&
           has_beginning(a) == has_beginning(b);
}

typedef struct {
    int n;
    cg_error last;
} troubles;

static void count(void *context, const cg_progress *p)
{
    troubles *t = context;
    if (!p->trouble) return;
    t->n++;
    t->last = *p->trouble;
}

/* Runs that are stopped after any number of steps and resumed, against a whole one. */
static void test_resume(const char *what, const char *const sets[], const char *whole)
{
    int n_same = 0, n_runs = 0;
    cg_train_result first, second;
    cg_error error;
    for (int steps = 1; steps < STEPS_PER_EPOCH * EPOCHS; steps += 2, n_runs++) {
        train(sets, &(cg_train_options){ .folder = parent, .max_steps = steps }, &first, &error);
        cg_status status = train(sets, &(cg_train_options){ .resume = first.folder, .threads = 2 },
                                 &second, &error);
        n_same += status == CG_OK && same_run(whole, first.folder);
        if (status != CG_OK) printf("# %s\n", error.message);
    }
    ok(n_same == n_runs, "%s: %d of %d runs that were stopped end in the same files", what, n_same,
       n_runs);
}

/* ---- skip ---------------------------------------------------------------------------------- */
/* Takes every step with a look at the weights, as it would be done if that cost nothing. */
static bool take_steps(cg_trainer *t, cg_snapshot *before)
{
    for (int i = 0; i < STEPS_PER_EPOCH * EPOCHS; i++) {
        cg_error error = { 0 };
        if (t->standing.position == t->n_batches) {
            t->standing.position = 0;
            t->standing.epoch++;
        }
        if (cg_snapshot_take(before, t, &error) != CG_OK) return false;
        bool is_sound = cg_trainer_step(t, &error) == CG_OK && cg_trainer_check(t, &error) == CG_OK;
        if (is_sound) continue;
        cg_snapshot_return(before, t);
        cg_trainer_skip(t);
    }
    return true;
}

/* The weight and the bias. */
enum { N_VALUES = 3 };

static bool expect_weights(const char *const sets[], float values[N_VALUES])
{
    cg_trainer t;
    cg_snapshot before = { 0 };
    cg_error error = { 0 };
    cg_model *model = parse(sets, &error);
    bool done = cg_trainer_open(&t, model, 1, NULL, &error) == CG_OK && take_steps(&t, &before);
    cg_leaf weight = cg_program_leaf(t.full.program, CG_NODE_PARAMETER, 0);
    if (done) memcpy(values, weight.data, N_VALUES * sizeof *values); /* the bias lies behind */
    cg_snapshot_free(&before);
    cg_trainer_close(&t);
    cg_model_free(model);
    return done;
}

static bool read_tensor(const char *folder, const char *name, cg_shape shape, float values[])
{
    char path[400];
    cg_safetensors *file;
    snprintf(path, sizeof path, "%s/last.safetensors", folder);
    if (cg_safetensors_read(&file, path, NULL) != CG_OK) return false;
    bool done = cg_safetensors_copy(file, name, CG_F32, &shape, values, NULL) == CG_OK;
    cg_safetensors_free(file);
    return done;
}

static bool read_weights(const char *folder, float values[N_VALUES])
{
    return read_tensor(folder, "d.weight", CG_SHAPE(1, 2), values) &&
           read_tensor(folder, "d.bias", CG_SHAPE(1), values + 2);
}

static void test_skip(const char *what, const char *odd, const char *const sets[], int per_epoch,
                      const char *message)
{
    troubles seen = { 0 };
    cg_train_result whole;
    cg_error error;
    write_rows(odd);
    cg_status status =
        train(sets, &(cg_train_options){ .folder = parent, .progress = count, .context = &seen },
              &whole, &error);
    ok(status == CG_OK && whole.skipped == per_epoch * EPOCHS && seen.n == whole.skipped,
       "%s: %d steps are skipped, %d told of %s", what, (int)whole.skipped, seen.n, error.message);
    ok(strstr(seen.last.message, message) != NULL, "%s: it is told why: %s", what,
       seen.last.message);
    float expected[N_VALUES] = { NAN }, values[N_VALUES] = { 0 };
    ok(expect_weights(sets, expected) && read_weights(whole.folder, values) &&
           memcmp(values, expected, sizeof values) == 0 && isfinite(values[0]),
       "%s: the weights are those of the other steps", what);
    test_resume(what, sets, whole.folder);
}

/* A step that is skipped is one that never was: for the means of an optimiser, which are corrected
 * by how many gradients they have seen, and for the averaged weights. */
static void test_as_if_never(const char *optimizer)
{
    float values[2][2 * N_VALUES] = { { 0 } };
    char optimizer_set[96];
    const char *sets[MAX_SETS] = { "train.on_nonfinite=skip", "train.shuffle=false",
                                   "train.ema=0.9", "train.epochs=1", optimizer_set };
    snprintf(optimizer_set, sizeof optimizer_set, "optimizer=%s", optimizer);
    bool done = true;
    for (int run = 0; run < 2; run++) { /* the first batch is skipped, or is not there */
        cg_train_result result;
        cg_error error;
        write_table(run == 0 ? 0 : 4, N_ROWS, 1, "3,1e30,0");
        done = done &&
               train(sets, &(cg_train_options){ .folder = parent }, &result, &error) == CG_OK &&
               result.skipped == 1 - run && read_weights(result.folder, values[run]) &&
               read_tensor(result.folder, "ema", CG_SHAPE(N_VALUES), values[run] + N_VALUES);
    }
    ok(done && values[0][0] != 0 && memcmp(values[0], values[1], sizeof *values) == 0,
       "%s: a skipped step leaves no trace, %g and %g", optimizer, (double)values[0][0],
       (double)values[1][0]);
}

static void test_nothing_left(void)
{
    cg_train_result result;
    cg_error error;
    const char *sets[MAX_SETS] = { "train.on_nonfinite=skip", "optimizer.lr=1.0e+38" };
    write_rows(NULL);
    cg_status status = train(sets, NULL, &result, &error);
    ok(status == CG_ENUMERIC && strstr(error.message, "epoch 1: every step was skipped"),
       "an epoch of nothing but skipped steps ends the run: %s", error.message);
}

/* ---- rollback ------------------------------------------------------------------------------ */
static void copy(const char *folder, const char *from, const char *to)
{
    char command[1024];
    snprintf(command, sizeof command, "cp '%s/%s' '%s/%s'", folder, from, folder, to);
    if (system(command) != 0) abort();
}

/* Killed between the two renames of a save: the beginning of the epoch knows of the rollbacks since
 * the save before, the last checkpoint does not. */
static void test_killed_while_saving(const char *const sets[], const char *whole)
{
    int n_same = 0, n_runs = 0, n_later = 0;
    cg_train_result first, second;
    cg_error error;
    for (int steps = 1; steps < STEPS_PER_EPOCH * EPOCHS; steps++, n_runs++) {
        train(sets, &(cg_train_options){ .folder = parent, .max_steps = steps }, &first, &error);
        copy(first.folder, "last.safetensors", "old");
        do
            train(sets, &(cg_train_options){ .resume = first.folder, .max_steps = 1 }, &second,
                  &error);
        while (second.epochs == first.epochs &&
               (second.rollbacks == first.rollbacks || !has_beginning(first.folder)));
        if (second.epochs == first.epochs) copy(first.folder, "old", "last.safetensors");
        n_later += second.epochs == first.epochs;
        cg_status status =
            train(sets, &(cg_train_options){ .resume = first.folder }, &second, &error);
        n_same += status == CG_OK && same_run(whole, first.folder);
        if (status != CG_OK) printf("# %s\n", error.message);
    }
    ok(n_same == n_runs && n_later > 0,
       "%d of %d runs that were killed while they saved, %d after a rollback, end in the same "
       "files",
       n_same, n_runs, n_later);
}

static void test_rollback(void)
{
    troubles seen = { 0 };
    cg_train_result whole, result;
    cg_error error;
    const char *diverging[MAX_SETS] = { "train.on_nonfinite=rollback", "optimizer.lr=1" };
    write_rows(NULL);
    cg_status status = train(
        diverging, &(cg_train_options){ .folder = parent, .progress = count, .context = &seen },
        &whole, &error);
    ok(status == CG_OK && whole.rollbacks > 0 && seen.n == whole.rollbacks &&
           isfinite(whole.train_loss),
       "a run that diverges goes back %d times and ends well, loss %.3g %s", (int)whole.rollbacks,
       whole.train_loss, error.message);
    test_resume("rollback", diverging, whole.folder);
    test_killed_while_saving(diverging, whole.folder);

    const char *hopeless[MAX_SETS] = { "train.on_nonfinite=rollback", "optimizer.lr=1.0e+38" };
    status = train(hopeless, NULL, &result, &error);
    ok(status == CG_ENUMERIC && strstr(error.message, "given up after 10 rollbacks") &&
           result.rollbacks == CG_MAX_ROLLBACKS && error.line > 0,
       "it gives up in the end: %s", error.message);
}

static void test_rate(void)
{
    cg_trainer t;
    cg_error error = { 0 };
    const char *none[MAX_SETS] = { NULL };
    cg_model *model = parse(none, &error);
    cg_trainer_open(&t, model, 1, NULL, &error);
    double whole = cg_trainer_rate(&t);
    t.standing.rollbacks = 3;
    ok(whole == 0.01 && cg_trainer_rate(&t) == 0.01 / 8, "each rollback halves the learning rate");
    cg_trainer_close(&t);
    cg_model_free(model);
}

/* ---- side by side -------------------------------------------------------------------------- */
/* Training ends where steps do that are taken side by side. */
static void test_lockstep(const char *what, const char *odd, const char *const sets[])
{
    cg_lockstep l = { .steps = 0 };
    cg_train_result result;
    cg_error error;
    char digest[CG_DIGEST_TEXT] = "none";
    write_rows(odd);
    cg_status status = train(sets, NULL, &result, &error);
    cg_model *model = parse(sets, &error);
    if (status == CG_OK) status = cg_lockstep_open(&l, model, 1, model, 2, &error);
    while (status == CG_OK && cg_lockstep_goes_on(&l)) status = cg_lockstep_step(&l, &error);
    if (status == CG_OK) status = cg_weights_digest(l.a.full.program, digest, &error);
    ok(status == CG_OK && !l.difference.name[0] && !strcmp(digest, result.weights),
       "%s: steps side by side agree, and end as training does %s", what, error.message);
    ok(result.skipped + result.rollbacks > 0 && l.a.standing.skipped == result.skipped &&
           l.b.standing.rollbacks == result.rollbacks && (int64_t)l.steps >= result.steps,
       "%s: in %d steps, %d skipped, %d rollbacks", what, (int)l.steps, (int)result.skipped,
       (int)result.rollbacks);
    cg_lockstep_close(&l);
    cg_model_free(model);
}

/* ---- what hides ---------------------------------------------------------------------------- */
/* Adam's second moment overflows at a gradient of 1e20, and the step divides by its root: losses
 * and weights stay finite, and the weight never moves again. */
static const char hides[] = "1e20,0.5e-9,0";

static void test_hidden(void)
{
    cg_train_result result;
    cg_error error;
    const char *sets[MAX_SETS] = { "train={epochs: 2, batch: 1, shuffle: false}", "loss=mae",
                                   "optimizer={type: adam, lr: 0.01}" };
    write_table(0, 2 * CG_WATCH_STEPS + 9, CG_WATCH_STEPS + 5, hides);
    cg_status status = train(sets, NULL, &result, &error);
    ok(status == CG_ENUMERIC && strstr(error.message, "epoch 1, batch 262: square of") &&
           result.epochs == 0,
       "what overflows in an update is found in its step: %s", error.message);
    const char *clipped[MAX_SETS] = { "train={epochs: 1, batch: 1, shuffle: false, clip_norm: 1}",
                                      "loss=mae", "optimizer={type: sgd, lr: 0.01}" };
    status = train(clipped, NULL, &result, &error);
    ok(status == CG_ENUMERIC && strstr(error.message, "epoch 1, batch 262: square of") &&
           result.epochs == 0,
       "and a gradient too long to be clipped: %s", error.message);
}

int main(void)
{
    if (!mkdtemp(parent)) return 1;
    test_stop();
    test_infinite_weight();
    const char *skip[MAX_SETS] = { "train.on_nonfinite=skip" };
    test_skip("an infinite value", "3,1e30,0", skip, 1, "the input 'x'");
    const char *gathered[MAX_SETS] = { "train.on_nonfinite=skip", "train.accumulate=2" };
    test_skip("one batch of an update", "3,1e30,0", gathered, 1, "the input 'x'");
    const char *adam[MAX_SETS] = { "train.on_nonfinite=skip", "loss=mae",
                                   "optimizer={type: adam, lr: 0.01}" };
    test_skip("an update that overflows", hides, adam, 1, "square of 'update'");
    test_lockstep("an infinite value", "3,1e30,0", skip);
    test_lockstep("one batch of an update", "3,1e30,0", gathered);
    test_lockstep("an update that overflows", hides, adam);
    const char *diverging[MAX_SETS] = { "train.on_nonfinite=rollback", "optimizer.lr=1" };
    test_lockstep("a run that diverges", NULL, diverging);
    test_hidden();
    static const char *const corrected[] = {
        "{type: adam, lr: 0.01}",
        "{type: nadam, lr: 0.01}",
        "{type: radam, lr: 0.01}",
        "{type: adamax, lr: 0.01}",
        "{type: adagrad, lr: 0.01, lr_decay: 0.5}",
        "{type: sgd, lr: 0.001, momentum: 0.9, dampening: 0.5}"
    };
    for (size_t i = 0; i < sizeof corrected / sizeof *corrected; i++)
        test_as_if_never(corrected[i]);
    test_nothing_left();
    test_rollback();
    test_rate();
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", parent);
    return system(command) | done_testing();
}
