/* The packed matrix product against double precision, over shapes with every kind of tail. */
#include "../tap.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

/* Every tier's entry points, which kernels/gemm.h declares for one tier at a time. */
#include "kernels/gemm.h"
#undef cg_gemm
#undef cg_pack_strided
void cg_gemm_avx2(const cg_gemm_call *call, void *scratch);
void cg_gemm_avx512(const cg_gemm_call *call, void *scratch);
cg_pack cg_pack_strided_avx2, cg_pack_strided_avx512;

#include "config.h"

static const struct {
    void (*gemm)(const cg_gemm_call *call, void *scratch);
    cg_pack *pack;
} tiers[CG_N_TIERS] = {
    { cg_gemm_portable, cg_pack_strided_portable },
#ifdef HAVE_TIER_AVX2
    [CG_AVX2] = { cg_gemm_avx2, cg_pack_strided_avx2 },
#endif
#ifdef HAVE_TIER_AVX512
    [CG_AVX512] = { cg_gemm_avx512, cg_pack_strided_avx512 },
#endif
};

enum { SEED = 20240607, CASES = 240 };

static int64_t between(cg_rng *rng, int64_t low, int64_t high)
{
    return low + (int64_t)cg_rng_below(rng, (uint64_t)(high - low + 1));
}

static float *drawn(cg_rng *rng, int64_t n)
{
    float *x = cg_alloc((size_t)n, sizeof *x);
    for (int64_t i = 0; i < n; i++) x[i] = (float)cg_rng_uniform(rng) - 0.5f;
    return x;
}

/* A product, its operands somewhere in larger matrices and C in blocks of columns. */
typedef struct {
    cg_gemm_call call;
    cg_matrix a, b;
    float *a_data, *b_data, *c, *before;
    int64_t n_c;
} product;

static cg_matrix matrix(cg_rng *rng, int64_t n, int64_t k, float **data)
{
    bool is_transposed = between(rng, 0, 1);
    int64_t wide = (is_transposed ? n : k) + between(rng, 0, 3), high = is_transposed ? k : n;
    *data = drawn(rng, wide * high);
    return (cg_matrix){ *data, is_transposed ? 1 : wide, is_transposed ? wide : 1 };
}

static void product_new(product *p, cg_rng *rng)
{
    static const int64_t most[] = { 4, 60, 300 };
    int64_t m = between(rng, 1, most[between(rng, 0, 2)]),
            n = between(rng, 1, most[between(rng, 0, 2)]);
    int64_t k = between(rng, 1, between(rng, 0, 1) ? 40 : 700),
            width = between(rng, 0, 1) ? 0 : between(rng, 1, 70);
    int64_t blocks = width ? (n + width - 1) / width : 1, used = width ? width : n;
    *p = (product){ .n_c = 0 };
    p->a = matrix(rng, m, k, &p->a_data);
    p->b = matrix(rng, n, k, &p->b_data);
    p->call = (cg_gemm_call){ .m = m,
                              .n = n,
                              .k = k,
                              .row_stride = used + between(rng, 0, 5),
                              .width = width,
                              .accumulate = between(rng, 0, 1) };
    p->call.block_stride = m * p->call.row_stride;
    p->n_c = blocks * p->call.block_stride;
    p->before = drawn(rng, p->n_c);
    p->c = cg_alloc((size_t)p->n_c, sizeof(float));
}

static void product_free(product *p)
{
    cg_release(p->a_data);
    cg_release(p->b_data);
    cg_release(p->before);
    cg_release(p->c);
}

/* Rows [i0, i1) and columns [j0, j1). */
static void multiply(product *p, cg_tier tier, int64_t i0, int64_t i1, int64_t j0, int64_t j1)
{
    cg_gemm_call call = p->call;
    size_t bytes = cg_gemm_scratch_bytes(call.m, call.n, call.k);
    void *scratch = cg_alloc(bytes, 1);
    memset(scratch, 0xff, bytes); /* NaN, should any of it reach C */
    call.a = &p->a;
    call.b = &p->b;
    call.pack_a = call.pack_b = tiers[tier].pack;
    call.c = p->c;
    call.i0 = i0;
    call.m = i1 - i0;
    call.j0 = j0;
    call.n = j1 - j0;
    tiers[tier].gemm(&call, scratch);
    cg_release(scratch);
}

