/* cnngraph render: the model file as it is understood. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct verb verb_render;

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    const struct option options[] = {
        { "set", OPTION_LIST, &how.sets, NULL },
        { .name = NULL },
    };
    if (options_parse(&verb_render, argc, argv, options, 1, 1) < 0) return EXIT_USAGE;
    cg_model *model;
    int code = load_model(&model, argv[1], &how);
    if (code) return code;
    char *text = cg_model_render(model);
    cg_model_free(model);
    if (!text) return fail_memory();
    fputs(text, stdout);
    free(text);
    return 0;
}

const struct verb verb_render = {
    .name = "render",
    .usage = "[--set PATH=VALUE]... MODEL",
    .summary = "Print a model file as it is understood, all abbreviations written out.",
    .help = "  --set PATH=VALUE  change a key first, as in train.epochs=3 or vars.hidden=64\n",
    .run = run,
};
