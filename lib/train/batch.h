/* Compiled passes over one batch: a step of training, and an evaluation. */
#ifndef CG_TRAIN_BATCH_H
#define CG_TRAIN_BATCH_H

#include "train/update.h"

/* A step of training as one graph: forward, gradient, clipping, update. */
typedef struct {
    cg_recording forward; /* losses and loss in their stable forms */
    cg_node *gradient;    /* of all parameters, in the order of the slab, before clipping */
    cg_node *spill;       /* a scalar that is finite when the gradient is */
    cg_node *theta;       /* the slab's new value */
    cg_node *scalars[CG_UPDATE_SCALARS]; /* inputs of the update */
} cg_training;
cg_status cg_record_training(const cg_model *model, cg_graph *graph, int64_t batch,
                             cg_training *training, cg_error *error);

/* A program and where a batch goes in and results come out; lent by the program. */
typedef struct {
    cg_program *program;
    int64_t batch;
    float *x, *labels;              /* batch x C x H x W; batch, or batch x n_targets */
    float *partners, *shares;       /* of mixup: as labels; batch; or NULL */
    float *norms;                   /* of an evaluation with class weights, one a loss, or NULL */
    const float *y, *losses, *loss; /* batch x K, batch, 1 */
    float *scalars[CG_UPDATE_SCALARS]; /* NULL where the update has no use for it */
} cg_batch;

/* share: a program of the same model, whose parameters and states are used, or NULL. */
cg_status cg_batch_training(cg_batch *b, const cg_model *model, int64_t batch, cg_pool *pool,
                            cg_program *share, cg_error *error);
/* Of an update that takes several batches, one before the last: its gradient is added to the others
 * alone. */
cg_status cg_batch_gathering(cg_batch *b, const cg_model *model, int64_t batch, cg_pool *pool,
                             cg_program *share, cg_error *error);
cg_status cg_batch_evaluation(cg_batch *b, const cg_model *model, int64_t batch, cg_pool *pool,
                              cg_program *share, cg_error *error);
void cg_batch_free(cg_batch *b);

#endif
