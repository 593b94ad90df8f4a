/* The header is believed only as far as the file bears it out: memory grows with what was read. */
#include "data/idx.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
    UNSIGNED_BYTE = 8,
    MAX_SIDE = 4096,       /* pixels of an image, and its channels */
    READ_AT_ONCE = 1 << 20 /* bytes */
};
#define MAX_BYTES (INT64_C(1) << 33) /* of one file, decompressed */

typedef struct {
    gzFile file;
    const char *path;
    const cg_budget *budget;
    cg_error *error;
} reader;

/* n bytes; fewer at the end of the file.  *got: their number. */
static cg_status read_some(const reader *r, uint8_t *bytes, int64_t n, int64_t *got)
{
    *got = 0;
    while (*got < n) {
        int64_t left = n - *got;
        errno = 0;
        int step =
            gzread(r->file, bytes + *got, (unsigned)(left < READ_AT_ONCE ? left : READ_AT_ONCE));
        int code = Z_OK;
        const char *reason = gzerror(r->file, &code);
        if (step < 0 || (step == 0 && code != Z_OK && code != Z_STREAM_END)) {
            if (code == Z_ERRNO) return cg_fail_errno(r->error, CG_EDATA, "%s", r->path);
            return cg_fail(r->error, cg_unless_nomem(CG_EDATA), "%s: %s", r->path,
                           code == Z_BUF_ERROR ? "the compressed data end too early" : reason);
        }
        if (step == 0) break;
        *got += step;
    }
    return CG_OK;
}

