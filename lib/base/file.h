/* Files: reading whole ones within a limit, and replacing one so that a crash leaves either the
 * old contents or the new, never a mixture. */
#ifndef CG_BASE_FILE_H
#define CG_BASE_FILE_H

#include <cnngraph/budget.h>
#include <cnngraph/status.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The contents with a NUL after them (not counted in *size); cg_release it.  `limit`: bytes,
 * beyond which CG_ELIMIT.  CG_EIO names the path and the system's reason. */
cg_status cg_file_read(const char *path, uint64_t limit, char **contents, size_t *size,
                       cg_error *error);

/* The same of a budget, which is asked before anything is read: CG_ELIMIT.  NULL: the machine's. */
cg_status cg_file_read_within(const cg_budget *budget, const char *path, uint64_t limit,
                              char **contents, size_t *size, cg_error *error);

/* CG_EIO unless it is a file, or a link to one: a pipe or a device would be waited for. */
cg_status cg_file_check(const char *path, cg_error *error);

/* CG_EIO if it is a link: what is cut or appended there would be a file elsewhere.  What is not
 * there is none. */
cg_status cg_file_check_own(const char *path, cg_error *error);

/* Write to a temporary file beside `path`, then sync, rename over `path`, sync the folder.  CG_EIO
 * where `path` is neither a file nor a link to one: a device or a pipe is nothing to be replaced.
 * Between open and commit write to `stream`; cg_replace_abort forgets it all. */
typedef struct {
    FILE *stream;
    char *path, *temporary;
    int file;         /* beneath the stream */
    bool is_in_place; /* the file of that path is now the new one */
} cg_replace;
cg_status cg_replace_open(cg_replace *r, const char *path, cg_error *error);
/* All that was written is on the disk, in r->temporary, for a look before the commit. */
cg_status cg_replace_sync(cg_replace *r, cg_error *error);
/* Closes r whatever happens.  CG_EIO with r->is_in_place: but not its name on the disk. */
cg_status cg_replace_commit(cg_replace *r, cg_error *error);
void cg_replace_abort(cg_replace *r);
/* Removes what crashes have left of replacements of `path`, where nobody else is at one. */
void cg_replace_tidy(const char *path);

/* Gives a file that is whole another name, and has both on the disk. */
cg_status cg_file_move(const char *from, const char *to, cg_error *error);

/* Adds a line to a file, which is made if there is none; it is on the disk, and so is the file's
 * name, when this returns. */
cg_status cg_file_append(const char *path, const char *line, cg_error *error);

cg_status cg_make_folders(const char *path, cg_error *error); /* mkdir -p */

/* Makes a name durable, of what was made or renamed: syncs the folder that it is in.  Where a file
 * system cannot do that there is nothing to be done, and CG_OK. */
cg_status cg_file_sync_name(const char *path, cg_error *error);

/* One holder at a time: CG_EIO while another process, or another call of this one, has the folder.
 * The system gives it back when the process ends, in whatever way.  *lock is -1 where the file
 * system has no locks, for which nothing can be done. */
cg_status cg_folder_lock(const char *path, int *lock, cg_error *error);
void cg_folder_unlock(int lock);

/* Is it still the locked folder that has this path?  Not when that was moved away or removed: what
 * is there now may be another process's.  Without a lock (-1) nobody knows: true. */
bool cg_folder_held(const char *path, int lock);

bool cg_file_exists(const char *path);
/* Surely: what cannot be looked at, or is a link that leads nowhere, is for whoever opens it to
 * tell of. */
bool cg_file_is_absent(const char *path);

#endif
