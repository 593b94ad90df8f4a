/* From what files hold to what a model is fed: (scale v - mean) / std, with a mean and a standard
 * deviation for all values or for each channel, the first axis of a sample. */
#ifndef CG_DATA_SCALING_H
#define CG_DATA_SCALING_H

#include "data/source.h"

typedef struct {
    int64_t channels, plane; /* values of a sample = channels x plane */
    double scale;
    double *mean, *std; /* one a channel                                    */
    float *of_byte;     /* channels x 256: what a byte becomes; NULL without bytes */
} cg_scaling;

/* Of memory that one takes. */
int64_t cg_scaling_bytes(const cg_shape *shape, bool is_bytes);

/* As the spec says, for samples of this shape, bytes or real values.  The caller frees it whatever
 * happens.  CG_EDATA where the spec has means for another number of channels. */
cg_status cg_scaling_new(cg_scaling *scaling, const cg_data_spec *spec, const cg_shape *shape,
                         bool is_bytes, cg_error *error);
void cg_scaling_free(cg_scaling *scaling);

/* Takes the mean and the standard deviation of samples chosen[0..n-1]; a channel that is constant
 * gets 1 for the latter. */
void cg_scaling_measure(cg_scaling *scaling, const cg_samples *samples, int64_t n,
                        const int64_t chosen[]);

/* Writes sample i to x. */
void cg_scaling_apply(const cg_scaling *scaling, const cg_samples *samples, int64_t i, float *x);

#endif
