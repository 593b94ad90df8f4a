/* Standings that a checkpoint with a right sum may hold: those that no run comes to are refused,
 * the others are gone on from. */
#include "train/keep.h"

#include "train/folder.h"

#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_BATCHES = 3, BATCH = 4, EPOCHS = 4 };
#define MAX INT64_MAX

static char parent[] = "/tmp/cnngraph-keep-XXXXXX";

static const char yaml[] = "cnngraph: 1\n"
                           "name: small\n"
                           "data: {source: digits, digits: {train: 10, test: 10}}\n"
                           "model:\n"
                           "  input: {shape: [1, 28, 28]}\n"
                           "  layers: [flatten, dense: {units: 10}]\n"
                           "loss: cross_entropy\n"
                           "optimizer: {type: sgd, lr: 0.1}\n"
                           "train: {epochs: 4, batch: 4}\n";

/* Saves the trainer as if it stood there. */
static cg_status save_as(cg_trainer *t, const char *folder, const char *name,
                         const cg_standing *standing)
{
    char path[CG_PATH_BYTES];
    cg_folder_file(folder, name, path);
    return cg_checkpoint_save(path, t->model, t->data, t->names, t->full.program, standing, NULL);
}

static void test_places(cg_trainer *t)
{
    static const struct {
        const char *name;
        bool is_place;
        cg_standing standing;
    } cases[] = {
        { "the beginning", true, { .epoch = 0 } },
        { "the middle",
          true,
          { .epoch = 1, .position = 2, .step = 5, .images = 8, .correct = 8, .best_epoch = 1 } },
        { "the end",
          true,
          { .epoch = 4, .step = 12, .best_epoch = 1, .stale = 3, .skipped = 12, .rollbacks = 10 } },
        { "an epoch too many", false, { .epoch = 5, .step = 15 } },
        { "more epochs than there are numbers for", false, { .epoch = MAX } },
        { "a batch beyond those", false, { .epoch = MAX, .position = 1 } },
        { "a batch too many", false, { .epoch = 1, .position = 3, .step = 6 } },
        { "a batch beyond the end", false, { .epoch = 4, .position = 1, .step = 13 } },
        { "another step", false, { .epoch = 1, .position = 2, .step = 6 } },
        { "more images than batches have",
          false,
          { .epoch = 1, .position = 2, .step = 5, .images = 9 } },
        { "more images than there are numbers for",
          false,
          { .epoch = 1, .position = 2, .step = 5, .images = MAX } },
        { "images of an epoch that has not begun",
          false,
          { .epoch = 1, .position = 0, .step = 3, .images = 1 } },
        { "more right answers than images",
          false,
          { .epoch = 1, .position = 2, .step = 5, .images = 8, .correct = 9 } },
        { "a best epoch to come",
          false,
          { .epoch = 1, .position = 2, .step = 5, .best_epoch = 2 } },
        { "stale for longer than it runs",
          false,
          { .epoch = 1, .position = 2, .step = 5, .stale = 2 } },
        { "more steps skipped than taken",
          false,
          { .epoch = 1, .position = 2, .step = 5, .skipped = 6 } },
        { "more updates missed than steps skipped",
          false,
          { .epoch = 1, .position = 2, .step = 5, .skipped = 2, .missed = 3 } },
        { "more rollbacks than are allowed",
          false,
          { .epoch = 1, .position = 2, .step = 5, .rollbacks = 11 } },
    };
    cg_watch watch = { .t = t };
    int64_t best;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cg_error error = { 0 };
        if (save_as(t, parent, CG_LAST, &cases[i].standing) != CG_OK) abort();
        cg_status status = cg_take_up(t, &watch, parent, &best, &error);
        ok(status == (cases[i].is_place ? CG_OK : CG_ECHECKPOINT), "%s: %s", cases[i].name,
           error.message);
    }
}

/* The best weights are those that the checkpoint knows of, or, after a kill, of the epoch behind
 * it. */
static void test_best(cg_trainer *t)
{
    static const struct {
        bool is_best;
        cg_standing standing;
    } cases[] = {
        { false, { .epoch = 1, .step = 3, .best_epoch = 1 } },
        { true, { .epoch = 2, .step = 6, .best_epoch = 2 } },
        { false, { .epoch = 2, .position = 1, .step = 7, .best_epoch = 2 } },
        { false, { .epoch = 3, .step = 9, .best_epoch = 2 } },
        { false, { .epoch = 3, .step = 9, .best_epoch = 3 } },
        { true, { .epoch = 4, .step = 12, .best_epoch = 4 } },
    };
    const cg_standing last = { .epoch = 3, .step = 9, .best_epoch = 2 };
    cg_watch watch = { .t = t };
    if (save_as(t, parent, CG_LAST, &last) != CG_OK) abort();
    int64_t best;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cg_standing *s = &cases[i].standing;
        cg_error error = { 0 };
        if (save_as(t, parent, CG_BEST, s) != CG_OK) abort();
        cg_status status = cg_take_up(t, &watch, parent, &best, &error);
        bool is_refused = status == CG_ECHECKPOINT && strstr(error.message, "best were those of");
        ok(cases[i].is_best ? status == CG_OK && t->standing.epoch == 3 && best == s->epoch
                            : is_refused,
           "best weights of epoch %d, batch %d, whose best is %d: %s", (int)s->epoch,
           (int)s->position, (int)s->best_epoch, error.message);
    }
}

