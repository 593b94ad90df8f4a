/* Convolution with images in the lanes: y, and dx as a convolution of dy. */
#include "kernels/lanes.h"

#include "kernels/lanes_dense.h"
#include "kernels/lanes_winograd.h"

#include "kernels/sizes.h"
#include "kernels/vec.h"

#include <stdbool.h>

enum { IMAGES = CG_LANES_IMAGES };

/* The register tile: filters x pixels of sums, a vector of each pixel and one weight at a time. */
#if CG_LANES == 16
enum { MAX_FILTERS = 8, MAX_PIXELS = 8 };
static const int8_t pixels_for[MAX_FILTERS + 1] = { 0, 8, 8, 7, 6, 5, 4, 3, 3 };
#else
enum { MAX_FILTERS = 6, MAX_PIXELS = 6 };
static const int8_t pixels_for[MAX_FILTERS + 1] = { 0, 6, 4, 3, 2, 2, 2 };
#endif

/* A correlation over a grid of output pixels: pixel (i, j) under tap (t, u) reads row
 * origin[0] + i step[0] + t tap_step[0] and column origin[1] + j step[1] + u tap_step[1] of each
 * channel, zero beyond it, and is written to row to[0] + i to_step[0], column to[1] + j to_step[1].
 */
typedef struct {
    int64_t channels, size[2]; /* of x, in a group      */
    int64_t grid[2], taps[2];
    int64_t origin[2], step[2], tap_step[2];
    int64_t to[2], to_step[2], width; /* width: columns of y   */
    int64_t y_plane;                  /* pixels of a plane of y */
} correlation;

/* Where a weight lies: w[start + filter f_step + channel c_step + t t_step[0] + u t_step[1]]. */
typedef struct {
    const float *w;
    int64_t start, f_step, c_step, t_step[2];
} weights;

/* Filters [f, f + n) as [channel][t][u][filter]. */
static void pack(const correlation *g, const weights *from, int64_t f, int64_t n, float *to)
{
    for (int64_t c = 0; c < g->channels; c++)
        for (int64_t t = 0; t < g->taps[0]; t++)
            for (int64_t u = 0; u < g->taps[1]; u++) {
                const float *w = from->w + from->start + f * from->f_step + c * from->c_step +
                                 t * from->t_step[0] + u * from->t_step[1];
                for (int64_t i = 0; i < n; i++) *to++ = w[i * from->f_step];
            }
}

/* ---- the register tile ---------------------------------------------------------------------- */

/* The pixels of one tile: row i, columns j .. of the grid. */
typedef struct {
    const correlation *g;
    const float *x; /* channel 0 of the group and block */
    const float *w; /* packed                           */
    float *y;       /* the first filter's plane         */
    int64_t i, j;
    int64_t first[2], last[2]; /* rows and columns of taps that lie within the image */
} place;

typedef void tile_function(const place *at);

static const float zeros[IMAGES] __attribute__((aligned(64)));

/* Column of pixel j under tap column u, or a row of zeros for one beyond the image. */
static inline const float *column(const correlation *g, const float *row, int64_t j, int64_t u)
{
    int64_t at = g->origin[1] + j * g->step[1] + u * g->tap_step[1];
    return at >= 0 && at < g->size[1] ? row + at * IMAGES : zeros;
}

