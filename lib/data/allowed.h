/* Which files a model file may name: one that came from a stranger could name anybody's. */
#ifndef CG_DATA_ALLOWED_H
#define CG_DATA_ALLOWED_H

#include <cnngraph/data.h>

/* CG_EDATA at the place if the path, as a text, leaves the folders that the spec allows.  Links in
 * them are their owner's. */
cg_status cg_check_path(const cg_data_spec *spec, const char *path, cg_place place,
                        cg_error *error);

/* The same of all files of the parts that are needed. */
cg_status cg_check_allowed(const cg_data_spec *spec, const bool needed[2], cg_error *error);

#endif
