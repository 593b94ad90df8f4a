/* Steps under watch: what is not finite, and what `on_nonfinite` has done about it.
 *
 * The guards of a step see losses and gradients before anything changes.  An update may still
 * overflow, and is made in place: parameters and states are looked at every CG_WATCH_STEPS steps,
 * and before they are evaluated or saved.  From the copy of the last look the steps since are then
 * taken once more, one by one, up to the one that did it, so that it is named, and nothing kept,
 * just as if each step had been looked at. */
#ifndef CG_TRAIN_WATCH_H
#define CG_TRAIN_WATCH_H

#include "train/snapshot.h"

enum { CG_WATCH_STEPS = 256, CG_MAX_ROLLBACKS = 10 };

typedef struct {
    cg_trainer *t;      /* lent */
    cg_snapshot recent; /* all finite, and not long ago */
    cg_snapshot before; /* of the step that is taken once more */
    cg_snapshot epoch;  /* where the epoch began, for rollbacks alone */
    cg_error trouble;   /* what was last done something about; CG_OK: nothing so far */
} cg_watch;

/* Begins to watch a trainer, whose values are looked at: CG_ENUMERIC when they are not finite, for
 * which there is no remedy.  In the middle of an epoch that may be rolled back w->epoch must hold
 * its beginning.  Free it in any case. */
cg_status cg_watch_begin(cg_watch *w, cg_trainer *t, cg_error *error);
void cg_watch_free(cg_watch *w);

/* Before the first step of an epoch: a rollback goes back to here. */
cg_status cg_watch_epoch(cg_watch *w, cg_error *error);

/* One step.  CG_ENUMERIC when the policy is to stop, or there have been CG_MAX_ROLLBACKS.  Else
 * what is not finite ends in CG_OK too: with the step left out, or the trainer back at the
 * beginning of the epoch, where its learning rate is lower, and w->trouble set. */
cg_status cg_watch_step(cg_watch *w, cg_error *error);

/* Looks at parameters and states now; the same, and CG_ENUMERIC at the end of an epoch without a
 * step that was not left out. */
cg_status cg_watch_check(cg_watch *w, cg_error *error);

#endif
