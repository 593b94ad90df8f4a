/* Winograd's minimal filtering of single images: Y = A'[(G g G') * (B' d B)]A, with tiles in the
 * lanes.
 *
 * For each offset s of a column within a tile, and for even and odd rows, the pixels that tiles
 * have there are gathered, one tile behind the other: a phase of the image.  Element (r, s) of
 * CG_LANES tiles is then one load, wherever a row of tiles ends. */
#include "kernels/planes_winograd.h"

#include "kernels/lanes.h"
#include "kernels/lanes_dense.h"
#include "kernels/lanes_winograd.h"
#include "kernels/planes.h"
#include "kernels/sizes.h"
#include "kernels/winograd.h"

#include <string.h>

enum {
    TILES = CG_LANES_IMAGES, /* side by side */
    BLOCKS = 4,              /* of tiles, transformed together */
    GROUP = TILES * BLOCKS,
    OUT = CG_WINOGRAD_OUT,
    MAX_TAPS = CG_WINOGRAD_MAX_TAPS,
    MAX_IN = CG_WINOGRAD_MAX_IN,
    MAX_POINTS = CG_WINOGRAD_MAX_POINTS
};

static int64_t round_up(int64_t n)
{
    return cg_round_up(n, TILES);
}

/* ---- what lies where ------------------------------------------------------------------------ */

typedef struct {
    int taps;
    int64_t points;         /* of a tile */
    int64_t columns, tiles; /* of a row, of a plane */
    int64_t line, plane;    /* floats of a padded row of pixels, and of a channel */
    int64_t phase;          /* floats of a phase of a group */
    int64_t v_step, m_step; /* floats from point to point: a cache line more than they fill */
} layout;

static layout layout_of(const cg_conv *v)
{
    layout l = { .taps = (int)v->r, .columns = (v->q + OUT - 1) / OUT };
    l.points = cg_winograd_points(v->r) * cg_winograd_points(v->r);
    l.tiles = l.columns * ((v->p + OUT - 1) / OUT);
    l.line = cg_planes_frame_of(v).columns;
    l.plane = l.line * cg_planes_frame_of(v).rows;
    l.phase = round_up((GROUP / l.columns + 2 + v->r / OUT) * l.columns) + GROUP;
    l.v_step = (v->c * BLOCKS + 1) * TILES;
    l.m_step = (v->k * BLOCKS + 1) * TILES;
    return l;
}

/* Some tiles one behind the other, and the rows of tiles that they lie in. */
typedef struct {
    int64_t first, n, top, bottom;
} group;

static group group_of(const layout *l, int64_t first)
{
    int64_t n = cg_least(GROUP, l->tiles - first);
    return (group){ first, n, first / l->columns, (first + n - 1) / l->columns };
}

typedef struct {
    float *image, *phases, *v, *m, *pixels;
} buffers;

static buffers buffers_of(const cg_conv *v, const layout *l, void *scratch)
{
    buffers b = { .image = cg_lanes_align(scratch) };
    b.phases = b.image + cg_planes_floats(v);
    b.v = b.phases + OUT * (l->taps + 1) * l->phase;
    b.m = b.v + l->points * l->v_step;
    b.pixels = b.m + l->points * l->m_step;
    return b;
}

/* ---- the image: v = B' d B ------------------------------------------------------------------ */

/* The phases of a padded plane that the tiles of a group need.  Whole vectors are stored: what goes
 * beyond a row is overwritten by the next. */
