/* Whole files in, and files replaced as one act. */
#include "config.h"

#include "base/file.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static cg_status fail_io(cg_error *error, const char *path, const char *what)
{
    return cg_fail(error, CG_EIO, "%s: %s: %s", path, what, strerror(errno));
}

bool cg_file_exists(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0;
}

/* Reads until the end of the stream; a pipe has no size to ask for. */
static cg_status read_all(FILE *file, const char *path, size_t limit, char **contents, size_t *size,
                          cg_error *error)
{
    size_t used = 0, capacity = 1 << 14;
    char *text = cg_alloc(capacity, 1);
    while (text) {
        used += fread(text + used, 1, capacity - 1 - used, file);
        if (used > limit || used < capacity - 1) break;
        char *wider = cg_resize(text, capacity *= 2, 1);
        if (!wider) cg_release(text);
        text = wider;
    }
    if (!text) return cg_fail_nomem(error, path);
    cg_status status = CG_OK;
    if (ferror(file)) status = fail_io(error, path, "cannot read");
    if (used > limit) status = cg_fail(error, CG_ELIMIT, "%s: larger than %zu bytes", path, limit);
    if (status != CG_OK) {
        cg_release(text);
        return status;
    }
    text[used] = '\0';
    *contents = text;
    *size = used;
    return CG_OK;
}

cg_status cg_file_read(const char *path, size_t limit, char **contents, size_t *size, cg_error *error)
{
    *contents = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) return fail_io(error, path, "cannot open");
    cg_status status = read_all(file, path, limit, contents, size, error);
    fclose(file);
    return status;
}

/* ---- replacing ------------------------------------------------------------------------------ */

cg_status cg_replace_open(cg_replace *r, const char *path, cg_error *error)
{
    size_t bytes = strlen(path) + sizeof ".XXXXXX";
    *r = (cg_replace){ .path = cg_copy_text(path), .temporary = cg_alloc(bytes, 1) };
    if (!r->path || !r->temporary) {
        cg_replace_abort(r);
        return cg_fail_nomem(error, path);
    }
    snprintf(r->temporary, bytes, "%s.XXXXXX", path);
    int fd = mkstemp(r->temporary);
    if (fd < 0) {
        cg_status status = fail_io(error, path, "cannot make a temporary file beside it");
        *r->temporary = '\0';
        cg_replace_abort(r);
        return status;
    }
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) == 0 && (r->stream = fdopen(fd, "wb"))) return CG_OK;
    cg_status status = fail_io(error, path, "cannot write");
    close(fd);
    cg_replace_abort(r);
    return status;
}

/* A rename is lasting only once its folder is on disk. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = cg_copy_text(slash ? path : ".");
    if (!folder) return false;
    if (slash) folder[slash == path ? 1 : slash - path] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY);
    bool is_synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL); /* some file systems cannot */
    if (fd >= 0) close(fd);
    cg_release(folder);
    return is_synced;
}

cg_status cg_replace_commit(cg_replace *r, cg_error *error)
{
    bool is_written = fflush(r->stream) == 0 && !ferror(r->stream) && fsync(fileno(r->stream)) == 0;
    is_written = fclose(r->stream) == 0 && is_written;
    r->stream = NULL;
    cg_status status = CG_OK;
    if (!is_written || rename(r->temporary, r->path) != 0) {
        status = fail_io(error, r->path, "cannot write");
    } else {
        *r->temporary = '\0'; /* it bears its final name now */
        if (!sync_folder(r->path)) status = fail_io(error, r->path, "cannot sync its folder");
    }
    cg_replace_abort(r);
    return status;
}

void cg_replace_abort(cg_replace *r)
{
    if (r->stream) fclose(r->stream);
    if (r->temporary && *r->temporary) unlink(r->temporary);
    cg_release(r->temporary);
    cg_release(r->path);
    *r = (cg_replace){ 0 };
}

cg_status cg_make_folders(const char *path, cg_error *error)
{
    struct stat s;
    char *part = cg_copy_text(path);
    if (!part) return cg_fail_nomem(error, path);
    cg_status status = CG_OK;
    for (char *end = part; *end && status == CG_OK;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        if (mkdir(part, 0777) != 0 && !(errno == EEXIST && stat(part, &s) == 0 && S_ISDIR(s.st_mode)))
            status = fail_io(error, part, "cannot make the folder");
        *end = kept;
    }
    cg_release(part);
    return status;
}
