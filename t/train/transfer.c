/* Beginning with the weights of another run: what is taken, what is not, and that a run which has
 * begun no longer needs the other. */
#include "base/file.h"
#include "base/memory.h"
#include "formats/safetensors.h"
#include "train/trainer.h"
#include "train/transfer.h"

#include "../tap.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Statistics of batches, and an optimiser with a memory. */
static const char yaml[] =
    "cnngraph: 1\n"
    "name: small\n"
    "seed: 7\n"
    "vars: {head: old, units: 10, frozen: false, kernel: 5}\n"
    "data: {source: digits, digits: {train: 50, test: 20}}\n"
    "model:\n"
    "  input: {shape: [1, 28, 28]}\n"
    "  layers:\n"
    "    - conv2d: {name: c, filters: 4, kernel: \"${kernel}\", stride: 2, frozen: \"${frozen}\"}\n"
    "    - batch_norm: {name: n}\n"
    "    - flatten\n"
    "    - dense: {name: \"${head}\", units: \"${units}\"}\n"
    "loss: cross_entropy\n"
    "optimizer: {type: adam, lr: 0.01}\n"
    "train: {epochs: 2, batch: 16}\n";
enum {
    MAX_SETS = 4,
    TENSORS = 8 /* of the model: four of c and n, two statistics, two of the head */
};
typedef const char *const sets[MAX_SETS];

static char parent[] = "/tmp/cnngraph-transfer-XXXXXX";

static cg_model *parse(sets given)
{
    int n = 0;
    cg_model *model = NULL;
    cg_error error = { 0 };
    while (n < MAX_SETS && given[n]) n++;
    if (cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), n, given, NULL, &error) != CG_OK)
        printf("# %s\n", error.message);
    return model;
}

static cg_status train(sets given, cg_train_options options, cg_train_result *result,
                       cg_error *error)
{
    cg_model *model = parse(given);
    if (!model) return CG_EMODEL;
    cg_status status = cg_train(model, &options, result, error);
    cg_model_free(model);
    return status;
}

/* ---- one model in memory ------------------------------------------------------------------- */
typedef struct {
    cg_model *model;
    cg_trainer t;
    char text[CG_TRANSFER_TEXT];
    cg_error error;
    cg_status status;
} session;

static void begin(session *s, sets given, const char *from)
{
    *s = (session){ .model = parse(given) };
    s->status = s->model ? cg_trainer_open(&s->t, s->model, 1, NULL, &s->error) : CG_EMODEL;
    if (s->status == CG_OK && from)
        s->status = cg_transfer(s->t.full.program, s->model, from, s->text, &s->error);
}

static void end(session *s)
{
    if (s->model) cg_trainer_close(&s->t);
    cg_model_free(s->model);
}

static cg_leaf leaf(const session *s, const char *name)
{
    static const cg_node_kind kinds[] = { CG_NODE_PARAMETER, CG_NODE_STATE };
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < cg_program_leaves(s->t.full.program, kinds[k]); i++) {
            cg_leaf found = cg_program_leaf(s->t.full.program, kinds[k], i);
            if (strcmp(found.name, name) == 0) return found;
        }
    return (cg_leaf){ .name = name };
}

static bool same_leaf(const session *a, const session *b, const char *name)
{
    cg_leaf x = leaf(a, name), y = leaf(b, name);
    return x.data && y.data && cg_shape_equal(&x.shape, &y.shape) &&
           memcmp(x.data, y.data, (size_t)cg_shape_size(&x.shape) * sizeof(float)) == 0;
}

/* Does the leaf hold what the file has under this name? */
static bool is_of_file(const session *s, const cg_safetensors *file, const char *name)
{
    cg_leaf x = leaf(s, name);
    int at = cg_safetensors_find(file, name);
    return x.data && at >= 0 &&
           memcmp(x.data, cg_safetensors_tensor(file, at).data,
                  (size_t)cg_shape_size(&x.shape) * sizeof(float)) == 0;
}

static bool is_zero(const session *s, const char *name)
{
    cg_leaf x = leaf(s, name);
    const float *values = x.data;
    bool all = values != NULL;
    for (int64_t i = 0; all && i < cg_shape_size(&x.shape); i++) all = values[i] == 0;
    return all;
}

static const char *const body[] = { "c.weight", "c.bias",         "n.weight",
                                    "n.bias",   "n.running_mean", "n.running_var" };
