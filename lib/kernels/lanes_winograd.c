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
    for (int r = 0; r < 3; r++) {
        cg_vec row[3];
        for (int s = 0; s < 3; s++) row[s] = cg_vec_load(taps[r][s], CG_LANES);
        expand(row, across[r]);
    }
    for (int s = 0; s < IN; s++) {
        cg_vec column[3] = { across[0][s], across[1][s], across[2][s] }, down[IN];
        expand(column, down);
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

/* One plane's 4x4 pixels from row `top`, column `left` on. */
CG_INLINE void transform_pixels(const cg_winograd *g, const float *plane, int64_t top, int64_t left,
                                bool is_inside, float *v, int64_t step, int lane)
{
    cg_vec across[IN][IN];
    for (int r = 0; r < IN; r++) {
        cg_vec row[IN];
        for (int s = 0; s < IN; s++) {
            int64_t h = top + r, w = left + s;
            bool is_zero = !is_inside && (h < 0 || h >= g->size[0] || w < 0 || w >= g->size[1]);
            const float *pixel = is_zero ? zeros : plane + (h * g->size[1] + w) * IMAGES;
            row[s] = cg_vec_load(pixel + lane, CG_LANES);
        }
        difference(row, across[r]);
    }
    for (int s = 0; s < IN; s++) {
        cg_vec column[IN] = { across[0][s], across[1][s], across[2][s], across[3][s] }, down[IN];
        difference(column, down);
        for (int r = 0; r < IN; r++)
            cg_vec_store(v + (r * IN + s) * step + lane, down[r], CG_LANES);
    }
}

void cg_lanes_winograd_pixels(const cg_winograd *g, const float *x, int64_t tile, float *v)
{
    const int64_t columns = (g->out[1] + OUT - 1) / OUT, plane = g->size[0] * g->size[1] * IMAGES;
    const int64_t step = cg_winograd_step(g->channels);
    const int64_t top = tile / columns * OUT - g->before[0],
                  left = tile % columns * OUT - g->before[1];
    bool is_inside = top >= 0 && left >= 0 && top + IN <= g->size[0] && left + IN <= g->size[1];
    for (int64_t c = 0; c < g->channels; c++, x += plane, v += TILES * IMAGES)
        for (int lane = 0; lane < IMAGES; lane += CG_LANES) {
            if (is_inside)
                transform_pixels(g, x, top, left, true, v, step, lane);
            else
                transform_pixels(g, x, top, left, false, v, step, lane);
        }
}

/* ---- the outputs: y = A' m A, A' = (1, 1, 1, 0; 0, 1, -1, -1)
 * ---------------------------------------- */

CG_INLINE void contract(const cg_vec m[IN], cg_vec y[OUT])
{
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
}

CG_INLINE void put_tile(const cg_winograd *g, const float *m, int64_t step, float *plane,
                        int64_t top, int64_t left, int lane)
{
    cg_vec across[IN][OUT];
    for (int r = 0; r < IN; r++) {
        cg_vec row[IN];
        for (int s = 0; s < IN; s++) row[s] = cg_vec_load(m + (r * IN + s) * step + lane, CG_LANES);
        contract(row, across[r]);
    }
    for (int s = 0; s < OUT && left + s < g->out[1]; s++) {
        cg_vec column[IN] = { across[0][s], across[1][s], across[2][s], across[3][s] }, y[OUT];
        contract(column, y);
        for (int r = 0; r < OUT && top + r < g->out[0]; r++)
            cg_vec_store(plane + ((top + r) * g->out[1] + left + s) * IMAGES + lane, y[r],
                         CG_LANES);
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
        for (int64_t t = 0; t < n; t++) cg_lanes_winograd_pixels(g, x, tile + t, v + t * IMAGES);
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
