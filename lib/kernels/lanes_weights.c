/* The weight gradient with images in the lanes: outer products of vectors of dy and x. */
#include "kernels/lanes.h"

#include "kernels/lanes_winograd.h"
#include "kernels/sizes.h"
#include "kernels/vec.h"

#include <stdbool.h>

enum {
    IMAGES = CG_LANES_IMAGES,
    ROW_VECTORS = 256, /* of dy: a part of the first-level cache   */
    SUMS = 4096,       /* vectors: a part of the second-level one */
    TILE_SUMS = 28,    /* vectors: no register tile of any tier has more */
};

/* The register tile: filters x columns of sums.  A column is a channel and a tap of one row of
 * taps. */
#if CG_LANES == 16
enum { MAX_COLUMNS = 7, BEST_COLUMNS = 6, MAX_FILTERS = 8 };
static const int8_t filters_for[MAX_COLUMNS + 1] = { 0, 8, 8, 7, 6, 5, 4, 3 };
#else
enum { MAX_COLUMNS = 4, BEST_COLUMNS = 3, MAX_FILTERS = 6 };
static const int8_t filters_for[MAX_COLUMNS + 1] = { 0, 6, 4, 3, 2 };
#endif

typedef struct {
    const cg_conv *v;
    const float *dy, *x; /* of the first filter and the group's first channel, in one block */
    float *sums;         /* of the first column: a vector for each column and filter        */
    int64_t tap, column; /* the row of taps; the first column                               */
    int64_t top, bottom; /* rows of y                                                       */
    int64_t from, to;    /* columns of y where every column of the tile lies within its row */
    float *dw;           /* of the first filter                                             */
    bool begins, ends;   /* are these the first rows of all, the last ones?                  */
} place;

typedef void tile_function(const place *at);

static const float zeros[IMAGES] __attribute__((aligned(64)));

/* Where a column reads x for output 0 of a row: so many columns from its row's begin. */
static inline int64_t start_of(const cg_conv *v, int64_t column)
{
    return column % v->s * v->dilation[1] - v->before[1];
}

/* Outputs [q, end) of one row: dy[f][q] x[column][q] added to each sum. */
static inline __attribute__((always_inline)) void add_row(int filters, int columns, bool is_inside,
                                                          const place *at, const float *dy,
                                                          const float *x, int64_t q, int64_t end,
                                                          cg_vec sum[MAX_FILTERS][MAX_COLUMNS])
{
    const cg_conv *v = at->v;
    const int64_t dy_plane = v->p * v->q * IMAGES, x_plane = v->h * v->w * IMAGES;
    const float *from[MAX_COLUMNS];
    CG_UNROLL
    for (int j = 0; j < columns; j++)
        from[j] = x + (at->column + j) / v->s * x_plane + start_of(v, at->column + j) * IMAGES;
    for (; q < end; q++) {
        const float *d = dy + q * IMAGES;
        const int64_t w = q * v->stride[1], step = w * IMAGES;
        for (int lane = 0; lane < IMAGES; lane += CG_LANES) {
            cg_vec xs[MAX_COLUMNS];
            CG_UNROLL
            for (int j = 0; j < columns; j++) {
                const int64_t column = start_of(v, at->column + j) + w;
                bool is_zero = !is_inside && (column < 0 || column >= v->w);
                xs[j] = cg_vec_load(is_zero ? zeros : from[j] + step + lane, CG_LANES);
            }
            CG_UNROLL
            for (int f = 0; f < filters; f++) {
                cg_vec ds = cg_vec_load(d + f * dy_plane + lane, CG_LANES);
                CG_UNROLL
                for (int j = 0; j < columns; j++) sum[f][j] += ds * xs[j];
            }
        }
    }
}

/* Adds up the lanes of sums that are complete. */
static inline __attribute__((always_inline)) void put(int filters, int columns, const place *at,
                                                      cg_vec sum[MAX_FILTERS][MAX_COLUMNS])
{
    const cg_conv *v = at->v;
    const int64_t taps = v->r * v->s, a_filter = v->c / v->groups * taps;
    CG_UNROLL
    for (int j = 0; j < columns; j++) {
        int64_t c = (at->column + j) / v->s, u = (at->column + j) % v->s;
        CG_UNROLL
        for (int f = 0; f < filters; f++)
            at->dw[f * a_filter + c * taps + at->tap * v->s + u] = cg_vec_add_lanes(sum[f][j]);
    }
}

