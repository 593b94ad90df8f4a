/* What a run remembers beside its weights travels with its checkpoint: a run that is stopped
 * anywhere and resumed writes the same files as one that was not. */
#include "base/file.h"
#include "base/memory.h"

#include <cnngraph/train.h>

#include "../tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 44 images in batches of 8: five full ones and one of 4. */
static const char yaml[] = "cnngraph: 1\n"
                           "name: small\n"
                           "seed: 7\n"
                           "data: {source: digits, digits: {train: 55, test: 20}}\n"
                           "model:\n"
                           "  input: {shape: [1, 28, 28]}\n"
                           "  layers:\n"
                           "    - conv2d: {name: c, filters: 4, kernel: 5, stride: 3}\n"
                           "    - batch_norm: {name: n}\n"
                           "    - relu\n"
                           "    - flatten\n"
                           "    - dense: {name: d, units: 10}\n"
                           "loss: cross_entropy\n"
                           "optimizer: {type: sgd, lr: 0.05, momentum: 0.9}\n"
                           "train: {epochs: 4, batch: 8, validation: 0.2}\n";
enum { STEPS_PER_EPOCH = 6, EPOCHS = 4, MAX_SETS = 3 };

static char parent[] = "/tmp/cnngraph-resume-XXXXXX";

static cg_status train(const char *const sets[], const cg_train_options *options,
                       cg_train_result *result, cg_error *error)
{
    int n = 0;
    while (n < MAX_SETS && sets[n]) n++;
    cg_model *model = NULL;
    cg_status status =
        cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), n, sets, NULL, error);
    if (status == CG_OK) status = cg_train(model, options, result, error);
    cg_model_free(model);
    return status;
}

static int same_file(const char *a, const char *b, const char *name)
{
    char path[400], *text[2] = { NULL };
    size_t size[2] = { 0 };
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", i ? b : a, name);
        cg_file_read(path, 1 << 24, &text[i], &size[i], NULL);
    }
    int same = size[0] > 0 && size[0] == size[1] && memcmp(text[0], text[1], size[0]) == 0;
    cg_release(text[0]);
    cg_release(text[1]);
    return same;
}

static int same_weights(const char *a, const char *b)
{
    return same_file(a, b, "last.safetensors") && same_file(a, b, "best.safetensors");
}

static void test(const char *what, const char *const sets[MAX_SETS])
{
    cg_train_result plain, whole, first, second;
    const char *none[MAX_SETS] = { NULL };
    cg_error error = { 0 };
    train(none, &(cg_train_options){ .folder = parent }, &plain, &error);
    cg_status status = train(sets, &(cg_train_options){ .folder = parent }, &whole, &error);
    ok(status == CG_OK && !same_file(plain.folder, whole.folder, "last.safetensors"),
       "%s makes another run %s", what, error.message);
    for (int steps = 1; steps < STEPS_PER_EPOCH * EPOCHS; steps += 5) {
        train(sets, &(cg_train_options){ .folder = parent, .max_steps = steps }, &first, &error);
        status = train(sets, &(cg_train_options){ .resume = first.folder, .threads = 2 }, &second,
                       &error);
        ok(first.steps == steps && status == CG_OK && second.epochs == EPOCHS &&
               same_weights(whole.folder, first.folder),
           "%s: %d steps and the rest give the same files %s", what, steps, error.message);
    }
}

/* A second process would mix its checkpoints with those of the first. */
static void locked(void)
{
    static const char *const none[MAX_SETS] = { NULL };
    cg_train_result first, second;
    cg_error error = { 0 };
    int lock;
    train(none, &(cg_train_options){ .folder = parent, .max_steps = 8 }, &first, &error);
    cg_folder_lock(first.folder, &lock, &error);
    cg_status status = train(none, &(cg_train_options){ .resume = first.folder }, &second, &error);
    ok(status == CG_EIO && strstr(error.message, "another process"),
       "a folder in use is refused: %s", error.message);
    cg_folder_unlock(lock);
    status = train(none, &(cg_train_options){ .resume = first.folder }, &second, &error);
    ok(status == CG_OK && second.epochs == EPOCHS, "and taken up when it is free %s",
       error.message);
}

/* How often it saves is no part of what a run is, whatever its schedule. */
static void saved_more_often(const char *schedule)
{
    const char *once[MAX_SETS] = { schedule },
               *often[MAX_SETS] = { schedule, "train.checkpoint.every=2" };
    cg_train_result whole, first, second;
    cg_error error = { 0 };
    char path[400], *text = NULL;
    size_t size;
    train(once, &(cg_train_options){ .folder = parent }, &whole, &error);
    train(once, &(cg_train_options){ .folder = parent, .max_steps = 8 }, &first, &error);
    cg_status status = train(often, &(cg_train_options){ .resume = first.folder }, &second, &error);
    snprintf(path, sizeof path, "%s/model.yaml", first.folder);
    cg_file_read(path, 1 << 20, &text, &size, NULL);
    ok(status == CG_OK && same_weights(whole.folder, first.folder) && text &&
           strstr(text, "every: 2"),
       "under %s a resumed run may save more often, to the same bits %s", schedule, error.message);
    cg_release(text);
}