static int64_t place(const product *p, int64_t i, int64_t j)
{
    int64_t width = p->call.width;
    return i * p->call.row_stride + (width ? j / width * p->call.block_stride + j % width : j);
}

/* Each of k products and k sums may err by half a unit of the sum of magnitudes. */
static bool is_right(const product *p)
{
    bool right = true;
    for (int64_t i = 0; i < p->call.m; i++)
        for (int64_t j = 0; j < p->call.n; j++) {
            int64_t at = place(p, i, j);
            double sum = p->call.accumulate ? (double)p->before[at] : 0, size = fabs(sum);
            for (int64_t k = 0; k < p->call.k; k++) {
                double term = (double)p->a.data[i * p->a.stride + k * p->a.k_stride] *
                              (double)p->b.data[j * p->b.stride + k * p->b.k_stride];
                sum += term;
                size += fabs(term);
            }
            if (!(fabs((double)p->c[at] - sum) <= (double)(p->call.k + 2) * ldexp(1, -24) * size))
                right = false;
        }
    return right;
}

/* What lies between the blocks and behind the rows of C. */
static bool is_kept_elsewhere(product *p)
{
    for (int64_t i = 0; i < p->call.m; i++)
        for (int64_t j = 0; j < p->call.n; j++) p->c[place(p, i, j)] = p->before[place(p, i, j)];
    return memcmp(p->c, p->before, (size_t)p->n_c * sizeof *p->c) == 0;
}

static void test_tier(cg_tier tier)
{
    cg_rng rng = cg_rng_new(SEED, "gemm", 0);
    int n_right = 0, n_same = 0, n_kept = 0;
    for (int i = 0; i < CASES; i++) {
        product p;
        product_new(&p, &rng);
        size_t bytes = (size_t)p.n_c * sizeof *p.c;
        float *whole = cg_alloc(bytes, 1);
        int64_t m = p.call.m, n = p.call.n, row = between(&rng, 0, m), column = between(&rng, 0, n);
        memcpy(p.c, p.before, bytes);
        multiply(&p, tier, 0, m, 0, n);
        memcpy(whole, p.c, bytes);
        n_right += is_right(&p);

        memcpy(p.c, p.before, bytes);
        multiply(&p, tier, row, m, 0, column);
        multiply(&p, tier, 0, row, column, n);
        multiply(&p, tier, row, m, column, n);
        multiply(&p, tier, 0, row, 0, column);
        n_same += memcmp(whole, p.c, bytes) == 0;
        n_kept += is_kept_elsewhere(&p);
        cg_release(whole);
        product_free(&p);
    }
    const char *name = cg_tier_name(tier);
    ok(n_right == CASES, "%s: %d of %d products drawn from seed %d are those of double precision",
       name, n_right, CASES, SEED);
    ok(n_same == CASES, "%s: four quarters of C have the bits of the whole, %d of %d", name, n_same,
       CASES);
    ok(n_kept == CASES, "%s: nothing beyond C is written, %d of %d", name, n_kept, CASES);
}

/* More rows than a block of A holds, more columns than a block of B. */
static void test_large(cg_tier tier)
{
    cg_rng rng = cg_rng_new(SEED, "large", 0);
    enum { M = 1100, N = 270, K = 3 };
    product p = { .call = { .m = M, .n = N, .k = K, .row_stride = N }, .n_c = M * N };
    p.a = (cg_matrix){ p.a_data = drawn(&rng, M * K), K, 1 };
    p.b = (cg_matrix){ p.b_data = drawn(&rng, K * N), 1, N };
    p.before = drawn(&rng, p.n_c);
    p.c = cg_alloc((size_t)p.n_c, sizeof *p.c);
    multiply(&p, tier, 0, M, 0, N);
    ok(is_right(&p), "%s: blocks of rows and columns join", cg_tier_name(tier));
    product_free(&p);
}

int main(void)
{
    for (cg_tier tier = CG_PORTABLE; tier < CG_N_TIERS; tier++) {
        if (!cg_tier_usable(tier)) {
            skip("the matrix product", "this processor lacks the tier");
            continue;
        }
        test_tier(tier);
        test_large(tier);
    }
    return done_testing();
}
