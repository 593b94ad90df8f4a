/* Dense layers with images in the lanes: a tile of rows x blocks of images of sums stays in
 * registers; each weight is read once, where it lies. */
#include "kernels/lanes_dense.h"

#include "kernels/lanes.h"
#include "kernels/vec.h"

enum {
    IMAGES = CG_LANES_IMAGES,
    DEPTH = 128,     /* vectors of x that are used again from the cache                          */
    ROWS_DEPTH = 64, /* where rows of w lie side by side: so many streams the hardware can follow */
    AHEAD = 32       /* weights                                                                  */
};

#if CG_LANES == 16
enum { MAX_BLOCKS = 4, MAX_ROWS = 12 };
static const int8_t rows_for[MAX_BLOCKS + 1] = { 0, 12, 12, 8, 6 };
#else
enum { MAX_BLOCKS = 2, MAX_ROWS = 8 };
static const int8_t rows_for[MAX_BLOCKS + 1] = { 0, 8, 4 };
#endif

typedef struct {
    const cg_lanes_product *p;
    int64_t row, block; /* the first of each */
    int64_t from, to;   /* of the depth; sums of what lies before it are in y already */
} place;

typedef void tile_function(const place *at);

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline __attribute__((always_inline)) void tile(int rows, int blocks, const place *at,
                                                       int lane)
{
    const cg_lanes_product *p = at->p;
    const int64_t x_block = p->x_block, y_block = p->y_block, y_row = p->y_row;
    const int64_t row_step = p->row_step, depth_step = p->depth_step;
    const float *x = p->x + at->block * x_block + at->from * p->x_depth + lane;
    const float *w = p->w + at->row * row_step + at->from * depth_step;
    float *y = p->y + at->block * y_block + at->row * y_row + lane;
    const bool goes_on = at->from || p->adds;
    cg_vec sum[MAX_ROWS][MAX_BLOCKS];
    CG_UNROLL
    for (int i = 0; i < rows; i++) {
        CG_UNROLL
        for (int b = 0; b < blocks; b++)
            sum[i][b] =
                goes_on ? cg_vec_load(y + b * y_block + i * y_row, CG_LANES) : (cg_vec){ 0 };
    }
    for (int64_t k = at->from; k < at->to; k++, x += p->x_depth, w += depth_step) {
        cg_vec xs[MAX_BLOCKS];
        if (row_step == 1) __builtin_prefetch(w + AHEAD); /* no hardware follows so many rows */
        CG_UNROLL
        for (int b = 0; b < blocks; b++) xs[b] = cg_vec_load(x + b * x_block, CG_LANES);
        CG_UNROLL
        for (int i = 0; i < rows; i++) {
            CG_UNROLL
            for (int b = 0; b < blocks; b++) sum[i][b] += w[i * row_step] * xs[b];
        }
    }
    CG_UNROLL
    for (int i = 0; i < rows; i++) {
        CG_UNROLL
        for (int b = 0; b < blocks; b++)
            cg_vec_store(y + b * y_block + i * y_row, sum[i][b], CG_LANES);
    }
}

#define TILE(b, r)                                                                \
    static void tile_##b##_##r(const place *at)                                   \
    {                                                                             \
        for (int lane = 0; lane < IMAGES; lane += CG_LANES) tile(r, b, at, lane); \
    }
#define UP_TO_4(M, b)  M(b, 1) M(b, 2) M(b, 3) M(b, 4)
#define UP_TO_6(M, b)  UP_TO_4(M, b) M(b, 5) M(b, 6)
#define UP_TO_8(M, b)  UP_TO_6(M, b) M(b, 7) M(b, 8)
#define UP_TO_12(M, b) UP_TO_8(M, b) M(b, 9) M(b, 10) M(b, 11) M(b, 12)
#if CG_LANES == 16
#define TILES(M) UP_TO_12(M, 1) UP_TO_12(M, 2) UP_TO_8(M, 3) UP_TO_6(M, 4)
#else
#define TILES(M) UP_TO_8(M, 1) UP_TO_4(M, 2)
#endif
TILES(TILE)

#define ENTRY(b, r) [b][r] = tile_##b##_##r,
static tile_function *const tiles[MAX_BLOCKS + 1][MAX_ROWS + 1] = { TILES(ENTRY) };

void cg_lanes_dense(const cg_lanes_product *p, int64_t begin, int64_t end)
{
    const int64_t deep = p->row_step == 1 ? ROWS_DEPTH : DEPTH;
    for (int64_t block = 0, blocks; block < p->blocks; block += blocks) {
        blocks = least(MAX_BLOCKS, p->blocks - block);
        int64_t most = rows_for[blocks], n = end - begin, parts = (n + most - 1) / most;

        for (int64_t k = 0; k < p->depth; k += deep)
            for (int64_t i = 0; i < parts; i++) {
                int64_t row = begin + n * i / parts, rows = begin + n * (i + 1) / parts - row;
                place at = { p, row, block, k, least(k + deep, p->depth) };
                tiles[blocks][rows](&at);
            }
    }
}
