/* Finding and reading what the operands name. */
#include "load.h"

#include "train/folder.h"

#include <stdio.h>
#include <string.h>

static bool join(char path[PATH_BYTES], const char *folder, const char *name)
{
    int n = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return n > 0 && n < PATH_BYTES;
}

int load_model(cg_model **model, const char *operand, const struct option_list *sets)
{
    char path[PATH_BYTES];
    cg_error error = { 0 };
    *model = NULL;
    if (is_folder(operand) && join(path, operand, "model.yaml")) operand = path;
    cg_diagnostics *diagnostics = cg_diagnostics_new();
    cg_status status = cg_model_load(model, operand, sets ? sets->n : 0, sets ? sets->values : NULL,
                                     diagnostics, &error);
    int n = diagnostics ? cg_diagnostics_count(diagnostics) : 0;
    for (int i = 0; i < n; i++) fprintf(stderr, "%s\n", cg_diagnostics_text(diagnostics, i));
    int n_warnings = diagnostics ? cg_diagnostics_warnings(diagnostics) : 0;
    for (int i = 0; i < n_warnings; i++)
        fprintf(stderr, "%s\n", cg_diagnostics_warning(diagnostics, i));
    cg_diagnostics_free(diagnostics);
    if (status == CG_OK) return 0;
    return n > 0 ? cg_status_exit_code(status) : fail(&error);
}

bool find_weights(const struct verb *verb, const char *operand, const char *run,
                  const char *weights, char path[PATH_BYTES])
{
    if (weights) {
        if (snprintf(path, PATH_BYTES, "%s", weights) < PATH_BYTES) return true;
        usage_error(verb, "the path of the weights is too long");
        return false;
    }
    const char *folder = run ? run : is_folder(operand) ? operand : NULL;
    if (!folder) {
        usage_error(verb, "%s has no weights: name a run's folder, or give --run or --weights",
                    operand);
        return false;
    }
    if (cg_folder_weights(folder, PATH_BYTES, path)) return true;
    usage_error(verb, "%s has no weights yet", folder);
    return false;
}