enum { BODY = sizeof body / sizeof *body };

/* ---- what is taken -------------------------------------------------------------------------- */
static void test_whole(const char *run, const cg_safetensors *best)
{
    session s;
    begin(&s, (sets){ "seed=8" }, run);
    int n = 0;
    for (int i = 0; i < BODY; i++) n += is_of_file(&s, best, body[i]);
    n += is_of_file(&s, best, "old.weight") + is_of_file(&s, best, "old.bias");
    ok(s.status == CG_OK && n == TENSORS && strstr(s.text, "8 of 8") && !strstr(s.text, "new"),
       "a model like the other takes all of its best weights: %s", s.text);
    ok(is_zero(&s, "adam.m") && is_zero(&s, "adam.v"), "and nothing of its optimiser");
    end(&s);
}

static void test_head(const char *run, const cg_safetensors *best)
{
    static const struct {
        sets given;
        const char *weight, *text;
    } heads[] = {
        { { "vars.units=11" },
          "old.weight",
          "new: old.weight (11x576 here, 10x576 there), old.bias (11 here, 10 there)" },
        { { "vars.head=fresh" },
          "fresh.weight",
          "new: fresh.weight, fresh.bias; left there: old.weight, old.bias" },
    };
    for (size_t h = 0; h < sizeof heads / sizeof *heads; h++) {
        session s, drawn;
        int n = 0;
        begin(&s, heads[h].given, run);
        begin(&drawn, heads[h].given, NULL);
        for (int i = 0; i < BODY; i++) n += is_of_file(&s, best, body[i]);
        ok(s.status == CG_OK && n == BODY && same_leaf(&s, &drawn, heads[h].weight),
           "under another head all else is taken, and the head as it was drawn");
        ok(strstr(s.text, "6 of 8") && strstr(s.text, heads[h].text), "which is told: %s", s.text);
        end(&s);
        end(&drawn);
    }
}

static void test_frozen(const char *run, const cg_safetensors *best)
{
    session s;
    begin(&s, (sets){ "vars.frozen=true", "vars.head=fresh" }, run);
    ok(s.status == CG_OK && is_of_file(&s, best, "c.weight"), "a frozen layer takes weights, too");
    for (int i = 0; i < 3; i++) cg_trainer_step(&s.t, &s.error);
    ok(is_of_file(&s, best, "c.weight") && !is_of_file(&s, best, "n.weight") &&
           s.t.standing.step == 3,
       "which stay through training, where others learn");
    end(&s);
    begin(&s, (sets){ "vars.frozen=true", "vars.kernel=3" }, run);
    ok(strstr(s.text, "c.weight (4x1x3x3 here, 4x1x5x5 there; though frozen)") != NULL,
       "that a frozen layer stays as drawn is told: %s", s.text);
    end(&s);
}

/* Averages of all parameters are one vector: each must get its own part of it. */
static void test_averages(void)
{
    char path[300];
    cg_train_result result;
    session s, other;
    train((sets){ "train.ema=0.9" }, (cg_train_options){ .folder = parent }, &result, NULL);
    snprintf(path, sizeof path, "%s/best.safetensors", result.folder);
    begin(&s, (sets){ "vars.head=fresh" }, result.folder);
    begin(&other, (sets){ NULL }, NULL);
    cg_status status = cg_weights_load(path, other.t.model, other.t.full.program, &other.error);
    int n = 0;
    for (int i = 0; i < BODY; i++) n += same_leaf(&s, &other, body[i]);
    ok(s.status == CG_OK && status == CG_OK && n == BODY,
       "of averaged weights the averages are taken, as predictions take them %s",
       other.error.message);
    end(&s);
    end(&other);
    char from[320];
    cg_safetensors *last = NULL;
    snprintf(from, sizeof from, "train.from=%s", path);
    train((sets){ from, "train.ema=0.9", "train.accumulate=3", "vars.head=fresh" },
          (cg_train_options){ .folder = parent, .max_steps = 1 }, &result, NULL);
    snprintf(path, sizeof path, "%s/last.safetensors", result.folder);
    cg_safetensors_read(&last, path, NULL);
    int average = last ? cg_safetensors_find(last, "ema") : -1;
    int first = last ? cg_safetensors_find(last, "c.weight") : -1;
    ok(average >= 0 && first == 0 &&
           memcmp(cg_safetensors_tensor(last, average).data,
                  cg_safetensors_tensor(last, first).data, 100 * sizeof(float)) == 0,
       "and averages begin with what was taken");
    cg_safetensors_free(last);
}

