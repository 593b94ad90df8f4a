/* The format "npz": NumPy's archive of arrays, a ZIP of NPY files, through libzip. */
#include "config.h"

#include "data/arrays.h"

#include "base/error.h"

#ifdef HAVE_ZIP

#include <errno.h>
#include <stdio.h>
#include <zip.h>

/* What people call the samples and what is to be learnt about them. */
typedef struct {
    const char *x, *y;
} names;
static const names known[][CG_N_PARTS] = {
    { { "x_train", "y_train" }, { "x_test", "y_test" } },
    { { "train_images", "train_labels" }, { "test_images", "test_labels" } },
    { { "x", "y" }, { "x", "y" } },
    { { "images", "labels" }, { "images", "labels" } },
    { { "arr_0", "arr_1" }, { "arr_0", "arr_1" } },
};
enum { N_KNOWN = sizeof known / sizeof *known, MAX_ENTRY = 64 };

typedef struct {
    zip_t *zip;
    const char *path;
    const cg_budget *budget;
    cg_arena *arena;
} archive;

static bool has_array(const archive *a, const char *name)
{
    char entry[MAX_ENTRY];
    snprintf(entry, sizeof entry, "%s.npy", name);
    return zip_name_locate(a->zip, entry, 0) >= 0;
}

static const names *find_names(const archive *a, int part)
{
    for (int i = 0; i < N_KNOWN; i++)
        if (has_array(a, known[i][part].x)) return &known[i][part];
    return NULL;
}

static int64_t read_entry(const cg_input *in, void *bytes, int64_t n, cg_error *error)
{
    errno = 0;
    zip_int64_t got = zip_fread(in->context, bytes, (zip_uint64_t)n);
    if (got >= 0) return got;
    return -(int64_t)cg_fail(error, cg_unless_nomem(CG_EDATA), "%s: %s", in->name,
                             zip_file_strerror(in->context));
}

static cg_status read_array(cg_named_array *to, const archive *a, const char *name,
                            const cg_named_array *x, const cg_data_spec *spec, cg_error *error)
{
    char entry[MAX_ENTRY];
    snprintf(entry, sizeof entry, "%s.npy", name);
    to->name = cg_arena_printf(a->arena, "%s: %s", a->path, name);
    if (!to->name) return cg_fail_nomem(error, "a path");
    errno = 0;
    zip_file_t *file = zip_fopen(a->zip, entry, 0);
    if (!file)
        return cg_fail(error, cg_unless_nomem(CG_EDATA), "%s: %s", to->name, zip_strerror(a->zip));
    const cg_input input = { read_entry, file, to->name, a->budget, 0 };
    cg_status status = cg_array_read(to, &input, x, spec, error);
    zip_fclose(file);
    return status;
}

static cg_status read_arrays(cg_samples *samples, const archive *a, const cg_data_spec *spec,
                             int part, cg_named_array *x, cg_named_array *y, cg_error *error)
{
    const names *found = find_names(a, part);
    if (!found)
        return cg_fail(error, CG_EDATA,
                       "%s: no array for '%s': neither %s nor train_images, x, images, arr_0",
                       a->path, cg_part_names[part], known[0][part].x);
    CG_TRY(read_array(x, a, found->x, NULL, spec, error));
    bool has_y = has_array(a, found->y);
    if (has_y) CG_TRY(read_array(y, a, found->y, x, spec, error));
    return cg_samples_from_arrays(samples, x, has_y ? y : NULL, spec, error);
}

static cg_status load_from(cg_samples *samples, const cg_data_spec *spec, int part, archive *a,
                           cg_error *error)
{
    a->path = cg_source_path(a->arena, spec, spec->images[part]);
    if (!a->path) return cg_fail_nomem(error, "a path");
    int code = errno = 0;
    a->zip = zip_open(a->path, ZIP_RDONLY, &code);
    if (!a->zip) {
        zip_error_t cause;
        zip_error_init_with_code(&cause, code);
        cg_status status = cg_fail(error, cg_unless_nomem(CG_EDATA), "%s: %s", a->path,
                                   zip_error_strerror(&cause));
        zip_error_fini(&cause);
        return status;
    }
    cg_named_array x = { .name = NULL }, y = { .name = NULL };
    cg_status status = read_arrays(samples, a, spec, part, &x, &y, error);
    cg_npy_free(&x.array);
    cg_npy_free(&y.array);
    zip_discard(a->zip);
    return status;
}

static cg_status load(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error)
{
    archive a = { .arena = cg_arena_new(), .budget = samples->budget };
    if (!a.arena) return cg_fail_nomem(error, "a path");
    cg_status status = load_from(samples, spec, part, &a, error);
    cg_arena_free(a.arena);
    return status;
}

#else

static cg_status load(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error)
{
    (void)samples;
    return cg_fail(error, CG_ENOTBUILT, "%s: NPZ archives are left out of this build (--with-zip)",
                   spec->images[part]);
}

#endif

const cg_source cg_source_npz = {
    .kind = { .name = "npz",
              .help = "archives of arrays: x_train, y_train, x_test, y_test, or x, y",
              .is_format = true,
              .has_values = true },
    .load = load,
};
