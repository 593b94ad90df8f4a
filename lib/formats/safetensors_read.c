/* Reading named tensors.  The file is not trusted: nothing is used before its length, type, range
 * and uniqueness have been checked. */
#include "formats/safetensors.h"

#include "base/budget.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Of the header: 80,000 tensors and more, read in a second or two. */
enum { MAX_HEADER = 10 * 1000 * 1000, LENGTH_BYTES = 8 };
static const uint64_t max_file = UINT64_C(1) << 40;

typedef struct {
    cg_named_tensor tensor; /* its name belongs to the header */
    int64_t begin, end;
} entry;

struct cg_safetensors {
    char *contents;
    char *data; /* within contents */
    json_t *header;
    int64_t bytes;         /* of memory, all in all */
    entry *entries;        /* by begin */
    const entry **by_name; /* the same, to find them */
    int n;
};

static int64_t element_bytes(cg_dtype dtype)
{
    return dtype == CG_F64 ? 8 : 4;
}

/* ---- one tensor ---------------------------------------------------------------------------- */
static cg_status read_dtype(const char *name, const json_t *value, cg_dtype *dtype, cg_error *error)
{
    const char *text = json_string_value(value);
    if (!text) return cg_fail(error, CG_ECHECKPOINT, "tensor '%s' has no dtype", name);
    if (strcmp(text, "F32") == 0)
        *dtype = CG_F32;
    else if (strcmp(text, "F64") == 0)
        *dtype = CG_F64;
    else
        return cg_fail(error, CG_ECHECKPOINT, "tensor '%s' is of dtype %.16s, not F32 or F64", name,
                       text);
    return CG_OK;
}

static cg_status read_shape(const char *name, const json_t *value, cg_shape *shape, cg_error *error)
{
    if (!json_is_array(value))
        return cg_fail(error, CG_ECHECKPOINT, "tensor '%s' has no shape", name);
    size_t rank = json_array_size(value);
    if (rank > CG_MAX_RANK)
        return cg_fail(error, CG_ECHECKPOINT, "tensor '%s' has %zu axes, more than %d", name, rank,
                       (int)CG_MAX_RANK);
    *shape = (cg_shape){ .rank = (int)rank };
    for (size_t i = 0; i < rank; i++) {
        json_t *dim = json_array_get(value, i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 1)
            return cg_fail(error, CG_ECHECKPOINT, "tensor '%s': axis %zu is not a positive number",
                           name, i);
        shape->dim[i] = json_integer_value(dim);
    }
    if (cg_shape_check(shape, NULL) != CG_OK)
        return cg_fail(error, CG_ECHECKPOINT, "tensor '%s' is too large", name);
    return CG_OK;
}

static cg_status read_offsets(entry *e, const json_t *value, int64_t data_size, cg_error *error)
{
    const char *name = e->tensor.name;
    json_t *begin = json_array_get(value, 0), *end = json_array_get(value, 1);
    if (json_array_size(value) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return cg_fail(error, CG_ECHECKPOINT, "tensor '%s' has no data_offsets", name);
    e->begin = json_integer_value(begin);
    e->end = json_integer_value(end);
    if (e->begin < 0 || e->end < e->begin || e->end > data_size)
        return cg_fail(error, CG_ECHECKPOINT,
                       "tensor '%s' lies at %" PRId64 "..%" PRId64 " of %" PRId64 " bytes", name,
                       e->begin, e->end, data_size);
    int64_t bytes = cg_shape_size(&e->tensor.shape) * element_bytes(e->tensor.dtype);
    if (e->end - e->begin != bytes)
        return cg_fail(error, CG_ECHECKPOINT,
                       "tensor '%s' takes %" PRId64 " bytes, its shape %" PRId64, name,
                       e->end - e->begin, bytes);
    return CG_OK;
}

static cg_status read_entry(entry *e, const char *name, const json_t *value, int64_t data_size,
                            cg_error *error)
{
    if (!json_is_object(value))
        return cg_fail(error, CG_ECHECKPOINT, "tensor '%s' is not described by an object", name);
    e->tensor.name = name;
    CG_TRY(read_dtype(name, json_object_get(value, "dtype"), &e->tensor.dtype, error));
    CG_TRY(read_shape(name, json_object_get(value, "shape"), &e->tensor.shape, error));
    CG_TRY(read_offsets(e, json_object_get(value, "data_offsets"), data_size, error));
    if (json_object_size(value) != 3)
        return cg_fail(error, CG_ECHECKPOINT,
                       "tensor '%s' has keys beside dtype, shape and data_offsets", name);
    return CG_OK;
}

/* ---- the whole ----------------------------------------------------------------------------- */
static int by_begin(const void *a, const void *b)
{
    int64_t x = ((const entry *)a)->begin, y = ((const entry *)b)->begin;
    return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const entry *const *)a)->tensor.name, (*(const entry *const *)b)->tensor.name);
}

static int compare_name(const void *name, const void *e)
{
    return strcmp(name, (*(const entry *const *)e)->tensor.name);
}

