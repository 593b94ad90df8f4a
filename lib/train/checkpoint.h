/* Checkpoints: all that a run needs to go on to the very same bits. */
#ifndef CG_TRAIN_CHECKPOINT_H
#define CG_TRAIN_CHECKPOINT_H

#include "optim/optim.h"

#include <cnngraph/model.h>

/* Where a run stands.  Random numbers need no state: they are functions of seed, epoch and step. */
typedef struct {
    int64_t epoch;                      /* complete ones                          */
    int64_t position;                   /* batches done of the epoch under way    */
    uint64_t step;                      /* steps done since the run began         */
    double loss;                        /* of the epoch under way: summed over    */
    int64_t images, correct;            /* its images so far               */
    double best;                        /* value of what is monitored      */
    int64_t best_epoch;                 /* 1-based; 0: none yet            */
    int64_t stale;                      /* epochs without a better one     */
    double schedule[CG_SCHEDULE_STATE]; /* what the schedule remembers */
    int64_t skipped;                    /* steps left out since the run began */
    int64_t missed;                     /* updates that were left out with them */
    int64_t rollbacks;                  /* each lowers the learning rate */
} cg_standing;

/* The key under which weights carry the names of classes or of columns of targets. */
#define CG_NAMES "names"

/* Writes the program's parameters and states (the optimiser's among them) with the standing.  The
 * same run gives the same bytes.  data: the name of the set that serves; names: JSON, or
 * NULL.
 */
cg_status cg_checkpoint_save(const char *path, const cg_model *model, const char *data,
                             const char *names, const cg_program *program,
                             const cg_standing *standing, cg_error *error);

/* Reads it back; CG_ECHECKPOINT, with the first difference, if it is of another model, seed,
 * optimiser or data set. */
cg_status cg_checkpoint_load(const char *path, const cg_model *model, const char *data,
                             cg_program *program, cg_standing *standing, cg_error *error);

/* Parameters and states alone; an optimiser's state in the file is passed over.  CG_ENUMERIC when
 * not all are finite, unless the model says on_nonfinite: ignore. */
cg_status cg_weights_load(const char *path, const cg_model *model, cg_program *program,
                          cg_error *error);

/* "adam.m", "ema": the name of a state that training keeps, no model's. */
bool cg_is_training_state(const char *name);

#endif
