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

int main(void)
{
    int columns = 0;
    double both = loss_of(NULL, &columns), first = loss_of("losses[1].weight=0", &columns),
           second = loss_of("losses[0].weight=0", &columns);
    ok(columns == 10, "the prediction is the layer of the first loss, not the last layer");
    ok(first > 0 && second > 0 && fabs(both - first - second) < 1e-12 * both,
       "the loss is the sum of all: %g and %g make %g", first, second, both);
    ok(fabs(loss_of("losses[0].weight=4", &columns) - 2 * first - second) < 1e-12 * both,
       "each counts by its weight");
    return done_testing();
}
