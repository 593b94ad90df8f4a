#include "config.h"

#include "data/write.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/npy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_ZIP
#include "data/zip_target.h"
#endif

const char *cg_labels_path(cg_arena *arena, const char *path)
{
    static const char images[] = "images-idx3";
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    const char *at = strstr(slash ? slash : path, images);
    if (at)
        return cg_arena_printf(arena, "%.*slabels-idx1%s", (int)(at - path), path,
                               at + strlen(images));
    if (!dot || (slash && dot < slash)) return cg_arena_printf(arena, "%s-labels", path);
    return cg_arena_printf(arena, "%.*s-labels%s", (int)(dot - path), path, dot);
}

/* ---- CSV ----------------------------------------------------------------------------------- */
static void write_row(FILE *stream, const cg_samples *s, int64_t i)
{
    int64_t size = cg_shape_size(&s->shape);
    for (int64_t k = i * size; k < (i + 1) * size; k++) {
        if (k > i * size) putc(',', stream);
        if (s->images)
            fprintf(stream, "%d", s->images[k]);
        else
            fprintf(stream, "%.9g", (double)s->values[k]);
    }
    for (int64_t k = 0; k < s->n_targets; k++)
        fprintf(stream, ",%.9g", (double)s->targets[i * s->n_targets + k]);
    if (s->labels && s->names) {
        fputs(",\"", stream);
        for (const char *p = s->names[s->labels[i]]; *p; p++) {
            if (*p == '"') putc('"', stream);
            putc(*p, stream);
        }
        putc('"', stream);
    } else if (s->labels) {
        fprintf(stream, ",%d", s->labels[i]);
    }
    putc('\n', stream);
}

static void write_table(FILE *stream, const cg_samples *s)
{
    int64_t size = cg_shape_size(&s->shape);
    for (int64_t k = 0; k < size; k++) fprintf(stream, "%sx%" PRId64, k ? "," : "", k);
    for (int64_t k = 0; k < s->n_targets; k++) fprintf(stream, ",target%" PRId64, k);
    fputs(s->labels ? ",label\n" : "\n", stream);
    for (int64_t i = 0; i < s->n && !ferror(stream); i++) write_row(stream, s, i);
}

cg_status cg_write_csv(const cg_samples *s, const char *path, cg_error *error)
{
    cg_replace file;
    cg_locale_guard locale;
    CG_TRY(cg_replace_open(&file, path, error));
    if (!cg_enter_c_locale(&locale)) {
        cg_replace_abort(&file);
        return cg_fail_nomem(error, "a locale");
    }
    write_table(file.stream, s);
    cg_leave_c_locale(&locale);
    return cg_replace_commit(&file, error);
}

/* ---- arrays -------------------------------------------------------------------------------- */
/* An array that is yet to be written: what stands in front of it, and its bytes, lent. */
typedef struct {
    char header[CG_NPY_HEADER];
    size_t n_header, size;
    const void *data;
} array;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define REAL "<f4"
#else
#define REAL ">f4"
#endif

static array make_array(const char *descr, const cg_shape *shape, const void *data)
{
    array a = { .data = data };
    a.n_header = (size_t)cg_npy_header(a.header, descr, shape);
    a.size = (size_t)cg_shape_size(shape) * (descr[2] == '4' ? 4 : 1);
    return a;
}

static array samples_array(const cg_samples *s)
{
    cg_shape many = { .rank = s->shape.rank + 1, .dim = { s->n } };
    for (int i = 0; i < s->shape.rank; i++) many.dim[i + 1] = s->shape.dim[i];
    return s->images ? make_array("|u1", &many, s->images) : make_array(REAL, &many, s->values);
}

/* Its data are NULL where there is nothing to be learnt. */
static array labels_array(const cg_samples *s)
{
    if (s->targets) return make_array(REAL, &CG_SHAPE(s->n, s->n_targets), s->targets);
    return make_array("|u1", &CG_SHAPE(s->n), s->labels);
}

