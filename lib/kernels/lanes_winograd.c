/* Winograd's minimal filtering with images in the lanes: Y = A'[(G g G') * (B' d B)]A, tile by
 * tile.
 *
 * Some tiles at a time, their 16 transformed elements are 16 matrix products of filters x channels
 * by channels x (tiles, images), which stay in the second-level cache. */
#include "kernels/lanes_winograd.h"

#include "kernels/lanes.h"
#include "kernels/lanes_dense.h"
#include "kernels/vec.h"

enum {
    IMAGES = CG_LANES_IMAGES,
    TILES = CG_WINOGRAD_TILES,
    POINTS = CG_WINOGRAD_POINTS,
    OUT = 2,
    IN = 4
};

static const float zeros[IMAGES] __attribute__((aligned(64)));

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- the weights: u = G w G', G = (1, 0, 0; 1/2, 1/2, 1/2; 1/2, -1/2, 1/2; 0, 0, 1)
 * ---------------- */

static inline void expand(const cg_vec g[3], cg_vec u[IN])
{
    cg_vec ends = (g[0] + g[2]) * 0.5f, middle = g[1] * 0.5f;
    u[0] = g[0];
    u[1] = ends + middle;
    u[2] = ends - middle;
    u[3] = g[2];
}

/* Weights of n <= CG_LANES channels, transformed: u[point * step] on. */
static void transform_weights(const cg_winograd *g, const float *w, int64_t n, float *u,
                              int64_t step)
{
    float taps[3][3][CG_LANES] = { 0 };
    cg_vec across[3][IN];
    for (int64_t c = 0; c < n; c++)
        for (int r = 0; r < 3; r++)
            for (int s = 0; s < 3; s++)
                taps[r][s][c] = w[c * g->c_step + r * g->t_step[0] + s * g->t_step[1]];
    CG_UNROLL
    for (int r = 0; r < 3; r++) {
        cg_vec row[3];
        CG_UNROLL
        for (int s = 0; s < 3; s++) row[s] = cg_vec_load(taps[r][s], CG_LANES);
        expand(row, across[r]);
    }
    CG_UNROLL
    for (int s = 0; s < IN; s++) {
        cg_vec column[3] = { across[0][s], across[1][s], across[2][s] }, down[IN];
        expand(column, down);
        CG_UNROLL
        for (int r = 0; r < IN; r++) cg_vec_store(u + (r * IN + s) * step, down[r], n);
    }
}

void cg_lanes_winograd_weights(const cg_winograd *g, float *scratch)
{
    const int64_t step = g->filters * g->channels;
    for (int64_t f = 0; f < g->filters; f++)
        for (int64_t c = 0; c < g->channels; c += CG_LANES)
            transform_weights(g, g->w + g->start + f * g->f_step + c * g->c_step,
                              least(CG_LANES, g->channels - c), scratch + f * g->channels + c,
                              step);
}

/* ---- the images: v = B' d B, B' = (1, 0, -1, 0; 0, 1, 1, 0; 0, -1, 1, 0; 0, 1, 0, -1)
 * --------------- */

CG_INLINE void difference(const cg_vec d[IN], cg_vec v[IN])
{
    v[0] = d[0] - d[2];
    v[1] = d[1] + d[2];
    v[2] = d[2] - d[1];
    v[3] = d[1] - d[3];
}

/* Four rows of a plane; those beyond it are one row of zeros. */
typedef struct {
    const float *row[IN];
    int64_t pixel[IN]; /* floats from one pixel of the row to the next */
    int64_t width;
} band;

static band band_of(const cg_winograd *g, const float *plane, int64_t top)
{
    band b = { .width = g->size[1] };
    CG_UNROLL
    for (int r = 0; r < IN; r++) {
        int64_t h = top + r;
        bool is_inside = h >= 0 && h < g->size[0];
        b.row[r] = is_inside ? plane + h * g->size[1] * IMAGES : zeros;
        b.pixel[r] = is_inside ? IMAGES : 0;
    }
    return b;
}

/* B' times column w of the band. */
CG_INLINE void transform_column(const band *b, int64_t w, int lane, cg_vec v[IN])
{
    cg_vec d[IN];
    bool is_inside = w >= 0 && w < b->width;
    CG_UNROLL
    for (int r = 0; r < IN; r++)
        d[r] = cg_vec_load((is_inside ? b->row[r] + w * b->pixel[r] : zeros) + lane, CG_LANES);
    difference(d, v);
}

/* A tile whose first two columns are in c[0], c[1]; leaves those of the next one there. */
CG_INLINE void transform_tile(const band *b, int64_t left, cg_vec c[IN][IN], float *v, int64_t step,
                              int lane)
{
    transform_column(b, left + 2, lane, c[2]);
    transform_column(b, left + 3, lane, c[3]);
    CG_UNROLL
    for (int r = 0; r < IN; r++) {
        cg_vec row[IN] = { c[0][r], c[1][r], c[2][r], c[3][r] }, across[IN];
        difference(row, across);
        CG_UNROLL
        for (int s = 0; s < IN; s++)
            cg_vec_store(v + (r * IN + s) * step + lane, across[s], CG_LANES);
        c[0][r] = c[2][r];
        c[1][r] = c[3][r];
    }
}