static inline __attribute__((always_inline)) void tile(int filters, int columns, const place *at)
{
    const cg_conv *v = at->v;
    float *sums = at->sums;
    cg_vec sum[MAX_FILTERS][MAX_COLUMNS];
    CG_UNROLL
    for (int f = 0; f < filters; f++) {
        CG_UNROLL
        for (int j = 0; j < columns; j++) sum[f][j] = (cg_vec){ 0 };
    }
    for (int64_t p = at->top; p < at->bottom; p++) {
        int64_t row = p * v->stride[0] + at->tap * v->dilation[0] - v->before[0];
        if (row < 0 || row >= v->h) continue;
        const float *dy = at->dy + p * v->q * IMAGES, *x = at->x + row * v->w * IMAGES;
        add_row(filters, columns, false, at, dy, x, 0, at->from, sum);
        add_row(filters, columns, true, at, dy, x, at->from, at->to, sum);
        add_row(filters, columns, false, at, dy, x, at->to, v->q, sum);
    }
    CG_UNROLL
    for (int f = 0; f < filters; f++) {
        CG_UNROLL
        for (int j = 0; j < columns; j++)
            if (!at->begins)
                sum[f][j] += cg_vec_load(sums + (j * filters + f) * CG_LANES, CG_LANES);
    }
    if (at->ends) {
        put(filters, columns, at, sum);
        return;
    }
    CG_UNROLL
    for (int f = 0; f < filters; f++) {
        CG_UNROLL
        for (int j = 0; j < columns; j++)
            cg_vec_store(sums + (j * filters + f) * CG_LANES, sum[f][j], CG_LANES);
    }
}

#define TILE(c, f)                              \
    static void tile_##c##_##f(const place *at) \
    {                                           \
        tile(f, c, at);                         \
    }
#define UP_TO_2(M, c) M(c, 1) M(c, 2)
#define UP_TO_3(M, c) UP_TO_2(M, c) M(c, 3)
#define UP_TO_4(M, c) UP_TO_3(M, c) M(c, 4)
#define UP_TO_5(M, c) UP_TO_4(M, c) M(c, 5)
#define UP_TO_6(M, c) UP_TO_5(M, c) M(c, 6)
#define UP_TO_7(M, c) UP_TO_6(M, c) M(c, 7)
#define UP_TO_8(M, c) UP_TO_7(M, c) M(c, 8)
#if CG_LANES == 16
#define TILES(M)  \
    UP_TO_8(M, 1) \
    UP_TO_8(M, 2) UP_TO_7(M, 3) UP_TO_6(M, 4) UP_TO_5(M, 5) UP_TO_4(M, 6) UP_TO_3(M, 7)
#else
#define TILES(M) UP_TO_6(M, 1) UP_TO_4(M, 2) UP_TO_3(M, 3) UP_TO_2(M, 4)
#endif
TILES(TILE)

#define ENTRY(c, f) [c][f] = tile_##c##_##f,
static tile_function *const tiles[MAX_COLUMNS + 1][MAX_FILTERS + 1] = { TILES(ENTRY) };

/* ---- the loops around it -------------------------------------------------------------------- */

/* The outputs of a row for which column `start` and those after it in steps stay within the image.
 */
static void narrow(const cg_conv *v, int64_t start, place *at)
{
    int64_t step = v->stride[1];
    int64_t from = start >= 0 ? 0 : (-start + step - 1) / step;
    int64_t to = start >= v->w ? 0 : (v->w - start - 1) / step + 1;
    if (from > at->from) at->from = from;
    if (to < at->to) at->to = to;
}

static void find_inside(const cg_conv *v, place *at, int64_t columns)
{
    at->from = 0;
    at->to = v->q;
    for (int64_t j = 0; j < columns; j++) narrow(v, start_of(v, at->column + j), at);
    if (at->from > v->q) at->from = v->q;
    if (at->to < at->from) at->to = at->from;
}

/* Columns to a tile: whole rows of taps if they fit, as near to the best as can be. */
static int64_t columns_for(const cg_conv *v)
{
    int64_t all = v->c / v->groups * v->s, n = v->s <= MAX_COLUMNS ? v->s : BEST_COLUMNS;
    while (n + v->s <= BEST_COLUMNS) n += v->s;
    return cg_least(n, all);
}

/* Some filters of a group, n <= MAX_FILTERS, and columns [first, last) of every row of taps. */
typedef struct {
    int64_t k, n, first, last;
} portion;

/* Vectors of sums of one row of taps. */
static int64_t sums_of_row(const portion *of)
{
    return (of->last - of->first) * of->n;
}

/* Adds some rows of y of one block, which stay in the first-level cache for all taps. */
static void add_rows(const portion *of, place *at, float *sums)
{
    const cg_conv *v = at->v;
    const int64_t wide = columns_for(v);
    for (at->column = of->first; at->column < of->last; at->column += wide) {
        int64_t columns = cg_least(wide, of->last - at->column);
        find_inside(v, at, columns);
        for (at->tap = 0; at->tap < v->r; at->tap++) {
            int64_t before = at->tap * sums_of_row(of) + (at->column - of->first) * of->n;
            at->sums = sums + before * CG_LANES;
            tiles[columns][of->n](at);
        }
    }
}

/* One portion, summed over some blocks; dy, x: the first filter's, and of its group.  Rows are
 * added up a few at a time, as many whatever the portion, and these sums to one another: so errors
 * do not grow with the number of pixels, and bits depend on no portion. */
