/* PGM, the grey maps of Netpbm: "P2" or "P5", width, height, the largest value, then the values in
 * decimal (P2), in bytes or, above 255, in pairs of bytes, high first (P5).  '#' begins a comment.
 */
#include "data/image.h"

#include "base/error.h"

#include <ctype.h>

static bool recognises(const uint8_t *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 'P' && (bytes[1] == '2' || bytes[1] == '5');
}

typedef struct {
    const uint8_t *at, *end;
} cursor;

static void skip_space(cursor *c)
{
    while (c->at < c->end && (isspace(*c->at) || *c->at == '#')) {
        if (*c->at == '#')
            while (c->at < c->end && *c->at != '\n') c->at++;
        else
            c->at++;
    }
}

/* A number of at most 65535, or -1. */
static int read_number(cursor *c)
{
    int n = -1;
    skip_space(c);
    for (; c->at < c->end && isdigit(*c->at); c->at++) {
        n = (n < 0 ? 0 : n) * 10 + (*c->at - '0');
        if (n > 65535) return -1;
    }
    return n;
}

static int read_binary(cursor *c, int bytes)
{
    if (c->end - c->at < bytes) return -1;
    int n = bytes == 2 ? c->at[0] << 8 | c->at[1] : c->at[0];
    c->at += bytes;
    return n;
}

static cg_status read(cg_picture *p, const char *path, const uint8_t *bytes, size_t size,
                      cg_error *error)
{
    cursor c = { bytes + 2, bytes + size };
    bool is_text = bytes[1] == '2';
    p->channels = 1;
    p->width = read_number(&c);
    p->height = read_number(&c);
    int most = read_number(&c);
    if (p->width < 0 || p->height < 0 || most < 1 || c.at == c.end || !isspace(*c.at))
        return cg_fail(error, CG_EDATA, "%s: not a PGM header (P%c, width, height, largest value)",
                       path, bytes[1]);
    c.at++; /* one white space, then the values */
    CG_TRY(cg_picture_allocate(p, path, error));
    int64_t n = (int64_t)p->width * p->height;
    for (int64_t i = 0; i < n; i++) {
        int value = is_text ? read_number(&c) : read_binary(&c, most > 255 ? 2 : 1);
        if (value < 0 && (is_text ? c.at < c.end : false))
            return cg_fail(error, CG_EDATA, "%s: pixel %lld is not a number of at most %d", path,
                           (long long)i, most);
        if (value < 0)
            return cg_fail(error, CG_EDATA, "%s: ends after %lld of %lld pixels", path,
                           (long long)i, (long long)n);
        if (value > most)
            return cg_fail(error, CG_EDATA, "%s: pixel %lld is %d, the largest value is %d", path,
                           (long long)i, value, most);
        p->pixels[i] = (float)value / (float)most;
    }
    return CG_OK;
}

const cg_picture_format cg_picture_pgm = { .name = "pgm", .recognises = recognises, .read = read };
