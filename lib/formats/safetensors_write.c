/* Writing named tensors: a header with sorted keys, so that equal contents are equal bytes. */
#include "formats/safetensors.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8 }; /* of the header, before it */

static size_t element_bytes(cg_dtype dtype)
{
    return dtype == CG_F64 ? 8 : 4;
}

/* NULL without memory. */
static json_t *describe(const cg_named_tensor *tensor, int64_t begin, int64_t end)
{
    json_t *shape = json_array();
    bool is_whole = shape != NULL;
    for (int i = 0; i < tensor->shape.rank; i++)
        is_whole &= json_array_append_new(shape, json_integer(tensor->shape.dim[i])) == 0;
    if (!is_whole) {
        json_decref(shape);
        return NULL;
    }
    return json_pack("{ss so s[II]}", "dtype", tensor->dtype == CG_F64 ? "F64" : "F32", "shape",
                     shape, "data_offsets", (json_int_t)begin, (json_int_t)end);
}

static cg_status add(json_t *object, const char *key, json_t *value, cg_error *error)
{
    if (json_object_get(object, key)) {
        json_decref(value);
        return cg_fail(error, CG_EUSAGE, "'%s' is given twice", key);
    }
    errno = 0;
    if (value && json_object_set_new(object, key, value) == 0) return CG_OK;
    if (!value || errno == ENOMEM) return cg_fail_nomem(error, "a checkpoint's header");
    return cg_fail(error, CG_EUSAGE, "'%s' is not a name", key);
}

static cg_status fill_header(json_t *header, int n, const cg_named_tensor tensors[], int n_metadata,
                             const cg_metadata metadata[], cg_error *error)
{
    char no_sum[CG_DIGEST_TEXT] = "";
    json_t *texts = json_object();
    CG_TRY(add(header, "__metadata__", texts, error));
    memset(no_sum, '0', CG_SHA256_DIGITS);
    CG_TRY(add(texts, CG_SAFETENSORS_SUM, json_string(no_sum), error));
    for (int i = 0; i < n_metadata; i++)
        CG_TRY(add(texts, metadata[i].key, json_string(metadata[i].value), error));

    int64_t begin = 0;
    for (int i = 0; i < n; i++) {
        CG_TRY(cg_shape_check(&tensors[i].shape, error));
        int64_t end =
            begin + cg_shape_size(&tensors[i].shape) * (int64_t)element_bytes(tensors[i].dtype);
        CG_TRY(add(header, tensors[i].name, describe(&tensors[i], begin, end), error));
        begin = end;
    }
    return CG_OK;
}

