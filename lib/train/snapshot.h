/* A moment of a run, kept in memory: parameters, states, and where the run stands. */
#ifndef CG_TRAIN_SNAPSHOT_H
#define CG_TRAIN_SNAPSHOT_H

#include "train/trainer.h"

typedef struct {
    float *values; /* parameters and states one behind the other; NULL: nothing was taken yet */
    cg_standing standing;
    cg_budget *budget; /* of the trainer, or NULL */
    int64_t taken;     /* of it */
} cg_snapshot;

/* Takes the trainer's moment in the place of what was taken before.  Free it in any case. */
cg_status cg_snapshot_take(cg_snapshot *snapshot, const cg_trainer *t, cg_error *error);
/* The trainer goes on from that moment. */
void cg_snapshot_return(const cg_snapshot *snapshot, cg_trainer *t);
/* The trainer has those values for a while, and the snapshot its. */
void cg_snapshot_swap(cg_snapshot *snapshot, cg_trainer *t);
void cg_snapshot_free(cg_snapshot *snapshot);

#endif
