/* Choosing which samples of a part a split holds. */
#ifndef CG_DATA_SPLIT_H
#define CG_DATA_SPLIT_H

#include "data/source.h"

/* In this order: slice, classes, per_class, fraction, limit; what is left keeps its order.
 * renumbered[label] is the class a label becomes, -1 for one that is left out.  *chosen gets
 * indices into `samples` (cg_release them).  CG_EDATA at spec->place, also
 * where fewer samples are there than the split asks for. */
cg_status cg_split_choose(int64_t **chosen, int64_t *n, const cg_split_spec *spec,
                          const cg_samples *samples, const int renumbered[256], cg_error *error);

#endif
