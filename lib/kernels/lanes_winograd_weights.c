/* The weight gradient of 3x3 convolutions with images in the lanes by fewer multiplications: with
 * 2x2 outputs for the filter, dw = A'[(B' x B) * (G dy G')]A is F(3x3, 2x2).
 *
 * The sum over tiles and images stays within the transformed domain: there it is 16 matrix products
 * of channels x images by images x filters, so dy's images are turned out of the lanes and its
 * filters into them. */
#include "kernels/lanes_winograd.h"

#include "kernels/lanes.h"
#include "kernels/lanes_dense.h"
#include "kernels/turn.h"
#include "kernels/vec.h"

#include <string.h>

enum { IMAGES = CG_LANES_IMAGES, TILES = CG_WINOGRAD_TILES, POINTS = CG_WINOGRAD_POINTS, IN = 4 };

/* The filters of one item, in whole vectors. */
enum { WIDE = CG_WINOGRAD_FILTERS, FILTERS = 16 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t round_up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

/* Floats from one point to the next of the transformed dy. */
static int64_t outputs_step(int64_t filters)
{
    return TILES * IMAGES * filters + IMAGES;
}

/* Of the sums. */
static int64_t sums_step(int64_t channels, int64_t filters)
{
    return channels * filters + IMAGES;
}

/* ---- dy: z = G d G', G = (1, 0; 1/2, 1/2; 1/2, -1/2; 0, 1) ---------------------------------- */

CG_INLINE void expand(cg_vec a, cg_vec b, cg_vec z[IN])
{
    z[0] = a;
    z[1] = (a + b) * 0.5f;
    z[2] = (a - b) * 0.5f;
    z[3] = b;
}

/* Pixels of 2x2 outputs, filters in the lanes: pixel[which][image][filter]. */
CG_INLINE void transform_outputs(float (*pixel)[IMAGES][FILTERS], int image, int lane, float *z,
                                 int64_t step)
{
    cg_vec across[2][IN];
    CG_UNROLL
    for (int r = 0; r < 2; r++)
        expand(cg_vec_load(pixel[2 * r][image] + lane, CG_LANES),
               cg_vec_load(pixel[2 * r + 1][image] + lane, CG_LANES), across[r]);
    CG_UNROLL
    for (int s = 0; s < IN; s++) {
        cg_vec down[IN];
        expand(across[0][s], across[1][s], down);
        CG_UNROLL
        for (int r = 0; r < IN; r++) cg_vec_store(z + (r * IN + s) * step, down[r], CG_LANES);
    }
}

/* Tile t of `filters` planes of dy: z[point][image][filter], images one behind the other. */
static void transform_tile(const cg_winograd *g, const float *dy, int64_t filters, int64_t tile,
                           float *z, int64_t wide)
{
    const int64_t columns = (g->out[1] + 1) / 2, plane = g->out[0] * g->out[1] * IMAGES;
    const int64_t top = tile / columns * 2, left = tile % columns * 2;
    float pixel[4][IMAGES][FILTERS] __attribute__((aligned(64)));
    for (int64_t f = 0; f < filters; f += FILTERS) {
        int64_t n = least(FILTERS, filters - f);
        for (int i = 0; i < 4; i++) {
            int64_t p = top + i / 2, q = left + i % 2;
            const float *from = dy + f * plane + (p * g->out[1] + q) * IMAGES;
            bool is_inside = p < g->out[0] && q < g->out[1];
            if (!is_inside || n < FILTERS) memset(pixel[i], 0, sizeof pixel[i]);
            if (is_inside) cg_turn(from, plane, n, IMAGES, pixel[i][0], FILTERS);
        }
        for (int image = 0; image < IMAGES; image++)
            for (int lane = 0; lane < FILTERS; lane += CG_LANES)
                transform_outputs(pixel, image, lane, z + image * wide + f + lane,
                                  outputs_step(wide));
    }
}

/* ---- the sums: y = A' m A, A' = (1, 1, 1, 0; 0, 1, -1, 0; 0, 1, 1, -1) ----------------------- */

CG_INLINE void contract(const cg_vec m[IN], cg_vec y[3])
{
    cg_vec even = m[1] + m[2];
    y[0] = m[0] + even;
    y[1] = m[1] - m[2];
    y[2] = even - m[3];
}

/* The taps of one channel and CG_LANES filters, n of which there are: dw[filter step + tap]. */
static void put_taps(const float *m, int64_t m_step, float *dw, int64_t step, int64_t n)
{
    cg_vec across[IN][3];
    float taps[9][CG_LANES];
    CG_UNROLL
    for (int r = 0; r < IN; r++) {
        cg_vec row[IN];
        CG_UNROLL
        for (int s = 0; s < IN; s++) row[s] = cg_vec_load(m + (r * IN + s) * m_step, CG_LANES);
        contract(row, across[r]);
    }
    CG_UNROLL
    for (int s = 0; s < 3; s++) {
        cg_vec column[IN] = { across[0][s], across[1][s], across[2][s], across[3][s] }, y[3];
        contract(column, y);
        CG_UNROLL
        for (int r = 0; r < 3; r++) cg_vec_store(taps[r * 3 + s], y[r], CG_LANES);
    }
    for (int64_t f = 0; f < n; f++)
        for (int tap = 0; tap < 9; tap++) dw[f * step + tap] = taps[tap][f];
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* n <= TILES tiles of one block, from `tile` on: their products are added to the sums. */
static void add_tiles(const cg_winograd *g, const float *x, const float *dy, int64_t filters,
                      int64_t tile, int64_t n, float *v, float *z, float *sums, bool is_first)
{
    const int64_t wide = round_up(filters, FILTERS);
    cg_lanes_winograd_pixels(g, x, tile, n, v);
    for (int64_t t = 0; t < n; t++)
        transform_tile(g, dy, filters, tile + t, z + t * IMAGES * wide, wide);
    for (int64_t point = 0; point < POINTS; point++) {
        cg_lanes_product product = { .blocks = wide / FILTERS,
                                     .rows = g->channels,
                                     .depth = n * IMAGES,
                                     .w = v + point * cg_winograd_step(g->channels),
                                     .x = z + point * outputs_step(wide),
                                     .row_step = TILES * IMAGES,
                                     .depth_step = 1,
                                     .x_block = FILTERS,
                                     .x_depth = wide,
                                     .y_block = FILTERS,
                                     .y_row = wide,
                                     .y = sums + point * sums_step(g->channels, wide),
                                     .adds = !is_first };
        cg_lanes_dense(&product, 0, g->channels);
    }
}

void cg_lanes_winograd_dw(const cg_winograd *g, int64_t blocks, const float *x, const float *dy,
                          float *dw, float *scratch, int64_t begin, int64_t end)
{
    const int64_t tiles = (g->out[0] + 1) / 2 * ((g->out[1] + 1) / 2);
    const int64_t x_block = g->channels * g->size[0] * g->size[1] * IMAGES;
    const int64_t y_plane = g->out[0] * g->out[1] * IMAGES, taps = 9;
    for (int64_t f = begin; f < end; f += WIDE) {
        int64_t filters = least(WIDE, end - f), wide = round_up(filters, FILTERS);
        float *v = scratch, *z = v + POINTS * cg_winograd_step(g->channels);
        float *sums = z + POINTS * outputs_step(wide);
        for (int64_t block = 0; block < blocks; block++)
            for (int64_t tile = 0; tile < tiles; tile += TILES)
                add_tiles(g, x + block * x_block, dy + (block * g->filters + f) * y_plane, filters,
                          tile, least(TILES, tiles - tile), v, z, sums, block + tile == 0);
        for (int64_t c = 0; c < g->channels; c++)
            for (int64_t i = 0; i < filters; i += CG_LANES)
                put_taps(sums + c * wide + i, sums_step(g->channels, wide),
                         dw + ((f + i) * g->channels + c) * taps, g->channels * taps,
                         least(CG_LANES, filters - i));
    }
}

#if CG_DESCRIBE
size_t cg_lanes_winograd_dw_scratch(int64_t channels)
{
    int64_t floats = cg_winograd_step(channels) + outputs_step(WIDE) + sums_step(channels, WIDE);
    return (size_t)(POINTS * floats) * sizeof(float);
}
#endif
