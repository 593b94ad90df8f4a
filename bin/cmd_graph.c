/* cnngraph graph: the recording of a model, before or after the compiler's passes. */
#include "load.h"

#include "train/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct verb verb_graph;

enum { FORWARD, BACKWARD, STEP };
enum { MAX_OUTPUTS = 8 };

/* What the mode shows, as outputs; a step also shows what its updates need. */
static int choose(const cg_training *t, int mode, cg_node *outputs[MAX_OUTPUTS])
{
    int n = 0;
    outputs[n++] = t->forward.y;
    outputs[n++] = t->forward.loss;
    if (mode == BACKWARD) outputs[n++] = t->gradient;
    if (mode == STEP) outputs[n++] = t->theta;
    return n;
}

static int print(const cg_graph *graph, int n, cg_node *const outputs[], bool as_dot)
{
    char *text = as_dot ? cg_graph_dot(graph, n, outputs) : cg_graph_text(graph, n, outputs);
    if (!text) return fail_memory();
    fputs(text, stdout);
    free(text);
    return 0;
}

static bool is_pass(const char *name)
{
    for (const char *const *pass = cg_pass_names; *pass; pass++)
        if (strcmp(*pass, name) == 0) return true;
    return false;
}

static int unknown_pass(const char *name)
{
    char list[256] = "";
    size_t used = 0;
    for (const char *const *pass = cg_pass_names; *pass && used < sizeof list; pass++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s", *pass);
    return usage_error(&verb_graph, "unknown pass '%s'; there are:%s", name, list);
}

static int show(const cg_model *model, int mode, const char *after, int64_t batch, bool as_dot)
{
    cg_error error = { 0 };
    cg_training t;
    cg_node *outputs[MAX_OUTPUTS], *rewritten[MAX_OUTPUTS];
    cg_graph *graph = cg_graph_new(), *copy = NULL;
    int code = 0;
    if (!graph) return fail_memory();
    if (cg_record_training(model, graph, batch, &t, &error) != CG_OK) {
        code = fail(&error);
    } else {
        int n = choose(&t, mode, outputs);
        if (!after)
            code = print(graph, n, outputs, as_dot);
        else if (cg_pass_apply(&copy, graph, n, outputs, rewritten, after, &error) != CG_OK)
            code = fail(&error);
        else
            code = print(copy, n, rewritten, as_dot);
    }
    cg_graph_free(copy);
    cg_graph_free(graph);
    return code;
}

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    const char *after = NULL;
    int64_t batch = 0;
    int format = 0, mode = FORWARD;
    const struct option options[] = {
        { "set", OPTION_LIST, &how.sets, NULL },
        { "format", OPTION_CHOICE, &format, "text dot" },
        { "mode", OPTION_CHOICE, &mode, "forward backward step" },
        { "after", OPTION_TEXT, &after, NULL },
        { "batch", OPTION_COUNT, &batch, NULL },
        { .name = NULL },
    };
    if (options_parse(&verb_graph, argc, argv, options, 1, 1) < 0) return EXIT_USAGE;
    if (after && !is_pass(after)) return unknown_pass(after);
    cg_model *model;
    int code = load_model(&model, argv[1], &how);
    if (code == 0)
        code =
            show(model, mode, after, batch > 0 ? batch : cg_model_spec(model)->batch, format == 1);
    cg_model_free(model);
    return code;
}

const struct verb verb_graph = {
    .name = "graph",
    .usage = "[OPTION...] MODEL|RUN",
    .summary = "Print a model's graph, a line a node, or as DOT.",
    .help = "  --mode MODE       forward, backward (with the gradient) or step (with the update)\n"
            "  --after PASS      as it is after this pass of the compiler\n"
            "  --batch N         recorded for so many images (the model's batch)\n"
            "  --format FORMAT   text, or dot for Graphviz\n"
            "  --set PATH=VALUE  override a key of the model file; may be given again\n",
    .run = run,
};
