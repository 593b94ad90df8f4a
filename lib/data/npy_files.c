/* The format "npy": an array of samples in one file, one of labels or target values in another. */
#include "data/arrays.h"

#include "base/error.h"

static cg_status load_arrays(cg_samples *samples, const cg_data_spec *spec, int part,
                             cg_arena *arena, cg_named_array *x, cg_named_array *y, cg_error *error)
{
    x->name = cg_source_path(arena, spec, spec->images[part]);
    y->name = spec->labels[part] ? cg_source_path(arena, spec, spec->labels[part]) : NULL;
    if (!x->name || (spec->labels[part] && !y->name)) return cg_fail_nomem(error, "a path");
    CG_TRY(cg_npy_load(&x->array, x->name, samples->budget, error));
    if (y->name) CG_TRY(cg_npy_load(&y->array, y->name, samples->budget, error));
    return cg_samples_from_arrays(samples, x, y->name ? y : NULL, spec, error);
}

static cg_status load(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error)
{
    cg_named_array x = { .name = NULL }, y = { .name = NULL };
    cg_arena *arena = cg_arena_new();
    if (!arena) return cg_fail_nomem(error, "a path");
    cg_status status = load_arrays(samples, spec, part, arena, &x, &y, error);
    cg_npy_free(&x.array);
    cg_npy_free(&y.array);
    cg_arena_free(arena);
    return status;
}

const cg_source cg_source_npy = {
    .kind = { .name = "npy",
              .help = "arrays of samples, and of labels or target values, in NPY files",
              .is_format = true,
              .labels_apart = true,
              .has_values = true },
    .load = load,
};
