/* Training by what is no class: the input itself. */
#include <cnngraph/train.h>

#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 40 images in batches of 16 leave a smaller last one; the prediction is an image. */
static const char yaml[] =
    "cnngraph: 1\n"
    "name: narrow\n"
    "data:\n"
    "  source: digits\n"
    "  digits: {train: 50, test: 30}\n"
    "  target: input\n"
    "model:\n"
    "  input: {shape: [1, 28, 28]}\n"
    "  layers:\n"
    "    - conv2d: {filters: 4, kernel: 3, stride: 2, padding: 1}\n"
    "    - relu\n"
    "    - conv_transpose2d: {filters: 1, kernel: 4, stride: 2, padding: 1}\n"
    "loss: mse\n"
    "optimizer: {type: adam, lr: 0.01}\n"
    "train: {epochs: 12, batch: 16, validation: 0.2}\n";

static char parent[] = "/tmp/cnngraph-targets-XXXXXX";

static cg_model *parse(void)
{
    cg_model *model = NULL;
    cg_error error = { 0 };
    if (cg_model_parse(&model, "narrow.yaml", yaml, strlen(yaml), 0, NULL, NULL, &error) != CG_OK)
        printf("# %s\n", error.message);
    return model;
}

typedef struct {
    int n;
    double first, last; /* training losses */
    bool any_accuracy;
} history;

static void note(void *context, const cg_progress *p)
{
    history *h = context;
    if (!p->epoch_done) return;
    if (h->n++ == 0) h->first = p->loss;
    h->last = p->loss;
    h->any_accuracy |= isfinite(p->accuracy) || isfinite(p->val_accuracy);
}

static double metric(int n, const cg_metric_value values[], const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(values[i].name, name)) return values[i].value;
    return NAN;
}

/* y: predictions for the n images of the split; the mean squared error, computed here. */
static double squared_error(cg_predictor *predictor, const cg_dataset *set, int split)
{
    enum { PIXELS = 784 };
    float x[PIXELS], t[PIXELS], y[PIXELS];
    double sum = 0;
    int64_t n = cg_dataset_size(set, split);
    for (int64_t i = 0; i < n; i++) {
        cg_dataset_batch(set, split, 1, &i, x, t);
        if (cg_predict(predictor, 1, x, y, NULL) != CG_OK) return NAN;
        for (int k = 0; k < PIXELS; k++) sum += pow((double)y[k] - (double)x[k], 2);
    }
    return sum / (double)(n * PIXELS);
}

static void check_evaluation(const cg_model *model, const cg_train_result *trained)
{
    char path[300];
    cg_dataset *set = NULL;
    cg_predictor *predictor = NULL;
    cg_evaluation e;
    snprintf(path, sizeof path, "%s/last.safetensors", trained->folder);
    cg_status status = cg_dataset_load(&set, &cg_model_spec(model)->data, NULL, NULL);
    if (status == CG_OK) status = cg_predictor_new(&predictor, model, path, 1, NULL);
    int test = status == CG_OK ? cg_dataset_split(set, "test") : -1;
    if (status == CG_OK) status = cg_evaluate(predictor, set, test, &e, NULL);
    ok(status == CG_OK && e.n_classes == 0 && isnan(e.accuracy) && !e.confusion,
       "an evaluation tells of no classes");
    double mse = squared_error(predictor, set, test);
    ok(fabs(e.loss - mse) < 1e-5 && fabs(trained->test_loss - mse) < 1e-5,
       "its loss is the mean squared error of the predictions: %g, %g", e.loss, mse);
    ok(fabs(metric(e.n_metrics, e.metrics, "rmse") - sqrt(mse)) < 1e-5, "and rmse is its root");
    double r2 = metric(e.n_metrics, e.metrics, "r2");
    ok(r2 > 0.3 && r2 < 1 && r2 == metric(trained->n_metrics, trained->metrics, "r2"),
       "r2 says that something was learnt, in training and evaluation alike: %g", r2);
    cg_predictor_free(predictor);
    cg_dataset_free(set);
}

static void test_training(void)
{
    history h = { 0 };
    cg_train_result result;
    cg_model *model = parse();
    cg_train_options options = { .threads = 2, .folder = parent, .progress = note, .context = &h };
    cg_status status = cg_train(model, &options, &result, NULL);
    ok(status == CG_OK && h.n == 12, "a model learns its own input");
    ok(h.last < h.first / 1.5, "its loss falls from %g to %g", h.first, h.last);
    ok(!h.any_accuracy && isnan(result.test_accuracy), "there is no accuracy");
    check_evaluation(model, &result);

    cg_train_result other, resumed;
    options = (cg_train_options){ .threads = 1, .folder = parent, .max_steps = 8 };
    status = cg_train(model, &options, &other, NULL);
    options = (cg_train_options){ .threads = 1, .resume = other.folder };
    if (status == CG_OK) status = cg_train(model, &options, &resumed, NULL);
    ok(status == CG_OK && resumed.train_loss == result.train_loss &&
           resumed.test_loss == result.test_loss,
       "and goes on to the same bits after a stop");
    cg_model_free(model);
}

/* The set has labels where the model wants values. */
static void test_other_set(void)
{
    cg_model *model = parse();
    cg_data_spec classes = cg_model_spec(model)->data;
    cg_dataset *set = NULL;
    cg_predictor *predictor = NULL;
    cg_train_result result;
    char path[300];
    cg_evaluation e;
    cg_train_options options = { .threads = 1, .folder = parent, .max_steps = 1 };
    classes.target = CG_TARGET_CLASS;
    cg_status status = cg_train(model, &options, &result, NULL);
    snprintf(path, sizeof path, "%s/last.safetensors", result.folder);
    if (status == CG_OK) status = cg_predictor_new(&predictor, model, path, 1, NULL);
    if (status == CG_OK) status = cg_dataset_load(&set, &classes, NULL, NULL);
    ok(status == CG_OK && cg_evaluate(predictor, set, 0, &e, NULL) == CG_EDATA,
       "a set of labels is none for a model of values");
    cg_predictor_free(predictor);
    cg_dataset_free(set);
    cg_model_free(model);
}

int main(void)
{
    char command[100];
    if (!mkdtemp(parent)) return 1;
    test_training();
    test_other_set();
    snprintf(command, sizeof command, "rm -r %s", parent);
    if (system(command) != 0) printf("# %s stays behind\n", parent);
    return done_testing();
}
