/* Loading a model's data. */
#include "load.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

int settle(cg_model *model)
{
    cg_error error = { 0 };
    return cg_model_settle(model, &error) == CG_OK ? 0 : fail(&error);
}

/* A set that the model cannot take would be written beyond the model's input. */
static cg_status check_set(const cg_dataset *set, const cg_spec *spec, cg_error *error)
{
    char found[CG_SHAPE_TEXT], expected[CG_SHAPE_TEXT];
    cg_shape shape = cg_dataset_shape(set);
    if (!cg_shape_equal(&shape, &spec->input))
        return cg_fail_at(error, CG_EDATA, spec->data.place, "images are %s, the model takes %s",
                          cg_shape_text(&shape, found), cg_shape_text(&spec->input, expected));
    if (cg_dataset_targets(set) != spec->n_targets)
        return cg_fail_at(error, CG_EDATA, spec->data.place,
                          "the target has %lld columns (0: a class), the model takes %d",
                          (long long)cg_dataset_targets(set), spec->n_targets);
    return CG_OK;
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
    if (check_set(*set, spec, &error) != CG_OK) {
        cg_dataset_free(*set);
        *set = NULL;
        return fail(&error);
    }
    if (name) *name = used ? used : "";
    return 0;
}
