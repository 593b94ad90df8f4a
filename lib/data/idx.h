/* IDX, the format of the MNIST files: a big-endian header and bytes, plain or compressed by gzip.
 *
 *   0 0 TYPE RANK   two zero bytes, the element type (8: unsigned byte), the number of dimensions
 *   DIM...          RANK 32-bit sizes
 *   data            the product of the sizes in bytes, the last dimension fastest */
#ifndef CG_DATA_IDX_H
#define CG_DATA_IDX_H

#include "data/source.h"

/* Reads the header of a file of images (N H W or N C H W) and a file of labels (N) into *samples,
 * which the caller frees whatever happens; labels NULL: there are none.  CG_EDATA names the file,
 * what was found and what was expected. */
cg_status cg_idx_load(cg_samples *samples, const char *images, const char *labels, cg_error *error);

/* Reads the first n images where they are still in samples->file.  What is behind them is not
 * looked at: unpacking 47 MB takes 150 ms, the 3 MB that a small split is chosen from 10 ms. */
cg_status cg_idx_read_images(cg_samples *samples, int64_t n, cg_error *error);

#endif
