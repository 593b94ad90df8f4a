/* Getting published data sets over the network. */
#ifndef CG_DATA_FETCH_H
#define CG_DATA_FETCH_H

#include <cnngraph/status.h>

/* Called now and then; total is 0 while it is not known. */
typedef struct {
    void (*show)(void *context, const char *file, int64_t done, int64_t total);
    void *context;
} cg_fetch_progress;

/* Fetches the files of a set that are not in the folder yet.  url: the folder that has them, NULL:
 * where they were published.  CG_EUSAGE: there is no such set; CG_EIO: the network, or the disk;
 * CG_EDATA: a file whose sum is wrong, which is removed; CG_ENOTBUILT: built without libcurl. */
cg_status cg_fetch_set(const char *set, const char *folder, const char *url,
                       const cg_fetch_progress *progress, cg_error *error);

/* One file, under a name of its own until it is whole and its MD5 sum right; what is there of it
 * from an earlier attempt is not fetched again. */
cg_status cg_fetch_file(const char *url, const char *path, const char *md5,
                        const cg_fetch_progress *progress, cg_error *error);

/* Takes the files that are named (NULL-terminated) out of an archive, a tar file in gzip, into a
 * folder. */
cg_status cg_unpack(const char *archive, const char *const names[], const char *folder,
                    cg_error *error);

#endif