CG_INLINE void split(int taps, const layout *l, const float *plane, const group *g,
                     const buffers *b)
{
    const int64_t rows = OUT * (g->bottom - g->top) + taps + 1, columns = l->columns;
    const int64_t line = l->line, phase = l->phase;
    const float *from = plane + g->top * OUT * line;
    for (int64_t row = 0; row < rows; row++, from += line) {
        float *to = b->phases + row % OUT * (taps + 1) * phase + row / OUT * columns;
        for (int64_t i = 0; i < columns; i += CG_LANES) CG_UNROLL
        for (int s = 0; s < taps + 1; s += 2) {
            cg_vec left = cg_vec_load(from + OUT * i + s, CG_LANES);
            cg_vec right = cg_vec_load(from + OUT * i + s + CG_LANES, CG_LANES);
            cg_vec_store(to + s * phase + i, cg_vec_even(left, right), CG_LANES);
            cg_vec_store(to + (s + 1) * phase + i, cg_vec_odd(left, right), CG_LANES);
        }
    }
}

/* CG_LANES tiles, the first pixel of which is at `from` in the first phase. */
CG_INLINE void transform(int taps, const float *from, const layout *l, float *v)
{
    const int points = cg_winograd_points(taps);
    cg_vec c[MAX_IN][MAX_POINTS];
    CG_UNROLL
    for (int s = 0; s < taps + 1; s++) {
        cg_vec d[MAX_IN];
        CG_UNROLL
        for (int r = 0; r < taps + 1; r++)
            d[r] = cg_vec_load(from + (r % OUT * (taps + 1) + s) * l->phase + r / OUT * l->columns,
                               CG_LANES);
        cg_winograd_difference(taps, d, c[s]);
    }
    CG_UNROLL
    for (int r = 0; r < points; r++) {
        cg_vec row[MAX_IN], across[MAX_POINTS];
        CG_UNROLL
        for (int s = 0; s < taps + 1; s++) row[s] = c[s][r];
        cg_winograd_difference(taps, row, across);
        CG_UNROLL
        for (int s = 0; s < points; s++)
            cg_vec_store(v + (r * points + s) * l->v_step, across[s], CG_LANES);
    }
}

/* A channel: its tiles' points at v. */
CG_INLINE void transform_group(int taps, const layout *l, const float *plane, const group *g,
                               const buffers *b, float *v)
{
    split(taps, l, plane, g, b);
    const float *from = b->phases + g->first - g->top * l->columns;
    for (int64_t t = 0; t < g->n; t += CG_LANES) transform(taps, from + t, l, v + t);
}

/* ---- the outputs: y = A' m A ---------------------------------------------------------------- */

/* CG_LANES tiles: the pixels (a, b) of each at pixels[a OUT + b]. */
CG_INLINE void contract(int taps, const float *m, const layout *l, float *pixels)
{
    const int points = cg_winograd_points(taps);
    cg_vec across[MAX_POINTS][OUT];
    CG_UNROLL
    for (int r = 0; r < points; r++) {
        cg_vec row[MAX_POINTS];
        CG_UNROLL
        for (int s = 0; s < points; s++)
            row[s] = cg_vec_load(m + (r * points + s) * l->m_step, CG_LANES);
        cg_winograd_contract(taps, row, across[r]);
    }
    CG_UNROLL
    for (int s = 0; s < OUT; s++) {
        cg_vec column[MAX_POINTS], down[OUT];
        CG_UNROLL
        for (int r = 0; r < points; r++) column[r] = across[r][s];
        cg_winograd_contract(taps, column, down);
        CG_UNROLL
        for (int r = 0; r < OUT; r++)
            cg_vec_store(pixels + (r * OUT + s) * GROUP, down[r], CG_LANES);
    }
}

CG_INLINE void contract_group(int taps, const float *m, const layout *l, int64_t n, float *pixels)
{
    for (int64_t t = 0; t < n; t += CG_LANES) contract(taps, m + t, l, pixels + t);
}

