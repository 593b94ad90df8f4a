/* Dense layers with images in the lanes: a tile of rows x blocks of images of sums stays in
 * registers; each weight is read once, where it lies.  The depth is summed in parts, so that
 * rounding errors grow with a part and with the number of parts, not with the depth. */
#include "kernels/lanes_dense.h"

#include "kernels/lanes.h"
#include "kernels/sizes.h"
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
    const float *w;               /* at the first row, the first of the depth */
    int64_t row_step, depth_step; /* of w */
    int64_t row, block;           /* the first of each */
    int64_t from, to;             /* of the depth; the sum of what lies before it is in y already */
} place;

typedef void tile_function(const place *at);

static inline __attribute__((always_inline)) void tile(int rows, int blocks, const place *at,
                                                       int64_t row_step, int lane)
{
    const cg_lanes_product *p = at->p;
    const int64_t x_block = p->x_block, y_block = p->y_block, y_row = p->y_row;
    const int64_t depth_step = at->depth_step;
    const float *x = p->x + at->block * x_block + at->from * p->x_depth + lane, *w = at->w;
    float *y = p->y + at->block * y_block + at->row * y_row + lane;
    const bool goes_on = at->from || p->adds;
    cg_vec sum[MAX_ROWS][MAX_BLOCKS];
    CG_UNROLL
    for (int i = 0; i < rows; i++) {
        CG_UNROLL
        for (int b = 0; b < blocks; b++) sum[i][b] = (cg_vec){ 0 };
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
        for (int b = 0; b < blocks; b++) {
            float *to = y + b * y_block + i * y_row;
            if (goes_on) sum[i][b] += cg_vec_load(to, CG_LANES);
            cg_vec_store(to, sum[i][b], CG_LANES);
        }
    }
}

#define TILE(b, r)                                          \
    static void tile_##b##_##r(const place *at)             \
    {                                                       \
        for (int lane = 0; lane < IMAGES; lane += CG_LANES) \
            if (at->row_step == 1)                          \
                tile(r, b, at, 1, lane);                    \
            else                                            \
                tile(r, b, at, at->row_step, lane);         \
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

/* The part that a row is in. */
static int64_t part_of(cg_lanes_cut cut, int64_t row)
{
    const int64_t larger = cut.larger * (cut.size + 1);
    return row < larger ? row / (cut.size + 1) : cut.larger + (row - larger) / cut.size;
}

/* Some blocks, part of the depth: rows [begin, end), cut from row `base` on. */
static void run_rows(place *at, cg_lanes_cut cut, int64_t base, int64_t begin, int64_t end,
                     int64_t blocks)
{
    const cg_lanes_product *p = at->p;
    at->row = begin;
    for (int64_t i = part_of(cut, begin - base); at->row < end; i++) {
        int64_t first = base + cg_lanes_first(cut, i), next = base + cg_lanes_first(cut, i + 1);
        if (p->panel) {
            at->row_step = 1;
            at->depth_step = next - first;
            at->w = p->w + first * p->depth + at->from * at->depth_step + (at->row - first);
        } else {
            at->row_step = p->row_step;
            at->depth_step = p->depth_step;
            at->w = p->w + at->row * p->row_step + at->from * p->depth_step;
        }
        next = cg_least(next, end);
        tiles[blocks][next - at->row](at);
        at->row = next;
    }
}

/* Panels are cut as all rows are, others as suits the rows that are wanted. */
void cg_lanes_dense(const cg_lanes_product *p, int64_t begin, int64_t end)
{
    const int64_t deep = p->row_step == 1 && !p->panel ? ROWS_DEPTH : DEPTH;
    if (begin >= end) return;
    for (int64_t block = 0, blocks; block < p->blocks; block += blocks) {
        blocks = cg_least(MAX_BLOCKS, p->blocks - block);
        cg_lanes_cut cut = p->panel ? cg_lanes_cut_of(p->rows, p->panel)
                                    : cg_lanes_cut_of(end - begin, rows_for[blocks]);
        for (int64_t k = 0; k < p->depth; k += deep) {
            place at = { .p = p, .block = block, .from = k, .to = cg_least(k + deep, p->depth) };
            run_rows(&at, cut, p->panel ? 0 : begin, begin, end, blocks);
        }
    }
}

int64_t cg_lanes_panel(int64_t blocks)
{
    return rows_for[cg_least(blocks, MAX_BLOCKS)];
}
