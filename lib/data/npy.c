#include "data/npy.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAGIC = 6, MAX_HEADER = 1 << 16, READ_AT_ONCE = 1 << 20 };
#define MAX_BYTES (INT64_C(1) << 33) /* of one array */

/* ---- the header ---------------------------------------------------------------------------- */
typedef struct {
    const char *at, *name;
    cg_error *error;
} cursor;

static bool next_is(cursor *c, char wanted)
{
    while (isspace((unsigned char)*c->at)) c->at++;
    if (*c->at != wanted) return false;
    c->at++;
    return true;
}

static cg_status malformed(const cursor *c, const char *expected)
{
    return cg_fail(c->error, CG_EDATA, "%s: a header that cannot be read: expected %s at '%.20s'",
                   c->name, expected, c->at);
}

/* 'text' or "text", without escapes, which no header has. */
static cg_status read_quoted(cursor *c, char *text, size_t room)
{
    char quote = next_is(c, '\'') ? '\'' : next_is(c, '"') ? '"' : '\0';
    const char *end = quote ? strchr(c->at, quote) : NULL;
    if (!end || (size_t)(end - c->at) >= room) return malformed(c, "a short text in quotes");
    memcpy(text, c->at, (size_t)(end - c->at));
    text[end - c->at] = '\0';
    c->at = end + 1;
    return CG_OK;
}

static cg_status read_dimension(cursor *c, int64_t *dim)
{
    if (!isdigit((unsigned char)*c->at)) return malformed(c, "a number");
    for (*dim = 0; isdigit((unsigned char)*c->at); c->at++)
        if (!cg_mul_ok(*dim, 10, dim) || !cg_add_ok(*dim, *c->at - '0', dim))
            return malformed(c, "a smaller number");
    return CG_OK;
}

/* (), (3,), (3, 4) */
static cg_status read_shape(cursor *c, cg_shape *shape)
{
    if (!next_is(c, '(')) return malformed(c, "a tuple");
    for (shape->rank = 0; !next_is(c, ')'); shape->rank++) {
        if (shape->rank == CG_MAX_RANK)
            return cg_fail(c->error, CG_EDATA, "%s: more than %d axes", c->name, CG_MAX_RANK);
        while (isspace((unsigned char)*c->at)) c->at++;
        CG_TRY(read_dimension(c, &shape->dim[shape->rank]));
        if (!next_is(c, ',') && *c->at != ')') return malformed(c, "',' or ')'");
    }
    return CG_OK;
}

/* "<f4": byte order, kind, size. */
static cg_status set_type(cg_npy *a, const char *descr, const cursor *c)
{
    char order = descr[0], kind = order ? descr[1] : '\0';
    a->kind = kind;
    a->size = kind && descr[2] && !descr[3] ? descr[2] - '0' : 0;
    a->is_big_endian = order == '>';
    bool is_whole = (kind == 'u' || kind == 'i') &&
                    (a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8);
    bool is_real = kind == 'f' && (a->size == 4 || a->size == 8);
    bool is_truth = kind == 'b' && a->size == 1;
    if (strchr("<>|", order) && (is_whole || is_real || is_truth)) return CG_OK;
    return cg_fail(c->error, CG_EDATA,
                   "%s: elements of type '%s'; there are u1 to u8, i1 to i8, f4, f8 and b1",
                   c->name, descr);
}

static cg_status read_entry(cursor *c, cg_npy *a, const char *key, int *seen)
{
    if (!strcmp(key, "descr")) {
        char descr[16];
        *seen |= 1;
        if (next_is(c, '['))
            return cg_fail(c->error, CG_EDATA, "%s: an array of records, expected one of numbers",
                           c->name);
        CG_TRY(read_quoted(c, descr, sizeof descr));
        return set_type(a, descr, c);
    }
    if (!strcmp(key, "fortran_order")) {
        *seen |= 2;
        if (next_is(c, 'F') && !strncmp(c->at, "alse", 4)) {
            c->at += 4;
            return CG_OK;
        }
        return cg_fail(c->error, CG_EDATA,
                       "%s: in Fortran's order; save numpy.ascontiguousarray(a)", c->name);
    }
    if (!strcmp(key, "shape")) {
        *seen |= 4;
        return read_shape(c, &a->shape);
    }
    return malformed(c, "'descr', 'fortran_order' or 'shape'");
}

static cg_status read_literal(cg_npy *a, cursor *c)
{
    char key[16];
    int seen = 0;
    if (!next_is(c, '{')) return malformed(c, "'{'");
    while (!next_is(c, '}')) {
        CG_TRY(read_quoted(c, key, sizeof key));
        if (!next_is(c, ':')) return malformed(c, "':'");
        CG_TRY(read_entry(c, a, key, &seen));
        if (!next_is(c, ',') && *c->at != '}') return malformed(c, "',' or '}'");
    }
    return seen == 7 ? CG_OK : malformed(c, "'descr', 'fortran_order' and 'shape' before");
}

