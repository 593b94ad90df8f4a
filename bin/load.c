/* Finding and reading what the operands name. */
#include "load.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "train/folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool join(char path[PATH_BYTES], const char *folder, const char *name)
{
    int n = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return n > 0 && n < PATH_BYTES;
}

/* What a run's own file names lay in folders that were allowed when it was trained; of those it can
 * be told again that they are below the current one. */
static cg_status allow(cg_model *model, const struct model_options *options, bool is_run,
                       cg_error *error)
{
    if (!options->allow_paths && !is_run) return CG_OK;
    return cg_model_allow_paths(model, options->allow_paths ? "/" : ".", error);
}

static cg_status check_run(const char *path, cg_error *error)
{
    if (!cg_file_is_absent(path)) return cg_file_check(path, error);
    return cg_fail(error, CG_EIO, "%s is missing: this is no run's folder, or its run never began",
                   path);
}

int load_model(cg_model **model, const char *operand, struct model_options *options)
{
    char path[PATH_BYTES];
    cg_error error = { 0 };
    *model = NULL;
    bool is_run = is_folder(operand) && join(path, operand, "model.yaml");
    if (is_run) operand = path;
    cg_diagnostics *diagnostics = cg_diagnostics_new();
    cg_status status = is_run ? check_run(operand, &error) : CG_OK;
    if (status == CG_OK)
        status = cg_model_load(model, operand, options->sets.n, options->sets.values, diagnostics,
                               &error);
    if (status == CG_OK) status = allow(*model, options, is_run, &error);
    if (status == CG_OK) cg_model_set_budget(*model, &options->budget);
    int n = diagnostics ? cg_diagnostics_count(diagnostics) : 0;
    for (int i = 0; i < n; i++) fprintf(stderr, "%s\n", cg_diagnostics_text(diagnostics, i));
    int n_warnings = diagnostics ? cg_diagnostics_warnings(diagnostics) : 0;
    for (int i = 0; i < n_warnings; i++)
        fprintf(stderr, "%s\n", cg_diagnostics_warning(diagnostics, i));
    cg_diagnostics_free(diagnostics);
    if (status == CG_OK) return 0;
    return n > 0 ? cg_status_exit_code(status) : fail(&error);
}

int check_exists(const char *path)
{
    cg_error error = { 0 };
    struct stat st;
    if (stat(path, &st) == 0) return 0;
    cg_fail_errno(&error, CG_EIO, "%s", path);
    return fail(&error);
}

int no_weights(const char *folder)
{
    cg_error error = { 0 };
    cg_fail(&error, CG_ECHECKPOINT,
            "%.200s has no weights: neither best.safetensors nor last.safetensors", folder);
    return fail(&error);
}

int find_weights(const struct verb *verb, const char *operand, const char *run, const char *weights,
                 char path[PATH_BYTES])
{
    int code = check_exists(operand);
    if (code) return code;
    if (weights)
        return snprintf(path, PATH_BYTES, "%s", weights) < PATH_BYTES
                   ? 0
                   : usage_error(verb, "the path of the weights is too long");
    const char *folder = run ? run : is_folder(operand) ? operand : NULL;
    if (!folder)
        return usage_error(
            verb, "%s has no weights: name a run's folder, or give --run or --weights", operand);
    code = check_exists(folder);
    if (code) return code;
    if (!cg_folder_weights(folder, PATH_BYTES, path)) return no_weights(folder);
    if (!cg_ends_with(path, CG_BEST))
        fprintf(stderr,
                "weights: there is no " CG_BEST ", which an epoch that ends leaves; %s serves\n",
                path);
    return 0;
}