static inline __attribute__((always_inline)) void tile(int filters, int pixels, bool is_inside,
                                                       const place *at, int lane)
{
    const correlation *g = at->g;
    const int64_t plane = g->size[0] * g->size[1] * IMAGES, line = g->size[1] * IMAGES;
    const int64_t step = g->step[1] * IMAGES, tap = g->tap_step[1] * IMAGES;
    const int64_t left = (g->origin[1] + at->j * g->step[1]) * IMAGES + lane;
    cg_vec sum[MAX_FILTERS][MAX_PIXELS];
    CG_UNROLL
    for (int f = 0; f < filters; f++) {
        CG_UNROLL
        for (int p = 0; p < pixels; p++) sum[f][p] = (cg_vec){ 0 };
    }
    for (int64_t c = 0; c < g->channels; c++) {
        for (int64_t t = at->first[0]; t < at->last[0]; t++) {
            const float *row =
                at->x + c * plane + (g->origin[0] + at->i * g->step[0] + t * g->tap_step[0]) * line;
            const float *from = row + left + at->first[1] * tap;
            const float *w = at->w + ((c * g->taps[0] + t) * g->taps[1] + at->first[1]) * filters;
            for (int64_t u = at->first[1]; u < at->last[1]; u++, from += tap, w += filters) {
                cg_vec x[MAX_PIXELS];
                CG_UNROLL
                for (int p = 0; p < pixels; p++)
                    x[p] = cg_vec_load(is_inside ? from + p * step
                                                 : column(g, row, at->j + p, u) + lane,
                                       CG_LANES);
                CG_UNROLL
                for (int f = 0; f < filters; f++) {
                    CG_UNROLL
                    for (int p = 0; p < pixels; p++) sum[f][p] += w[f] * x[p];
                }
            }
        }
    }
    float *y =
        at->y + lane +
        ((g->to[0] + at->i * g->to_step[0]) * g->width + g->to[1] + at->j * g->to_step[1]) * IMAGES;
    CG_UNROLL
    for (int f = 0; f < filters; f++, y += g->y_plane * IMAGES) {
        CG_UNROLL
        for (int p = 0; p < pixels; p++)
            cg_vec_store(y + p * g->to_step[1] * IMAGES, sum[f][p], CG_LANES);
    }
}

#define TILE(f, p)                                                                       \
    static void inside_##f##_##p(const place *at)                                        \
    {                                                                                    \
        for (int lane = 0; lane < IMAGES; lane += CG_LANES) tile(f, p, true, at, lane);  \
    }                                                                                    \
    static void border_##f##_##p(const place *at)                                        \
    {                                                                                    \
        for (int lane = 0; lane < IMAGES; lane += CG_LANES) tile(f, p, false, at, lane); \
    }
#define UP_TO_2(M, f) M(f, 1) M(f, 2)
#define UP_TO_3(M, f) UP_TO_2(M, f) M(f, 3)
#define UP_TO_4(M, f) UP_TO_3(M, f) M(f, 4)
#define UP_TO_5(M, f) UP_TO_4(M, f) M(f, 5)
#define UP_TO_6(M, f) UP_TO_5(M, f) M(f, 6)
#define UP_TO_7(M, f) UP_TO_6(M, f) M(f, 7)
#define UP_TO_8(M, f) UP_TO_7(M, f) M(f, 8)
#if CG_LANES == 16
#define TILES(M)  \
    UP_TO_8(M, 1) \
    UP_TO_8(M, 2) \
    UP_TO_7(M, 3) UP_TO_6(M, 4) UP_TO_5(M, 5) UP_TO_4(M, 6) UP_TO_3(M, 7) UP_TO_3(M, 8)
#else
#define TILES(M) UP_TO_6(M, 1) UP_TO_4(M, 2) UP_TO_3(M, 3) UP_TO_2(M, 4) UP_TO_2(M, 5) UP_TO_2(M, 6)
#endif
TILES(TILE)

#define ENTRY(f, p) [f][p] = { border_##f##_##p, inside_##f##_##p },
static tile_function *const tiles[MAX_FILTERS + 1][MAX_PIXELS + 1][2] = { TILES(ENTRY) };

/* ---- the loops around it -------------------------------------------------------------------- */

/* The rows of taps under which grid row i lies within the image. */
static void tap_rows(const correlation *g, place *at)
{
    int64_t row = g->origin[0] + at->i * g->step[0], t = 0;
    for (; t < g->taps[0]; t++)
        if (row + t * g->tap_step[0] >= 0 && row + t * g->tap_step[0] < g->size[0]) break;
    at->first[0] = t;
    for (; t < g->taps[0]; t++)
        if (row + t * g->tap_step[0] < 0 || row + t * g->tap_step[0] >= g->size[0]) break;
    at->last[0] = t;
}

/* The columns of taps under which any of pixels [j, j + n) lies within its row. */
static void tap_columns(const correlation *g, place *at, int64_t n)
{
    int64_t reach = (n - 1) * g->step[1], u = 0, column = g->origin[1] + at->j * g->step[1];
    for (; u < g->taps[1]; u++, column += g->tap_step[1])
        if (column + reach >= 0 && column < g->size[1]) break;
    at->first[1] = u;
    for (; u < g->taps[1]; u++, column += g->tap_step[1])
        if (column + reach < 0 || column >= g->size[1]) break;
    at->last[1] = u;
}