/* ---- what is not ---------------------------------------------------------------------------- */
static void test_mistakes(const char *run)
{
    char path[300], from[320];
    cg_train_result result;
    cg_error error = { 0 };
    session s;
    begin(&s, (sets){ "vars.head=fresh", "vars.kernel=3", "model.layers[1]={identity: {}}" }, NULL);
    snprintf(path, sizeof path, "%s/best.safetensors", run);
    s.status = cg_transfer(s.t.full.program, s.model, path, s.text, &s.error);
    ok(s.status == CG_OK && strstr(s.text, "1 of 4"), "a bias that fits is enough");
    end(&s);
    begin(&s,
          (sets){ "vars.head=fresh",
                  "model.layers[0].conv2d={filters: 3, kernel: \"${kernel}\", frozen: "
                  "\"${frozen}\", stride: 2}",
                  "model.layers[1].batch_norm.name=m" },
          path);
    ok(s.status == CG_ECHECKPOINT && strstr(s.error.message, "here: conv2d_1.weight") &&
           strstr(s.error.message, "there: c.weight"),
       "nothing that fits is a mistake: %s", s.error.message);
    end(&s);
    snprintf(from, sizeof from, "train.from=%s/none", parent);
    ok(train((sets){ from }, (cg_train_options){ .folder = parent }, &result, &error) == CG_EIO &&
           error.line > 0 && strstr(error.message, "train: from: ") && !result.folder[0],
       "a run that is not there is told of, and none is begun: %s", error.message);
    snprintf(from, sizeof from, "train.from=%s", parent);
    ok(train((sets){ from }, (cg_train_options){ .folder = parent }, &result, &error) ==
               CG_ECHECKPOINT &&
           strstr(error.message, "has no weights"),
       "so is a folder without weights: %s", error.message);
}

/* ---- runs ----------------------------------------------------------------------------------- */
/* Copies the model's own tensors alone where is_bare. */
static bool copy_weights(const char *from, const char *to, bool is_bare)
{
    cg_safetensors *file;
    cg_named_tensor tensors[32];
    int n = 0;
    if (cg_safetensors_read(&file, from, NULL) != CG_OK) return false;
    for (int i = 0; i < cg_safetensors_count(file); i++) {
        tensors[n] = cg_safetensors_tensor(file, i);
        n += !is_bare || !cg_is_training_state(tensors[n].name);
    }
    bool is_written = n > 0 && cg_safetensors_write(to, n, tensors, 0, NULL, NULL) == CG_OK;
    cg_safetensors_free(file);
    return is_written;
}

/* The file `from` as `to`, with a NaN as the last value of the tensor of this name. */
static bool spoil(const char *from, const char *to, const char *name, bool with_metadata)
{
    static float values[1 << 14];
    cg_safetensors *file = NULL;
    cg_named_tensor tensors[2 * TENSORS + 4];
    const cg_metadata mark = { "cnngraph", "1" };
    cg_safetensors_read(&file, from, NULL);
    int n = file ? cg_safetensors_count(file) : 0, at = n ? cg_safetensors_find(file, name) : -1;
    for (int i = 0; i < n; i++) tensors[i] = cg_safetensors_tensor(file, i);
    int64_t size = at >= 0 ? cg_shape_size(&tensors[at].shape) : 0;
    if (size > 0 && size <= (int64_t)(sizeof values / sizeof *values)) {
        memcpy(values, tensors[at].data, (size_t)size * sizeof *values);
        values[size - 1] = NAN;
        tensors[at].data = values;
    }
    bool is_written =
        size > 0 && cg_safetensors_write(to, n, tensors, with_metadata, &mark, NULL) == CG_OK;
    cg_safetensors_free(file);
    return is_written;
}

static cg_status predictor_of(const cg_model *model, const char *weights, cg_error *error)
{
    cg_predictor *p;
    cg_status status = cg_predictor_new(&p, model, weights, 1, error);
    cg_predictor_free(p);
    return status;
}

