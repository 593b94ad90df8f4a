/* A set whose images are still on their way. */
#ifndef CG_DATA_DATASET_H
#define CG_DATA_DATASET_H

#include <cnngraph/data.h>

/* As cg_dataset_load, but images are read on a thread while the caller goes on: those of a split
 * may be asked for after cg_dataset_await, all else at once. */
cg_status cg_dataset_open(cg_dataset **set, const cg_data_spec *spec, const char **used,
                          cg_error *error);

/* Waits for the images of a split, on any thread; tells what is wrong with their file, if it is. */
cg_status cg_dataset_await(const cg_dataset *set, int split, cg_error *error);

/* A class by its name or, where it has none, by the label that the files have for it, before
 * spec->classes renumbered it; lent by the set, or in the buffer. */
enum { CG_CLASS_TEXT = 24 };
const char *cg_dataset_class_text(const cg_dataset *set, int c, char text[CG_CLASS_TEXT]);

/* Is the set, or its fallback, on this machine?  True of the user's own files. */
bool cg_dataset_is_here(const cg_data_spec *spec);

#endif
