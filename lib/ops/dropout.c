/* Elements dropped at random, the rest scaled up so that the mean stays.
 *
 * N. Srivastava et al., "Dropout", JMLR 15 (2014), in the inverted form.  The mask is stored
 * nowhere: element i reads word i % 4 of the random block i / 4 of (seed, step, stream), whoever
 * computes it and however often, so the gradient draws the very same mask again. */
#include "ops/op_file.h"

#include "base/rng.h"
#include "kernels/vec.h"

#include <math.h>

/* Numbers below 2^32 in 64 bits, so that their products fit. */
enum { N_BLOCKS = CG_LANES / 2, N_WORDS = 4 * N_BLOCKS };
typedef uint64_t wide __attribute__((vector_size(8 * N_BLOCKS)));

CG_INLINE wide product(wide a, uint64_t factor)
{
    wide b = factor - (wide){ 0 };
#if CG_LANES == 16
    return (wide)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif CG_LANES == 8
    return (wide)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#else
    return a * b;
#endif
}

/* cg_philox_block for the N_BLOCKS counters from `first` on, side by side; word: their words in
 * order.  8.3 ns an element with a call for each block and a branch for each element, 1.4 so
 * (AVX2). */
CG_INLINE void draw(uint64_t key, uint64_t high, uint64_t first, uint32_t word[N_WORDS])
{
    const uint64_t low32 = 0xffffffff;
    uint64_t key0 = key & low32, key1 = key >> 32;
    wide counter, zero = { 0 };
    for (int b = 0; b < N_BLOCKS; b++) counter[b] = first + (uint64_t)b;
    wide c0 = counter & low32, c1 = counter >> 32, c2 = zero + (high & low32),
         c3 = zero + (high >> 32);
    for (int round = 0; round < 10; round++) {
        wide p0 = product(c0, 0xD2511F53u), p1 = product(c2, 0xCD9E8D57u);
        c0 = (p1 >> 32) ^ c1 ^ key0;
        c2 = (p0 >> 32) ^ c3 ^ key1;
        c1 = p1 & low32;
        c3 = p0 & low32;
        key0 = (key0 + 0x9E3779B9u) & low32;
        key1 = (key1 + 0xBB67AE85u) & low32;
    }
    for (int b = 0; b < N_BLOCKS; b++) {
        word[4 * b] = (uint32_t)c0[b];
        word[4 * b + 1] = (uint32_t)c1[b];
        word[4 * b + 2] = (uint32_t)c2[b];
        word[4 * b + 3] = (uint32_t)c3[b];
    }
}

/* One item per element.  The words of elements before `begin` are drawn and left. */
CG_KERNEL(dropout_forward)
{
    const cg_dropout_attrs *a = c->attrs;
    uint64_t key = cg_stream_key(c->seed, "dropout", (uint64_t)a->stream);
    double threshold = fmin(ceil(a->rate * 0x1p32), UINT32_MAX); /* the least word that keeps */
    cg_uvec least = (uint32_t)threshold - (cg_uvec){ 0 };
    float scale = a->rate < 1 ? (float)(1 / (1 - a->rate)) : 0;
    uint32_t word[N_WORDS + CG_LANES] = { 0 }; /* a load from the last word stays inside */
    for (int64_t i = begin, n; i < end; i += n) {
        int64_t skip = i % N_WORDS;
        n = N_WORDS - skip < end - i ? N_WORDS - skip : end - i;
        draw(key, c->step, (uint64_t)(i - skip) / 4, word);
        for (int64_t k = 0; k < n; k += CG_LANES) {
            cg_uvec drawn;
            memcpy(&drawn, word + skip + k, sizeof drawn);
            cg_vec x = cg_vec_load(c->x[0] + i + k, n - k);
            cg_vec kept = cg_vec_select((cg_ivec)(drawn >= least), x * scale, cg_vec_splat(0));
            cg_vec_store(c->y + i + k, kept, n - k);
        }
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_REAL(cg_dropout_attrs, rate, 0, 0, 1, "probability of dropping an element; 0 drops none"),
    CG_INT(cg_dropout_attrs, stream, 0, 0, 1e15,
           "of random numbers; nodes of one stream share a mask"),
    CG_END_ATTRS,
};

/* Linear in x: the gradient goes through the same mask. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_dropout_attrs *a = cg_node_attrs(node);
    dx[0] = cg_dropout(dy, a->rate, a->stream);
}

/* The mask belongs to element numbers, which a cut of the batch would change. */
static cg_flow flow(const cg_node *node, const bool batched[])
{
    (void)node;
    return batched[0] ? CG_FLOW_MIXED : CG_FLOW_NONE;
}

/* Each element draws its block alone and compares a number in [0, 1) with the rate. */
static void reference(const cg_ref_call *c)
{
    const cg_dropout_attrs *a = c->attrs;
    for (int64_t i = 0, n = cg_shape_size(c->ys); i < n; i++) {
        uint64_t key = cg_stream_key(c->seed, "dropout", (uint64_t)a->stream);
        cg_philox block = cg_philox_block(key, c->step, (uint64_t)(i >> 2));
        double uniform = (double)block.word[i & 3] / 0x1p32;
        c->y[i] = uniform < a->rate ? 0 : c->x[0][i] / (1 - a->rate);
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 7) }, .n_x = 1, .attrs = &(cg_dropout_attrs){ 0.5, 1 } },
    { .x = { CG_DIMS(2, 3, 4, 4) }, .n_x = 1, .attrs = &(cg_dropout_attrs){ 0.2, 2 } },
    { .x = { CG_DIMS(13) }, .n_x = 1, .attrs = &(cg_dropout_attrs){ 0, 0 } },
    { .x = { CG_DIMS(3, 41) }, .n_x = 1, .attrs = &(cg_dropout_attrs){ 0.9, 3 } },
    CG_END_SAMPLES,
};

const cg_op cg_op_dropout = {
    .name = "dropout",
    .formula = "y = x m / (1 - rate), m = 1 with probability 1 - rate, else 0",
    .help = "Srivastava et al. (2014), scaled in training so that evaluation leaves it out. The "
            "mask is "
            "drawn from (seed, step, stream, element).",
    .inputs = "x",
    .onnx = "Dropout",
    .traits = CG_RANDOM | CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_dropout_attrs),
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = flow,
    .forward = CG_TIERS(dropout_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_dropout(cg_node *x, double rate, int64_t stream)
{
    return cg_record1(&cg_op_dropout, &(cg_dropout_attrs){ rate, stream }, x);
}

#endif
