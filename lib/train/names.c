#include "train/names.h"

#include "base/budget.h"
#include "base/error.h"
#include "formats/safetensors.h"
#include "train/checkpoint.h"

#include <string.h>

char *cg_names_write(const cg_dataset *set)
{
    int n_targets = (int)cg_dataset_targets(set),
        n = n_targets ? n_targets : cg_dataset_classes(set);
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        const char *name =
            n_targets ? cg_dataset_target_name(set, i) : cg_dataset_class_name(set, i);
        if (!name || json_array_append_new(list, json_string(name)) != 0) break;
    }
    char *text = n > 0 && (int)json_array_size(list) == n ? json_dumps(list, JSON_COMPACT) : NULL;
    json_decref(list);
    return text;
}

cg_status cg_names_read(json_t **names, const char *weights, const cg_budget *budget,
                        cg_error *error)
{
    cg_safetensors *file;
    *names = NULL;
    CG_TRY(cg_safetensors_read_within(budget, &file, weights, error));
    const char *text = cg_safetensors_metadata(file, CG_NAMES);
    cg_status status = CG_OK;
    if (text)
        status = cg_budget_check(budget, "the names of classes",
                                 cg_safetensors_bytes(file) + CG_JSON_BYTES * (int64_t)strlen(text),
                                 error);
    if (text && status == CG_OK) *names = json_loads(text, 0, NULL);
    cg_safetensors_free(file);
    return status;
}
