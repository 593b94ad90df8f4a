/* Loading a model's data. */
#include "load.h"

#include <stdio.h>
#include <string.h>

int settle(cg_model *model)
{
    cg_error error = { 0 };
    return cg_model_settle(model, &error) == CG_OK ? 0 : fail(&error);
}

int load_data(cg_dataset **set, const cg_model *model, const char **name)
{
    cg_error error = { 0 };
    const char *used = NULL;
    const cg_spec *spec = cg_model_spec(model);
    if (cg_dataset_load(set, &spec->data, &used, &error) != CG_OK) return fail(&error);
    if (used && spec->data.source && strcmp(used, spec->data.source) != 0)
        fprintf(stderr, "data: '%s' is not on this machine; the fallback '%s' serves\n",
                spec->data.source, used);
    if (cg_dataset_targets(*set) != spec->n_targets) {
        fprintf(stderr, "data: the target has %lld columns (0: a class), the model takes %d\n",
                (long long)cg_dataset_targets(*set), spec->n_targets);
        cg_dataset_free(*set);
        *set = NULL;
        return cg_status_exit_code(CG_EDATA);
    }
    if (name) *name = used ? used : "";
    return 0;
}