/* A run that lost a file that its checkpoint knows of does not go on as if nothing were missing. */
static void incomplete(void)
{
    static const struct {
        const char *name, *left, *cause; /* left: in its place, or NULL */
    } losses[] = {
        { "best.safetensors", NULL, "the best" },
        { "metrics.jsonl", NULL, "0 of the 2 epochs" },
        { "metrics.jsonl", "{\"epoch\":1}\n{\"epoch\":2", "1 of the 2 epochs" },
        { "metrics.jsonl", "{\"epoch\":1}\n{\"epo\n", "no line of metrics" },
        { "metrics.jsonl", "{\"epoch\":1}\n{\"epoch\":3}\n", "not the line of epoch 2" },
        { "best.safetensors", "no longer", "begin a new run with `train: {from: RUN/last.saf" },
        { "last.safetensors", "no longer", "begin a new run with `train: {from: RUN/best.saf" },
    };
    const char *none[MAX_SETS] = { NULL };
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        cg_train_result first, second;
        cg_error error = { 0 };
        char path[400];
        train(none, &(cg_train_options){ .folder = parent, .max_steps = 2 * STEPS_PER_EPOCH + 1 },
              &first, &error);
        snprintf(path, sizeof path, "%s/%s", first.folder, losses[i].name);
        unlink(path);
        FILE *file = losses[i].left ? fopen(path, "w") : NULL;
        if (file) fputs(losses[i].left, file), fclose(file);
        cg_status status =
            train(none, &(cg_train_options){ .resume = first.folder }, &second, &error);
        ok(status == CG_ECHECKPOINT && strstr(error.file, losses[i].name) &&
               strstr(error.message, losses[i].cause),
           "a run without its %s is not resumed (%s: %s)", losses[i].name, error.file,
           error.message);
    }
}

/* Not even a run that is to be begun with others' weights begins in silence when it has lost its
 * own. */
static void unsaved(void)
{
    static const struct {
        const char *what, *lost[2];
        int from, steps;
        cg_status status;
    } cases[] = {
        { "killed before its first save", { "last.safetensors" }, 0, 1, CG_OK },
        { "that lost its weights", { "last.safetensors" }, 0, 2 * STEPS_PER_EPOCH, CG_ECHECKPOINT },
        { "that lost its weights and its metrics",
          { "last.safetensors", "metrics.jsonl" },
          0,
          STEPS_PER_EPOCH,
          CG_ECHECKPOINT },
        { "begun with others' weights, killed before", { "last.safetensors" }, 1, 1, CG_OK },
        { "begun with others' weights, that lost its own",
          { "last.safetensors" },
          1,
          STEPS_PER_EPOCH,
          CG_ECHECKPOINT },
    };
    const char *none[MAX_SETS] = { NULL };
    char from[400], path[400];
    cg_train_result other, first, second;
    cg_error error = { 0 };
    train(none, &(cg_train_options){ .folder = parent }, &other, &error);
    snprintf(from, sizeof from, "train.from=%s", other.folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *sets[MAX_SETS] = { cases[i].from ? from : NULL };
        error = (cg_error){ 0 };
        train(sets, &(cg_train_options){ .folder = parent, .max_steps = cases[i].steps }, &first,
              &error);
        for (int k = 0; k < 2 && cases[i].lost[k]; k++) {
            snprintf(path, sizeof path, "%s/%s", first.folder, cases[i].lost[k]);
            unlink(path);
        }
        cg_status status =
            train(sets, &(cg_train_options){ .resume = first.folder }, &second, &error);
        ok(status == cases[i].status, "a run %s: %s", cases[i].what, error.message);
    }
}

/* Within an epoch, too, a run has done more than fewer epochs have. */
static void fewer_epochs(void)
{
    const char *none[MAX_SETS] = { NULL }, *one[MAX_SETS] = { "train.epochs=1" };
    cg_train_result first, second;
    cg_error error = { 0 };
    train(none, &(cg_train_options){ .folder = parent, .max_steps = STEPS_PER_EPOCH + 1 }, &first,
          &error);
    cg_status status = train(one, &(cg_train_options){ .resume = first.folder }, &second, &error);
    ok(status == CG_ECHECKPOINT &&
           strstr(error.message, "1 epochs and a part of the next, more than the 1 asked for"),
       "no run goes on to fewer epochs than it has begun: %s", error.message);
}

int main(void)
{
    static const struct {
        const char *what, *sets[MAX_SETS];
    } runs[] = {
        { "a plateau",
          { "schedule={type: plateau, patience: 0, threshold: 0.3, gamma: 0.5, cooldown: 1}" } },
        { "nadam", { "optimizer={type: nadam, l1: 0.001}" } },
        { "centered rmsprop", { "optimizer={type: rmsprop, centered: true, momentum: 0.5}" } },
        { "accumulation", { "train.accumulate=4", "train.clip_norm=1" } },
        { "averages", { "train.ema=0.8", "train.accumulate=2" } },
        { "frozen layers",
          { "model.layers[0].conv2d.frozen=true", "model.layers[1].batch_norm.frozen=true" } },
        { "amsgrad", { "optimizer={type: adamw, amsgrad: true, decay: weights}" } },
    };
    if (!mkdtemp(parent)) return 1;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) test(runs[i].what, runs[i].sets);
    locked();
    saved_more_often("schedule=constant");
    saved_more_often("schedule={type: cosine}");
    incomplete();
    unsaved();
    fewer_epochs();
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", parent);
    return system(command) | done_testing();
}
