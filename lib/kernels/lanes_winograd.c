/* Winograd's minimal filtering with images in the lanes: Y = A'[(G g G') * (B' d B)]A, tile by
 * tile.
 *
 * Some tiles at a time, their transformed elements, the points, are as many matrix products of
 * filters x channels by channels x (tiles, images), which stay in the second-level cache. */
#include "kernels/lanes_winograd.h"

#include "kernels/lanes.h"
#include "kernels/lanes_dense.h"
#include "kernels/sizes.h"
#include "kernels/turn.h"
#include "kernels/winograd.h"

#include <string.h>

enum {
    IMAGES = CG_LANES_IMAGES,
    OUT = CG_WINOGRAD_OUT,
    MAX_TAPS = CG_WINOGRAD_MAX_TAPS,
    MAX_IN = CG_WINOGRAD_MAX_IN,
    MAX_POINTS = CG_WINOGRAD_MAX_POINTS
};

static const float zeros[IMAGES] __attribute__((aligned(64)));

/* ---- the weights: u = G g G' ------------------------------------------------------------------
 */

/* Weights of n <= CG_LANES filters for one channel, transformed: u[point * step] on. */
CG_INLINE void transform_weights(int taps, const cg_winograd *g, const float *w, int64_t n,
                                 float *u, int64_t step)
{
    const int points = cg_winograd_points(taps);
    const int64_t down_step = g->t_step[0], right_step = g->t_step[1];
    const int64_t corner = down_step < 0 ? (taps - 1) * (down_step + right_step) : 0;
    float tap[MAX_TAPS * MAX_TAPS * CG_LANES]; /* of each filter, in the order of memory */
    cg_vec across[MAX_TAPS][MAX_POINTS];
    if (n < CG_LANES) memset(tap, 0, sizeof tap);
    cg_turn(w + corner, g->f_step, n, taps * taps, tap, CG_LANES);
    CG_UNROLL
    for (int r = 0; r < taps; r++) {
        cg_vec row[MAX_TAPS];
        CG_UNROLL
        for (int s = 0; s < taps; s++)
            row[s] =
                cg_vec_load(tap + (r * down_step + s * right_step - corner) * CG_LANES, CG_LANES);
        cg_winograd_expand(taps, row, across[r]);
    }
    CG_UNROLL
    for (int s = 0; s < points; s++) {
        cg_vec column[MAX_TAPS], down[MAX_POINTS];
        CG_UNROLL
        for (int r = 0; r < taps; r++) column[r] = across[r][s];
        cg_winograd_expand(taps, column, down);
        CG_UNROLL
        for (int r = 0; r < points; r++) cg_vec_store(u + (r * points + s) * step, down[r], n);
    }
}

/* One panel of filters, all channels. */
static void transform_panel(const cg_winograd *g, int64_t first, int64_t wide, float *u)
{
    const int64_t step = g->filters * g->channels;
    for (int64_t f = 0; f < wide; f += CG_LANES)
        for (int64_t c = 0; c < g->channels; c++)
            CG_WINOGRAD_BY_TAPS(transform_weights, g->taps, g,
                                g->w + g->start + (first + f) * g->f_step + c * g->c_step,
                                cg_least(CG_LANES, wide - f), u + c * wide + f, step);
}

void cg_lanes_winograd_weights(const cg_winograd *g, int64_t panel, float *u)
{
    const cg_lanes_cut cut = cg_lanes_cut_of(g->filters, panel);
    for (int64_t i = 0, f = 0, next; f < g->filters; i++, f = next) {
        next = cg_lanes_first(cut, i + 1);
        transform_panel(g, f, next - f, u + f * g->channels);
    }
}

/* ---- the images: v = B' d B -------------------------------------------------------------------
 */

/* The rows of a plane that a row of tiles needs; those beyond it are one row of zeros. */
typedef struct {
    const float *row[MAX_IN];
    int64_t pixel[MAX_IN]; /* floats from one pixel of the row to the next */
    int64_t width;
} band;