/* Everything up to the data. */
static cg_status read_text(cg_npy *a, const cg_input *in, char *text, cg_error *error)
{
    uint8_t head[MAGIC + 2 + 4] = { 0 };
    int64_t got = in->read(in, head, MAGIC + 4, error);
    if (got < 0) return (cg_status)-got;
    if (got == 0) return cg_fail(error, CG_EDATA, "%s: the file is empty", in->name);
    if (memcmp(head, "\x93NUMPY", MAGIC) != 0)
        return cg_fail(error, CG_EDATA, "%s: not an NPY array: it does not begin with \\x93NUMPY",
                       in->name);
    bool is_long = head[MAGIC] >= 2;
    if (head[MAGIC] < 1 || head[MAGIC] > 3)
        return cg_fail(error, CG_EDATA, "%s: version %d.%d of NPY, expected 1.0 to 3.0", in->name,
                       head[MAGIC], head[MAGIC + 1]);
    int64_t more = got == MAGIC + 4 && is_long ? in->read(in, head + MAGIC + 4, 2, error) : 0;
    if (more < 0) return (cg_status)-more;
    int64_t size = head[8] | head[9] << 8;
    if (is_long) size |= (int64_t)head[10] << 16 | (int64_t)head[11] << 24;
    if (size >= MAX_HEADER)
        return cg_fail(error, CG_EDATA, "%s: a header of %" PRId64 " bytes", in->name, size);
    bool is_whole = got + more == MAGIC + (is_long ? 6 : 4);
    int64_t n_text = is_whole ? in->read(in, text, size, error) : 0;
    if (n_text < 0) return (cg_status)-n_text;
    if (!is_whole || n_text < size)
        return cg_fail(error, CG_EDATA, "%s: the file ends within its header", in->name);
    text[size] = '\0';
    return read_literal(a, &(cursor){ text, in->name, error });
}

/* Also that all of it has a size that can be counted. */
static cg_status check_shape(const cg_npy *a, const cg_input *in, cg_error *error)
{
    int64_t bytes = a->size;
    for (int i = 0; i < a->shape.rank; i++)
        if (a->shape.dim[i] < 1 || !cg_mul_ok(bytes, a->shape.dim[i], &bytes) || bytes > MAX_BYTES)
            return cg_fail(error, CG_EDATA, "%s: axis %d has %" PRId64 " elements, expected %s",
                           in->name, i, a->shape.dim[i],
                           a->shape.dim[i] < 1 ? "at least 1" : "at most 8 GiB in all");
    return CG_OK;
}

cg_status cg_npy_read_header(cg_npy *a, const cg_input *in, cg_error *error)
{
    *a = (cg_npy){ 0 };
    char *text = cg_alloc(MAX_HEADER + 1, 1);
    if (!text) return cg_fail_nomem(error, in->name);
    cg_status status = read_text(a, in, text, error);
    cg_release(text);
    return status == CG_OK ? check_shape(a, in, error) : status;
}

/* ---- the data ------------------------------------------------------------------------------ */
cg_status cg_npy_read_data(cg_npy *a, const cg_input *in, cg_error *error)
{
    const int64_t bytes = cg_shape_size(&a->shape) * a->size;
    CG_TRY(cg_budget_check(in->budget, in->name, in->held + bytes, error));
    for (int64_t used = 0, room = 0; used < bytes;) {
        room = room ? 2 * room : READ_AT_ONCE;
        if (room > bytes) room = bytes;
        uint8_t *more = cg_resize(a->bytes, (size_t)room, 1);
        if (!more) return cg_fail_nomem(error, in->name);
        a->bytes = more;
        int64_t got = in->read(in, a->bytes + used, room - used, error);
        if (got < 0) return (cg_status)-got;
        used += got;
        if (used < room)
            return cg_fail(error, CG_EDATA,
                           "%s: %" PRId64 " bytes of data, its header promises %" PRId64, in->name,
                           used, bytes);
    }
    uint8_t beyond;
    int64_t got = in->read(in, &beyond, 1, error);
    if (got < 0) return (cg_status)-got;
    if (got == 0) return CG_OK;
    return cg_fail(error, CG_EDATA, "%s: bytes follow the %" PRId64 " that its header promises",
                   in->name, bytes);
}

void cg_npy_free(cg_npy *a)
{
    cg_release(a->bytes);
    *a = (cg_npy){ 0 };
}

/* ---- elements ------------------------------------------------------------------------------ */
double cg_npy_value(const cg_npy *a, int64_t i)
{
    const uint8_t *p = a->bytes + i * a->size;
    uint64_t bits = 0;
    for (int k = 0; k < a->size; k++)
        bits |= (uint64_t)p[k] << 8 * (a->is_big_endian ? a->size - 1 - k : k);
    if (a->kind == 'f' && a->size == 4) {
        float value;
        memcpy(&value, &(uint32_t){ (uint32_t)bits }, sizeof value);
        return (double)value;
    }
    if (a->kind == 'f') {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (a->kind != 'i') return (double)bits;
    uint64_t sign = UINT64_C(1) << (8 * a->size - 1);
    return (double)(int64_t)((bits ^ sign) - sign); /* the sign bit, on to the left */
}

/* ---- writing ------------------------------------------------------------------------------- */
int cg_npy_header(char header[CG_NPY_HEADER], const char *descr, const cg_shape *shape)
{
    enum { BEFORE = 10, ALIGNED = 64 };
    char *text = header + BEFORE;
    int n = snprintf(text, CG_NPY_HEADER - BEFORE,
                     "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int i = 0; i < shape->rank; i++)
        n += snprintf(text + n, CG_NPY_HEADER - BEFORE - (size_t)n, "%" PRId64 ",%s", shape->dim[i],
                      i + 1 < shape->rank ? " " : "");
    n += snprintf(text + n, CG_NPY_HEADER - BEFORE - (size_t)n, "), }");
    int total = (BEFORE + n + 1 + ALIGNED - 1) / ALIGNED * ALIGNED, size = total - BEFORE;
    memset(text + n, ' ', (size_t)(size - n));
    text[size - 1] = '\n';
    memcpy(header, "\x93NUMPY\1\0", 8); /* NOLINT(bugprone-not-null-terminated-result): no text */
    header[8] = (char)(size & 255);
    header[9] = (char)(size >> 8);
    return total;
}