/* n tiles side by side, of all channels, from pixel (top, left) on. */
static void transform_run(const cg_winograd *g, const float *x, int64_t top, int64_t left,
                          int64_t n, float *v)
{
    const int64_t plane = g->size[0] * g->size[1] * IMAGES, step = cg_winograd_step(g->channels);
    for (int64_t channel = 0; channel < g->channels; channel++, v += TILES * IMAGES) {
        const band b = band_of(g, x + channel * plane, top);
        for (int lane = 0; lane < IMAGES; lane += CG_LANES) {
            cg_vec c[IN][IN];
            transform_column(&b, left, lane, c[0]);
            transform_column(&b, left + 1, lane, c[1]);
            for (int64_t t = 0; t < n; t++)
                transform_tile(&b, left + t * OUT, c, v + t * IMAGES, step, lane);
        }
    }
}

void cg_lanes_winograd_pixels(const cg_winograd *g, const float *x, int64_t tile, int64_t n,
                              float *v)
{
    const int64_t columns = (g->out[1] + OUT - 1) / OUT;
    for (int64_t t = 0, run; t < n; t += run) {
        int64_t column = (tile + t) % columns, row = (tile + t) / columns;
        run = least(n - t, columns - column);
        transform_run(g, x, row * OUT - g->before[0], column * OUT - g->before[1], run,
                      v + t * IMAGES);
    }
}

/* ---- the outputs: y = A' m A, A' = (1, 1, 1, 0; 0, 1, -1, -1)
 * ---------------------------------------- */

CG_INLINE void contract(const cg_vec m[IN], cg_vec y[OUT])
{
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
}

/* Pixels of the tile that lie beyond y are left out. */
CG_INLINE void put_tile(const cg_winograd *g, const float *m, int64_t step, float *plane,
                        int64_t top, int64_t left, int lane)
{
    cg_vec across[IN][OUT];
    CG_UNROLL
    for (int r = 0; r < IN; r++) {
        cg_vec row[IN];
        CG_UNROLL
        for (int s = 0; s < IN; s++) row[s] = cg_vec_load(m + (r * IN + s) * step + lane, CG_LANES);
        contract(row, across[r]);
    }
    float *y = plane + (top * g->out[1] + left) * IMAGES + lane;
    CG_UNROLL
    for (int s = 0; s < OUT; s++) {
        cg_vec column[IN] = { across[0][s], across[1][s], across[2][s], across[3][s] }, down[OUT];
        contract(column, down);
        if (left + s >= g->out[1]) continue;
        cg_vec_store(y + s * IMAGES, down[0], CG_LANES);
        if (top + 1 < g->out[0]) cg_vec_store(y + (g->out[1] + s) * IMAGES, down[1], CG_LANES);
    }
}

/* ---- all of it
 * --------------------------------------------------------------------------------------- */

void cg_lanes_winograd(const cg_winograd *g, const float *x, float *y, float *scratch,
                       int64_t begin, int64_t end)
{
    const int64_t rows = (g->out[0] + OUT - 1) / OUT, columns = (g->out[1] + OUT - 1) / OUT;
    const int64_t y_plane = g->out[0] * g->out[1] * IMAGES, weights = g->filters * g->channels;
    const int64_t v_step = cg_winograd_step(g->channels), m_step = cg_winograd_step(g->filters);
    float *u = scratch, *v = u + POINTS * weights, *m = v + POINTS * v_step;
    for (int64_t tile = 0; tile < rows * columns; tile += TILES) {
        int64_t n = least(TILES, rows * columns - tile);
        cg_lanes_winograd_pixels(g, x, tile, n, v);
        for (int64_t point = 0; point < POINTS; point++) {
            cg_lanes_product product = { .blocks = n,
                                         .rows = g->filters,
                                         .depth = g->channels,
                                         .w = u + point * weights,
                                         .x = v + point * v_step,
                                         .row_step = g->channels,
                                         .depth_step = 1,
                                         .x_block = IMAGES,
                                         .x_depth = TILES * IMAGES,
                                         .y_block = IMAGES,
                                         .y_row = TILES * IMAGES,
                                         .y = m + point * m_step };
            cg_lanes_dense(&product, begin, end);
        }
        for (int64_t f = begin; f < end; f++)
            for (int64_t t = 0; t < n; t++)
                for (int lane = 0; lane < IMAGES; lane += CG_LANES)
                    put_tile(g, m + (f * TILES + t) * IMAGES, m_step, y + (f - begin) * y_plane,
                             (tile + t) / columns * OUT, (tile + t) % columns * OUT, lane);
    }
}

#if CG_DESCRIBE
size_t cg_lanes_winograd_scratch(int64_t channels, int64_t filters)
{
    int64_t floats =
        POINTS * (filters * channels + cg_winograd_step(channels) + cg_winograd_step(filters));
    return (size_t)floats * sizeof(float);
}
#endif
