/* All that a run has in memory. */
#ifndef CG_TRAIN_TRAINER_H
#define CG_TRAIN_TRAINER_H

#include "data/augment/augment.h"
#include "nn/nn.h"
#include "train/batch.h"
#include "train/checkpoint.h"
#include "train/loader.h"
#include "train/trace.h"

#include <cnngraph/train.h>

typedef struct {
    const cg_model *model;
    const cg_spec *spec;
    cg_dataset *set;
    const char *data;            /* the set that serves */
    char *names;                 /* of classes or targets: JSON, or NULL */
    int train, validation, test; /* splits; -1: none */
    cg_pool *pool;
    cg_batch full, rest, evaluation; /* rest: the last batch of an epoch, if it is smaller */
    cg_batch gathering;              /* a full one that an update waits behind, if any does */
    int64_t n_images, n_batches;     /* of an epoch */
    cg_loader *loader;               /* from the first step on */
    int64_t *order, ordered_epoch;   /* of the training images; the loader's while it runs */
    cg_augmenter *augmenter;         /* of them, or NULL; the loader's while it runs */
    cg_tally *tally, *evaluated;     /* of the epoch under way, and of the last evaluation */
    double rate;                     /* learning rate of the last step */
    cg_standing standing;
    cg_trace *trace; /* lent, or NULL */
} cg_trainer;

/* Loads the data, compiles, and gives parameters their first values.  Free it in any case.  trace:
 * what to note it in, and all that follows, or NULL. */
cg_status cg_trainer_open(cg_trainer *t, const cg_model *model, int threads, cg_trace *trace,
                          cg_error *error);
void cg_trainer_close(cg_trainer *t);

/* Puts the images in the order of an epoch, which is a function of seed and epoch alone. */
void cg_trainer_shuffle(cg_trainer *t, int64_t epoch);

/* The learning rate of the next step: the schedule's, CG_ROLLBACK_FACTOR times that for each
 * rollback. */
#define CG_ROLLBACK_FACTOR 0.5
double cg_trainer_rate(const cg_trainer *t);

/* One step: the next batch, its gradient, the update, its tally.  Batches are loaded ahead from
 * where the first step finds the standing; only steps and cg_trainer_go_to may move it from then
 * on.  CG_ENUMERIC when loss or gradient is not finite, as of cg_trainer_explain; parameters and
 * standing are those of before. */
cg_status cg_trainer_step(cg_trainer *t, cg_error *error);

/* CG_ENUMERIC with what was first not finite in the step that the batch in memory makes of the
 * parameters: after a step that failed, or was taken back. */
cg_status cg_trainer_explain(const cg_trainer *t, cg_error *error);

/* The batch in memory is left out: its number is passed over, and so is the update that was due. */
void cg_trainer_skip(cg_trainer *t);

/* Where the run stands, with the sums over the epoch under way; and going on from there. */
cg_standing cg_trainer_standing(const cg_trainer *t);
void cg_trainer_go_to(cg_trainer *t, const cg_standing *standing);

/* Evaluates a split into t->evaluated. */
cg_status cg_trainer_evaluate(cg_trainer *t, int split, cg_error *error);

/* CG_ENUMERIC naming the first parameter or state that holds NaN or infinity. */
cg_status cg_trainer_check(const cg_trainer *t, cg_error *error);

#endif