/* Weights, frozen ones and averages are looked at under the names that the file gives them. */
static void test_nonfinite(void)
{
    static const char *const names[] = { "c.weight", "n.running_var", "ema" };
    char from[300], path[100];
    cg_train_result result;
    train((sets){ "train.ema=0.9" }, (cg_train_options){ .folder = parent }, &result, NULL);
    snprintf(from, sizeof from, "%s/last.safetensors", result.folder);
    snprintf(path, sizeof path, "%s/spoilt.safetensors", parent);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        session s, other;
        cg_error error = { 0 };
        char quoted[40];
        snprintf(quoted, sizeof quoted, "'%s': 1 of ", names[i]);
        bool is_spoilt = spoil(from, path, names[i], true);
        begin(&s, (sets){ NULL }, path);
        cg_status status = predictor_of(s.model, path, &error);
        ok(is_spoilt && status == CG_ENUMERIC && strstr(error.message, quoted) &&
               !strcmp(error.file, path),
           "a NaN in %s is not predicted with: %s", names[i], error.message);
        /* what a run does not take it need not look at: of weights the averages are taken */
        bool is_taken = i > 0;
        ok(s.status == (is_taken ? CG_ENUMERIC : CG_OK) &&
               (!is_taken || !strcmp(s.error.file, path)),
           "nor begun with, if it is taken: %s", s.error.message);
        begin(&other, (sets){ "train.on_nonfinite=ignore" }, path);
        ok(other.status == CG_OK && predictor_of(other.model, path, &error) == CG_OK,
           "a model that ignores it takes it %s", other.error.message);
        end(&s);
        end(&other);
    }
    session s;
    spoil(from, path, "c.weight", false);
    begin(&s, (sets){ NULL }, path);
    ok(s.status == CG_ECHECKPOINT && strstr(s.error.message, "whose they are"),
       "averages without the metadata that tell their order are not taken: %s", s.error.message);
    end(&s);
    unlink(path);
}

/* Whose file it is may be a stranger. */
static void test_names(const char *run)
{
    char path[300];
    float value = 0;
    session s;
    cg_named_tensor tensors[2] = {
        { .name = "x\ny\x1b[2J", .dtype = CG_F32, .shape = CG_DIMS(1), .data = &value }
    };
    cg_safetensors *file;
    snprintf(path, sizeof path, "%s/best.safetensors", run);
    if (cg_safetensors_read(&file, path, NULL) != CG_OK) return;
    tensors[1] = cg_safetensors_tensor(file, cg_safetensors_find(file, "c.weight"));
    snprintf(path, sizeof path, "%s/odd.safetensors", parent);
    cg_safetensors_write(path, 2, tensors, 0, NULL, NULL);
    begin(&s, (sets){ NULL }, path);
    ok(s.status == CG_OK && strstr(s.text, "left there: x?y?[2J"),
       "names of tensors stay on the line that tells of them: %s", s.text);
    end(&s);
    cg_safetensors_free(file);
    unlink(path);
}

/* Of many names that fit nowhere some are told. */
static void test_many_names(const char *run)
{
    enum { STRANGERS = 400 };
    static char name[STRANGERS][32];
    static cg_named_tensor tensors[STRANGERS + 1];
    char path[300];
    const float value = 0;
    session s;
    cg_safetensors *file;
    snprintf(path, sizeof path, "%s/best.safetensors", run);
    if (cg_safetensors_read(&file, path, NULL) != CG_OK) return;
    tensors[STRANGERS] = cg_safetensors_tensor(file, cg_safetensors_find(file, "c.weight"));
    for (int i = 0; i < STRANGERS; i++) {
        snprintf(name[i], sizeof name[i], "stranger_%03d", i);
        tensors[i] = (cg_named_tensor){ name[i], CG_F32, CG_DIMS(1), &value };
    }
    snprintf(path, sizeof path, "%s/many.safetensors", parent);
    cg_safetensors_write(path, STRANGERS + 1, tensors, 0, NULL, NULL);
    begin(&s, (sets){ NULL }, path);
    const char *spare = strstr(s.text, "left there: "),
               *more = spare ? strstr(spare, " and ") : NULL;
    int n_told = 0;
    for (const char *p = s.text; (p = strstr(p, "stranger_")); p++) n_told++;
    ok(s.status == CG_OK && n_told > 1 && more && atoi(more + 5) == STRANGERS - n_told,
       "of many tensors left there %d are named: ...%s", n_told, more ? more : s.text);
    end(&s);
    cg_safetensors_free(file);
    unlink(path);
}

