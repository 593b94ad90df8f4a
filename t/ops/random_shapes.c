/* Kernels against references on random shapes, for ops that take any: broadcasting in every
 * direction, reductions along every set of axes. */
#include "trial.h"

#include <cnngraph/ops.h>

#include "../tap.h"

enum { N_SHAPES = 60, SEED = 11 };
static const double bound = 1e-6; /* of that scale: some 16 roundings */

static int64_t draw_dim(cg_rng *rng)
{
    static const int64_t dims[] = { 1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33 };
    return dims[cg_rng_below(rng, sizeof dims / sizeof *dims)];
}

/* Of rank 0..6 and at most 20000 elements; now and then a long last axis. */
static cg_shape draw_shape(cg_rng *rng, int least)
{
    cg_shape s = { .rank = least + (int)cg_rng_below(rng, (uint64_t)(7 - least)) };
    for (int i = 0; i < s.rank; i++) s.dim[i] = draw_dim(rng);
    if (s.rank > 0 && cg_rng_below(rng, 5) == 0) s.dim[s.rank - 1] = 300 + draw_dim(rng);
    for (int i = 0; i < s.rank && cg_shape_size(&s) > 20000; i++) s.dim[i] = 1;
    return s;
}

/* A shape that broadcasts to y. */
static cg_shape draw_operand(const cg_shape *y, cg_rng *rng)
{
    cg_shape s = { .rank = y->rank };
    if (cg_rng_below(rng, 3) == 0) s.rank = (int)cg_rng_below(rng, (uint64_t)y->rank + 1);
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = cg_rng_below(rng, 3) == 0 ? 1 : y->dim[y->rank - s.rank + i];
    return s;
}

static bool try_trial(trial *t, const cg_sample *sample, cg_rng *rng)
{
    bool good = true;
    trial_draw(t, sample, rng);
    trial_reference(t);
    for (int tier = 0; tier < CG_N_TIERS; tier++) {
        if (!cg_tier_usable((cg_tier)tier) || !t->op->forward[tier]) continue;
        float *y = trial_kernel(t, (cg_tier)tier, 0);
        double error = trial_error(t, y);
        bool agree = trial_chunks_agree(t, (cg_tier)tier);
        cg_release(y);
        if (error <= bound && agree) continue;
        good = false;
        char text[CG_SHAPE_TEXT];
        for (int i = 0; i < t->n_x; i++) printf("# x%d %s\n", i, cg_shape_text(t->xs[i], text));
        printf("# %s: error %.2e, chunks %s\n", cg_tier_name((cg_tier)tier), error,
               agree ? "agree" : "differ");
    }
    return good;
}

static void elementwise(const cg_op *op)
{
    cg_rng rng = cg_rng_new(SEED, op->name, 0);
    int n_good = 0, n_samples = 0;
    while (op->samples[n_samples].n_x) n_samples++;
    for (int i = 0; i < N_SHAPES; i++) {
        const cg_sample *sample = &op->samples[i % n_samples];
        cg_shape x[CG_MAX_INPUTS], y = draw_shape(&rng, 0);
        for (int k = 0; k < sample->n_x; k++) x[k] = sample->n_x == 1 ? y : draw_operand(&y, &rng);
        trial t = trial_new(op, sample->attrs, sample->n_x, x);
        if (!t.node) { /* it takes inputs of one shape only */
            trial_free(&t);
            for (int k = 0; k < sample->n_x; k++) x[k] = y;
            t = trial_new(op, sample->attrs, sample->n_x, x);
        }
        if (t.node) n_good += try_trial(&t, sample, &rng);
        trial_free(&t);
    }
    ok(n_good == N_SHAPES, "%s agrees on %d of %d random shapes (seed %d)", op->name, n_good,
       N_SHAPES, SEED);
}

/* Reductions, and what has their axes. */
static void over_axes(const char *name)
{
    const cg_op *op = cg_op_find(name);
    cg_rng rng = cg_rng_new(SEED, name, 0);
    int n_good = 0;
    for (int i = 0; i < N_SHAPES; i++) {
        cg_shape x = draw_shape(&rng, 0);
        cg_reduce_attrs attrs = { .axes = (int64_t)cg_rng_below(&rng, UINT64_C(1) << x.rank),
                                  .keep = i % 2 && strcmp(name, "max_mask") != 0 };
        trial t = trial_new(op, &attrs, 1, &x);
        if (t.node) n_good += try_trial(&t, op->samples, &rng);
        trial_free(&t);
    }
    ok(n_good == N_SHAPES, "%s agrees on %d of %d random shapes (seed %d)", name, n_good, N_SHAPES,
       SEED);
}

static void along_an_axis(const char *name)
{
    const cg_op *op = cg_op_find(name);
    cg_rng rng = cg_rng_new(SEED, name, 0);
    int n_good = 0;
    for (int i = 0; i < N_SHAPES; i++) {
        cg_shape x = draw_shape(&rng, 1);
        cg_axis_attrs attrs = { .axis = (int64_t)cg_rng_below(&rng, (uint64_t)x.rank + 1) - 1 };
        trial t = trial_new(op, &attrs, 1, &x);
        if (t.node) n_good += try_trial(&t, op->samples, &rng);
        trial_free(&t);
    }
    ok(n_good == N_SHAPES, "%s agrees on %d of %d random shapes (seed %d)", name, n_good, N_SHAPES,
       SEED);
}

int main(void)
{
    for (const cg_op *const *op = cg_ops; *op; op++)
        if ((*op)->traits & CG_ELEMENTWISE && (*op)->forward[CG_PORTABLE]) elementwise(*op);
    over_axes("sum");
    over_axes("mean");
    over_axes("max");
    over_axes("max_mask");
    over_axes("flip");
    along_an_axis("softmax");
    along_an_axis("log_softmax");
    return done_testing();
}