static void put_array(FILE *stream, const array *a)
{
    fwrite(a->header, 1, a->n_header, stream);
    fwrite(a->data, 1, a->size, stream);
}

/* Two files, or one where there are no labels: the first to come is taken back if the second fails.
 */
static cg_status commit_both(cg_replace *samples, cg_replace *labels, const char *labels_path,
                             cg_error *error)
{
    cg_status status = labels ? cg_replace_commit(labels, error) : CG_OK;
    if (status == CG_OK)
        status = cg_replace_commit(samples, error);
    else
        cg_replace_abort(samples);
    if (labels && !samples->is_in_place) unlink(labels_path);
    return status;
}

/* put: writes the samples, or the labels, after what comes before them in the format. */
static cg_status write_both(const cg_samples *s, const char *path, bool has_labels,
                            void (*put)(FILE *stream, const cg_samples *s, bool are_labels),
                            cg_error *error)
{
    cg_replace samples, labels;
    cg_arena *arena = cg_arena_new();
    const char *beside = arena ? cg_labels_path(arena, path) : NULL;
    cg_status status = beside ? CG_OK : cg_fail_nomem(error, path);
    if (status == CG_OK && has_labels && cg_file_exists(beside))
        status = cg_fail(error, CG_EDATA,
                         "%s: there already: remove it, or name the samples otherwise", beside);
    if (status == CG_OK) status = cg_replace_open(&samples, path, error);
    if (status == CG_OK && has_labels) {
        status = cg_replace_open(&labels, beside, error);
        if (status != CG_OK) cg_replace_abort(&samples);
    }
    if (status == CG_OK) {
        put(samples.stream, s, false);
        if (has_labels) put(labels.stream, s, true);
        status = commit_both(&samples, has_labels ? &labels : NULL, beside, error);
    }
    cg_arena_free(arena);
    return status;
}

static void put_npy(FILE *stream, const cg_samples *s, bool are_labels)
{
    array a = are_labels ? labels_array(s) : samples_array(s);
    put_array(stream, &a);
}

cg_status cg_write_npy(const cg_samples *s, const char *path, cg_error *error)
{
    return write_both(s, path, s->labels || s->targets, put_npy, error);
}

#ifdef HAVE_ZIP
/* The first day of ZIP, by any wall's clock as in the archive: the same samples, the same bytes. */
static bool forget_time(zip_t *zip, zip_int64_t entry)
{
    struct tm first = { .tm_year = 80, .tm_mday = 1, .tm_isdst = -1 };
    return zip_file_set_mtime(zip, (zip_uint64_t)entry, mktime(&first), 0) == 0;
}

static bool add_array(zip_t *zip, const char *name, const array *a)
{
    zip_buffer_fragment_t *parts = cg_alloc(2, sizeof *parts);
    if (!parts) return false;
    parts[0] = (zip_buffer_fragment_t){ (zip_uint8_t *)a->header, a->n_header };
    parts[1] = (zip_buffer_fragment_t){ (zip_uint8_t *)a->data, a->size };
    zip_source_t *source = zip_source_buffer_fragment(zip, parts, 2, 0); /* copies the parts */
    cg_release(parts);
    zip_int64_t entry = source ? zip_file_add(zip, name, source, 0) : -1;
    if (entry < 0) zip_source_free(source);
    return entry >= 0 && forget_time(zip, entry);
}

cg_status cg_write_npz(const cg_samples *s, const char *path, cg_error *error)
{
    cg_zip_target target;
    array x = samples_array(s), y = labels_array(s);
    zip_t *zip = cg_zip_create(&target, path, error);
    if (!zip) return CG_ENOMEM;
    errno = 0;
    bool is_whole = add_array(zip, "x.npy", &x) && (!y.data || add_array(zip, "y.npy", &y));
    return cg_zip_commit(&target, zip, is_whole, error);
}
#else
cg_status cg_write_npz(const cg_samples *s, const char *path, cg_error *error)
{
    (void)s;
    return cg_fail(error, CG_ENOTBUILT, "%s: NPZ archives are left out of this build (--with-zip)",
                   path);
}
#endif

