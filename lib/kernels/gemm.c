/* The packed matrix product: a register tile of ROWS x COLUMNS sums over one block of k, and three
 * loops around it keep a block of A in the second-level cache and a panel of B in the first. */
#include "kernels/gemm.h"

#include "kernels/sizes.h"
#include "kernels/vec.h"

#include <string.h>

/* The largest tile that the registers hold beside the operands: 14 x 2 of 32 vectors, 6 x 2 of 16.
 * Measured on one core of a Xeon with AVX-512, 13 and 12 rows are as good, 8 x 48 is not. */
#if CG_LANES == 16
enum { ROWS = 14 };
#elif CG_LANES == 8
enum { ROWS = 6 };
#else
enum { ROWS = 4 };
#endif
enum {
    LANES = CG_LANES,
    COLUMNS = 2 * LANES,
    MAX_ROWS = 14,    /* of any tier */
    MAX_COLUMNS = 32, /* of any tier, a multiple of each */
    BLOCK_K = 256,
    BLOCK_M = 1024, /* a block of A: 1 MiB */
    BLOCK_N = 256,  /* a block of B: 256 KiB, read row by row when it is packed */
    ALIGN = 64
};

/* n cut into equal parts of at most `most`: the size of a part. */
static int64_t part(int64_t n, int64_t most)
{
    int64_t parts = (n + most - 1) / most;
    return (n + parts - 1) / parts;
}

static inline cg_vec load(const float *p)
{
    return cg_vec_load(p, LANES);
}

/* ---- the register tile ---------------------------------------------------------------------- */

/* c[0..rows)[0..COLUMNS) = (or += if add) sum over k of a[k][i] b[k][j]. */
typedef void tile_function(int64_t k, const float *a, const float *b, float *c, int64_t stride,
                           bool add);

static inline __attribute__((always_inline)) void tile(int rows, int64_t k, const float *restrict a,
                                                       const float *restrict b, float *restrict c,
                                                       int64_t stride, bool add)
{
    cg_vec left_sum[ROWS], right_sum[ROWS];
    CG_UNROLL
    for (int i = 0; i < rows; i++) left_sum[i] = right_sum[i] = (cg_vec){ 0 };
    for (; k > 0; k--, a += rows, b += COLUMNS) {
        cg_vec left = load(b), right = load(b + LANES);
        CG_UNROLL
        for (int i = 0; i < rows; i++) {
            left_sum[i] += a[i] * left;
            right_sum[i] += a[i] * right;
        }
    }
    CG_UNROLL
    for (int i = 0; i < rows; i++, c += stride) {
        cg_vec_store(c, add ? load(c) + left_sum[i] : left_sum[i], LANES);
        cg_vec_store(c + LANES, add ? load(c + LANES) + right_sum[i] : right_sum[i], LANES);
    }
}

#define TILE(rows)                                                                               \
    static void tile_##rows(int64_t k, const float *a, const float *b, float *c, int64_t stride, \
                            bool add)                                                            \
    {                                                                                            \
        tile(rows, k, a, b, c, stride, add);                                                     \
    }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
#if CG_LANES >= 8
TILE(5)
TILE(6)
#endif
#if CG_LANES == 16
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
TILE(13)
TILE(14)
#endif

/* By rows - 1: with m cut evenly, the last panel is nearly full. */
static tile_function *const tiles[ROWS] = {
    tile_1, tile_2, tile_3, tile_4,
#if CG_LANES >= 8
    tile_5, tile_6,
#endif
#if CG_LANES == 16
    tile_7, tile_8, tile_9, tile_10, tile_11, tile_12, tile_13, tile_14,
#endif
};

/* ---- one packed block of A times one packed block of B -------------------------------------- */

typedef struct {
    const float *a, *b;
    int64_t i0, m, j0, n, k; /* the block's place in C and its size */
    int64_t rows;            /* of a panel of A */
    bool add;
} block;

static float *element(const cg_gemm_call *call, int64_t i, int64_t j)
{
    float *row = call->c + i * call->row_stride;
    return call->width ? row + j / call->width * call->block_stride + j % call->width : row + j;
}

/* A tile that C has no room for in one piece is summed aside; each element still adds its one sum.
 */
static void put_tile(const cg_gemm_call *call, const block *at, const float *sum, int64_t i,
                     int64_t m, int64_t j, int64_t n)
{
    for (int64_t done = 0, run; done < n; done += run) {
        float *c = element(call, i, j + done);
        run = call->width ? cg_least(n - done, call->width - (j + done) % call->width) : n;
        for (int64_t r = 0; r < m; r++, c += call->row_stride)
            for (int64_t s = 0; s < run; s += LANES) {
                const float *from = sum + r * COLUMNS + done + s;
                cg_vec v = cg_vec_load(from, run - s);
                if (at->add) v += cg_vec_load(c + s, run - s);
                cg_vec_store(c + s, v, run - s);
            }
    }
}

