/* Which files a model file may name: one that came from a stranger could name anybody's. */
#ifndef CG_DATA_ALLOWED_H
#define CG_DATA_ALLOWED_H

#include <cnngraph/data.h>

/* CG_EDATA at the place if the path leaves the folders that the spec allows, as a text or by a
 * link, or is no file or folder: a pipe would be waited for.  What is not there is nobody's secret.
 */
cg_status cg_check_path(const cg_data_spec *spec, const char *path, cg_place place,
                        cg_error *error);

/* Of a path that was found in a folder which the spec names at that place: CG_EDATA if it is a link
 * out of the folders that the spec allows. */
cg_status cg_check_link(const cg_data_spec *spec, const char *path, cg_place place,
                        cg_error *error);

/* cg_check_path of all files of the parts that are needed. */
cg_status cg_check_allowed(const cg_data_spec *spec, const bool needed[2], cg_error *error);

#endif