CG_INLINE band band_of(int taps, const cg_winograd *g, const float *plane, int64_t top)
{
    band b = { .width = g->size[1] };
    for (int r = 0; r < taps + 1; r++) {
        int64_t h = top + r;
        bool is_inside = h >= 0 && h < g->size[0];
        b.row[r] = is_inside ? plane + h * g->size[1] * IMAGES : zeros;
        b.pixel[r] = is_inside ? IMAGES : 0;
    }
    return b;
}

/* B' times column w of the band. */
CG_INLINE void transform_column(int taps, const band *b, int64_t w, int lane, cg_vec v[])
{
    cg_vec d[MAX_IN];
    bool is_inside = w >= 0 && w < b->width;
    CG_UNROLL
    for (int r = 0; r < taps + 1; r++)
        d[r] = cg_vec_load((is_inside ? b->row[r] + w * b->pixel[r] : zeros) + lane, CG_LANES);
    cg_winograd_difference(taps, d, v);
}

/* A tile all but the last two columns of which are in c; leaves those of the next one there. */
CG_INLINE void transform_tile(int taps, const band *b, int64_t left, cg_vec c[][MAX_POINTS],
                              float *v, int64_t step, int lane)
{
    const int points = cg_winograd_points(taps), in = taps + 1;
    transform_column(taps, b, left + in - 2, lane, c[in - 2]);
    transform_column(taps, b, left + in - 1, lane, c[in - 1]);
    CG_UNROLL
    for (int r = 0; r < points; r++) {
        cg_vec row[MAX_IN], across[MAX_POINTS];
        CG_UNROLL
        for (int s = 0; s < in; s++) row[s] = c[s][r];
        cg_winograd_difference(taps, row, across);
        CG_UNROLL
        for (int s = 0; s < points; s++)
            cg_vec_store(v + (r * points + s) * step + lane, across[s], CG_LANES);
        CG_UNROLL
        for (int s = 0; s < in - OUT; s++) c[s][r] = row[s + OUT];
    }
}

/* n tiles side by side, of all channels, from pixel (top, left) on. */
CG_INLINE void transform_run(int taps, const cg_winograd *g, const float *x, int64_t top,
                             int64_t left, int64_t n, float *v)
{
    const int64_t plane = g->size[0] * g->size[1] * IMAGES;
    const int64_t step = cg_winograd_step(taps, g->channels);
    for (int64_t channel = 0; channel < g->channels; channel++) {
        const band b = band_of(taps, g, x + channel * plane, top);
        for (int lane = 0; lane < IMAGES; lane += CG_LANES) {
            cg_vec c[MAX_IN][MAX_POINTS];
            CG_UNROLL
            for (int s = 0; s < taps + 1 - OUT; s++)
                transform_column(taps, &b, left + s, lane, c[s]);
            for (int64_t t = 0; t < n; t++)
                transform_tile(taps, &b, left + t * OUT, c, v + t * IMAGES, step, lane);
        }
        v += cg_winograd_tiles(taps) * IMAGES;
    }
}

void cg_lanes_winograd_pixels(const cg_winograd *g, const float *x, int64_t tile, int64_t n,
                              float *v)
{
    const int64_t columns = (g->out[1] + OUT - 1) / OUT;
    for (int64_t t = 0, run; t < n; t += run) {
        int64_t column = (tile + t) % columns, row = (tile + t) / columns;
        run = cg_least(n - t, columns - column);
        CG_WINOGRAD_BY_TAPS(transform_run, g->taps, g, x, row * OUT - g->before[0],
                            column * OUT - g->before[1], run, v + t * IMAGES);
    }
}

/* ---- the outputs: y = A' m A ------------------------------------------------------------------
 */

