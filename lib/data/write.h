/* Writing samples in a format, told by the path's ending: .csv, .npy, .npz, .idx or -ubyte, or a
 * folder of classes.  Nothing is there until all of it is. */
#ifndef CG_DATA_WRITE_H
#define CG_DATA_WRITE_H

#include "data/source.h"

/* Labels of .npy and IDX go into a file beside (cg_labels_path).  CG_EDATA where the path exists
 * already, or the format cannot hold what the samples are. */
cg_status cg_samples_write(const cg_samples *samples, const char *path, cg_error *error);

/* "train-images-idx3-ubyte" has its labels in "train-labels-idx1-ubyte", "a.npy" in
 * "a-labels.npy".  NULL: no memory. */
const char *cg_labels_path(cg_arena *arena, const char *path);

/* A format's own writer. */
cg_status cg_write_csv(const cg_samples *samples, const char *path, cg_error *error);
cg_status cg_write_npy(const cg_samples *samples, const char *path, cg_error *error);
cg_status cg_write_npz(const cg_samples *samples, const char *path, cg_error *error);
cg_status cg_write_idx(const cg_samples *samples, const char *path, cg_error *error);
cg_status cg_write_folder(const cg_samples *samples, const char *path, cg_error *error);

#endif
