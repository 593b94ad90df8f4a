/* Counter-based random numbers: Philox4x32-10.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2,
 * 3", SC11.  A draw is a pure function of (seed, stream, counter): nothing is stored, any element
 * can be computed alone, and a replay is exact whatever the number of threads.
 *
 * Streams have names ("init", "shuffle", "dropout", "augment", "digits", "check"), so that adding
 * a draw to one never changes the numbers of another. */
#ifndef CG_BASE_RNG_H
#define CG_BASE_RNG_H

#include <stdint.h>

typedef struct {
    uint32_t word[4];
} cg_philox;

/* The block of 4 x 32 bits at `counter` (and `counter_high`) under `key`. */
cg_philox cg_philox_block(uint64_t key, uint64_t counter_high, uint64_t counter);

/* The key of a named stream of a seed; `index` tells apart streams of one name (a layer, a run). */
uint64_t cg_stream_key(uint64_t seed, const char *name, uint64_t index);

/* A sequential generator over one stream: a value, to be copied and kept at will. */
typedef struct {
    uint64_t key, counter; /* counter: 32-bit words drawn so far */
    cg_philox block;
} cg_rng;

cg_rng cg_rng_new(uint64_t seed, const char *stream, uint64_t index);
uint32_t cg_rng_u32(cg_rng *rng);
uint64_t cg_rng_u64(cg_rng *rng);
double cg_rng_uniform(cg_rng *rng);             /* [0, 1), 53 bits                       */
double cg_rng_normal(cg_rng *rng);              /* mean 0, variance 1 (Box-Muller)       */
uint64_t cg_rng_below(cg_rng *rng, uint64_t n); /* 0..n-1 without bias; n > 0            */
void cg_rng_shuffle(cg_rng *rng, int64_t n, int64_t order[]); /* Fisher-Yates, in place */

#endif
