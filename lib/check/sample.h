/* The values that an op is checked on. */
#ifndef CG_CHECK_SAMPLE_H
#define CG_CHECK_SAMPLE_H

#include <cnngraph/op.h>

/* Fills x[i], as large as sample->x[i], reproducibly from `seed`.  All inputs share one grid of
 * evenly spaced, jittered values within (low, high): no two are nearer than half a cell, so that
 * the arguments of max, |x - t| and the like are off their kinks.  The number of cells is even, so
 * that a range around 0 has a border there, and no value within a quarter cell of it.  A fixed
 * input gets whole numbers 0..below-1, or values of the grid where below is -1.  Every value is a
 * float, for kernels to be compared with references. */
cg_status cg_sample_fill(const cg_op *op, const cg_sample *sample, uint64_t seed, double *const x[],
                         cg_error *error);

/* Ties everywhere: four values in all.  level[i] of the same size as x[i] says which, -1 for fixed
 * inputs, which are filled as above. */
enum { CG_N_LEVELS = 4 };
cg_status cg_sample_fill_tied(const cg_op *op, const cg_sample *sample, uint64_t seed,
                              double *const x[], double *const level[], cg_error *error);

/* Uniform in +-(0.5, 1.5): never near 0, where it would hide an error, and never all alike. */
void cg_weights_fill(uint64_t seed, const char *stream, uint64_t index, int64_t n, double w[]);

#endif
