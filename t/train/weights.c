/* Weights of classes that are balanced by the training data: kept by the run, and told alike by
 * training, evaluation and a run that goes on. */
#include "nn/nn.h"

#include <cnngraph/train.h>

#include "../tap.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 3, TEST = 6 };
static const char *const kinds[CLASSES] = { "cat", "dog", "emu" };

static char parent[] = "/tmp/cnngraph-weights-XXXXXX";

/* n[c] rows of kind c, in turn as long as they last. */
static void write_table(const char *name, const int n[CLASSES])
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s.csv", parent, name);
    FILE *f = fopen(path, "w");
    if (!f) return;
    fprintf(f, "x,y,kind\n");
    for (int i = 0; i < 20; i++)
        for (int c = 0; c < CLASSES; c++)
            if (i < n[c]) fprintf(f, "%g,%g,%s\n", sin(7 * i + c) + c, cos(5 * i - c), kinds[c]);
    fclose(f);
}

static cg_model *parse(const char *set)
{
    char text[600];
    cg_model *model = NULL;
    cg_error error = { 0 };
    snprintf(text, sizeof text,
             "cnngraph: 1\n"
             "name: herd\n"
             "data:\n"
             "  format: csv\n"
             "  files: {train: %s/train.csv, test: %s/test.csv}\n"
             "  csv: {label: kind}\n"
             "model: {input: {shape: [2]}, layers: [dense: {units: 3}]}\n"
             "loss: {type: cross_entropy, weights: balanced}\n"
             "optimizer: {type: sgd, lr: 0.1}\n"
             "train: {epochs: 4, batch: 6}\n",
             parent, parent);
    if (cg_model_parse(&model, "herd.yaml", text, strlen(text), set ? 1 : 0, &set, NULL, &error) !=
        CG_OK)
        printf("# %s\n", error.message);
    else
        cg_model_allow_paths(model, "/", &error);
    return model;
}

static const cg_weights *weights_of(const cg_model *model)
{
    return cg_model_spec(model)->loss_attrs;
}

static void test_balance(void)
{
    cg_error error = { 0 };
    cg_train_result result;
    cg_train_options options = { .threads = 1 };
    cg_model *model = parse(NULL), *again = NULL;
    ok(cg_train(model, &options, &result, NULL) == CG_EUSAGE,
       "what is yet to be balanced is not trained without weights");
    cg_status status = cg_model_settle(model, NULL);
    const cg_weights *w = weights_of(model);
    ok(status == CG_OK && w->n == CLASSES && w->value[0] == 20 / (3. * 12) &&
           w->value[1] == 20 / (3. * 6) && w->value[2] == 20 / (3. * 2),
       "balanced weights are n / (classes count)");
    char *text = cg_model_render(model);
    status = cg_model_parse(&again, "herd.yaml", text, strlen(text), 0, NULL, NULL, NULL);
    ok(status == CG_OK && !memcmp(w->value, weights_of(again)->value, CLASSES * sizeof *w->value),
       "the rendered file holds them to the last bit");
    free(text);
    cg_model_free(model);
    cg_model_free(again);

    model = parse("model.layers[0].dense.units=4");
    status = cg_model_settle(model, &error);
    ok(status == CG_EDATA && error.line == 8 && strstr(error.message, "no image of class 3"),
       "a class without images cannot be balanced: %s", error.message);
    cg_model_free(model);
}

/* The mistake, of classes that are told by the number that the files give them. */
static void test_missing_class(void)
{
    static const char text[] =
        "cnngraph: 1\n"
        "data: {source: digits, classes: [3, 7], splits: {train: {from: train, slice: [0, 5]}}}\n"
        "model: {input: {shape: [1, 28, 28]}, layers: [flatten, dense: {units: 2}]}\n"
        "loss: {type: cross_entropy, weights: balanced}\n"
        "optimizer: sgd\n"
        "train: {epochs: 1, batch: 1}\n";
    cg_model *model = NULL;
    cg_error error = { 0 };
    cg_model_parse(&model, "digits.yaml", text, strlen(text), 0, NULL, NULL, &error);
    ok(model && cg_model_settle(model, &error) == CG_EDATA &&
           strstr(error.message, "no image of class 7"),
       "a class keeps its number: %s", error.message);
    cg_model_free(model);
}

