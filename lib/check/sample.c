/* The values that an op is checked on. */
#include "check/sample.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/rng.h"

static bool is_real(const cg_op *op, const cg_sample *sample, int i)
{
    return !(op->fixed >> i & 1) || sample->below == -1;
}

static void fill_whole(const cg_sample *sample, uint64_t seed, int i, double x[])
{
    cg_rng rng = cg_rng_new(seed, "check", (uint64_t)i);
    uint64_t below = sample->below > 0 ? (uint64_t)sample->below : 2;
    for (int64_t k = 0; k < cg_shape_size(&sample->x[i]); k++)
        x[k] = (double)cg_rng_below(&rng, below);
}

/* The value at `place`, 0..n_cells, of the sample's range. */
static double on_grid(const cg_sample *sample, double place, int64_t n_cells)
{
    bool given = sample->low != 0 || sample->high != 0;
    double low = given ? sample->low : -1, high = given ? sample->high : 1;
    return (float)(low + (high - low) * place / (double)n_cells);
}

cg_status cg_sample_fill(const cg_op *op, const cg_sample *sample, uint64_t seed, double *const x[],
                         cg_error *error)
{
    int64_t n = 0;
    for (int i = 0; i < sample->n_x; i++) {
        if (is_real(op, sample, i))
            n += cg_shape_size(&sample->x[i]);
        else
            fill_whole(sample, seed, i, x[i]);
    }
    n += n % 2;
    int64_t *cell = cg_alloc((size_t)n, sizeof *cell);
    if (n && !cell) return cg_fail_nomem(error, "a sample");

    cg_rng rng = cg_rng_new(seed, "check", CG_MAX_INPUTS);
    for (int64_t k = 0; k < n; k++) cell[k] = k;
    cg_rng_shuffle(&rng, n, cell);
    const int64_t *next = cell;
    for (int i = 0; i < sample->n_x; i++) {
        if (!is_real(op, sample, i)) continue;
        for (int64_t k = 0; k < cg_shape_size(&sample->x[i]); k++) {
            double jitter = 0.5 * cg_rng_uniform(&rng) - 0.25;
            x[i][k] = on_grid(sample, (double)*next++ + 0.5 + jitter, n);
        }
    }
    cg_release(cell);
    return CG_OK;
}

cg_status cg_sample_fill_tied(const cg_op *op, const cg_sample *sample, uint64_t seed,
                              double *const x[], double *const level[], cg_error *error)
{
    CG_TRY(cg_sample_fill(op, sample, seed, x, error));
    /* Unevenly spaced, lest a difference of two be a kink itself. */
    static const double place[CG_N_LEVELS] = { 0.375, 1.31, 2.44, 3.35 };
    cg_rng rng = cg_rng_new(seed, "check", CG_MAX_INPUTS + 1);
    for (int i = 0; i < sample->n_x; i++) {
        for (int64_t k = 0; k < cg_shape_size(&sample->x[i]); k++) {
            level[i][k] = -1;
            if (op->fixed >> i & 1) continue;
            uint64_t which = cg_rng_below(&rng, CG_N_LEVELS);
            level[i][k] = (double)which;
            x[i][k] = on_grid(sample, place[which], CG_N_LEVELS);
        }
    }
    return CG_OK;
}

void cg_weights_fill(uint64_t seed, const char *stream, uint64_t index, int64_t n, double w[])
{
    cg_rng rng = cg_rng_new(seed, stream, index);
    for (int64_t k = 0; k < n; k++) {
        double magnitude = 0.5 + cg_rng_uniform(&rng);
        w[k] = cg_rng_below(&rng, 2) ? magnitude : -magnitude;
    }
}