static void multiply_block(const cg_gemm_call *call, const block *at)
{
    float aside[ROWS * COLUMNS] __attribute__((aligned(ALIGN)));
    for (int64_t j = 0; j < at->n; j += COLUMNS) {
        const float *b = at->b + j * at->k;
        int64_t column = at->j0 + j, n = cg_least(COLUMNS, at->n - j);
        bool is_whole =
            n == COLUMNS && (!call->width || column % call->width + COLUMNS <= call->width);
        for (int64_t i = 0; i < at->m; i += at->rows) {
            const float *a = at->a + i * at->k;
            int64_t m = cg_least(at->rows, at->m - i);
            if (is_whole) {
                tiles[m - 1](at->k, a, b, element(call, at->i0 + i, column), call->row_stride,
                             at->add);
            } else {
                tiles[m - 1](at->k, a, b, aside, COLUMNS, false);
                put_tile(call, at, aside, at->i0 + i, m, column, n);
            }
        }
    }
}

/* ---- the loops around it -------------------------------------------------------------------- */

/* The rows that are left after the whole panels make a narrower one. */
static void pack_rows(const cg_gemm_call *call, const block *at, int64_t k, float *a)
{
    int64_t rest = at->m % at->rows, whole = at->m - rest;
    if (whole) call->pack_a(call->a, at->i0, whole, k, at->k, at->rows, a);
    if (rest) call->pack_a(call->a, at->i0 + whole, rest, k, at->k, rest, a + whole * at->k);
}

void cg_gemm(const cg_gemm_call *call, void *scratch)
{
    if (call->m <= 0 || call->n <= 0) return;
    const int64_t part_k = part(call->k, BLOCK_K), rows = part(call->m, ROWS);
    const int64_t part_m = cg_round_up(part(call->m, BLOCK_M), rows);
    float *a = (float *)(((uintptr_t)scratch + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
    float *b = a + cg_round_up(cg_round_up(cg_least(call->m, part_m), rows) * part_k,
                               ALIGN / sizeof(float));
    for (int64_t i = 0; i < call->m; i += part_m) {
        int64_t m = cg_least(part_m, call->m - i);
        for (int64_t k = 0; k < call->k; k += part_k) {
            block at = { a,
                         b,
                         call->i0 + i,
                         m,
                         0,
                         0,
                         cg_least(part_k, call->k - k),
                         rows,
                         call->accumulate || k > 0 };
            pack_rows(call, &at, k, a);
            for (int64_t j = 0; j < call->n; j += BLOCK_N) {
                at.j0 = call->j0 + j;
                at.n = cg_least(BLOCK_N, call->n - j);
                call->pack_b(call->b, at.j0, at.n, k, at.k, COLUMNS, b);
                multiply_block(call, &at);
            }
        }
    }
}

/* Along the axis that lies closer in memory, so that each cache line is read once. */
void cg_pack_strided(const void *matrix, int64_t i0, int64_t n, int64_t k0, int64_t nk,
                     int64_t width, float *to)
{
    const cg_matrix *from = matrix;
    const float *data = from->data + i0 * from->stride + k0 * from->k_stride;
    for (int64_t i = 0; i < n; i += width, data += width * from->stride, to += width * nk) {
        int64_t live = cg_least(width, n - i);
        if (live < width) memset(to, 0, (size_t)(width * nk) * sizeof *to);
        if (from->stride == 1) {
            for (int64_t k = 0; k < nk; k++)
                memcpy(to + k * width, data + k * from->k_stride, (size_t)live * sizeof *to);
        } else {
            for (int64_t r = 0; r < live; r++)
                for (int64_t k = 0; k < nk; k++)
                    to[k * width + r] = data[r * from->stride + k * from->k_stride];
        }
    }
}

#if CG_DESCRIBE
size_t cg_gemm_scratch_bytes(int64_t m, int64_t n, int64_t k)
{
    int64_t part_k = cg_least(k, BLOCK_K);
    int64_t a = (cg_least(m, BLOCK_M) + 2 * MAX_ROWS) * part_k,
            b = cg_round_up(cg_least(n, BLOCK_N), MAX_COLUMNS) * part_k;
    return (size_t)(a + b) * sizeof(float) + 3 * ALIGN;
}
#endif