static void test_no_memory(void)
{
    cg_status status = CG_ENOMEM;
    cg_error error = { 0 };
    int64_t n = 0;
    for (; status == CG_ENOMEM && n < 1000; n++) {
        cg_model *model = parse("data.normalize=auto");
        cg_fail_allocation_after(n);
        status = cg_model_settle(model, &error);
        cg_fail_allocation_after(-1);
        cg_model_free(model);
    }
    ok(status == CG_OK && n > 10, "each of %d allocations of settling may fail: %s", (int)n - 1,
       error.message);
}

/* sum w l / sum w over the test images, from predictions alone. */
static double expected_loss(const cg_model *model, cg_predictor *predictor, const cg_dataset *set)
{
    double loss = 0, sum = 0;
    int test = cg_dataset_split(set, "test");
    for (int64_t i = 0; i < TEST; i++) {
        float x[2], t, y[CLASSES];
        cg_dataset_batch(set, test, 1, &i, x, &t);
        if (cg_predict(predictor, 1, x, y, NULL) != CG_OK) return NAN;
        double mass = 0, w = weights_of(model)->value[(int)t];
        for (int c = 0; c < CLASSES; c++) mass += exp((double)y[c]);
        loss += w * (log(mass) - (double)y[(int)t]);
        sum += w;
    }
    return loss / sum;
}

static void check_evaluation(const cg_train_result *trained)
{
    char path[300], weights[300];
    cg_model *model = NULL;
    cg_dataset *set = NULL;
    cg_predictor *predictor = NULL;
    cg_evaluation e = { 0 };
    snprintf(path, sizeof path, "%s/model.yaml", trained->folder);
    snprintf(weights, sizeof weights, "%s/last.safetensors", trained->folder);
    cg_status status = cg_model_load(&model, path, 0, NULL, NULL, NULL);
    if (status == CG_OK) status = cg_model_allow_paths(model, "/", NULL);
    if (status == CG_OK) status = cg_dataset_load(&set, &cg_model_spec(model)->data, NULL, NULL);
    if (status == CG_OK) status = cg_predictor_new(&predictor, model, weights, 1, NULL);
    if (status == CG_OK)
        status = cg_evaluate(predictor, set, cg_dataset_split(set, "test"), &e, NULL);
    double expected = status == CG_OK ? expected_loss(model, predictor, set) : NAN;
    ok(fabs(trained->test_loss - expected) < 1e-6, "the test's loss is sum w l / sum w: %g, %g",
       trained->test_loss, expected);
    ok(e.loss == trained->test_loss, "an evaluation of the run tells the same");
    cg_predictor_free(predictor);
    cg_dataset_free(set);
    cg_model_free(model);
}

static void test_training(void)
{
    cg_train_result whole, part, resumed = { 0 };
    char path[300];
    cg_model *model = parse(NULL), *again = NULL;
    cg_train_options options = { .threads = 1, .folder = parent };
    cg_status status = cg_model_settle(model, NULL);
    if (status == CG_OK) status = cg_train(model, &options, &whole, NULL);
    ok(status == CG_OK, "a model with balanced weights trains");
    check_evaluation(&whole);
    options.max_steps = 6;
    status = cg_train(model, &options, &part, NULL);
    snprintf(path, sizeof path, "%s/model.yaml", part.folder);
    if (status == CG_OK) status = cg_model_load(&again, path, 0, NULL, NULL, NULL);
    if (status == CG_OK) status = cg_model_allow_paths(again, "/", NULL);
    options = (cg_train_options){ .threads = 2, .resume = part.folder };
    if (status == CG_OK) status = cg_train(again, &options, &resumed, NULL);
    ok(status == CG_OK && resumed.train_loss == whole.train_loss &&
           resumed.test_loss == whole.test_loss,
       "and goes on to the same bits after a stop");
    cg_model_free(model);
    cg_model_free(again);
}

int main(void)
{
    char command[100];
    if (!mkdtemp(parent)) return 1;
    write_table("train", (const int[]){ 12, 6, 2 });
    write_table("test", (const int[]){ 3, 2, 1 });
    test_balance();
    test_missing_class();
    test_no_memory();
    test_training();
    snprintf(command, sizeof command, "rm -r %s", parent);
    if (system(command) != 0) printf("# %s stays behind\n", parent);
    return done_testing();
}
