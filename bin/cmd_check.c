/* cnngraph check: reads model files and shows every mistake. */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>

extern const struct verb verb_check;

static void print_ok(const char *path, const cg_model *model)
{
    int64_t parameters = 0;
    int n = cg_model_layers(model);
    for (int i = 0; i < n; i++) parameters += cg_model_layer(model, i).parameters;
    printf("%s: ok, %d layers, %" PRId64 " parameters\n", path, n - 1, parameters);
}

/* The exit code is that of the first file with a mistake. */
static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    const struct option options[] = {
        { "set", OPTION_LIST, &how.sets, NULL },
        { .name = NULL },
    };
    int n = options_parse(&verb_check, argc, argv, options, 1, 1000), code = 0;
    if (n < 0) return EXIT_USAGE;
    for (int i = 1; i <= n; i++) {
        cg_model *model;
        int result = load_model(&model, argv[i], &how);
        if (result == 0) print_ok(argv[i], model);
        if (result == 0) cg_model_free(model);
        if (code == 0) code = result;
    }
    return code;
}

const struct verb verb_check = {
    .name = "check",
    .usage = "[--set PATH=VALUE]... MODEL...",
    .summary = "Read model files and show every mistake.",
    .help = "  --set PATH=VALUE  change a key first, as in train.epochs=3 or vars.hidden=64\n",
    .run = run,
};
