/* Writing a ZIP archive as every file here is written: beside its path, synced, then renamed. (Left
 * to itself libzip draws a temporary name by libcrypto, which crashes where it had no memory to
 * begin.) */
#ifndef CG_DATA_ZIP_TARGET_H
#define CG_DATA_ZIP_TARGET_H

#include "base/file.h"

#include <zip.h>

typedef struct {
    const char *path; /* lent */
    cg_replace file;
    cg_status status; /* of what the system refused */
    cg_error refused;
    zip_error_t cause; /* as libzip is told of it */
} cg_zip_target;

/* An archive without entries; NULL: *error tells.  The target is to stay where it is. */
zip_t *cg_zip_create(cg_zip_target *target, const char *path, cg_error *error);

/* Writes what was added, or forgets it all; frees the archive either way.  is_whole: all could be
 * added. */
cg_status cg_zip_commit(cg_zip_target *target, zip_t *zip, bool is_whole, cg_error *error);

#endif
