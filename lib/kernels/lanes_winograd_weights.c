/* The weight gradient by fewer multiplications, images in the lanes: with 2x2 outputs for the
 * filter and the taps for the output, dw = G'[(B' x B) * (A dy A')]G is the transpose of
 * lanes_winograd.c.
 *
 * The sum over tiles and images stays within the transformed domain: there it is a matrix product
 * for each point, of channels x images by images x filters, so dy's images are turned out of the
 * lanes and its filters into them. */
#include "kernels/lanes_winograd.h"

#include "kernels/lanes.h"
#include "kernels/lanes_dense.h"
#include "kernels/sizes.h"
#include "kernels/turn.h"
#include "kernels/vec.h"

#include <string.h>

enum { IMAGES = CG_LANES_IMAGES, OUT = CG_WINOGRAD_OUT, MAX_TAPS = 5, MAX_POINTS = 7 };

/* The filters of one item, in whole vectors. */
enum { WIDE = CG_WINOGRAD_FILTERS, FILTERS = 16 };

/* Floats from one point to the next of the transformed dy; of the sums. */
static int64_t outputs_step(int64_t taps, int64_t filters)
{
    return cg_winograd_tiles(taps) * IMAGES * filters + IMAGES;
}

static int64_t sums_step(int64_t channels, int64_t filters)
{
    return channels * filters + IMAGES;
}

/* ---- dy: z = A d A' ---------------------------------------------------------------------------
 * A = (1, 0; 1, 1; 1, -1; 0, -1) of three taps, its halves here and not behind, and its last sign
 * there; (1, 0; 1, 1; 0, 1) of two. */

CG_INLINE void expand(int taps, cg_vec a, cg_vec b, cg_vec z[])
{
    z[0] = a;
    z[1] = (a + b) * 0.5f;
    z[2] = (a - b) * 0.5f;
    z[3] = b;
    if (taps == 3) return;
    z[4] = a;
    z[5] = a + b;
    z[6] = b;
}

/* One image's 2x2 pixels, filters in the lanes: pixel[which][image][filter]. */
CG_INLINE void transform_image(int taps, float (*pixel)[IMAGES][FILTERS], int image, int lane,
                               float *z, int64_t step)
{
    const int points = cg_winograd_points(taps);
    cg_vec across[OUT][MAX_POINTS];
    CG_UNROLL
    for (int r = 0; r < OUT; r++)
        expand(taps, cg_vec_load(pixel[2 * r][image] + lane, CG_LANES),
               cg_vec_load(pixel[2 * r + 1][image] + lane, CG_LANES), across[r]);
    CG_UNROLL
    for (int s = 0; s < points; s++) {
        cg_vec down[MAX_POINTS];
        expand(taps, across[0][s], across[1][s], down);
        CG_UNROLL
        for (int r = 0; r < points; r++)
            cg_vec_store(z + (r * points + s) * step, down[r], CG_LANES);
    }
}

CG_INLINE void transform_images(int taps, float (*pixel)[IMAGES][FILTERS], float *z, int64_t wide)
{
    for (int image = 0; image < IMAGES; image++)
        for (int lane = 0; lane < FILTERS; lane += CG_LANES)
            transform_image(taps, pixel, image, lane, z + image * wide + lane,
                            outputs_step(taps, wide));
}

/* Tile t of `filters` planes of dy: z[point][image][filter]. */
static void transform_tile(const cg_winograd *g, const float *dy, int64_t filters, int64_t tile,
                           float *z, int64_t wide)
{
    const int64_t columns = (g->out[1] + OUT - 1) / OUT, plane = g->out[0] * g->out[1] * IMAGES;
    const int64_t top = tile / columns * OUT, left = tile % columns * OUT;
    float pixel[OUT * OUT][IMAGES][FILTERS] __attribute__((aligned(64)));
    for (int64_t f = 0; f < filters; f += FILTERS) {
        int64_t n = cg_least(FILTERS, filters - f);
        for (int i = 0; i < OUT * OUT; i++) {
            int64_t p = top + i / OUT, q = left + i % OUT;
            const float *from = dy + f * plane + (p * g->out[1] + q) * IMAGES;
            bool is_inside = p < g->out[0] && q < g->out[1];
            if (!is_inside || n < FILTERS) memset(pixel[i], 0, sizeof pixel[i]);
            if (is_inside) cg_turn(from, plane, n, IMAGES, pixel[i][0], FILTERS);
        }
        CG_WINOGRAD_BY_TAPS(transform_images, g->taps, pixel, z + f, wide);
    }
}

/* ---- the sums: dw = G' m G --------------------------------------------------------------------
 * G' = (1, 1, 1, 0; 0, 1, -1, 0; 0, 1, 1, -1) of three taps, (1, 1, 0; 0, 1, 1) of two. */

CG_INLINE void contract(int taps, const cg_vec m[], cg_vec y[])
{
    cg_vec even = m[1] + m[2];
    y[0] = m[0] + even;
    y[1] = m[1] - m[2];
    y[2] = even - m[3];
    if (taps == 3) return;
    y[3] = m[4] + m[5];
    y[4] = m[5] + m[6];
}

