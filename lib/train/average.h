/* Averaged weights, which training keeps in a state beside the weights: B. T. Polyak, A. B.
 * Juditsky, "Acceleration of stochastic approximation by averaging", 1992, with a memory that
 * fades. */
#ifndef CG_TRAIN_AVERAGE_H
#define CG_TRAIN_AVERAGE_H

#include <cnngraph/program.h>

/* How many values the parameters of a program have. */
int64_t cg_parameters_size(const cg_program *program);

/* Parameters become these values, which lie one behind the other in the parameters' order. */
void cg_parameters_fill(cg_program *program, const float values[]);

/* The averages that a program keeps become its parameters. */
cg_status cg_average_begin(cg_program *program, cg_error *error);

/* The parameters of `to` become the averages that `from` keeps, its states those of the same names.
 */
cg_status cg_average_take(cg_program *to, const cg_program *from, cg_error *error);

#endif
