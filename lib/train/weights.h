/* What a program's parameters and states hold. */
#ifndef CG_TRAIN_WEIGHTS_H
#define CG_TRAIN_WEIGHTS_H

#include <cnngraph/program.h>

/* CG_ENUMERIC naming the first parameter or state that holds NaN or infinity, and how often. */
cg_status cg_weights_check(const cg_program *program, cg_error *error);

#endif
