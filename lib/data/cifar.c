/* CIFAR-10 and CIFAR-100, 50,000 and 10,000 pictures of 32 x 32 (Krizhevsky 2009), in their binary
 * version: records of one label (10) or a coarse and a fine one (100), of which the fine one
 * counts, then 3 x 32 x 32 bytes, C H W. */
#include "data/allowed.h"
#include "data/source.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/file.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum { SIDE = 32, IMAGE = 3 * SIDE * SIDE, MAX_FILES = 5 };
static const uint64_t max_bytes = UINT64_C(1) << 30; /* of one file */

typedef struct {
    const char *set;
    int n_classes, n_labels; /* of a record */
    const char *files[CG_N_PARTS][MAX_FILES + 1];
} variant;

static const variant ten = {
    "cifar10",
    10,
    1,
    { { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
        "data_batch_5.bin" },
      { "test_batch.bin" } },
};
static const variant hundred = { "cifar100", 100, 2, { { "train.bin" }, { "test.bin" } } };

/* ---- files --------------------------------------------------------------------------------- */
static cg_status add_records(cg_samples *s, const variant *v, const char *path,
                             const uint8_t *bytes, int64_t n, cg_error *error)
{
    int64_t total = s->n + n, record = v->n_labels + IMAGE;
    CG_TRY(cg_budget_check(s->budget, path, (total + n) * record, error));
    uint8_t *images = cg_resize(s->images, (size_t)total, IMAGE);
    if (images) s->images = images;
    uint8_t *labels = images ? cg_resize(s->labels, (size_t)total, 1) : NULL;
    if (!labels) return cg_fail_nomem(error, path);
    s->labels = labels;
    for (int64_t i = 0; i < n; i++, s->n++, bytes += record) {
        s->labels[s->n] = bytes[v->n_labels - 1];
        if (s->labels[s->n] >= v->n_classes)
            return cg_fail(error, CG_EDATA,
                           "%s: the label at byte %" PRId64 " is %d, expected 0..%d", path,
                           i * record + v->n_labels - 1, s->labels[s->n], v->n_classes - 1);
        memcpy(s->images + s->n * IMAGE, bytes + v->n_labels, IMAGE);
    }
    return CG_OK;
}

static cg_status add_file(cg_samples *s, const variant *v, const char *path, cg_error *error)
{
    char *bytes;
    size_t size, record = (size_t)v->n_labels + IMAGE;
    cg_status status = cg_file_read_within(s->budget, path, max_bytes, &bytes, &size, error);
    if (status == CG_EIO) status = CG_EDATA;
    CG_TRY(status);
    if (size == 0 || size % record)
        status = cg_fail(error, CG_EDATA, "%s: %zu bytes are no whole number of records of %zu",
                         path, size, record);
    else
        status = add_records(s, v, path, (uint8_t *)bytes, (int64_t)(size / record), error);
    cg_release(bytes);
    return status;
}

static void describe(cg_samples *s, const variant *v)
{
    s->shape = CG_SHAPE(3, SIDE, SIDE);
    s->n_classes = v->n_classes;
}

/* ---- the formats: a file, or the folder of those that were published ------------------------- */
static cg_status load_path(cg_samples *s, const variant *v, const cg_data_spec *spec, int part,
                           cg_arena *arena, const char *path, cg_error *error)
{
    struct stat st;
    describe(s, v);
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) return add_file(s, v, path, error);
    for (const char *const *name = v->files[part]; *name; name++) {
        const char *file = cg_arena_printf(arena, "%s/%s", path, *name);
        if (!file) return cg_fail_nomem(error, "a path");
        CG_TRY(cg_check_link(spec, file, spec->images_place[part], error));
        CG_TRY(cg_file_check(file, error) == CG_OK ? CG_OK : CG_EDATA);
        CG_TRY(add_file(s, v, file, error));
    }
    return CG_OK;
}

static cg_status load_files(cg_samples *s, const variant *v, const cg_data_spec *spec, int part,
                            cg_error *error)
{
    cg_arena *arena = cg_arena_new();
    const char *path = arena ? cg_source_path(arena, spec, spec->images[part]) : NULL;
    cg_status status =
        path ? load_path(s, v, spec, part, arena, path, error) : cg_fail_nomem(error, "a path");
    cg_arena_free(arena);
    return status;
}

static cg_status load_ten_files(cg_samples *s, const cg_data_spec *spec, int part, cg_error *error)
{
    return load_files(s, &ten, spec, part, error);
}

static cg_status load_hundred_files(cg_samples *s, const cg_data_spec *spec, int part,
                                    cg_error *error)
{
    return load_files(s, &hundred, spec, part, error);
}

/* ---- the sources --------------------------------------------------------------------------- */
static bool has(const variant *v, int part, char where[256])
{
    char path[CG_SOURCE_PATH];
    cg_published_where(v->set, v->files[part][0], false, where);
    return cg_published_find(v->set, v->files[part][0], false, path);
}

static cg_status load_published(cg_samples *s, const variant *v, int part, cg_error *error)
{
    char path[CG_SOURCE_PATH];
    describe(s, v);
    for (const char *const *name = v->files[part]; *name; name++) {
        if (!cg_published_find(v->set, *name, false, path))
            return cg_fail(error, CG_EDATA, "%s: %s is missing", v->set, *name);
        CG_TRY(add_file(s, v, path, error));
    }
    return CG_OK;
}

static bool has_ten(const cg_data_spec *spec, int part, char where[256])
{
    (void)spec;
    return has(&ten, part, where);
}

static bool has_hundred(const cg_data_spec *spec, int part, char where[256])
{
    (void)spec;
    return has(&hundred, part, where);
}

static cg_status load_ten(cg_samples *s, const cg_data_spec *spec, int part, cg_error *error)
{
    (void)spec;
    return load_published(s, &ten, part, error);
}

static cg_status load_hundred(cg_samples *s, const cg_data_spec *spec, int part, cg_error *error)
{
    (void)spec;
    return load_published(s, &hundred, part, error);
}

static const char *const ten_names[] = { "airplane", "automobile", "bird", "cat",   "deer", "dog",
                                         "frog",     "horse",      "ship", "truck", NULL };

const cg_source cg_source_cifar10 = {
    .kind = { .name = "cifar10",
              .help = "pictures of 10 classes, 50000 and 10000 of 3x32x32, from "
                      "$CNNGRAPH_DATA/cifar10 or the cache",
              .shape = CG_DIMS(3, SIDE, SIDE),
              .n_classes = 10,
              .class_names = ten_names },
    .has = has_ten,
    .load = load_ten,
};

const cg_source cg_source_cifar100 = {
    .kind = { .name = "cifar100",
              .help = "the same of 100 classes",
              .shape = CG_DIMS(3, SIDE, SIDE),
              .n_classes = 100 },
    .has = has_hundred,
    .load = load_hundred,
};

const cg_source cg_source_cifar10_files = {
    .kind = { .name = "cifar10",
              .help = "files of the binary version of CIFAR-10, or their folder",
              .is_format = true,
              .class_names = ten_names },
    .load = load_ten_files,
};

const cg_source cg_source_cifar100_files = {
    .kind = { .name = "cifar100", .help = "the same of CIFAR-100", .is_format = true },
    .load = load_hundred_files,
};
