/* Convolution of single images with pixels in the lanes: a tile of filters x vectors of positions
 * of sums stays in registers for all channels and taps. */
#include "kernels/planes.h"

#include "kernels/sizes.h"
#include "kernels/vec.h"

#include <string.h>

/* The register tile: rows_for[vectors] filters. */
#if CG_LANES == 16
enum { MAX_VECTORS = 5, BEST_VECTORS = 4, MAX_FILTERS = 12 };
static const int8_t filters_for[MAX_VECTORS + 1] = { 0, 12, 12, 8, 6, 5 };
#else
enum { MAX_VECTORS = 4, BEST_VECTORS = 3, MAX_FILTERS = 8 };
static const int8_t filters_for[MAX_VECTORS + 1] = { 0, 8, 6, 4, 3 };
#endif

typedef struct {
    const float *x;        /* the padded image's group, from the first position on */
    const float *w;        /* of the first filter                                  */
    float *y;              /* of the first filter and position                     */
    const int32_t *offset; /* of each channel and tap                              */
    int64_t depth, y_step; /* y_step: from filter to filter                        */
} place;

typedef void tile_function(const place *at);

static inline __attribute__((always_inline)) void tile(int filters, int vectors, const place *at)
{
    cg_vec sum[MAX_FILTERS][MAX_VECTORS];
    const int64_t depth = at->depth;
    CG_UNROLL
    for (int f = 0; f < filters; f++) {
        CG_UNROLL
        for (int i = 0; i < vectors; i++) sum[f][i] = (cg_vec){ 0 };
    }
    for (int64_t k = 0; k < depth; k++) {
        const float *from = at->x + at->offset[k], *w = at->w + k;
        cg_vec x[MAX_VECTORS];
        CG_UNROLL
        for (int i = 0; i < vectors; i++) x[i] = cg_vec_load(from + i * CG_LANES, CG_LANES);
        CG_UNROLL
        for (int f = 0; f < filters; f++) {
            CG_UNROLL
            for (int i = 0; i < vectors; i++) sum[f][i] += w[f * depth] * x[i];
        }
    }
    CG_UNROLL
    for (int f = 0; f < filters; f++) {
        CG_UNROLL
        for (int i = 0; i < vectors; i++)
            cg_vec_store(at->y + f * at->y_step + i * CG_LANES, sum[f][i], CG_LANES);
    }
}

#define TILE(v, f)                              \
    static void tile_##v##_##f(const place *at) \
    {                                           \
        tile(f, v, at);                         \
    }
#define UP_TO_3(M, v)  M(v, 1) M(v, 2) M(v, 3)
#define UP_TO_4(M, v)  UP_TO_3(M, v) M(v, 4)
#define UP_TO_5(M, v)  UP_TO_4(M, v) M(v, 5)
#define UP_TO_6(M, v)  UP_TO_5(M, v) M(v, 6)
#define UP_TO_8(M, v)  UP_TO_6(M, v) M(v, 7) M(v, 8)
#define UP_TO_12(M, v) UP_TO_8(M, v) M(v, 9) M(v, 10) M(v, 11) M(v, 12)
#if CG_LANES == 16
#define TILES(M) UP_TO_12(M, 1) UP_TO_12(M, 2) UP_TO_8(M, 3) UP_TO_6(M, 4) UP_TO_5(M, 5)
#else
#define TILES(M) UP_TO_8(M, 1) UP_TO_6(M, 2) UP_TO_4(M, 3) UP_TO_3(M, 4)
#endif
TILES(TILE)

#define ENTRY(v, f) [v][f] = tile_##v##_##f,
static tile_function *const tiles[MAX_VECTORS + 1][MAX_FILTERS + 1] = { TILES(ENTRY) };

enum { LANES_AT_MOST = 16 }; /* on any tier */

static int64_t round_up(int64_t n)
{
    return cg_round_up(n, LANES_AT_MOST);
}

/* ---- the padded image ----------------------------------------------------------------------- */

/* Every stride-th pixel of a row, n of them. */
CG_INLINE void pick(int64_t stride, const float *x, int64_t n, float *to)
{
    if (stride > 2) {
        for (int64_t i = 0; i < n; i++) to[i] = x[i * stride];
        return;
    }
    for (int64_t i = 0; i < n; i += CG_LANES) {
        int64_t left = stride * (n - i - 1) + 1; /* pixels from x[stride i] to the last */
        cg_vec pixels = cg_vec_load(x + stride * i, left), more = { 0 };
        if (stride == 2 && left > CG_LANES)
            more = cg_vec_load(x + 2 * i + CG_LANES, left - CG_LANES);
        cg_vec_store(to + i, stride == 2 ? cg_vec_even(pixels, more) : pixels, n - i);
    }
}

/* The same of some rows. */
CG_INLINE void pick_rows(int64_t stride, int64_t rows, const float *x, int64_t x_step, int64_t n,
                         float *to, int64_t step)
{
    for (int64_t h = 0; h < rows; h++, x += x_step, to += step) pick(stride, x, n, to);
}

/* The rows (axis 0) or columns of x that a phase holds: n of them from `first` on, a stride apart,
 * behind `skipped` zeros. */
typedef struct {
    int64_t first, n, skipped;
} run;

static run run_of(const cg_conv *v, int axis, int64_t phase, int64_t room)
{
    const int64_t stride = v->stride[axis], before = v->before[axis], size = axis ? v->w : v->h;
    run r = { .skipped = before > phase ? (before - phase + stride - 1) / stride : 0 };
    r.first = phase + r.skipped * stride - before;
    r.n = cg_least((size - r.first + stride - 1) / stride, room - r.skipped);
    return r;
}

