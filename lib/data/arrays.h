/* Arrays of samples and of what is to be learnt about them. */
#ifndef CG_DATA_ARRAYS_H
#define CG_DATA_ARRAYS_H

#include "data/npy.h"
#include "data/source.h"

/* An array, and how messages call it. */
typedef struct {
    cg_npy array;
    const char *name;
} cg_named_array;

/* Reads the samples, x: NULL, or what is to be learnt about those of x.  An array of another shape
 * than the spec asks for is refused by its header, whatever it holds. */
cg_status cg_array_read(cg_named_array *to, const cg_input *input, const cg_named_array *x,
                        const cg_data_spec *spec, cg_error *error);

/* x: N ..., y: N labels, or N or N K target values, as the spec asks; NULL: there is none.  Bytes
 * stay bytes, and may be taken out of x.  Samples H W become 1 H W; H W C is turned into the C H W
 * that the spec's shape asks for. */
cg_status cg_samples_from_arrays(cg_samples *samples, cg_named_array *x, const cg_named_array *y,
                                 const cg_data_spec *spec, cg_error *error);

#endif