/* Lets the pixels of a group's tiles take turns in the rows of y. */
static void put_rows(const cg_conv *v, const layout *l, const group *g, const float *pixels,
                     float *plane)
{
    for (int64_t t = 0, run; t < g->n; t += run) {
        int64_t row = (g->first + t) / l->columns, column = (g->first + t) % l->columns;
        run = cg_least(g->n - t, l->columns - column);
        for (int64_t a = 0; a < OUT && row * OUT + a < v->p; a++) {
            const float *even = pixels + a * OUT * GROUP + t, *odd = even + GROUP;
            float *y = plane + (row * OUT + a) * v->q + column * OUT;
            int64_t n = cg_least(run * OUT, v->q - column * OUT);
            for (int64_t i = 0; i < n; i += 2 * CG_LANES) {
                cg_vec e = cg_vec_load(even + i / OUT, CG_LANES);
                cg_vec o = cg_vec_load(odd + i / OUT, CG_LANES);
                cg_vec_store(y + i, cg_vec_low_pairs(e, o), n - i);
                if (n - i > CG_LANES)
                    cg_vec_store(y + i + CG_LANES, cg_vec_high_pairs(e, o), n - i - CG_LANES);
            }
        }
    }
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* Filters [begin, end) of one image. */
static void some_filters(const cg_conv *v, const layout *l, const float *u, float *y,
                         const buffers *b, int64_t begin, int64_t end)
{
    for (int64_t first = 0; first < l->tiles; first += GROUP) {
        const group g = group_of(l, first);
        for (int64_t c = 0; c < v->c; c++)
            CG_WINOGRAD_BY_TAPS(transform_group, l->taps, l, b->image + c * l->plane, &g, b,
                                b->v + c * GROUP);
        for (int64_t point = 0; point < l->points; point++) {
            cg_lanes_product product = { .blocks = (g.n + TILES - 1) / TILES,
                                         .rows = v->k,
                                         .depth = v->c,
                                         .w = u + point * v->k * v->c,
                                         .x = b->v + point * l->v_step,
                                         .panel = cg_lanes_panel(cg_planes_winograd_blocks(v)),
                                         .x_block = TILES,
                                         .x_depth = GROUP,
                                         .y_block = TILES,
                                         .y_row = GROUP,
                                         .y = b->m + point * l->m_step };
            cg_lanes_dense(&product, begin, end);
        }
        for (int64_t f = begin; f < end; f++, y += v->p * v->q) {
            CG_WINOGRAD_BY_TAPS(contract_group, l->taps, b->m + f * GROUP, l, g.n, b->pixels);
            put_rows(v, l, &g, b->pixels, y);
        }
        y -= (end - begin) * v->p * v->q;
    }
}

void cg_planes_winograd(const cg_conv *v, const float *x, const float *u, float *y, void *scratch,
                        int64_t begin, int64_t end)
{
    const layout l = layout_of(v);
    const buffers b = buffers_of(v, &l, scratch);
    /* lanes beyond the last tile are computed too: of something */
    memset(b.phases, 0, (size_t)(b.v - b.phases) * sizeof *b.phases);
    for (int64_t item = begin, n; item < end; item += n) {
        int64_t image = item / v->k, k = item % v->k;
        n = cg_least(end - item, v->k - k);
        cg_planes_pad(v, x + image * v->c * v->h * v->w, b.image);
        some_filters(v, &l, u, y + item * v->p * v->q, &b, k, k + n);
    }
}

#if CG_DESCRIBE
size_t cg_planes_winograd_scratch(const cg_conv *v)
{
    const layout l = layout_of(v);
    int64_t floats = cg_planes_floats(v) + OUT * (l.taps + 1) * l.phase +
                     l.points * (l.v_step + l.m_step) + OUT * OUT * GROUP + TILES;
    return (size_t)floats * sizeof(float) + 64;
}

int64_t cg_planes_winograd_grain(const cg_conv *v)
{
    enum { ENOUGH = 64 }; /* filters, for the image to be transformed for */
    return v->k < 2 * ENOUGH ? v->k : (v->k + 1) / 2;
}

bool cg_planes_winograd_wins(const cg_conv *v)
{
    const int64_t tiles = ((v->p + OUT - 1) / OUT) * ((v->q + OUT - 1) / OUT);
    return cg_planes_wins(v) && cg_winograd_wins(v) && 3 * tiles >= 2 * round_up(tiles);
}
#endif
