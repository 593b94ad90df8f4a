/* The update of all parameters from their gradient, as nodes, and what it is fed. */
#ifndef CG_TRAIN_UPDATE_H
#define CG_TRAIN_UPDATE_H

#include "optim/optim.h"

#include <cnngraph/model.h>

/* Scalars that change from update to update: the optimiser's first, then those of any. */
enum {
    CG_SCALAR_SHRINK = CG_MAX_SCALARS, /* learning rate times decoupled weight decay */
    CG_SCALAR_NEWEST,                  /* share of the new weights in the averaged ones */
    CG_SCALAR_PART,                    /* share of a batch in the gradient of an update */
    CG_UPDATE_SCALARS
};

/* The learning rate of update 0, 1, ... of `per_epoch` an epoch: linear warm-up, then the schedule
 * over the epochs that are left.  state: what the schedule remembers. */
double cg_learning_rate(const cg_spec *spec, uint64_t update, int64_t per_epoch,
                        const double state[]);

/* gradient: of all parameters, in the order of the slab.  Records clipping, decay and the
 * optimiser's step, and what slab and states become.  Returns the slab's new value; scalars gets
 * the inputs, NULL for those not in use. */
cg_node *cg_record_update(const cg_model *model, cg_graph *graph, cg_node *gradient,
                          cg_node *scalars[CG_UPDATE_SCALARS]);

/* Where an update takes several batches: adds the part that a batch's gradient has in it to those
 * before.  is_last: returns the sum, and the next begins anew; else it waits for the rest. */
cg_node *cg_record_accumulation(cg_graph *graph, cg_node *gradient, bool is_last,
                                cg_node *scalars[CG_UPDATE_SCALARS]);

/* What they are at update 0, 1, ... under learning rate lr, a batch being `part` of an update. */
void cg_update_values(const cg_spec *spec, double lr, uint64_t update, double part,
                      double values[CG_UPDATE_SCALARS]);

/* The state of the averaged weights, in the order of the slab, and that of the gradients so far. */
#define CG_AVERAGE     "ema"
#define CG_ACCUMULATED "gradient"

#endif
