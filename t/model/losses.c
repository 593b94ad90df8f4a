/* Several losses, of several layers: their weighted sum. */
#include <cnngraph/model.h>

#include "../tap.h"

#include <math.h>
#include <string.h>

static const char yaml[] = "cnngraph: 1\n"
                           "data: {source: digits}\n"
                           "model:\n"
                           "  input: {shape: [1, 28, 28]}\n"
                           "  layers:\n"
                           "    - flatten\n"
                           "    - dense: {units: 8, name: code}\n"
                           "    - dense: {units: 10, name: classes}\n"
                           "    - dense: {units: 784, from: code, name: picture}\n"
                           "losses:\n"
                           "  - {loss: cross_entropy, of: classes, weight: 2}\n"
                           "  - {loss: mse, target: input, of: picture, weight: 0.5}\n"
                           "optimizer: sgd\n"
                           "train: {epochs: 1, batch: 1}\n";

/* The loss of one image; *columns: of the prediction. */
static double loss_of(const char *set, int *columns)
{
    double value = NAN;
    cg_model *model = NULL;
    cg_program *program = NULL;
    cg_recording r;
    cg_graph *graph = cg_graph_new();
    cg_compile_options options = { .dtype = CG_F64 };
    cg_status status = cg_model_parse(&model, "x.yaml", yaml, strlen(yaml), set ? 1 : 0,
                                      (const char *const[]){ set }, NULL, NULL);
    if (status == CG_OK) status = cg_model_record(model, graph, CG_EVALUATION, 1, &r, NULL);
    if (status == CG_OK) status = cg_compile(&program, graph, 1, &r.loss, &options, NULL);
    if (status == CG_OK) status = cg_model_init(model, program, 1, NULL);
    if (status == CG_OK) {
        for (int i = 0; i < 784; i++) cg_data_f64(program, r.x)[i] = i % 7 / 7.0;
        cg_data_f64(program, r.labels)[0] = 3;
        *columns = cg_model_spec(model)->n_outputs;
        if (cg_run(program, 0, 0) == CG_OK) value = *cg_data_f64(program, r.loss);
    }
    cg_program_free(program);
    cg_graph_free(graph);
    cg_model_free(model);
    return value;
}

/* ---- class weights ----------------------------------------------------------------------------*/

enum { IMAGES = 3 };
static const double weights[] = { 0.5, 2, 4, 0 };
static const char weighted[] =
    "cnngraph: 1\n"
    "model: {input: {shape: [2]}, layers: [dense: {units: 4}]}\n"
    "loss: {type: cross_entropy, label_smoothing: 0.1, weights: [0.5, 2, 4, 0]}\n"
    "optimizer: sgd\n"
    "train: {epochs: 1, batch: 1}\n";

/* The mean loss of the first n images with these labels, as recorded; losses (may be NULL) gets
 * those of the images.  norm: what an evaluation is fed. */
static double mean_of(const char *set, cg_mode mode, int n, const double labels[], double norm,
                      double losses[])
{
    static const double x[IMAGES][2] = { { 0.3, -1 }, { 2, 0.7 }, { -0.4, 1.5 } };
    double value = NAN;
    cg_model *model = NULL;
    cg_program *program = NULL;
    cg_recording r;
    cg_graph *graph = cg_graph_new();
    cg_compile_options options = { .dtype = CG_F64 };
    cg_status status = cg_model_parse(&model, "x.yaml", weighted, strlen(weighted), set ? 1 : 0,
                                      (const char *const[]){ set }, NULL, NULL);
    if (status == CG_OK) status = cg_model_record(model, graph, mode, n, &r, NULL);
    if (status == CG_OK)
        status = cg_compile(&program, graph, 2, (cg_node *[]){ r.loss, r.losses }, &options, NULL);
    if (status == CG_OK) status = cg_model_init(model, program, 1, NULL);
    if (status == CG_OK) {
        memcpy(cg_data_f64(program, r.x), x, (size_t)n * sizeof *x);
        memcpy(cg_data_f64(program, r.labels), labels, (size_t)n * sizeof *labels);
        if (r.norms) *cg_data_f64(program, r.norms) = norm;
        if (cg_run(program, 0, 0) == CG_OK) value = *cg_data_f64(program, r.loss);
        if (losses) memcpy(losses, cg_data_f64(program, r.losses), (size_t)n * sizeof *losses);
    }
    cg_program_free(program);
    cg_graph_free(graph);
    cg_model_free(model);
    return value;
}

static void test_weights(void)
{
    static const double labels[IMAGES] = { 2, 0, 1 }, none[IMAGES] = { 3, 3, 3 };
    double of_image[IMAGES], sum = 0, sum_weights = 0;
    double raw = mean_of(NULL, CG_EVALUATION, IMAGES, labels, 1, of_image);
    for (int i = 0; i < IMAGES; i++) sum += of_image[i], sum_weights += weights[(int)labels[i]];
    double expected = sum / sum_weights;
    ok(raw > 0 && fabs(raw - sum / IMAGES) < 1e-12, "an evaluation leaves the images' own losses");
    ok(fabs(mean_of(NULL, CG_TRAINING, IMAGES, labels, 0, NULL) - expected) < 1e-12 * expected,
       "class weights make the loss of a batch sum w l / sum w: %g", expected);
    double whole = mean_of(NULL, CG_EVALUATION, IMAGES, labels, IMAGES / sum_weights, NULL);
    ok(fabs(whole - expected) < 1e-12 * expected, "so they do for what is evaluated, by its norm");
    ok(mean_of(NULL, CG_TRAINING, IMAGES, none, 0, NULL) == 0,
       "a batch of no weight loses nothing");
    double plain = mean_of("loss=cross_entropy", CG_TRAINING, 2, labels, 0, NULL);
    ok(fabs(mean_of("loss={type: cross_entropy, weights: [7, 7, 7, 7]}", CG_TRAINING, 2, labels, 0,
                    NULL) -
            plain) < 1e-12 * plain,
       "equal weights are none");
}

int main(void)
{
    int columns = 0;
    test_weights();
    double both = loss_of(NULL, &columns), first = loss_of("losses[1].weight=0", &columns),
           second = loss_of("losses[0].weight=0", &columns);
    ok(columns == 10, "the prediction is the layer of the first loss, not the last layer");
    ok(first > 0 && second > 0 && fabs(both - first - second) < 1e-12 * both,
       "the loss is the sum of all: %g and %g make %g", first, second, both);
    ok(fabs(loss_of("losses[0].weight=4", &columns) - 2 * first - second) < 1e-12 * both,
       "each counts by its weight");
    return done_testing();
}