/* What a rollback would go back to must be the beginning of the very epoch. */
static void test_beginnings(void)
{
    static const struct {
        const char *name;
        bool is_right;
        cg_standing standing;
    } cases[] = {
        { "the beginning of the epoch", true, { .epoch = 1, .step = 3 } },
        { "that of another", false, { .epoch = 0 } },
        { "no beginning", false, { .epoch = 1, .position = 1, .step = 4 } },
    };
    static const char *const sets[] = { "train.on_nonfinite=rollback" };
    const cg_standing middle = { .epoch = 1, .position = 2, .step = 5 };
    cg_model *model = NULL;
    cg_trainer t;
    cg_error error = { 0 };
    cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), 1, sets, NULL, &error);
    if (!model || cg_trainer_open(&t, model, 1, NULL, &error) != CG_OK) abort();
    char path[CG_PATH_BYTES];
    cg_folder_file(parent, CG_BEST, path);
    unlink(path); /* another model's */
    int64_t best;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cg_watch watch = { .t = &t };
        if (save_as(&t, parent, CG_BEGINNING, &cases[i].standing) != CG_OK ||
            save_as(&t, parent, CG_LAST, &middle) != CG_OK)
            abort();
        cg_status status = cg_take_up(&t, &watch, parent, &best, &error);
        bool is_taken = status == CG_OK && watch.epoch.values && t.standing.position == 2;
        bool is_refused = status == CG_ECHECKPOINT && strstr(error.file, "epoch.safetensors");
        ok(cases[i].is_right ? is_taken : is_refused, "%s: %s", cases[i].name, error.message);
        cg_snapshot_free(&watch.epoch);
    }
    cg_watch watch = { .t = &t };
    cg_folder_file(parent, CG_BEGINNING, path);
    unlink(path);
    ok(cg_take_up(&t, &watch, parent, &best, &error) == CG_ECHECKPOINT &&
           !strcmp(error.file, path) && strstr(error.message, "put back what was there"),
       "none at all: %s", error.message);
    cg_trainer_close(&t);
    cg_model_free(model);
}

/* A first epoch without a measure (no loss, no class that was ever asked for) is the best so far,
 * and any number better. */
static void test_unknown_best(const cg_model *model, cg_trainer *t)
{
    cg_train_result first, second;
    cg_error error = { 0 };
    const cg_train_options begin = { .folder = parent, .max_steps = N_BATCHES };
    cg_status status = cg_train(model, &begin, &first, &error);
    const cg_standing unknown = {
        .epoch = 1, .step = N_BATCHES, .best = NAN, .best_epoch = 1, .stale = 0
    };
    if (status == CG_OK) status = save_as(t, first.folder, CG_LAST, &unknown);
    const cg_train_options go_on = { .resume = first.folder, .max_steps = N_BATCHES };
    if (status == CG_OK) status = cg_train(model, &go_on, &second, &error);
    ok(status == CG_OK && second.epochs == 2 && second.best_epoch == 2,
       "an epoch with a loss is better than one without %s", error.message);
}

int main(void)
{
    cg_model *model = NULL;
    cg_trainer t;
    cg_error error = { 0 };
    char command[64];
    cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), 0, NULL, NULL, &error);
    if (!ok(model && mkdtemp(parent) && cg_trainer_open(&t, model, 1, NULL, &error) == CG_OK &&
                t.n_batches == N_BATCHES && t.full.batch == BATCH && t.spec->epochs == EPOCHS,
            "a model, a folder, a trainer %s", error.message))
        return 1;
    for (int64_t epoch = 1; epoch <= EPOCHS; epoch++)
        if (cg_folder_append(parent, epoch, 0, 0, NULL, 0, &error) != CG_OK) abort();
    const cg_standing first = { .epoch = 1, .step = 3, .best_epoch = 1 };
    if (save_as(&t, parent, CG_BEST, &first) != CG_OK) abort();
    test_places(&t);
    test_best(&t);
    test_beginnings();
    test_unknown_best(model, &t);
    cg_trainer_close(&t);
    cg_model_free(model);
    snprintf(command, sizeof command, "rm -r '%s'", parent);
    return system(command) == 0 ? done_testing() : 1;
}
