/* The files of a run's folder: names that are too long, files that are not what they should be,
 * memory that runs out while one is written. */
#include "train/folder.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/safetensors.h"
#include "train/history.h"
#include "train/trainer.h"

#include "../tap.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char parent[] = "/tmp/cnngraph-folder-XXXXXX";

static const char yaml[] = "cnngraph: 1\n"
                           "name: small\n"
                           "data: {source: digits, digits: {train: 10, test: 10}}\n"
                           "model:\n"
                           "  input: {shape: [1, 28, 28]}\n"
                           "  layers: [flatten, dense: {units: 10}]\n"
                           "loss: cross_entropy\n"
                           "optimizer: {type: sgd, lr: 0.1}\n"
                           "train: {epochs: 1, batch: 4}\n";

static cg_model *parse(void)
{
    cg_model *model = NULL;
    cg_error error = { 0 };
    cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), 0, NULL, NULL, &error);
    if (!model) printf("# %d:%d: %s\n", error.line, error.column, error.message);
    return model;
}

static void put(const char *name, const char *text)
{
    char path[CG_PATH_BYTES];
    cg_folder_file(parent, name, path);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) abort();
}

static void take_away(const char *name)
{
    char path[CG_PATH_BYTES];
    cg_folder_file(parent, name, path);
    unlink(path);
}

/* ---- names ---------------------------------------------------------------------------------- */
/* "/tmp/././././.": so long a name of a folder that is there. */
static void test_long_names(const cg_model *model)
{
    char here[2 * CG_FOLDER_BYTES] = "/tmp", folder[CG_FOLDER_BYTES];
    int lock = -1;
    cg_error error = { 0 };
    cg_history history;
    bool differs;
    while (strlen(here) < CG_FOLDER_BYTES - 5) strcat(here, "/.");
    ok(cg_folder_make(here, model, folder, &lock, &error) == CG_ELIMIT &&
           strstr(error.message, "too long"),
       "a run's folder whose name would be too long: %s", error.message);
    while (strlen(here) < CG_FOLDER_BYTES) strcat(here, "/.");
    ok(cg_folder_compare(here, model, &differs, &error) == CG_ELIMIT, "one to resume: %s",
       error.message);
    ok(cg_history_read(&history, here, &error) == CG_ELIMIT, "one to report of: %s", error.message);
    ok(!cg_folder_weights(here, CG_FOLDER_BYTES, folder), "one with weights");
}

/* Nobody makes folders there. */
static void test_no_room(const cg_model *model)
{
    char folder[CG_FOLDER_BYTES];
    int lock = -1;
    cg_error error = { 0 };
    ok(cg_folder_make("/proc", model, folder, &lock, &error) == CG_EIO &&
           strstr(error.message, "/proc/small"),
       "a folder that cannot be made: %s", error.message);
}

static void test_damaged_model(const cg_model *model)
{
    cg_error error = { 0 };
    bool differs;
    put("model.yaml", "cnngraph: 1\nmodel: [\n");
    ok(cg_folder_compare(parent, model, &differs, &error) == CG_ECHECKPOINT && error.line == 3 &&
           strstr(error.message, "the run's own model is damaged"),
       "a model.yaml that is none, line %d: %s", error.line, error.message);
    take_away("model.yaml");
    ok(cg_folder_compare(parent, model, &differs, &error) == CG_EIO, "none: %s", error.message);
}

/* ---- metrics.jsonl -------------------------------------------------------------------------- */
static void *counted(size_t size)
{
    void *p = cg_alloc(1, size);
    if (!p) errno = ENOMEM;
    return p;
}

static void test_no_memory(void)
{
    const cg_metric_value values[] = { { "loss", 0.5 }, { "accuracy", 0.25 } };
    char path[CG_PATH_BYTES], *text = NULL;
    size_t size = 0;
    cg_status status = CG_ENOMEM;
    int64_t n = 0;
    json_set_alloc_funcs(counted, cg_release);
    for (; status == CG_ENOMEM && n < 1000; n++) {
        cg_fail_allocation_after(n);
        status = cg_folder_append(parent, 1, 2, 2, values, 0.125, NULL);
        cg_fail_allocation_after(-1);
    }
    json_set_alloc_funcs(malloc, free);
    ok(status == CG_OK && n > 10, "each of %d allocations may fail", (int)n - 1);
    cg_folder_file(parent, "metrics.jsonl", path);
    cg_file_read(path, 1000, &text, &size, NULL);
    static const char line[] =
        "{\"epoch\":1,\"step\":2,\"loss\":0.5,\"accuracy\":0.25,\"seconds\":0.125}\n";
    ok(text && size == sizeof line - 1 && memcmp(text, line, size) == 0,
       "and no line is written but the whole one");
    cg_release(text);
    unlink(path);
}

