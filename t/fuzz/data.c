#include "data.h"

#include <math.h>
#include <stdlib.h>

static void look_at(const cg_dataset *set, int64_t i, float *x, float *t)
{
    cg_shape shape = cg_dataset_shape(set);
    int64_t n_targets = cg_dataset_targets(set);
    bool is_sound = true;
    cg_dataset_batch(set, 0, 1, &i, x, t);
    for (int64_t k = 0; k < cg_shape_size(&shape); k++) is_sound &= !isnan(x[k]);
    for (int64_t k = 0; k < n_targets; k++) is_sound &= !isnan(t[k]);
    fuzz_expect(is_sound, "a sample's values are numbers");
    fuzz_expect(n_targets || (*t >= 0 && *t < (float)cg_dataset_classes(set)),
                "a label is one of the classes");
}

static void look_at_all(const cg_dataset *set)
{
    cg_shape shape = cg_dataset_shape(set);
    int64_t n_targets = cg_dataset_targets(set), n = cg_dataset_size(set, 0);
    float *x = malloc((size_t)cg_shape_size(&shape) * sizeof *x);
    float *t = malloc((size_t)(n_targets + 1) * sizeof *t);
    for (int64_t i = 0; x && t && i < n; i++) look_at(set, i, x, t);
    free(x);
    free(t);
}

void fuzz_dataset(cg_data_spec spec)
{
    const cg_split_spec split = { .name = "train", .from = "train" };
    cg_budget budget = { .limit = 1 << 25 };
    cg_dataset *set;
    cg_error error = { 0 };
    spec.splits = &split, spec.n_splits = 1;
    spec.budget = &budget;
    spec.normalize_auto = true;
    cg_status status = cg_dataset_load(&set, &spec, NULL, &error);
    fuzz_expect((status == CG_OK) == (set != NULL), "there is a set where there is no mistake");
    fuzz_expect(set || error.message[0], "a mistake is told");
    if (set) look_at_all(set);
    cg_dataset_free(set);
    fuzz_expect(budget.taken == 0, "memory is given back");
}