static cg_status check_metadata(json_t *metadata, cg_error *error)
{
    if (!metadata) return CG_OK;
    if (!json_is_object(metadata))
        return cg_fail(error, CG_ECHECKPOINT, "__metadata__ is not an object");
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value) if (!json_is_string(value)) return cg_fail(
        error, CG_ECHECKPOINT, "__metadata__ '%s' is not a text", key);
    return CG_OK;
}

/* Every byte of the data belongs to one tensor. */
static cg_status check_cover(const entry entries[], int n, int64_t data_size, cg_error *error)
{
    int64_t at = 0;
    for (int i = 0; i < n; i++) {
        if (entries[i].begin != at)
            return cg_fail(error, CG_ECHECKPOINT,
                           "tensor '%s' begins at byte %" PRId64
                           " of the data, the one before ends at %" PRId64,
                           entries[i].tensor.name, entries[i].begin, at);
        at = entries[i].end;
    }
    if (at != data_size)
        return cg_fail(error, CG_ECHECKPOINT, "%" PRId64 " bytes of data belong to no tensor",
                       data_size - at);
    return CG_OK;
}

static cg_status read_entries(cg_safetensors *file, int64_t data_size, cg_error *error)
{
    json_t *metadata = json_object_get(file->header, "__metadata__"), *value;
    CG_TRY(check_metadata(metadata, error));
    size_t n = json_object_size(file->header);
    file->entries = cg_alloc(n + 1, sizeof *file->entries);
    file->by_name = cg_alloc(n + 1, sizeof *file->by_name);
    if (!file->entries || !file->by_name) return cg_fail_nomem(error, "a checkpoint's tensors");
    const char *name;
    json_object_foreach(file->header, name, value)
    {
        if (value == metadata) continue;
        CG_TRY(read_entry(&file->entries[file->n], name, value, data_size, error));
        file->n++;
    }
    qsort(file->entries, (size_t)file->n, sizeof *file->entries, by_begin);
    CG_TRY(check_cover(file->entries, file->n, data_size, error));
    for (int i = 0; i < file->n; i++) {
        file->entries[i].tensor.data = file->data + file->entries[i].begin;
        file->by_name[i] = &file->entries[i];
    }
    qsort(file->by_name, (size_t)file->n, sizeof *file->by_name, by_name);
    return CG_OK;
}

/* A file of another kind; what it begins with tells which. */
static cg_status no_safetensors(const cg_safetensors *file, size_t size, cg_error *error)
{
    char begin[2 * LENGTH_BYTES + 1];
    size_t n = 0;
    while (n < sizeof begin - 1 && n < size && file->contents[n] >= ' ' &&
           file->contents[n] < 127) {
        begin[n] = file->contents[n];
        n++;
    }
    begin[n] = '\0';
    return cg_fail(error, CG_ECHECKPOINT,
                   "not a safetensors file, such as a run's best.safetensors: it %s%s%s",
                   !size ? "is empty"
                   : n   ? "begins with '"
                         : "does not begin with a header",
                   begin, n ? "'" : "");
}

char *cg_safetensors_sum(char *header, size_t length)
{
    /* A quote within a JSON text has a backslash before it, one that begins a key what ends the
     * value before: with that, this cannot be found in a text. */
    static const char key[] = "\"" CG_SAFETENSORS_SUM "\":\"";
    size_t n = sizeof key - 1;
    for (size_t i = 1; i + n + CG_SHA256_DIGITS < length; i++)
        if ((header[i - 1] == '{' || header[i - 1] == ',') && memcmp(header + i, key, n) == 0)
            return header + i + n;
    return NULL;
}

/* Files of other programs have no sum. */
static cg_status check_sum(cg_safetensors *file, size_t length, size_t size, cg_error *error)
{
    char stated[CG_DIGEST_TEXT], sum[CG_DIGEST_TEXT];
    cg_digest digest;
    const char *text = cg_safetensors_metadata(file, CG_SAFETENSORS_SUM);
    if (!text) return CG_OK;
    char *at = cg_safetensors_sum(file->contents + LENGTH_BYTES, length);
    if (!at || strlen(text) != CG_SHA256_DIGITS)
        return cg_fail(error, CG_ECHECKPOINT, "its " CG_SAFETENSORS_SUM " is no sum");
    snprintf(stated, sizeof stated, "%s", text);
    memset(at, '0', CG_SHA256_DIGITS);
    cg_digest_begin(&digest, CG_SHA256);
    cg_digest_add(&digest, file->contents, size);
    cg_digest_end(&digest, sum);
    memcpy(at, stated, CG_SHA256_DIGITS);
    if (strcmp(sum, stated) == 0) return CG_OK;
    return cg_fail(error, CG_ECHECKPOINT,
                   "damaged: its SHA-256 sum is %.8s..., that of what was written %.8s...", sum,
                   stated);
}

