/* Labels that are texts. */
#ifndef CG_DATA_LABELS_H
#define CG_DATA_LABELS_H

#include "data/source.h"

/* texts: samples->n of them, lent.  Where all are whole numbers of 0..255 those are the labels;
 * else the texts are the names of the classes, in the order of their bytes. */
cg_status cg_labels_from_texts(cg_samples *samples, char *const texts[], const char *file,
                               cg_error *error);

/* CG_EDATA unless the name of a class can be printed anywhere. */
cg_status cg_check_class_name(const char *name, const char *file, cg_error *error);

/* Numbers the classes of `test` as those of `train`, which must have them all, by their names; from
 * then on those of `train` count for both. */
cg_status cg_labels_agree(const cg_samples *train, cg_samples *test, cg_error *error);

#endif
