/* What an epoch has come to: its values, whether it is the best so far, and whether another one
 * follows. */
#ifndef CG_TRAIN_EPOCH_H
#define CG_TRAIN_EPOCH_H

#include "train/trainer.h"

enum { CG_EPOCH_VALUES = 6 + CG_MAX_METRICS };

/* Not to be copied: values of metrics have their names within. */
typedef struct {
    int n;
    cg_metric_value values[CG_EPOCH_VALUES];
    char names[CG_EPOCH_VALUES][40];
    bool is_best;
} cg_epoch;

/* Of all steps of an epoch, and of t->evaluated where there is a validation: gathers the values,
 * and notes in the standing what early stopping and the schedule make of them.  CG_EMODEL where one
 * of them watches what the run does not measure. */
cg_status cg_epoch_judge(cg_trainer *t, cg_epoch *epoch, cg_error *error);

/* The trainer stands at the beginning of the next. */
void cg_epoch_next(cg_trainer *t);

/* Does another epoch follow those that are complete, or has the run come to its end? */
bool cg_epoch_follows(const cg_trainer *t);

/* The metrics that the file asks for, without the two that are always told; returns how many. */
int cg_measure(const cg_spec *spec, const cg_tally *tally, cg_metric_value values[CG_MAX_METRICS]);
double cg_mean_loss(const cg_tally *tally);
double cg_accuracy(const cg_tally *tally); /* NaN where there are no classes */

#endif
