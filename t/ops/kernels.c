/* Every kernel of every tier against its op's reference, on the op's samples. */
#include "trial.h"

#include "../tap.h"

static const double bound = 1e-6; /* of that scale: some 16 roundings */

typedef struct {
    double worst;
    bool chunks_agree;
} verdict;

static void try_sample(const cg_op *op, const cg_sample *sample, cg_tier tier, verdict *v)
{
    trial t = trial_new(op, sample->attrs, sample->n_x, sample->x);
    cg_rng rng = cg_rng_new(2024, "check", (uint64_t)(sample - op->samples));
    if (t.node) {
        trial_draw(&t, sample, &rng);
        trial_reference(&t);
        float *y = trial_kernel(&t, tier, 0);
        v->worst = fmax(v->worst, trial_error(&t, y));
        v->chunks_agree = v->chunks_agree && trial_chunks_agree(&t, tier);
        cg_release(y);
    } else {
        printf("# %s: %s\n", op->name, cg_graph_error(t.graph)->message);
        v->worst = INFINITY;
    }
    trial_free(&t);
}

/* Does a NaN in the first input turn up where the reference has it, and nowhere else? */
static bool passes_nan_on(const cg_op *op, const cg_sample *sample, cg_tier tier)
{
    bool same = true;
    trial t = trial_new(op, sample->attrs, sample->n_x, sample->x);
    cg_rng rng = cg_rng_new(2024, "check", (uint64_t)(sample - op->samples));
    if (t.node && !(op->fixed & 1)) {
        trial_draw(&t, sample, &rng);
        t.x[0][cg_rng_below(&rng, (uint64_t)cg_shape_size(t.xs[0]))] = NAN;
        trial_reference(&t);
        float *y = trial_kernel(&t, tier, 0);
        for (int64_t i = 0; i < t.n_y; i++) same = same && isnan(y[i]) == isnan(t.y[i]);
        cg_release(y);
    }
    trial_free(&t);
    return same;
}

static void check_tier(const cg_op *op, cg_tier tier)
{
    verdict v = { .chunks_agree = true };
    bool same_nan = true;
    for (const cg_sample *sample = op->samples; sample->n_x; sample++) {
        try_sample(op, sample, tier, &v);
        same_nan = same_nan && passes_nan_on(op, sample, tier);
    }
    ok(v.worst <= bound, "%s on %s agrees with its reference (worst %.1e)", op->name,
       cg_tier_name(tier), v.worst);
    ok(v.chunks_agree, "%s on %s gives the same bits in chunks", op->name, cg_tier_name(tier));
    ok(same_nan, "%s on %s has NaN where its reference has", op->name, cg_tier_name(tier));
}

int main(void)
{
    for (const cg_op *const *op = cg_ops; *op; op++) {
        ok((*op)->samples && (*op)->samples->n_x > 0, "%s has samples", (*op)->name);
        ok((*op)->reference || (*op)->traits & CG_VIEW, "%s has a reference", (*op)->name);
        for (int tier = 0; tier < CG_N_TIERS; tier++)
            if (cg_tier_usable((cg_tier)tier) && (*op)->forward[tier])
                check_tier(*op, (cg_tier)tier);
    }
    return done_testing();
}
