/* A pass over a split, without learning from it. */
#ifndef CG_TRAIN_EVALUATE_H
#define CG_TRAIN_EVALUATE_H

#include "nn/nn.h"
#include "train/batch.h"
#include "train/study.h"

/* The batch that evaluations run on, for a split of `size` images: one that images fill in the
 * lanes, so that an image has the same bits in all of them. */
int64_t cg_evaluation_batch(int64_t size);

/* A tally of the model's predictions. */
cg_status cg_new_tally(cg_tally **tally, const cg_spec *spec, cg_error *error);

/* Gathers losses, ranks and confusions of all images of the split into the cleared tally, and what
 * the study (may be NULL) wants to know.  b: of the model, whose class weights, if it has any, make
 * the mean of the losses one over the split. */
cg_status cg_evaluate_split(cg_batch *b, const cg_model *model, const cg_dataset *set, int split,
                            cg_tally *tally, cg_study *study);

/* CG_EUSAGE for a model with weights that cg_model_settle has yet to compute. */
cg_status cg_check_weights(const cg_model *model, cg_error *error);

#endif
