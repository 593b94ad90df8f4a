#include "base/rng.h"

#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Known answers for philox4x32-10, published with Random123. */
static void philox_answers(void)
{
    static const struct {
        uint64_t key, high, counter;
        uint32_t word[4];
    } known[] = {
        { 0, 0, 0, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { UINT64_MAX, UINT64_MAX, UINT64_MAX, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { 0x299f31d0a4093822,
          0x0370734413198a2e,
          0x85a308d3243f6a88,
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (int i = 0; i < 3; i++) {
        cg_philox x = cg_philox_block(known[i].key, known[i].high, known[i].counter);
        ok(!memcmp(x.word, known[i].word, sizeof x.word), "philox gives published answer %d",
           i + 1);
    }
}

static void streams(void)
{
    uint64_t init = cg_stream_key(7, "init", 0);
    ok(init == cg_stream_key(7, "init", 0), "a stream's key is a function of its arguments");
    ok(init != cg_stream_key(8, "init", 0), "another seed gives another key");
    ok(init != cg_stream_key(7, "shuffle", 0), "another name gives another key");
    ok(init != cg_stream_key(7, "init", 1), "another index gives another key");

    cg_rng rng = cg_rng_new(7, "init", 0);
    for (int i = 0; i < 5; i++) cg_rng_u32(&rng);
    cg_rng copy = rng;
    int same = 1;
    for (int i = 0; i < 9; i++) same &= cg_rng_u32(&rng) == cg_rng_u32(&copy);
    ok(same, "a copy of a generator goes on with the same numbers");
    cg_philox third = cg_philox_block(rng.key, 0, 3);
    ok(rng.counter == 14 && cg_rng_u32(&rng) == third.word[2],
       "draw 14 is word 2 of block 3: any element can be computed alone");
}

/* Bounds are six standard errors: a right generator fails one seed in a billion; ours is fixed. */
static void distributions(void)
{
    enum { N = 200000 };
    cg_rng rng = cg_rng_new(1, "check", 0);
    double sum = 0, square = 0, low = 1, high = 0;
    for (int i = 0; i < N; i++) {
        double u = cg_rng_uniform(&rng);
        sum += u;
        square += u * u;
        if (u < low) low = u;
        if (u > high) high = u;
    }
    ok(low >= 0 && high < 1 && low < 1e-4 && high > 1 - 1e-4, "uniform draws fill [0, 1)");
    ok(fabs(sum / N - 0.5) < 6 * sqrt(1. / 12 / N), "uniform draws have mean 1/2");
    ok(fabs(square / N - 1. / 3) < 6 * sqrt(4. / 45 / N), "and second moment 1/3");

    double fourth = 0;
    sum = square = 0;
    for (int i = 0; i < N; i++) {
        double z = cg_rng_normal(&rng);
        sum += z;
        square += z * z;
        fourth += z * z * z * z;
    }
    ok(fabs(sum / N) < 6 / sqrt(N), "normal draws have mean 0");
    ok(fabs(square / N - 1) < 6 * sqrt(2. / N), "variance 1");
    ok(fabs(fourth / N - 3) < 6 * sqrt(96. / N), "and fourth moment 3");
}

static void integers(void)
{
    cg_rng rng = cg_rng_new(2, "check", 0);
    enum { N = 70000 };
    int count[7] = { 0 }, within = 1;
    for (int i = 0; i < N; i++) {
        uint64_t k = cg_rng_below(&rng, 7);
        within &= k < 7;
        if (k < 7) count[k]++;
    }
    double chi = 0;
    for (int i = 0; i < 7; i++) chi += pow(count[i] - N / 7., 2) / (N / 7.);
    ok(within && chi < 35, "integers below 7 are equally frequent (chi squared %.1f, 6 degrees)",
       chi);

    /* With draw % n alone, n = 3 * 2^62 would make results below 2^62 twice as likely: 1/2, not
     * 1/3. */
    uint64_t n = UINT64_C(3) << 62;
    int low = 0;
    for (int i = 0; i < 30000; i++) low += cg_rng_below(&rng, n) < UINT64_C(1) << 62;
    ok(abs(low - 10000) < 500, "integers below 3 * 2^62 are without bias (%d of 30000)", low);

    int64_t order[100], seen[100] = { 0 }, moved = 0, once = 1;
    for (int i = 0; i < 100; i++) order[i] = i;
    cg_rng_shuffle(&rng, 100, order);
    for (int i = 0; i < 100; i++) {
        seen[order[i]]++;
        moved += order[i] != i;
    }
    for (int i = 0; i < 100; i++) once &= seen[i] == 1;
    ok(once && moved > 80, "a shuffle is a permutation that moves things");

    int first[3] = { 0 };
    for (int i = 0; i < 30000; i++) {
        int64_t three[3] = { 0, 1, 2 };
        cg_rng_shuffle(&rng, 3, three);
        first[three[0] * 2 + (three[1] > three[2]) == 5 ? 2 : three[0] == 0 ? 0 : 1]++;
    }
    ok(abs(first[0] - 10000) < 500 && abs(first[2] - 5000) < 400,
       "permutations of three are equally frequent");
}

int main(void)
{
    philox_answers();
    streams();
    distributions();
    integers();
    return done_testing();
}