static void some_sums(const cg_conv *v, const portion *of, int64_t blocks, const float *dy,
                      const float *x, float *dw, float *sums)
{
    const int64_t dy_block = v->k * v->p * v->q * IMAGES, x_block = v->c * v->h * v->w * IMAGES;
    const int64_t rows = ROW_VECTORS / (MAX_FILTERS * v->q) + 1;
    for (int64_t block = 0; block < blocks; block++)
        for (int64_t top = 0; top < v->p; top += rows) {
            place at = { .v = v,
                         .dy = dy + block * dy_block,
                         .x = x + block * x_block,
                         .dw = dw,
                         .top = top,
                         .bottom = cg_least(v->p, top + rows) };
            at.begins = block == 0 && top == 0;
            at.ends = block == blocks - 1 && at.bottom == v->p;
            add_rows(of, &at, sums);
        }
}

/* Columns whose sums are kept at once: whole tiles. */
static int64_t columns_at_once(const cg_conv *v)
{
    int64_t wide = columns_for(v), tiles_ = SUMS / (v->r * MAX_FILTERS * wide);
    return tiles_ > 1 ? tiles_ * wide : wide;
}

/* Filters [k, k + n) of one group. */
static void some_filters(const cg_conv *v, int64_t blocks, const float *dy, const float *x,
                         float *dw, float *sums, int64_t k, int64_t n)
{
    const int64_t channels = v->c / v->groups, group = k / (v->k / v->groups),
                  all = channels * v->s, some = columns_at_once(v);
    const int64_t most = filters_for[cg_least(columns_for(v), all)], parts = (n + most - 1) / most;
    for (int64_t i = 0; i < parts; i++)
        for (int64_t first = 0; first < all; first += some) {
            portion of = { .k = k + n * i / parts,
                           .first = first,
                           .last = cg_least(first + some, all) };
            of.n = k + n * (i + 1) / parts - of.k;
            some_sums(v, &of, blocks, dy + of.k * v->p * v->q * IMAGES,
                      x + group * channels * v->h * v->w * IMAGES,
                      dw + of.k * channels * v->r * v->s, sums);
        }
}

/* Items of one part: filters, or so many filters at a time by Winograd's algorithm.
 */
static int64_t items_of_part(const cg_conv *v)
{
    if (!cg_winograd_wins(v)) return v->k;
    return (v->k + CG_WINOGRAD_FILTERS - 1) / CG_WINOGRAD_FILTERS;
}

static void winograd(const cg_conv *v, int64_t blocks, const float *dy, const float *x, float *dw,
                     void *scratch, int64_t item, int64_t n)
{
    const cg_winograd g = { .taps = v->r,
                            .channels = v->c,
                            .filters = v->k,
                            .size = { v->h, v->w },
                            .out = { v->p, v->q },
                            .before = { v->before[0], v->before[1] } };
    cg_lanes_winograd_dw(&g, blocks, x, dy, dw, cg_lanes_align(scratch), item * CG_WINOGRAD_FILTERS,
                         cg_least(v->k, (item + n) * CG_WINOGRAD_FILTERS));
}

void cg_lanes_weight_gradient(const cg_conv *v, const float *dy, const float *x, float *dw,
                              void *scratch, int64_t begin, int64_t end)
{
    const int64_t items = items_of_part(v), filters = v->k / v->groups;
    const int64_t weights = v->k * (v->c / v->groups) * v->r * v->s;
    for (int64_t item = begin, n; item < end; item += n) {
        int64_t part = item / items, i = item % items;
        int64_t first = v->n * part / v->parts, blocks = v->n * (part + 1) / v->parts - first;
        const float *part_dy = dy + first * v->k * v->p * v->q * IMAGES;
        const float *part_x = x + first * v->c * v->h * v->w * IMAGES;
        float *part_dw = dw + part * weights;
        if (cg_winograd_wins(v)) {
            n = cg_least(end - item, items - i);
            winograd(v, blocks, part_dy, part_x, part_dw, scratch, i, n);
        } else {
            n = cg_least(end - item, filters - i % filters);
            some_filters(v, blocks, part_dy, part_x, part_dw, cg_lanes_align(scratch), i, n);
        }
    }
}

#if CG_DESCRIBE
int64_t cg_lanes_weight_items(const cg_conv *v)
{
    return v->parts * items_of_part(v);
}

int64_t cg_lanes_weight_grain(const cg_conv *v)
{
    return cg_winograd_wins(v) ? 1 : cg_lanes_part(v->k);
}

size_t cg_lanes_weight_scratch(const cg_conv *v)
{
    /* whatever the tier that runs: whole tiles up to SUMS, or one that is larger */
    const int64_t all = v->r * (v->c / v->groups) * v->s * CG_LANES_TILE,
                  most = SUMS > TILE_SUMS * v->r ? SUMS : TILE_SUMS * v->r;
    size_t sums = (size_t)(cg_least(most, all) * IMAGES) * sizeof(float);
    return (cg_winograd_wins(v) ? cg_lanes_winograd_dw_scratch(v->r, v->c) : sums) + 64;
}
#endif