/* Do all taps of pixels [j, j + n) lie within their rows? */
static bool is_inside(const correlation *g, int64_t j, int64_t n)
{
    int64_t reach = (g->taps[1] - 1) * g->tap_step[1], first = g->origin[1] + j * g->step[1];
    int64_t last = first + (n - 1) * g->step[1];
    return first + (reach < 0 ? reach : 0) >= 0 && last + (reach > 0 ? reach : 0) < g->size[1];
}

/* Planes of filters [0, n), n <= MAX_FILTERS, whose weights are packed. */
static void run_tiles(const correlation *g, place *at, int64_t n)
{
    int64_t columns = g->grid[1], most = pixels_for[n], parts = (columns + most - 1) / most;
    for (at->i = 0; at->i < g->grid[0]; at->i++) {
        tap_rows(g, at);
        for (int64_t k = 0; k < parts; k++) {
            at->j = columns * k / parts;
            int64_t pixels = columns * (k + 1) / parts - at->j;
            tap_columns(g, at, pixels);
            tiles[n][pixels][is_inside(g, at->j, pixels)](at);
        }
    }
}

/* Filters [f, f + n) of a group, whose planes of y begin at y. */
static void correlate(const correlation *g, const weights *w, const float *x, float *y, int64_t f,
                      int64_t n, float *packed)
{
    int64_t parts = (n + MAX_FILTERS - 1) / MAX_FILTERS;
    for (int64_t k = 0; k < parts; k++) {
        int64_t first = n * k / parts, filters = n * (k + 1) / parts - first;
        pack(g, w, f + first, filters, packed);
        place at = { .g = g, .x = x, .w = packed, .y = y + first * g->y_plane * IMAGES };
        run_tiles(g, &at, filters);
    }
}

/* Planes from `item` on that lie in one block and group of `planes`, before `end`. */
static int64_t run_of(int64_t item, int64_t end, int64_t planes)
{
    return cg_least(end - item, planes - item % planes);
}

/* ---- 3x3 and 5x5 by Winograd
 * ------------------------------------------------------------------------ */

/* Planes [begin, end), `planes` to a block; x_block: floats of a block of x. */
static void run_winograd(const cg_winograd *g, const float *x, int64_t x_block, const float *u,
                         float *y, float *scratch, int64_t begin, int64_t end)
{
    if (!u) {
        cg_lanes_winograd_weights(g, cg_lanes_panel(cg_winograd_tiles(g->taps)), scratch);
        u = scratch;
        scratch += cg_winograd_weights(g->taps, g->channels, g->filters);
    }
    for (int64_t item = begin, n; item < end; item += n) {
        int64_t first = item % g->filters;
        n = run_of(item, end, g->filters);
        cg_lanes_winograd(g, x + item / g->filters * x_block, u,
                          y + item * g->out[0] * g->out[1] * IMAGES, scratch, first, first + n);
    }
}

void cg_lanes_forward(const cg_conv *v, const float *x, const float *w, const float *u, float *y,
                      void *scratch, int64_t begin, int64_t end)
{
    const int64_t filters = v->k / v->groups, channels = v->c / v->groups, taps = v->r * v->s;
    if (cg_winograd_wins(v)) {
        const cg_winograd fast = cg_winograd_of(v, w);
        run_winograd(&fast, x, v->c * v->h * v->w * IMAGES, u, y, cg_lanes_align(scratch), begin,
                     end);
        return;
    }
    const correlation g = {
        .channels = channels,
        .size = { v->h, v->w },
        .grid = { v->p, v->q },
        .taps = { v->r, v->s },
        .origin = { -v->before[0], -v->before[1] },
        .step = { v->stride[0], v->stride[1] },
        .tap_step = { v->dilation[0], v->dilation[1] },
        .to_step = { 1, 1 },
        .width = v->q,
        .y_plane = v->p * v->q,
    };
    const weights from = { w, 0, channels * taps, taps, { v->s, 1 } };
    for (int64_t item = begin, n; item < end; item += n) {
        n = run_of(item, end, filters);
        int64_t block = item / v->k, k = item % v->k;
        const float *images = x + (block * v->c + k / filters * channels) * v->h * v->w * IMAGES;
        correlate(&g, &from, images, y + item * v->p * v->q * IMAGES, k, n,
                  cg_lanes_align(scratch));
    }
}

/* ---- the input gradient --------------------------------------------------------------------- */

static int64_t common(int64_t a, int64_t b)
{
    return b ? common(b, a % b) : a;
}

