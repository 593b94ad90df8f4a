/* cnngraph summary: the layers of a model, their shapes and what they cost. */
#include "json.h"
#include "load.h"

#include "base/memory.h"
#include "train/batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct verb verb_summary;

struct totals {
    int64_t parameters, macs;
};

static struct totals sum(const cg_model *model)
{
    struct totals t = { 0 };
    for (int i = 0; i < cg_model_layers(model); i++) {
        cg_layer_info layer = cg_model_layer(model, i);
        t.parameters += layer.parameters;
        t.macs = cg_bounded_sum(t.macs, layer.macs);
    }
    return t;
}

/* Bytes of an evaluation program for one batch; 0 when it cannot be compiled. */
static size_t program_bytes(const cg_model *model, int64_t batch, cg_error *error)
{
    cg_recording recording;
    const cg_compile_options options = { .budget = cg_model_spec(model)->data.budget };
    cg_program *program = NULL;
    cg_graph *graph = cg_graph_new();
    size_t bytes = 0;
    if (!graph) {
        error->status = CG_ENOMEM;
        return 0;
    }
    if (cg_model_record(model, graph, CG_EVALUATION, batch, &recording, error) == CG_OK &&
        cg_compile(&program, graph, 1, &recording.y, &options, error) == CG_OK)
        bytes = cg_program_bytes(program);
    cg_program_free(program);
    cg_graph_free(graph);
    return bytes;
}

/* Bytes of a training step: parameters, optimiser, gradients and all that lies between; 0 where the
 * model cannot train on such a batch. */
static size_t training_bytes(const cg_model *model, int64_t batch, cg_error *error)
{
    cg_batch step = { 0 };
    if (cg_batch_training(&step, model, batch, NULL, NULL, error) != CG_OK) return 0;
    size_t bytes = cg_program_bytes(step.program);
    cg_batch_free(&step);
    return bytes;
}

static void print_text(const cg_model *model, int64_t batch, size_t bytes, size_t training)
{
    char shape[CG_SHAPE_TEXT];
    printf("%-20s %-18s %-14s %12s %14s %6s\n", "layer", "type", "output", "parameters",
           "multiply-adds", "line");
    for (int i = 0; i < cg_model_layers(model); i++) {
        cg_layer_info l = cg_model_layer(model, i);
        printf("%-20s %-18s %-14s %12" PRId64 " %14" PRId64 " %6d\n", l.name, l.type,
               cg_shape_text(&l.shape, shape), l.parameters, l.macs, l.line);
    }
    struct totals t = sum(model);
    printf("%-20s %-18s %-14s %12" PRId64 " %14" PRId64 "\n", "total", "", "", t.parameters,
           t.macs);
    printf("\nparameters: %" PRId64 " bytes as float32; evaluation of a batch of %" PRId64
           ": %zu bytes in all",
           4 * t.parameters, batch, bytes);
    if (training) printf("; a step of training: %zu", training);
    putchar('\n');
}

static json_t *layer_json(const cg_layer_info *l)
{
    json_t *shape = json_array();
    for (int i = 0; i < l->shape.rank; i++)
        json_array_append_new(shape, json_integer(l->shape.dim[i]));
    return json_pack("{ss ss so sI sI si}", "name", l->name, "type", l->type, "shape", shape,
                     "parameters", (json_int_t)l->parameters, "macs", (json_int_t)l->macs, "line",
                     l->line);
}

static int print_json(const cg_model *model, int64_t batch, size_t bytes, size_t training)
{
    struct totals t = sum(model);
    json_t *layers = json_array();
    for (int i = 0; i < cg_model_layers(model); i++) {
        cg_layer_info l = cg_model_layer(model, i);
        json_array_append_new(layers, layer_json(&l));
    }
    json_t *all = json_pack("{ss so sI sI sI sI sI}", "name", cg_model_spec(model)->name, "layers",
                            layers, "parameters", (json_int_t)t.parameters, "macs",
                            (json_int_t)t.macs, "batch", (json_int_t)batch, "bytes",
                            (json_int_t)bytes, "training_bytes", (json_int_t)training);
    return json_print(all, JSON_INDENT(2));
}

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    int64_t batch = 0;
    int format = 0;
    const struct option options[] = {
        { "set", OPTION_LIST, &how.sets, NULL },
        { "max-memory", OPTION_BYTES, &how.budget.limit, NULL },
        { .name = "batch", .kind = OPTION_COUNT, .value = &batch },
        { .name = "format", .kind = OPTION_CHOICE, .value = &format, .choices = "text json" },
        { .name = NULL },
    };
    cg_model *model;
    cg_error error = { 0 };
    if (options_parse(&verb_summary, argc, argv, options, 1, 1) < 0) return EXIT_USAGE;
    int code = load_model(&model, argv[1], &how);
    if (code) return code;
    if (!batch) batch = cg_model_spec(model)->batch;
    size_t bytes = program_bytes(model, batch, &error);
    size_t training = bytes ? training_bytes(model, batch, &error) : 0;
    if (!bytes || error.status == CG_ENOMEM)
        code = fail(&error);
    else if (format == 0)
        print_text(model, batch, bytes, training);
    else
        code = print_json(model, batch, bytes, training);
    cg_model_free(model);
    return code;
}

const struct verb verb_summary = {
    .name = "summary",
    .usage = "[--batch N] [--format text|json] [--set PATH=VALUE]... MODEL",
    .summary = "Print a model's layers, shapes, parameters and multiply-adds.",
    .help = "  --batch N             images at a time, for the memory; the file's batch\n"
            "  --format text|json    a table, or JSON\n"
            "  --set PATH=VALUE      change a key first, as in train.epochs=3 or vars.hidden=64\n"
            "  --max-memory SIZE     of the program (three quarters of the machine's)\n",
    .run = run,
};
