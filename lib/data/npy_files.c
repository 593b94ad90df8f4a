/* The format "npy": an array of samples in one file, one of labels or target values in another. */
#include "data/arrays.h"

#include "base/error.h"

#include <stdio.h>
#include <sys/stat.h>

static int64_t read_file(const cg_input *in, void *bytes, int64_t n, cg_error *error)
{
    FILE *file = in->context;
    size_t got = fread(bytes, 1, (size_t)n, file);
    if (!ferror(file)) return (int64_t)got;
    return -(int64_t)cg_fail_errno(error, CG_EDATA, "%s", in->name);
}

static cg_status load_array(cg_named_array *to, const cg_samples *samples, const char *name,
                            const cg_named_array *x, const cg_data_spec *spec, cg_arena *arena,
                            cg_error *error)
{
    struct stat st;
    to->name = cg_source_path(arena, spec, name);
    if (!to->name) return cg_fail_nomem(error, "a path");
    FILE *file = fopen(to->name, "rb");
    if (!file) return cg_fail_errno(error, CG_EDATA, "%s", to->name);
    const cg_input input = { read_file, file, to->name, samples->budget, 0 };
    cg_status status = fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode)
                           ? cg_fail(error, CG_EDATA, "%s: a folder, expected a file", to->name)
                           : cg_array_read(to, &input, x, spec, error);
    fclose(file);
    return status;
}

static cg_status load_arrays(cg_samples *samples, const cg_data_spec *spec, int part,
                             cg_arena *arena, cg_named_array *x, cg_named_array *y, cg_error *error)
{
    const char *labels = spec->labels[part];
    CG_TRY(load_array(x, samples, spec->images[part], NULL, spec, arena, error));
    if (labels) CG_TRY(load_array(y, samples, labels, x, spec, arena, error));
    return cg_samples_from_arrays(samples, x, labels ? y : NULL, spec, error);
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