/* The taps of one channel and CG_LANES filters, n of which there are: dw[filter step + tap]. */
CG_INLINE void put_taps(int taps, const float *m, int64_t m_step, float *dw, int64_t step,
                        int64_t n)
{
    const int points = cg_winograd_points(taps);
    cg_vec across[MAX_POINTS][MAX_TAPS];
    float tap[MAX_TAPS * MAX_TAPS][CG_LANES];
    CG_UNROLL
    for (int r = 0; r < points; r++) {
        cg_vec row[MAX_POINTS];
        CG_UNROLL
        for (int s = 0; s < points; s++)
            row[s] = cg_vec_load(m + (r * points + s) * m_step, CG_LANES);
        contract(taps, row, across[r]);
    }
    CG_UNROLL
    for (int s = 0; s < taps; s++) {
        cg_vec column[MAX_POINTS], y[MAX_TAPS];
        CG_UNROLL
        for (int r = 0; r < points; r++) column[r] = across[r][s];
        contract(taps, column, y);
        CG_UNROLL
        for (int r = 0; r < taps; r++) cg_vec_store(tap[r * taps + s], y[r], CG_LANES);
    }
    for (int64_t f = 0; f < n; f++)
        for (int t = 0; t < taps * taps; t++) dw[f * step + t] = tap[t][f];
}

/* Filters [f, f + filters) of dw, all channels. */
static void put_filters(const cg_winograd *g, const float *sums, int64_t wide, float *dw, int64_t f,
                        int64_t filters)
{
    const int64_t taps = g->taps * g->taps, step = sums_step(g->channels, wide);
    for (int64_t c = 0; c < g->channels; c++)
        for (int64_t i = 0; i < filters; i += CG_LANES)
            CG_WINOGRAD_BY_TAPS(put_taps, g->taps, sums + c * wide + i, step,
                                dw + ((f + i) * g->channels + c) * taps, g->channels * taps,
                                cg_least(CG_LANES, filters - i));
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* Where the transformed x and dy of some tiles are kept, and the sums. */
typedef struct {
    float *v, *z, *sums;
} places;

/* n tiles of one block, from `tile` on: their products are added to the sums, or begin them. */
static void add_tiles(const cg_winograd *g, const float *x, const float *dy, int64_t filters,
                      int64_t tile, int64_t n, const places *at, bool is_first)
{
    const int64_t points = cg_winograd_points(g->taps), wide = cg_round_up(filters, FILTERS);
    cg_lanes_winograd_pixels(g, x, tile, n, at->v);
    for (int64_t t = 0; t < n; t++)
        transform_tile(g, dy, filters, tile + t, at->z + t * IMAGES * wide, wide);
    for (int64_t point = 0; point < points * points; point++) {
        cg_lanes_product product = { .blocks = wide / FILTERS,
                                     .rows = g->channels,
                                     .depth = n * IMAGES,
                                     .w = at->v + point * cg_winograd_step(g->taps, g->channels),
                                     .x = at->z + point * outputs_step(g->taps, wide),
                                     .row_step = cg_winograd_tiles(g->taps) * IMAGES,
                                     .depth_step = 1,
                                     .x_block = FILTERS,
                                     .x_depth = wide,
                                     .y_block = FILTERS,
                                     .y_row = wide,
                                     .y = at->sums + point * sums_step(g->channels, wide),
                                     .adds = !is_first };
        cg_lanes_dense(&product, 0, g->channels);
    }
}

void cg_lanes_winograd_dw(const cg_winograd *g, int64_t blocks, const float *x, const float *dy,
                          float *dw, float *scratch, int64_t begin, int64_t end)
{
    const int64_t all = ((g->out[0] + OUT - 1) / OUT) * ((g->out[1] + OUT - 1) / OUT);
    const int64_t points = cg_winograd_points(g->taps), tiles = cg_winograd_tiles(g->taps);
    const int64_t x_block = g->channels * g->size[0] * g->size[1] * IMAGES;
    const int64_t y_plane = g->out[0] * g->out[1] * IMAGES;
    for (int64_t f = begin; f < end; f += WIDE) {
        int64_t filters = cg_least(WIDE, end - f), wide = cg_round_up(filters, FILTERS);
        places at = { .v = scratch };
        at.z = at.v + points * points * cg_winograd_step(g->taps, g->channels);
        at.sums = at.z + points * points * outputs_step(g->taps, wide);
        for (int64_t block = 0; block < blocks; block++)
            for (int64_t tile = 0; tile < all; tile += tiles)
                add_tiles(g, x + block * x_block, dy + (block * g->filters + f) * y_plane, filters,
                          tile, cg_least(tiles, all - tile), &at, block + tile == 0);
        put_filters(g, at.sums, wide, dw, f, filters);
    }
}

#if CG_DESCRIBE
size_t cg_lanes_winograd_dw_scratch(int64_t taps, int64_t channels)
{
    int64_t points = cg_winograd_points(taps) * cg_winograd_points(taps);
    int64_t floats =
        cg_winograd_step(taps, channels) + outputs_step(taps, WIDE) + sums_step(channels, WIDE);
    return (size_t)(points * floats) * sizeof(float);
}
#endif
