/* IDX, the format of the MNIST files: a big-endian header and bytes, plain or compressed by gzip.
 *
 *   0 0 TYPE RANK   two zero bytes, the element type (8: unsigned byte), the number of dimensions
 *   DIM...          RANK 32-bit sizes
 *   data            the product of the sizes in bytes, the last dimension fastest */
#ifndef CG_DATA_IDX_H
#define CG_DATA_IDX_H

#include "data/source.h"

/* Reads a file of images (N H W or N C H W) and one of labels (N) into *samples, which the caller
 * frees whatever happens.  CG_EDATA names the file, what was found and what was expected. */
cg_status cg_idx_load(cg_samples *samples, const char *images, const char *labels, cg_error *error);

#endif
