/* The update of all parameters from their gradient, as nodes, and what it is fed. */
#ifndef CG_TRAIN_UPDATE_H
#define CG_TRAIN_UPDATE_H

#include "optim/optim.h"

#include <cnngraph/model.h>

/* Scalars that change from update to update: the optimiser's first, then those of any. */
enum {
    CG_SCALAR_SHRINK = CG_MAX_SCALARS, /* learning rate times decoupled weight decay */
    CG_UPDATE_SCALARS
};

/* gradient: of all parameters, in the order of the slab.  Records clipping, decay and the
 * optimiser's step, and what slab and states become.  Returns the slab's new value; scalars gets
 * the inputs, NULL for those not in use. */
cg_node *cg_record_update(const cg_spec *spec, cg_graph *graph, cg_node *gradient,
                          cg_node *scalars[CG_UPDATE_SCALARS]);

/* What they are at update 0, 1, ... under learning rate lr. */
void cg_update_values(const cg_spec *spec, double lr, uint64_t update,
                      double values[CG_UPDATE_SCALARS]);

#endif