/* The header as text, padded with spaces to a multiple of 8 bytes; free() it. */
static cg_status make_header(char **text, int n, const cg_named_tensor tensors[], int n_metadata,
                             const cg_metadata metadata[], cg_error *error)
{
    *text = NULL;
    json_t *header = json_object();
    if (!header) return cg_fail_nomem(error, "a checkpoint's header");
    cg_status status = fill_header(header, n, tensors, n_metadata, metadata, error);
    errno = 0;
    char *json = status == CG_OK ? json_dumps(header, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    bool is_whole = json && errno != ENOMEM; /* jansson 2.14 may leave out what has no room */
    json_decref(header);
    if (status == CG_OK && !is_whole) status = cg_fail_nomem(error, "a checkpoint's header");
    if (status != CG_OK) {
        free(json);
        return status;
    }

    size_t length = strlen(json), padded = (length + 7) / 8 * 8;
    char *grown = cg_resize(json, padded + 1, 1);
    if (!grown) {
        free(json);
        return cg_fail_nomem(error, "a checkpoint's header");
    }
    memset(grown + length, ' ', padded - length);
    grown[padded] = '\0';
    *text = grown;
    return CG_OK;
}

/* ---- bytes ---------------------------------------------------------------------------------
 * What the file holds goes through one function, once into the digest and once into the file. */
typedef void sink(void *to, const void *bytes, size_t n);

static void put_to_digest(void *to, const void *bytes, size_t n)
{
    cg_digest_add(to, bytes, n);
}

/* A stream that failed stays failed, and the commit reports it. */
static void put_to_stream(void *to, const void *bytes, size_t n)
{
    fwrite(bytes, 1, n, to);
}

static void put_data(sink *put, void *to, const cg_named_tensor *tensor)
{
    size_t n = (size_t)cg_shape_size(&tensor->shape), bytes = element_bytes(tensor->dtype);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    put(to, tensor->data, n * bytes);
#else
    const unsigned char *data = tensor->data;
    for (size_t i = 0; i < n * bytes; i += bytes) {
        unsigned char turned[8];
        for (size_t k = 0; k < bytes; k++) turned[k] = data[i + bytes - 1 - k];
        put(to, turned, bytes);
    }
#endif
}

static void put_all(sink *put, void *to, const char *header, int n, const cg_named_tensor tensors[])
{
    uint64_t length = strlen(header);
    unsigned char bytes[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++) bytes[i] = (unsigned char)(length >> (8 * i) & 0xff);
    put(to, bytes, sizeof bytes);
    put(to, header, (size_t)length);
    for (int i = 0; i < n; i++) put_data(put, to, &tensors[i]);
}

/* The sum of what the stream holds, with zeros in the place of the sum that it states, which is at
 * byte `at`. */
static void digest_stream(FILE *stream, int64_t at, char stated[CG_DIGEST_TEXT],
                          char sum[CG_DIGEST_TEXT])
{
    char block[1 << 14];
    cg_digest digest;
    int64_t begin = 0;
    stated[0] = '\0';
    cg_digest_begin(&digest, CG_SHA256);
    for (size_t n; (n = fread(block, 1, sizeof block, stream)) > 0; begin += (int64_t)n) {
        for (int i = 0; i < CG_SHA256_DIGITS; i++) {
            int64_t k = at + i - begin;
            if (k < 0 || k >= (int64_t)n) continue;
            stated[i] = block[k], stated[i + 1] = '\0';
            block[k] = '0';
        }
        cg_digest_add(&digest, block, n);
    }
    cg_digest_end(&digest, sum);
}

/* What was written is read again before it takes the place of what was there: not from the memory
 * that it came from, nor into as much. */
static cg_status verify(const cg_replace *file, char *header, const char *written, cg_error *error)
{
    char stated[CG_DIGEST_TEXT], sum[CG_DIGEST_TEXT];
    FILE *stream = fopen(file->temporary, "rb");
    if (!stream) return cg_fail_errno(error, CG_EIO, "%s: cannot open", file->temporary);
    digest_stream(stream, LENGTH_BYTES + (cg_safetensors_sum(header, strlen(header)) - header),
                  stated, sum);
    cg_status status =
        ferror(stream) ? cg_fail_errno(error, CG_EIO, "%s: cannot read", file->temporary) : CG_OK;
    fclose(stream);
    if (status != CG_OK || (strcmp(stated, written) == 0 && strcmp(sum, written) == 0))
        return status;
    return cg_fail(error, CG_EIO,
                   "%s: not written as it should be: its SHA-256 sum is %.8s... and it states "
                   "%.8s..., what was written has %.8s...",
                   file->temporary, sum, stated, written);
}

static cg_status write_file(const char *path, char *header, const char *sum, int n,
                            const cg_named_tensor tensors[], cg_error *error)
{
    cg_replace file;
    CG_TRY(cg_replace_open(&file, path, error));
    put_all(put_to_stream, file.stream, header, n, tensors);
    cg_status status = cg_replace_sync(&file, error);
    if (status == CG_OK) status = verify(&file, header, sum, error);
    if (status == CG_OK) return cg_replace_commit(&file, error);
    cg_replace_abort(&file);
    return status;
}

cg_status cg_safetensors_write(const char *path, int n, const cg_named_tensor tensors[],
                               int n_metadata, const cg_metadata metadata[], cg_error *error)
{
    char *header, sum[CG_DIGEST_TEXT];
    cg_digest digest;
    CG_TRY(make_header(&header, n, tensors, n_metadata, metadata, error));
    cg_digest_begin(&digest, CG_SHA256);
    put_all(put_to_digest, &digest, header, n, tensors);
    cg_digest_end(&digest, sum);
    memcpy(cg_safetensors_sum(header, strlen(header)), sum, CG_SHA256_DIGITS);
    cg_status status = write_file(path, header, sum, n, tensors, error);
    free(header);
    return status;
}
