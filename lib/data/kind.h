/* What the `data:` section may name, for those who read it. */
#ifndef CG_DATA_KIND_H
#define CG_DATA_KIND_H

#include <cnngraph/data.h>

typedef struct {
    const char *name, *help;
    bool is_format;                 /* of files that the model file names; else a `source` */
    bool labels_apart;              /* of a format: labels are in files of their own       */
    bool has_values;                /* of a format: it may hold target values              */
    cg_shape shape;                 /* of a source: of one image                           */
    int n_classes;                  /* of a source                                         */
    const char *const *class_names; /* NULL-terminated; NULL: they are numbers, or in the files */
} cg_data_kind;

const cg_data_kind *cg_data_kind_at(int i); /* NULL behind the last */

#endif
