/* Looking, going back, and the policies. */
#include "train/watch.h"

#include "base/error.h"

#include <inttypes.h>

static bool is_watched(const cg_watch *w)
{
    return w->t->spec->on_nonfinite != CG_NONFINITE_IGNORE;
}

static bool may_roll_back(const cg_watch *w)
{
    return w->t->spec->on_nonfinite == CG_NONFINITE_ROLLBACK;
}

/* ---- finding the step ---------------------------------------------------------------------- */
/* From the last copy on, step by step, up to the first that leaves something that is not finite;
 * the trainer is as before that step, and *cause tells of it. */
static cg_status trace(cg_watch *w, cg_error *cause)
{
    cg_error found = { 0 };
    cg_snapshot_return(&w->recent, w->t);
    for (;;) {
        CG_TRY(cg_snapshot_take(&w->before, w->t, cause));
        CG_TRY(cg_trainer_step(w->t, cause));
        if (cg_trainer_check(w->t, &found) == CG_OK) continue;
        cg_snapshot_return(&w->before, w->t);
        return cg_trainer_explain(w->t, cause);
    }
}

/* ---- the policies -------------------------------------------------------------------------- */
static cg_status skip(cg_watch *w, cg_error *error)
{
    cg_trainer_skip(w->t);
    return cg_snapshot_take(&w->recent, w->t, error);
}

/* The copy of the epoch's beginning keeps the number of rollbacks, so that the next lowers the
 * learning rate further. */
static cg_status roll_back(cg_watch *w, cg_error *error)
{
    const cg_error *cause = &w->trouble;
    if (w->epoch.standing.rollbacks == CG_MAX_ROLLBACKS) {
        cg_place place = { cause->file[0] ? cause->file : NULL, cause->line, cause->column };
        return cg_fail_at(error, CG_ENUMERIC, place, "%s; given up after %d rollbacks",
                          cause->message, (int)CG_MAX_ROLLBACKS);
    }
    w->epoch.standing.rollbacks++;
    cg_snapshot_return(&w->epoch, w->t);
    w->t->rate = cg_trainer_rate(w->t);
    return cg_snapshot_take(&w->recent, w->t, error);
}

/* `status` and w->trouble are those of a step that failed, or of the look at what steps left. */
static cg_status respond(cg_watch *w, cg_status status, cg_error *error)
{
    if (status == CG_ENUMERIC && cg_trainer_check(w->t, NULL) != CG_OK)
        status = trace(w, &w->trouble);
    if (status == CG_ENUMERIC && w->t->spec->on_nonfinite == CG_NONFINITE_SKIP)
        return skip(w, error);
    if (status == CG_ENUMERIC && may_roll_back(w)) return roll_back(w, error);
    if (error) *error = w->trouble;
    return status;
}

/* ---- watching ------------------------------------------------------------------------------ */
cg_status cg_watch_begin(cg_watch *w, cg_trainer *t, cg_error *error)
{
    w->t = t;
    if (!is_watched(w)) return CG_OK;
    CG_TRY(cg_trainer_check(t, error));
    return cg_snapshot_take(&w->recent, t, error);
}

void cg_watch_free(cg_watch *w)
{
    cg_snapshot_free(&w->recent);
    cg_snapshot_free(&w->before);
    cg_snapshot_free(&w->epoch);
}

cg_status cg_watch_epoch(cg_watch *w, cg_error *error)
{
    if (!is_watched(w)) return CG_OK;
    CG_TRY(cg_snapshot_take(&w->recent, w->t, error));
    return may_roll_back(w) ? cg_snapshot_take(&w->epoch, w->t, error) : CG_OK;
}

cg_status cg_watch_check(cg_watch *w, cg_error *error)
{
    if (!is_watched(w)) return CG_OK;
    CG_TRY(cg_trainer_check(w->t, NULL) == CG_OK ? cg_snapshot_take(&w->recent, w->t, error)
                                                 : respond(w, CG_ENUMERIC, error));
    const cg_standing *s = &w->t->standing;
    if (s->position < w->t->n_batches || w->t->tally->n > 0) return CG_OK;
    return cg_fail(error, CG_ENUMERIC, "epoch %" PRId64 ": every step was skipped; the last: %s",
                   s->epoch + 1, w->trouble.message);
}

cg_status cg_watch_step(cg_watch *w, cg_error *error)
{
    if (!is_watched(w)) return cg_trainer_step(w->t, error);
    if (w->t->standing.step - w->recent.standing.step >= CG_WATCH_STEPS)
        CG_TRY(cg_watch_check(w, error));
    cg_error cause = { 0 };
    cg_status status = cg_trainer_step(w->t, &cause);
    if (status == CG_OK) return CG_OK;
    w->trouble = cause;
    return respond(w, status, error);
}
