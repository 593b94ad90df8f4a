/* Model files: what is accepted is rendered to a file that is accepted, is the same model, computes
 * the same and is rendered alike; small models become programs. */
#include "fuzz.h"

#include <cnngraph/model.h>

#include <stdlib.h>
#include <string.h>

enum { MAX_COMPILED = 24 /* layers */ };

static cg_model *parse(const char *text, size_t size)
{
    cg_model *model;
    cg_diagnostics *mistakes = cg_diagnostics_new();
    cg_error error = { 0 };
    cg_status status =
        cg_model_parse(&model, "models/m.yaml", text, size, 0, NULL, mistakes, &error);
    fuzz_expect((status == CG_OK) == (model != NULL), "there is a model where there is no mistake");
    fuzz_expect(status == CG_OK || error.message[0], "a mistake is told");
    fuzz_expect(status != CG_EMODEL || error.line > 0, "a mistake has a place");
    cg_diagnostics_free(mistakes);
    return model;
}

static void compile(const cg_model *model)
{
    cg_budget budget = { .limit = 1 << 24 };
    const cg_compile_options options = { .budget = &budget };
    cg_recording recording;
    cg_program *program = NULL;
    cg_graph *graph = cg_graph_new();
    cg_error error;
    if (cg_model_record(model, graph, CG_EVALUATION, 2, &recording, &error) == CG_OK &&
        cg_compile(&program, graph, 1, &recording.y, &options, &error) == CG_OK) {
        fuzz_expect(cg_model_init(model, program, 1, &error) == CG_OK, "parameters have values");
        cg_program_free(program);
    }
    fuzz_expect(budget.taken == 0, "memory is given back");
    cg_graph_free(graph);
}

/* What a model computes in a step of training; NULL where it cannot. */
static char *graph_text(const cg_model *model)
{
    cg_graph *graph = cg_graph_new();
    cg_recording recording;
    char *text = NULL;
    if (cg_model_record(model, graph, CG_TRAINING, 2, &recording, NULL) == CG_OK)
        text = cg_graph_text(graph, 1, &recording.loss);
    cg_graph_free(graph);
    for (char *line = text, *at; line && (at = strstr(line, "  # ")); line = at)
        memmove(at, at + strcspn(at, "\n"),
                strlen(at + strcspn(at, "\n")) + 1); /* where it says so */
    return text;
}

static void expect_same_graph(const cg_model *a, const cg_model *b)
{
    char *texts[2] = { graph_text(a), graph_text(b) };
    fuzz_expect(!texts[0] == !texts[1] && (!texts[0] || !strcmp(texts[0], texts[1])),
                "and computes the same");
    free(texts[0]);
    free(texts[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cg_model *model = parse((const char *)data, size);
    if (!model) return 0;
    char *text = cg_model_render(model), *identity = cg_model_identity(model);
    fuzz_expect(text && identity, "a model can be rendered");
    cg_model *again = parse(text, strlen(text));
    fuzz_expect(again != NULL, "what was rendered is accepted");
    char *text_again = cg_model_render(again), *identity_again = cg_model_identity(again);
    fuzz_expect(text_again && !strcmp(text, text_again), "and rendered alike");
    fuzz_expect(identity_again && !strcmp(identity, identity_again), "as the same model");
    if (cg_model_layers(model) <= MAX_COMPILED) {
        expect_same_graph(model, again);
        compile(model);
    }
    free(text_again);
    free(identity_again);
    free(identity);
    free(text);
    cg_model_free(again);
    cg_model_free(model);
    return 0;
}
