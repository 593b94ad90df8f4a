/* Philox4x32-10 and what is drawn from it. */
#include "base/rng.h"

#include <math.h>

/* Constants of Salmon et al., SC11, table 2. */
enum { ROUNDS = 10 };
static const uint32_t multiplier[2] = { 0xD2511F53u, 0xCD9E8D57u };
static const uint32_t weyl[2] = { 0x9E3779B9u, 0xBB67AE85u };

cg_philox cg_philox_block(uint64_t key, uint64_t counter_high, uint64_t counter)
{
    uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32);
    uint32_t c2 = (uint32_t)counter_high, c3 = (uint32_t)(counter_high >> 32);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)multiplier[0] * c0, p1 = (uint64_t)multiplier[1] * c2;
        uint32_t next0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, next2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = next0;
        c2 = next2;
        k0 += weyl[0];
        k1 += weyl[1];
    }
    return (cg_philox){ { c0, c1, c2, c3 } };
}

/* FNV-1a of the name, then one block to mix in seed and index. */
uint64_t cg_stream_key(uint64_t seed, const char *name, uint64_t index)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        hash = (hash ^ *c) * UINT64_C(0x100000001b3);
    cg_philox block = cg_philox_block(seed, hash, index);
    return (uint64_t)block.word[1] << 32 | block.word[0];
}

cg_rng cg_rng_new(uint64_t seed, const char *stream, uint64_t index)
{
    return (cg_rng){ .key = cg_stream_key(seed, stream, index) };
}

uint32_t cg_rng_u32(cg_rng *rng)
{
    unsigned lane = (unsigned)(rng->counter & 3);
    if (lane == 0) rng->block = cg_philox_block(rng->key, 0, rng->counter >> 2);
    rng->counter++;
    return rng->block.word[lane];
}

uint64_t cg_rng_u64(cg_rng *rng)
{
    uint64_t low = cg_rng_u32(rng);
    return (uint64_t)cg_rng_u32(rng) << 32 | low;
}

double cg_rng_uniform(cg_rng *rng)
{
    return (double)(cg_rng_u64(rng) >> 11) * 0x1p-53;
}

/* Box & Muller 1958; the second value is thrown away so that a draw has no hidden state. */
double cg_rng_normal(cg_rng *rng)
{
    double u = 1 - cg_rng_uniform(rng), v = cg_rng_uniform(rng); /* u in (0, 1] */
    return sqrt(-2 * log(u)) * cos(6.283185307179586476925 * v);
}

uint64_t cg_rng_below(cg_rng *rng, uint64_t n)
{
    uint64_t uneven = -n % n; /* 2^64 mod n: the values that would favour small results */
    for (;;) {
        uint64_t draw = cg_rng_u64(rng);
        if (draw >= uneven) return draw % n;
    }
}

void cg_rng_shuffle(cg_rng *rng, int64_t n, int64_t order[])
{
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)cg_rng_below(rng, (uint64_t)i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
