#include "train/lockstep.h"

#include "base/error.h"
#include "train/epoch.h"
#include "train/transfer.h"

static cg_status open_one(cg_trainer *t, cg_watch *w, const cg_model *model, int threads,
                          cg_error *error)
{
    char origin[CG_TRANSFER_TEXT];
    CG_TRY(cg_trainer_open(t, model, threads, NULL, error));
    CG_TRY(cg_transfer_begin(t->full.program, model, origin, error));
    CG_TRY(cg_watch_begin(w, t, error));
    return cg_watch_epoch(w, error);
}

cg_status cg_lockstep_open(cg_lockstep *l, const cg_model *a, int threads_a, const cg_model *b,
                           int threads_b, cg_error *error)
{
    *l = (cg_lockstep){ .epoch = 1 };
    CG_TRY(open_one(&l->a, &l->watch_a, a, threads_a, error));
    CG_TRY(open_one(&l->b, &l->watch_b, b, threads_b, error));
    cg_compare_programs(l->a.full.program, l->b.full.program, &l->difference);
    return CG_OK;
}

void cg_lockstep_close(cg_lockstep *l)
{
    cg_watch_free(&l->watch_a);
    cg_watch_free(&l->watch_b);
    cg_trainer_close(&l->a);
    cg_trainer_close(&l->b);
}

bool cg_lockstep_goes_on(const cg_lockstep *l)
{
    return cg_epoch_follows(&l->a) && cg_epoch_follows(&l->b);
}

/* What is found at the end of an epoch may take some of its steps back. */
static cg_status step(cg_watch *w, cg_error *error)
{
    CG_TRY(cg_watch_step(w, error));
    return w->t->standing.position < w->t->n_batches ? CG_OK : cg_watch_check(w, error);
}

/* As training ends an epoch, if this is the end of one; nothing is measured that no step hangs on.
 */
static cg_status end_epoch(cg_watch *w, cg_error *error)
{
    cg_trainer *t = w->t;
    const cg_spec *spec = t->spec;
    cg_epoch epoch;
    bool is_followed = spec->early_stopping.on || (spec->schedule && spec->schedule->observe);
    if (t->standing.position < t->n_batches) return CG_OK;
    if (is_followed && t->validation >= 0) CG_TRY(cg_trainer_evaluate(t, t->validation, error));
    if (is_followed) CG_TRY(cg_epoch_judge(t, &epoch, error));
    cg_epoch_next(t);
    return cg_watch_epoch(w, error);
}

cg_status cg_lockstep_step(cg_lockstep *l, cg_error *error)
{
    l->epoch = l->a.standing.epoch + 1;
    CG_TRY(step(&l->watch_a, error));
    CG_TRY(step(&l->watch_b, error));
    l->steps++;
    cg_compare_programs(l->a.full.program, l->b.full.program, &l->difference);
    CG_TRY(end_epoch(&l->watch_a, error));
    return end_epoch(&l->watch_b, error);
}