/* ---- IDX ----------------------------------------------------------------------------------- */
static void put_size(FILE *stream, int64_t size)
{
    for (int shift = 24; shift >= 0; shift -= 8) putc((int)(size >> shift & 255), stream);
}

static void put_idx(FILE *stream, const cg_samples *s, bool are_labels)
{
    int first = s->shape.dim[0] == 1, rank = are_labels ? 1 : s->shape.rank + 1 - first;
    const char magic[] = { 0, 0, 8, (char)rank };
    fwrite(magic, 1, sizeof magic, stream);
    put_size(stream, s->n);
    for (int i = first; i < s->shape.rank && !are_labels; i++) put_size(stream, s->shape.dim[i]);
    if (are_labels)
        fwrite(s->labels, 1, (size_t)s->n, stream);
    else
        fwrite(s->images, (size_t)cg_shape_size(&s->shape), (size_t)s->n, stream);
}

cg_status cg_write_idx(const cg_samples *s, const char *path, cg_error *error)
{
    if (s->shape.rank != 3 || s->n > UINT32_MAX)
        return cg_fail(error, CG_EDATA, "%s: IDX files hold images of C x H x W", path);
    return write_both(s, path, s->labels, put_idx, error);
}

/* ---- all of them --------------------------------------------------------------------------- */
/* Whole numbers of 0..255 are bytes, whatever file they came from. */
static bool are_bytes(const cg_samples *s)
{
    int64_t n = s->n * cg_shape_size(&s->shape);
    for (int64_t i = 0; i < n; i++)
        if (!(s->values[i] >= 0 && s->values[i] <= 255 &&
              (float)(uint8_t)s->values[i] == s->values[i]))
            return false;
    return true;
}

static uint8_t *as_bytes(const cg_samples *s)
{
    int64_t n = s->n * cg_shape_size(&s->shape);
    uint8_t *bytes = cg_alloc((size_t)n, 1);
    for (int64_t i = 0; i < n && bytes; i++) bytes[i] = (uint8_t)s->values[i];
    return bytes;
}

static cg_status write_bytes(const cg_samples *s, const char *path,
                             cg_status (*write)(const cg_samples *samples, const char *path,
                                                cg_error *error),
                             cg_error *error)
{
    cg_samples bytes = *s;
    if (s->targets || (s->values && !are_bytes(s)))
        return cg_fail(error, CG_EDATA,
                       "%s: this format holds bytes and labels, no real values; .npy, .npz and "
                       ".csv do",
                       path);
    if (s->values) bytes.images = as_bytes(s);
    if (!bytes.images) return cg_fail_nomem(error, path);
    cg_status status = write(&bytes, path, error);
    if (s->values) cg_release(bytes.images);
    return status;
}

cg_status cg_samples_write(const cg_samples *s, const char *path, cg_error *error)
{
    static const struct {
        const char *end;
        cg_status (*write)(const cg_samples *samples, const char *path, cg_error *error);
        bool is_of_bytes; /* and of labels */
    } formats[] = {
        { ".csv", cg_write_csv, false },  { ".npy", cg_write_npy, false },
        { ".npz", cg_write_npz, false },  { ".idx", cg_write_idx, true },
        { "-ubyte", cg_write_idx, true }, { "", cg_write_folder, true },
    };
    if (cg_file_exists(path)) return cg_fail(error, CG_EDATA, "%s: there already", path);
    for (size_t i = 0;; i++) {
        if (!cg_ends_with(path, formats[i].end)) continue;
        return formats[i].is_of_bytes ? write_bytes(s, path, formats[i].write, error)
                                      : formats[i].write(s, path, error);
    }
}