static void pad_phase(const cg_conv *v, const cg_planes_frame *f, int64_t i, int64_t j,
                      const float *x, float *to)
{
    const run rows = run_of(v, 0, i, f->rows), columns = run_of(v, 1, j, f->columns);
    if (columns.n <= 0) return;
    x += rows.first * v->w + columns.first;
    to +=
        (i * f->phases[1] + j) * f->rows * f->columns + rows.skipped * f->columns + columns.skipped;
    const int64_t stride = v->stride[1], x_step = v->stride[0] * v->w;
    for (int64_t c = 0; c < v->c; c++, x += v->h * v->w, to += f->plane)
        if (stride == 1)
            pick_rows(1, rows.n, x, x_step, columns.n, to, f->columns);
        else if (stride == 2)
            pick_rows(2, rows.n, x, x_step, columns.n, to, f->columns);
        else
            pick_rows(stride, rows.n, x, x_step, columns.n, to, f->columns);
}

void cg_planes_pad(const cg_conv *v, const float *x, float *to)
{
    const cg_planes_frame f = cg_planes_frame_of(v);
    memset(to, 0, (size_t)cg_planes_floats(v) * sizeof *to);
    for (int64_t i = 0; i < f.phases[0]; i++)
        for (int64_t j = 0; j < f.phases[1]; j++) pad_phase(v, &f, i, j, x, to);
}

static void find_offsets(const cg_conv *v, int32_t *offset)
{
    const cg_planes_frame f = cg_planes_frame_of(v);
    const int64_t taps = v->r * v->s, all = v->c / v->groups * taps;
    for (int64_t r = 0, i = 0; r < v->r; r++)
        for (int64_t s = 0; s < v->s; s++, i++) {
            int64_t down = r * v->dilation[0], right = s * v->dilation[1];
            int64_t phase = down % v->stride[0] * f.phases[1] + right % v->stride[1];
            int64_t row = phase * f.rows + down / v->stride[0];
            offset[i] = (int32_t)(row * f.columns + right / v->stride[1]);
        }
    for (int64_t i = taps; i < all; i++) offset[i] = offset[i - taps] + (int32_t)f.plane;
}

/* ---- the loops around it -------------------------------------------------------------------- */

/* Some filters over all positions, to lines of positions. */
static void run_filters(const place *first, int64_t filters, int64_t n_vectors)
{
    const int64_t parts = (n_vectors + BEST_VECTORS - 1) / BEST_VECTORS;
    for (int64_t i = 0; i < parts; i++) {
        int64_t from = n_vectors * i / parts, vectors = n_vectors * (i + 1) / parts - from;
        int64_t most = filters_for[vectors], portions = (filters + most - 1) / most;
        for (int64_t j = 0; j < portions; j++) {
            int64_t f = filters * j / portions, n = filters * (j + 1) / portions - f;
            place at = *first;
            at.x += from * CG_LANES;
            at.w += f * at.depth;
            at.y += f * at.y_step + from * CG_LANES;
            tiles[vectors][n](&at);
        }
    }
}

/* Filters [k, k + n) of one group, n <= CG_PLANES_GRAIN. */
static void some_planes(const cg_conv *v, const float *image, const int32_t *offset, const float *w,
                        float *y, float *lines, int64_t k, int64_t n)
{
    const cg_planes_frame f = cg_planes_frame_of(v);
    const int64_t channels = v->c / v->groups, group = k / (v->k / v->groups);
    const place at = { .x = image + group * channels * f.plane,
                       .w = w + k * channels * v->r * v->s,
                       .y = lines,
                       .offset = offset,
                       .depth = channels * v->r * v->s,
                       .y_step = round_up(f.positions) };
    run_filters(&at, n, (f.positions + CG_LANES - 1) / CG_LANES);
    for (int64_t i = 0; i < n; i++)
        for (int64_t p = 0; p < v->p; p++, y += v->q) {
            const float *line = lines + i * at.y_step + p * f.columns;
            for (int64_t q = 0; q < v->q; q += CG_LANES)
                cg_vec_store(y + q, cg_vec_load(line + q, v->q - q), v->q - q);
        }
}

void cg_planes_forward(const cg_conv *v, const float *x, const float *w, float *y, void *scratch,
                       int64_t begin, int64_t end)
{
    const int64_t filters = v->k / v->groups;
    float *image = (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    float *lines = image + cg_planes_floats(v);
    int32_t *offset =
        (int32_t *)(void *)(lines + CG_PLANES_GRAIN * round_up(cg_planes_frame_of(v).positions));
    find_offsets(v, offset);
    for (int64_t item = begin, n, padded = -1; item < end; item += n) {
        int64_t number = item / v->k, k = item % v->k;
        n = cg_least(CG_PLANES_GRAIN, cg_least(end - item, filters - k % filters));
        if (number != padded) cg_planes_pad(v, x + number * v->c * v->h * v->w, image);
        padded = number;
        some_planes(v, image, offset, w, y + item * v->p * v->q, lines, k, n);
    }
}

#if CG_DESCRIBE
size_t cg_planes_scratch(const cg_conv *v)
{
    int64_t floats = cg_planes_floats(v) +
                     CG_PLANES_GRAIN * round_up(cg_planes_frame_of(v).positions) +
                     v->c / v->groups * v->r * v->s;
    return (size_t)floats * sizeof(float) + 64;
}

bool cg_planes_wins(const cg_conv *v)
{
    enum { FLOATS = 1 << 20 }; /* a padded image that stays in the second-level cache, or near it */
    const cg_planes_frame f = cg_planes_frame_of(v);
    return !v->lanes && 2 * v->q >= f.columns && v->c * f.plane <= FLOATS;
}
#endif