static cg_status read_header(cg_safetensors *file, const cg_budget *budget, size_t size,
                             cg_error *error)
{
    uint64_t length = 0;
    for (size_t i = 0; i < LENGTH_BYTES && i < size; i++)
        length |= (uint64_t)(unsigned char)file->contents[i] << (8 * i);
    bool has_header = length > 0 && size > LENGTH_BYTES && file->contents[LENGTH_BYTES] == '{';
    if (!has_header) return no_safetensors(file, size, error);
    if (length > MAX_HEADER)
        return cg_fail(error, CG_ECHECKPOINT,
                       "a header of %" PRIu64 " bytes is beyond the limit of %d", length,
                       (int)MAX_HEADER);
    if (length > size - LENGTH_BYTES)
        return cg_fail(error, CG_ECHECKPOINT,
                       "the file ends within its header, at byte %zu of %" PRIu64, size,
                       length + LENGTH_BYTES);
    file->bytes = (int64_t)size + CG_JSON_BYTES * (int64_t)length;
    CG_TRY(cg_budget_check(budget, "its header", file->bytes, error));
    const char *text = file->contents + LENGTH_BYTES;
    json_error_t mistake;
    errno = 0;
    file->header = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &mistake);
    if (!file->header && errno == ENOMEM) return cg_fail_nomem(error, "a header");
    if (!file->header)
        return cg_fail(error, CG_ECHECKPOINT, "the header, at byte %d: %s", mistake.position,
                       mistake.text);
    file->data = file->contents + LENGTH_BYTES + length;
    CG_TRY(read_entries(file, (int64_t)(size - LENGTH_BYTES - length), error));
    return check_sum(file, (size_t)length, size, error);
}

/* The data in this machine's byte order. */
static void to_native(const cg_safetensors *file)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    for (int i = 0; i < file->n; i++) {
        const entry *e = &file->entries[i];
        int64_t bytes = element_bytes(e->tensor.dtype);
        for (char *p = file->data + e->begin; p < file->data + e->end; p += bytes)
            for (int64_t a = 0, b = bytes - 1; a < b; a++, b--) {
                char byte = p[a];
                p[a] = p[b];
                p[b] = byte;
            }
    }
#else
    (void)file;
#endif
}

cg_status cg_safetensors_read(cg_safetensors **result, const char *path, cg_error *error)
{
    return cg_safetensors_read_within(NULL, result, path, error);
}

cg_status cg_safetensors_read_within(const cg_budget *budget, cg_safetensors **result,
                                     const char *path, cg_error *error)
{
    *result = NULL;
    CG_TRY(cg_file_check(path, error));
    cg_safetensors *file = cg_alloc(1, sizeof *file);
    if (!file) return cg_fail_nomem(error, "a checkpoint");
    size_t size;
    cg_status status = cg_file_read_within(budget, path, max_file, &file->contents, &size, error);
    if (status == CG_OK) {
        cg_error cause = { 0 };
        status = read_header(file, budget, size, &cause);
        if (status != CG_OK)
            cg_fail_at(error, status, (cg_place){ .file = path }, "%s", cause.message);
    }
    if (status != CG_OK) {
        cg_safetensors_free(file);
        return status;
    }
    to_native(file);
    *result = file;
    return CG_OK;
}

void cg_safetensors_free(cg_safetensors *file)
{
    if (!file) return;
    json_decref(file->header);
    cg_release(file->entries);
    cg_release(file->by_name);
    cg_release(file->contents);
    cg_release(file);
}

int64_t cg_safetensors_bytes(const cg_safetensors *file)
{
    return file->bytes;
}

int cg_safetensors_count(const cg_safetensors *file)
{
    return file->n;
}

cg_named_tensor cg_safetensors_tensor(const cg_safetensors *file, int i)
{
    return file->entries[i].tensor;
}

int cg_safetensors_find(const cg_safetensors *file, const char *name)
{
    const entry **found =
        bsearch(name, file->by_name, (size_t)file->n, sizeof *file->by_name, compare_name);
    return found ? (int)(*found - file->entries) : -1;
}

const char *cg_safetensors_metadata(const cg_safetensors *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), key));
}

cg_status cg_safetensors_copy(const cg_safetensors *file, const char *name, cg_dtype dtype,
                              const cg_shape *shape, void *data, cg_error *error)
{
    int i = cg_safetensors_find(file, name);
    if (i < 0) return cg_fail(error, CG_ECHECKPOINT, "there is no tensor '%s'", name);
    const cg_named_tensor *tensor = &file->entries[i].tensor;
    char found[CG_SHAPE_TEXT], expected[CG_SHAPE_TEXT];
    if (!cg_shape_equal(&tensor->shape, shape))
        return cg_fail(error, CG_ECHECKPOINT, "tensor '%s' is %s, not %s", name,
                       cg_shape_text(&tensor->shape, found), cg_shape_text(shape, expected));
    if (tensor->dtype != dtype)
        return cg_fail(error, CG_ECHECKPOINT, "tensor '%s' is F%d, not F%d", name,
                       tensor->dtype == CG_F64 ? 64 : 32, dtype == CG_F64 ? 64 : 32);
    memcpy(data, tensor->data, (size_t)(file->entries[i].end - file->entries[i].begin));
    return CG_OK;
}
