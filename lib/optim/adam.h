/* What Adam and AdamW share. */
#ifndef CG_OPTIM_ADAM_H
#define CG_OPTIM_ADAM_H

#include "optim/optim.h"

typedef struct {
    double lr, beta1, beta2, epsilon, weight_decay;
} cg_adam_attrs;

/* rate = lr / (1 - beta1^t), correction = 1 / sqrt(1 - beta2^t), decay = 1 - lr weight_decay, for t
 * = step + 1. */
enum { CG_ADAM_RATE, CG_ADAM_CORRECTION, CG_ADAM_DECAY };
void cg_adam_values(const void *attrs, double lr, uint64_t step, double scalars[]);

/* theta - rate m' / (sqrt(v') correction + epsilon), and the new moments m', v' in new_slots. */
cg_node *cg_adam_record(const cg_adam_attrs *attrs, cg_node *theta, cg_node *gradient,
                        cg_node *const slots[], cg_node *const scalars[], cg_node *new_slots[]);

#endif
