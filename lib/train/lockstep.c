#include "train/lockstep.h"

#include "base/error.h"

cg_status cg_lockstep_open(cg_lockstep *l, const cg_model *a, int threads_a, const cg_model *b,
                           int threads_b, cg_error *error)
{
    *l = (cg_lockstep){ .steps = 0 };
    CG_TRY(cg_trainer_open(&l->a, a, threads_a, NULL, error));
    CG_TRY(cg_trainer_open(&l->b, b, threads_b, NULL, error));
    cg_compare_programs(l->a.full.program, l->b.full.program, &l->difference);
    return CG_OK;
}

void cg_lockstep_close(cg_lockstep *l)
{
    cg_trainer_close(&l->a);
    cg_trainer_close(&l->b);
}

static bool has_step(const cg_trainer *t)
{
    return t->standing.epoch + (t->standing.position == t->n_batches) < t->spec->epochs;
}

bool cg_lockstep_goes_on(const cg_lockstep *l)
{
    return has_step(&l->a) && has_step(&l->b);
}

static cg_status step(cg_trainer *t, cg_error *error)
{
    if (t->standing.position == t->n_batches) {
        if (t->spec->schedule && t->spec->schedule->observe)
            return cg_fail(error, CG_ENOTBUILT,
                           "the schedule %s follows what is measured after an epoch: only the "
                           "first can be taken step by step",
                           t->spec->schedule->name);
        t->standing.position = 0;
        t->standing.epoch++;
    }
    return cg_trainer_step(t, error);
}

cg_status cg_lockstep_step(cg_lockstep *l, cg_error *error)
{
    CG_TRY(step(&l->a, error));
    CG_TRY(step(&l->b, error));
    l->steps++;
    cg_compare_programs(l->a.full.program, l->b.full.program, &l->difference);
    return CG_OK;
}