/* dim[0..rank-1] and their product, for a file of unsigned bytes whose rank is within bounds. */
static cg_status read_header(const reader *r, int low, int high, cg_shape *shape, int64_t *bytes)
{
    uint8_t head[4 + 4 * CG_MAX_RANK] = { 0 };
    int64_t got;
    CG_TRY(read_some(r, head, 4, &got));
    if (got == 0) return cg_fail(r->error, CG_EDATA, "%s: the file is empty", r->path);
    if (got < 4 || head[0] || head[1])
        return cg_fail(r->error, CG_EDATA,
                       "%s: not an IDX file: it begins with %02x %02x %02x %02x, expected 00 00 08",
                       r->path, head[0], head[1], head[2], head[3]);
    if (head[2] != UNSIGNED_BYTE)
        return cg_fail(r->error, CG_EDATA, "%s: element type 0x%02x, expected 0x08 (unsigned byte)",
                       r->path, head[2]);
    int rank = head[3];
    if (rank < low || rank > high)
        return cg_fail(r->error, CG_EDATA, "%s: %d dimensions, expected %d%s", r->path, rank, low,
                       low == high ? " (labels)" : " or 4 (images)");
    CG_TRY(read_some(r, head + 4, 4 * rank, &got));
    if (got < 4 * rank)
        return cg_fail(r->error, CG_EDATA, "%s: the file ends within its header", r->path);

    shape->rank = rank;
    *bytes = 1;
    for (int i = 0; i < rank; i++) {
        const uint8_t *b = head + 4 + 4 * i;
        int64_t dim = (int64_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
        shape->dim[i] = dim;
        if (dim < 1 || (i > 0 && dim > MAX_SIDE) || !cg_mul_ok(*bytes, dim, bytes) ||
            *bytes > MAX_BYTES)
            return cg_fail(r->error, CG_EDATA, "%s: dimension %d is %" PRId64 ", expected %s",
                           r->path, i, dim,
                           dim < 1               ? "at least 1"
                           : i && dim > MAX_SIDE ? "at most 4096"
                                                 : "a smaller number");
    }
    return CG_OK;
}

/* `wanted` of exactly `bytes` bytes, in memory that grows as they arrive. */
static cg_status read_body(const reader *r, int64_t bytes, int64_t wanted, uint8_t **body)
{
    int64_t used = 0, room = 0, got;
    CG_TRY(cg_budget_check(r->budget, r->path, wanted, r->error));
    while (used < wanted) {
        if (used == room) {
            room = room ? 2 * room : READ_AT_ONCE;
            if (room > wanted) room = wanted;
            uint8_t *more = cg_resize(*body, (size_t)room, 1);
            if (!more) return cg_fail_nomem(r->error, r->path);
            *body = more;
        }
        CG_TRY(read_some(r, *body + used, room - used, &got));
        used += got;
        if (used < room)
            return cg_fail(r->error, CG_EDATA,
                           "%s: %" PRId64 " bytes of data, its header promises %" PRId64, r->path,
                           used, bytes);
    }
    if (wanted < bytes) return CG_OK;
    uint8_t beyond;
    CG_TRY(read_some(r, &beyond, 1, &got)); /* looks at the checksum of gzip, too */
    if (got > 0)
        return cg_fail(r->error, CG_EDATA,
                       "%s: bytes follow the %" PRId64 " that its header promises", r->path, bytes);
    return CG_OK;
}

/* The header and, unless body is NULL, the first n of dim[0], all where n is -1. */
static cg_status read_idx(const char *path, int low, int high, cg_shape *shape, int64_t n,
                          uint8_t **body, const cg_budget *budget, cg_error *error)
{
    struct stat st;
    if (stat(path, &st) != 0) return cg_fail_errno(error, CG_EDATA, "%s", path);
    if (S_ISDIR(st.st_mode)) return cg_fail(error, CG_EDATA, "%s: a folder, expected a file", path);
    reader r = { .file = gzopen(path, "rb"), .path = path, .budget = budget, .error = error };
    if (!r.file) return cg_fail_errno(error, CG_EDATA, "%s", path);
    int64_t bytes = 0;
    cg_status status = read_header(&r, low, high, shape, &bytes);
    if (status == CG_OK && n > shape->dim[0])
        status = cg_fail(error, CG_EDATA, "%s: the file has changed", path);
    if (status == CG_OK && body)
        status = read_body(&r, bytes, n < 0 ? bytes : bytes / shape->dim[0] * n, body);
    gzclose_r(r.file);
    return status;
}

static int largest(const uint8_t *labels, int64_t n)
{
    int most = 0;
    for (int64_t i = 0; i < n; i++)
        if (labels[i] > most) most = labels[i];
    return most;
}

static cg_shape image_shape(const cg_shape *many)
{
    return many->rank == 3 ? CG_SHAPE(1, many->dim[1], many->dim[2])
                           : CG_SHAPE(many->dim[1], many->dim[2], many->dim[3]);
}

cg_status cg_idx_load(cg_samples *samples, const char *images, const char *labels, cg_error *error)
{
    cg_shape many, flat;
    CG_TRY(read_idx(images, 3, 4, &many, 0, NULL, samples->budget, error));
    if (labels) CG_TRY(read_idx(labels, 1, 1, &flat, -1, &samples->labels, samples->budget, error));
    if (labels && many.dim[0] != flat.dim[0])
        return cg_fail(error, CG_EDATA, "%s: %" PRId64 " images, but %s: %" PRId64 " labels",
                       images, many.dim[0], labels, flat.dim[0]);
    samples->file = cg_copy_text(images);
    if (!samples->file) return cg_fail_nomem(error, "a path");
    samples->n = many.dim[0];
    samples->shape = image_shape(&many);
    samples->n_classes = labels ? largest(samples->labels, samples->n) + 1 : 0;
    return CG_OK;
}

cg_status cg_idx_read_images(cg_samples *samples, int64_t n, cg_error *error)
{
    cg_shape many = { 0 };
    if (!samples->file) return CG_OK;
    CG_TRY(read_idx(samples->file, 3, 4, &many, n, &samples->images, NULL, error));
    cg_shape shape = image_shape(&many);
    if (many.dim[0] != samples->n || !cg_shape_equal(&shape, &samples->shape))
        return cg_fail(error, CG_EDATA, "%s: the file has changed", samples->file);
    cg_release(samples->file);
    samples->file = NULL;
    return CG_OK;
}
