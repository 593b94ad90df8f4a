/* What a program's parameters and states hold. */
#ifndef CG_TRAIN_WEIGHTS_H
#define CG_TRAIN_WEIGHTS_H

#include "base/digest.h"

#include <cnngraph/program.h>

/* What is kept from run to run, by number: parameters, then states, each in recording order. */
int cg_weights_count(const cg_program *program);
cg_leaf cg_weights_leaf(const cg_program *program, int i);

/* CG_ENUMERIC when any of n float32 values, at any alignment, is NaN or infinite. */
cg_status cg_values_check(const char *name, const void *values, int64_t n, cg_error *error);

/* CG_ENUMERIC naming the first parameter or state that holds NaN or infinity, and how often. */
cg_status cg_weights_check(const cg_program *program, cg_error *error);

/* The SHA-256 sum of all that predictions depend on: of each parameter, each state of the model
 * (frozen weights, running statistics) and the averaged weights, if there are any, the name, a zero
 * byte and the values, as little-endian float32, in the order of the names' bytes. */
cg_status cg_weights_digest(const cg_program *program, char text[CG_DIGEST_TEXT], cg_error *error);

#endif