/* ---- checkpoints ---------------------------------------------------------------------------- */
/* A checkpoint in which `key` is another text, or not there, or where the first tensor is F64. */
static cg_status load_changed(cg_trainer *t, const char *key, const char *value, bool is_double,
                              cg_error *error)
{
    static const char *const keys[] = { "cnngraph",   "optimizer",    "seed",          "data",
                                        "model",      "epoch",        "position",      "step",
                                        "epoch_loss", "epoch_images", "epoch_correct", "best",
                                        "best_epoch", "stale_epochs", "schedule_0",    "schedule_1",
                                        "schedule_2", "schedule_3",   "schedule_4",    "skipped",
                                        "missed",     "rollbacks" };
    enum { N_KEYS = sizeof keys / sizeof *keys, SIZE = 7840 };
    char path[CG_PATH_BYTES];
    cg_metadata metadata[N_KEYS];
    cg_named_tensor tensors[2];
    cg_safetensors *file;
    cg_standing standing = { 0 };
    int n = 0;
    double *zeros = calloc(SIZE, sizeof *zeros);
    cg_folder_file(parent, "last.safetensors", path);
    CG_TRY(cg_checkpoint_save(path, t->model, "digits", NULL, t->full.program, &standing, error));
    CG_TRY(cg_safetensors_read(&file, path, error));
    for (int i = 0; i < N_KEYS; i++) {
        const char *text = strcmp(keys[i], key) ? cg_safetensors_metadata(file, keys[i]) : value;
        if (text) metadata[n++] = (cg_metadata){ keys[i], text };
    }
    for (int i = 0; i < 2; i++) tensors[i] = cg_safetensors_tensor(file, i);
    if (is_double) tensors[0].dtype = CG_F64, tensors[0].data = zeros;
    cg_status status = cg_safetensors_write(path, 2, tensors, n, metadata, error);
    cg_safetensors_free(file);
    free(zeros);
    if (status == CG_OK)
        status = cg_checkpoint_load(path, t->model, "digits", t->full.program, &standing, error);
    unlink(path);
    return status;
}

static void test_checkpoints(const cg_model *model)
{
    static const struct {
        const char *key, *value;
        bool is_double;
        const char *says;
    } cases[] = {
        { "step", "soon", false, "metadata 'step' is soon, not a number" },
        { "step", "-1", false, "metadata 'step' is -1, not a number" },
        { "best", "good", false, "metadata 'best' is good, not a number" },
        { "rollbacks", NULL, false, "metadata 'rollbacks' is absent, not a number" },
        { "seed", "5", false, "its seed is 5, this one's 1" },
        { "model", NULL, false, "its model is absent" },
        { "", NULL, true, "'dense_1.weight' is F64 in the file, F32 in the model" },
    };
    cg_trainer t;
    cg_error error = { 0 };
    if (!ok(cg_trainer_open(&t, model, 1, NULL, &error) == CG_OK, "a trainer opens %s",
            error.message))
        return;
    ok(load_changed(&t, "", NULL, false, &error) == CG_OK, "a checkpoint that was not changed %s",
       error.message);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ok(load_changed(&t, cases[i].key, cases[i].value, cases[i].is_double, &error) ==
                   CG_ECHECKPOINT &&
               strstr(error.message, cases[i].says),
           "%s", error.message);
    cg_trainer_close(&t);
}

int main(void)
{
    cg_model *model = parse();
    if (!ok(model && mkdtemp(parent), "a model and a folder")) return 1;
    test_long_names(model);
    test_no_room(model);
    test_damaged_model(model);
    test_no_memory();
    test_checkpoints(model);
    cg_model_free(model);
    ok(rmdir(parent) == 0, "nothing is left behind");
    return done_testing();
}