/* Pixels of the tile that lie beyond y are left out. */
CG_INLINE void put_tile(int taps, const cg_winograd *g, const float *m, int64_t step, float *plane,
                        int64_t top, int64_t left, int lane)
{
    const int points = cg_winograd_points(taps);
    cg_vec across[MAX_POINTS][OUT];
    CG_UNROLL
    for (int r = 0; r < points; r++) {
        cg_vec row[MAX_POINTS];
        CG_UNROLL
        for (int s = 0; s < points; s++)
            row[s] = cg_vec_load(m + (r * points + s) * step + lane, CG_LANES);
        cg_winograd_contract(taps, row, across[r]);
    }
    float *y = plane + (top * g->out[1] + left) * IMAGES + lane;
    CG_UNROLL
    for (int s = 0; s < OUT; s++) {
        cg_vec column[MAX_POINTS], down[OUT];
        CG_UNROLL
        for (int r = 0; r < points; r++) column[r] = across[r][s];
        cg_winograd_contract(taps, column, down);
        if (left + s >= g->out[1]) continue;
        cg_vec_store(y + s * IMAGES, down[0], CG_LANES);
        if (top + 1 < g->out[0]) cg_vec_store(y + (g->out[1] + s) * IMAGES, down[1], CG_LANES);
    }
}

/* n tiles from `tile` on of one plane. */
CG_INLINE void put_tiles(int taps, const cg_winograd *g, const float *m, float *plane, int64_t tile,
                         int64_t n)
{
    const int64_t columns = (g->out[1] + OUT - 1) / OUT, step = cg_winograd_step(taps, g->filters);
    for (int64_t t = tile; t < tile + n; t++, m += IMAGES)
        for (int lane = 0; lane < IMAGES; lane += CG_LANES)
            put_tile(taps, g, m, step, plane, t / columns * OUT, t % columns * OUT, lane);
}

/* ---- all of it ------------------------------------------------------------------------------ */

void cg_lanes_winograd(const cg_winograd *g, const float *x, const float *u, float *y,
                       float *scratch, int64_t begin, int64_t end)
{
    const int64_t all = ((g->out[0] + OUT - 1) / OUT) * ((g->out[1] + OUT - 1) / OUT);
    const int64_t points = cg_winograd_points(g->taps) * cg_winograd_points(g->taps);
    const int64_t tiles = cg_winograd_tiles(g->taps), weights = g->filters * g->channels;
    const int64_t v_step = cg_winograd_step(g->taps, g->channels),
                  m_step = cg_winograd_step(g->taps, g->filters);
    float *v = scratch, *m = v + points * v_step;
    for (int64_t tile = 0; tile < all; tile += tiles) {
        int64_t n = cg_least(tiles, all - tile);
        cg_lanes_winograd_pixels(g, x, tile, n, v);
        for (int64_t point = 0; point < points; point++) {
            cg_lanes_product product = { .blocks = n,
                                         .rows = g->filters,
                                         .depth = g->channels,
                                         .w = u + point * weights,
                                         .x = v + point * v_step,
                                         .panel = cg_lanes_panel(tiles),
                                         .x_block = IMAGES,
                                         .x_depth = tiles * IMAGES,
                                         .y_block = IMAGES,
                                         .y_row = tiles * IMAGES,
                                         .y = m + point * m_step };
            cg_lanes_dense(&product, begin, end);
        }
        for (int64_t f = begin; f < end; f++)
            CG_WINOGRAD_BY_TAPS(put_tiles, g->taps, g, m + f * tiles * IMAGES,
                                y + (f - begin) * g->out[0] * g->out[1] * IMAGES, tile, n);
    }
}

#if CG_DESCRIBE
size_t cg_lanes_winograd_scratch(int64_t taps, int64_t channels, int64_t filters)
{
    int64_t points = cg_winograd_points(taps) * cg_winograd_points(taps);
    int64_t floats = cg_winograd_step(taps, channels) + cg_winograd_step(taps, filters);
    return (size_t)(points * floats) * sizeof(float);
}
#endif