/* Of the rows (axis 0) or columns of dx that leave the rest `phase` when divided by the stride:
 * which taps reach them, and from where in dy.  Row h of dx meets tap r in row (h + before - r
 * dilation) / stride of dy, if that is whole.  Returns the first such tap; *every: from one to the
 * next. */
static int64_t phase_taps(const cg_conv *v, int axis, int64_t phase, correlation *g, int64_t *every)
{
    int64_t stride = v->stride[axis], dilation = v->dilation[axis], n = axis ? v->s : v->r;
    int64_t size = axis ? v->w : v->h, first = 0, at = phase + v->before[axis];
    *every = stride / common(stride, dilation);
    while (first < n && (at - first * dilation) % stride != 0) first++;
    g->taps[axis] = first < n ? (n - first + *every - 1) / *every : 0;
    g->origin[axis] = (at - first * dilation) / stride;
    g->step[axis] = 1;
    g->tap_step[axis] = -(*every * dilation / stride);
    g->grid[axis] = (size - phase + stride - 1) / stride;
    g->to[axis] = phase;
    g->to_step[axis] = stride;
    return first;
}

static void gradient_phase(const cg_conv *v, const float *dy, const float *w, float *dx,
                           float *packed, int64_t item, int64_t n, int64_t i, int64_t j)
{
    const int64_t filters = v->k / v->groups, channels = v->c / v->groups, taps = v->r * v->s;
    correlation g = {
        .channels = filters, .size = { v->p, v->q }, .width = v->w, .y_plane = v->h * v->w
    };
    int64_t block = item / v->c, c = item % v->c, group = c / channels, every[2];
    int64_t t = phase_taps(v, 0, i, &g, &every[0]);
    int64_t u = phase_taps(v, 1, j, &g, &every[1]);
    if (g.grid[0] <= 0 || g.grid[1] <= 0) return;
    const weights from = { w,
                           group * filters * channels * taps + t * v->s + u,
                           taps,
                           channels * taps,
                           { every[0] * v->s, every[1] } };
    const float *images = dy + (block * v->k + group * filters) * v->p * v->q * IMAGES;
    correlate(&g, &from, images, dx + item * v->h * v->w * IMAGES, c % channels, n, packed);
}

void cg_lanes_input_gradient(const cg_conv *v, const float *dy, const float *w, float *dx,
                             void *scratch, int64_t begin, int64_t end)
{
    if (cg_winograd_wins(v)) { /* a convolution of dy with the taps turned round */
        const int64_t taps = v->r * v->s;
        const cg_winograd fast = { .taps = v->r,
                                   .channels = v->k,
                                   .filters = v->c,
                                   .size = { v->p, v->q },
                                   .out = { v->h, v->w },
                                   .before = { v->r - 1 - v->before[0], v->s - 1 - v->before[1] },
                                   .w = w,
                                   .start = taps - 1,
                                   .f_step = taps,
                                   .c_step = v->c * taps,
                                   .t_step = { -v->s, -1 } };
        run_winograd(&fast, dy, v->k * v->p * v->q * IMAGES, NULL, dx, cg_lanes_align(scratch),
                     begin, end);
        return;
    }
    for (int64_t item = begin, n; item < end; item += n) {
        n = run_of(item, end, v->c / v->groups);
        for (int64_t i = 0; i < cg_least(v->stride[0], v->h); i++)
            for (int64_t j = 0; j < cg_least(v->stride[1], v->w); j++)
                gradient_phase(v, dy, w, dx, cg_lanes_align(scratch), item, n, i, j);
    }
}

#if CG_DESCRIBE
size_t cg_lanes_scratch(const cg_conv *v)
{
    int64_t channels = (v->c > v->k ? v->c : v->k) / v->groups;
    size_t tiled = (size_t)(channels * v->r * v->s * CG_LANES_TILE) * sizeof(float);
    size_t transformed = (size_t)cg_winograd_weights(v->r, v->c, v->k) * sizeof(float);
    size_t fast =
        cg_winograd_wins(v) ? transformed + cg_lanes_winograd_scratch(v->r, v->c, v->k) : 0;
    return (fast > tiled ? fast : tiled) + 64;
}

int64_t cg_lanes_grain(const cg_conv *v, int64_t planes)
{
    return cg_winograd_wins(v) ? planes : cg_lanes_part(planes);
}
#endif
