/* The trace of a run, read back as JSON. */
#include "base/file.h"
#include "base/memory.h"

#include <cnngraph/train.h>

#include "../tap.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 40 images in batches of 16: 3 steps an epoch, the last of them smaller. */
static const char yaml[] = "cnngraph: 1\n"
                           "name: small\n"
                           "data: {source: digits, digits: {train: 50, test: 20}}\n"
                           "model:\n"
                           "  input: {shape: [1, 28, 28]}\n"
                           "  layers:\n"
                           "    - flatten\n"
                           "    - dense: {name: last, units: 10}\n"
                           "    - softmax\n"
                           "loss: cce\n"
                           "optimizer: {type: sgd, lr: 0.1}\n"
                           "train: {epochs: 400, batch: 16, validation: 0.2}\n";
enum { MAX_STEPS = 200 };

static char parent[] = "/tmp/cnngraph-trace-XXXXXX";

static cg_status train(const char *profile, const char *folder, int64_t max_steps, cg_error *error)
{
    cg_model *model = NULL;
    cg_train_result result;
    cg_status status =
        cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), 0, NULL, NULL, error);
    if (status != CG_OK) return status;
    status =
        cg_train(model,
                 &(cg_train_options){
                     .profile = profile, .folder = folder, .max_steps = max_steps, .threads = 2 },
                 &result, error);
    cg_model_free(model);
    return status;
}

static const char *text(const json_t *event, const char *key)
{
    const char *value = json_string_value(json_object_get(event, key));
    return value ? value : "";
}

static double number(const json_t *event, const char *key)
{
    return json_number_value(json_object_get(event, key));
}

static int count(const json_t *events, const char *category)
{
    int n = 0;
    for (size_t i = 0; i < json_array_size(events); i++)
        n += strcmp(text(json_array_get(events, i), "cat"), category) == 0;
    return n;
}

/* How many stages lie within a step of their number and do not overlap. */
static int count_nested(const json_t *events)
{
    const json_t *step = NULL;
    double free_from = 0;
    int n = 0;
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *e = json_array_get(events, i);
        double begin = number(e, "ts"), end = begin + number(e, "dur"), slack = 1e-2;
        if (strcmp(text(e, "cat"), "step") == 0) {
            step = e;
            free_from = begin;
        } else if (strcmp(text(e, "cat"), "stage") == 0) {
            n += step && begin > free_from - slack &&
                 end < number(step, "ts") + number(step, "dur") + slack &&
                 number(json_object_get(e, "args"), "step") ==
                     number(json_object_get(step, "args"), "step");
            free_from = end;
        }
    }
    return n;
}

static void test_events(const json_t *events, int n_steps)
{
    int n_complete = 0, n_loader = 0, n_dense = 0, n = (int)json_array_size(events);
    for (int i = 0; i < n; i++) {
        const json_t *e = json_array_get(events, (size_t)i), *args = json_object_get(e, "args");
        bool is_fill = strcmp(text(e, "cat"), "loader") == 0;
        n_complete += text(e, "name")[0] && strcmp(text(e, "ph"), "X") == 0 &&
                      number(e, "ts") >= 0 && number(e, "dur") >= 0 && number(e, "pid") == 1 &&
                      number(e, "tid") == (is_fill ? 2 : 1);
        n_loader += is_fill;
        n_dense += strcmp(text(e, "name"), "last") == 0 && strstr(text(args, "ops"), "matmul") &&
                   strchr(text(args, "shape"), 'x') && number(args, "line") == 8;
    }
    ok(n > 0 && n_complete == n, "all %d events are complete, and the loader has its own row", n);
    ok(n_loader == n_steps && count(events, "step") == n_steps, "%d steps and fills of batches",
       n_steps);
    ok(n_dense >= n_steps, "stages tell their layer, ops, shape and line (%d)", n_dense);
    int n_stages = count(events, "stage");
    ok(n_stages >= 2 * n_steps && count_nested(events) == n_stages,
       "%d stages lie within their steps, one behind the other", n_stages);
}

static void test_run(const char *path, int64_t max_steps, int n_epochs)
{
    char folder[64];
    cg_error error = { 0 };
    json_error_t at;
    snprintf(folder, sizeof folder, "%s/runs", parent);
    ok(train(path, folder, max_steps, &error) == CG_OK, "a run of %d steps is traced %s",
       (int)max_steps, error.message);
    json_t *events = json_load_file(path, 0, &at);
    ok(json_is_array(events), "the trace is a JSON array %s", events ? "" : at.text);
    test_events(events, (int)(max_steps < MAX_STEPS ? max_steps : MAX_STEPS));
    ok(count(events, "evaluation") == n_epochs + 1,
       "every evaluation is there, that of the test too");
    ok(count(events, "checkpoint") > n_epochs && count(events, "setup") == 2,
       "so are checkpoints and set-up");
    json_decref(events);
}

static void test_bad_paths(void)
{
    char path[64], runs[64];
    cg_error error = { 0 };
    snprintf(path, sizeof path, "%s/none/trace.json", parent);
    snprintf(runs, sizeof runs, "%s/untouched", parent);
    ok(train(path, runs, 1, &error) == CG_EIO && strstr(error.message, "none/trace.json"),
       "a path that cannot be written is refused: %s", error.message);
    ok(train(parent, runs, 1, &error) == CG_EIO && strstr(error.message, "a folder"),
       "so is a folder: %s", error.message);
    ok(!cg_file_exists(runs), "before anything else is done");
}

int main(void)
{
    char path[64], left[80], command[64];
    if (!mkdtemp(parent)) return 1;
    snprintf(path, sizeof path, "%s/trace.json", parent);
    snprintf(left, sizeof left, "%s.tmp", path);
    test_run(path, 7, 2);
    test_run(path, 210, 70);
    test_run(path, 1050, 350);
    ok(!cg_file_exists(left), "no temporary file stays behind");
    test_bad_paths();
    snprintf(command, sizeof command, "rm -rf %s", parent);
    return system(command) | done_testing();
}
