/* Two trainings that take their steps side by side, compared after each. */
#ifndef CG_TRAIN_LOCKSTEP_H
#define CG_TRAIN_LOCKSTEP_H

#include "train/difference.h"
#include "train/watch.h"

typedef struct {
    cg_trainer a, b;
    cg_watch watch_a, watch_b;
    uint64_t steps;           /* taken, those among them that were skipped or rolled back      */
    int64_t epoch;            /* 1-based: that of the last of them                              */
    cg_difference difference; /* after it; of no name: there is none                            */
} cg_lockstep;

/* threads: of each.  Each begins with the weights that its training begins with (transfer.h).  The
 * models must have the same parameters and states for there to be anything to compare.  Close it in
 * any case. */
cg_status cg_lockstep_open(cg_lockstep *l, const cg_model *a, int threads_a, const cg_model *b,
                           int threads_b, cg_error *error);
void cg_lockstep_close(cg_lockstep *l);

/* One step of both, as training takes it: what is not finite is skipped or rolled back, and the
 * last step of an epoch is followed by what early stopping and the schedule make of the epoch.
 * CG_ENUMERIC where a training would end with it. */
cg_status cg_lockstep_step(cg_lockstep *l, cg_error *error);

/* Is there a step left that both have? */
bool cg_lockstep_goes_on(const cg_lockstep *l);

/* Takes steps until there have been `most`: CG_EREPRODUCE with the step and the tensor where the
 * two part; verify.c. */
cg_status cg_lockstep_verify(cg_lockstep *l, int64_t most, cg_error *error);

#endif