static bool same_file(const char *a, const char *b, const char *name)
{
    char path_a[300], path_b[300], *text_a = NULL, *text_b = NULL;
    size_t n_a = 0, n_b = 0;
    snprintf(path_a, sizeof path_a, "%s/%s", a, name);
    snprintf(path_b, sizeof path_b, "%s/%s", b, name);
    cg_file_read(path_a, 1 << 24, &text_a, &n_a, NULL);
    cg_file_read(path_b, 1 << 24, &text_b, &n_b, NULL);
    bool same = text_a && text_b && n_a == n_b && memcmp(text_a, text_b, n_a) == 0;
    cg_release(text_a);
    cg_release(text_b);
    return same;
}

static void die(void *context, const cg_progress *progress)
{
    (void)context, (void)progress;
    raise(SIGKILL);
}

static void test_runs(const char *run)
{
    char weights[100], last[300], set[120], killed[100], folder[120];
    cg_train_result whole, bare, rest;
    cg_error error = { 0 };
    snprintf(last, sizeof last, "%s/last.safetensors", run);
    snprintf(weights, sizeof weights, "%s/weights.safetensors", parent);
    snprintf(set, sizeof set, "train.from=%s", weights);
    sets given = { set, "vars.head=fresh" };
    bool is_copied = copy_weights(last, weights, false);
    cg_status status = train(given, (cg_train_options){ .folder = parent }, &whole, &error);
    ok(is_copied && status == CG_OK, "a run begins with a file %s", error.message);
    snprintf(killed, sizeof killed, "%s/killed", parent);
    pid_t child = fork();
    if (child == 0) {
        train(given, (cg_train_options){ .folder = killed, .progress = die }, &rest, NULL);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    is_copied = copy_weights(last, weights, true);
    status = train(given, (cg_train_options){ .folder = parent }, &bare, &error);
    ok(is_copied && status == CG_OK && same_file(whole.folder, bare.folder, "last.safetensors"),
       "to the same bits without its optimiser's state");
    unlink(weights);
    snprintf(folder, sizeof folder, "%s/small", killed);
    status = train(given, (cg_train_options){ .resume = folder }, &rest, &error);
    ok(status == CG_OK && same_file(whole.folder, folder, "last.safetensors"),
       "a run that was killed in its first epoch goes on after that file has gone %s",
       error.message);
    char *text = NULL;
    size_t size;
    snprintf(last, sizeof last, "%s/model.yaml", whole.folder);
    cg_file_read(last, 1 << 20, &text, &size, NULL);
    ok(text && strstr(text, weights), "its folder tells where its weights are from");
    cg_release(text);
}

/* The steps that are verified are those of a training: an epoch's, from the other's weights. */
static void test_verify(const char *run)
{
    char set[320];
    cg_train_result result = { .weights = "" };
    cg_verification v = { .weights = "none" };
    cg_error error = { 0 };
    snprintf(set, sizeof set, "train.from=%s", run);
    sets given = { set, "vars.head=fresh", "train.epochs=1", "train.ema=0.9" };
    cg_model *model = parse(given);
    cg_status status = train(given, (cg_train_options){ .threads = 1 }, &result, &error);
    if (status == CG_OK) status = cg_train_verify(model, 1, &v, &error);
    ok(status == CG_OK && v.steps == result.steps && !strcmp(v.weights, result.weights),
       "steps that are verified begin with the other's weights, too %s", error.message);
    cg_model_free(model);
}

int main(void)
{
    char path[300], command[64];
    cg_train_result result;
    cg_safetensors *best = NULL;
    cg_error error = { 0 };
    if (!mkdtemp(parent)) return 1;
    train((sets){ NULL }, (cg_train_options){ .folder = parent }, &result, &error);
    snprintf(path, sizeof path, "%s/best.safetensors", result.folder);
    if (ok(cg_safetensors_read(&best, path, &error) == CG_OK, "a run has learnt %s",
           error.message)) {
        test_whole(result.folder, best);
        test_head(result.folder, best);
        test_frozen(result.folder, best);
        test_averages();
        test_mistakes(result.folder);
        test_many_names(result.folder);
        test_names(result.folder);
        test_nonfinite();
        test_verify(result.folder);
        test_runs(result.folder);
    }
    cg_safetensors_free(best);
    snprintf(command, sizeof command, "rm -rf %s", parent);
    return system(command) | done_testing();
}
