/* --set: each line overrides a key of a small model. */
#include "fuzz.h"

#include <cnngraph/model.h>

#include <stdlib.h>
#include <string.h>

static const char yaml[] =
    "cnngraph: 1\n"
    "vars: {width: 4, part: train}\n"
    "blocks: {two: {parameters: [n], layers: [dense: {units: \"${n}\"}, relu]}}\n"
    "data: {format: csv, files: {train: a.csv, test: b.csv},\n"
    "       csv: {label: [y]}, splits: {train: {from: \"${part}\"}}}\n"
    "model:\n"
    "  input: {shape: [1, 4, 4]}\n"
    "  layers: [flatten, two: {n: \"${width}\"}, dense: {units: 2}, softmax]\n"
    "loss: cce\n"
    "optimizer: {type: sgd, lr: 0.1}\n"
    "train: {epochs: 2, batch: 4}\n";

/* Cuts the text at its ends of lines; their number. */
static int split(char *text, const char *lines[], int most)
{
    int n = 0;
    for (char *p = text; p && n < most; n++) {
        lines[n] = p;
        p = strchr(p, '\n');
        if (p) *p++ = '\0';
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 8 };
    const char *sets[MOST];
    cg_model *model;
    cg_error error = { 0 };
    char *text = malloc(size + 1);
    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    int n = split(text, sets, MOST);
    cg_status status =
        cg_model_parse(&model, "m.yaml", yaml, sizeof yaml - 1, n, sets, NULL, &error);
    fuzz_expect(status == CG_OK || error.message[0], "a mistake is told");
    if (model) {
        char *rendered = cg_model_render(model);
        fuzz_expect(rendered != NULL, "a model can be rendered");
        cg_model *again;
        status =
            cg_model_parse(&again, "m.yaml", rendered, strlen(rendered), 0, NULL, NULL, &error);
        fuzz_expect(status == CG_OK, "what was rendered is accepted");
        char *rendered_again = cg_model_render(again);
        fuzz_expect(rendered_again && !strcmp(rendered, rendered_again), "and rendered alike");
        cg_model_free(again);
        free(rendered_again);
        free(rendered);
    }
    cg_model_free(model);
    free(text);
    return 0;
}
