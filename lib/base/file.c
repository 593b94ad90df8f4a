#include "config.h"

#include "base/file.h"
#include "base/budget.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_TEMPORARY = 1000 }; /* files beside one, of crashes and of others at work */

static cg_status fail_io(cg_error *error, const char *path, const char *what)
{
    return cg_fail_errno(error, CG_EIO, "%s: %s", path, what);
}

/* --- reading ---------------------------------------------------------------------------------- */

static cg_status too_large(const char *path, uint64_t limit, cg_error *error)
{
    return cg_fail(error, CG_ELIMIT, "%s: larger than the limit of %" PRIu64 " bytes", path, limit);
}

/* What a file will fill, one byte that it does not have and a NUL; of a pipe nobody knows. */
static cg_status first_room(FILE *stream, const char *path, uint64_t limit, int64_t *room,
                            cg_error *error)
{
    struct stat st;
    bool is_file = fstat(fileno(stream), &st) == 0 && S_ISREG(st.st_mode);
    if (is_file && (uint64_t)st.st_size > limit) return too_large(path, limit, error);
    *room = is_file && st.st_size ? (int64_t)st.st_size + 2 : 4096;
    return CG_OK;
}

static cg_status read_all(FILE *stream, const cg_budget *budget, const char *path, uint64_t limit,
                          char **contents, size_t *size, cg_error *error)
{
    size_t n = 0, room = 0;
    char *bytes = NULL;
    int64_t first = 0;
    CG_TRY(first_room(stream, path, limit, &first, error));
    for (;;) {
        if (n + 1 >= room) {
            int64_t bytes_wanted = room ? 2 * (int64_t)room : first;
            CG_TRY(cg_budget_check(budget, path, bytes_wanted, error));
            size_t wanted = (size_t)bytes_wanted;
            char *more = cg_resize(bytes, wanted, 1);
            *contents = bytes = more ? more : bytes;
            if (!more) return cg_fail_nomem(error, path);
            room = wanted;
        }
        size_t got = fread(bytes + n, 1, room - 1 - n, stream);
        if (got == 0) break;
        n += got;
        if (n > limit) return too_large(path, limit, error);
    }
    if (ferror(stream)) return fail_io(error, path, "cannot read");
    bytes[n] = '\0';
    *size = n;
    return CG_OK;
}

cg_status cg_file_read_within(const cg_budget *budget, const char *path, uint64_t limit,
                              char **contents, size_t *size, cg_error *error)
{
    *contents = NULL;
    *size = 0;
    FILE *stream = fopen(path, "rb");
    if (!stream) return fail_io(error, path, "cannot open");
    cg_status status = read_all(stream, budget, path, limit, contents, size, error);
    fclose(stream);
    if (status != CG_OK) {
        cg_release(*contents);
        *contents = NULL;
    }
    return status;
}

cg_status cg_file_read(const char *path, uint64_t limit, char **contents, size_t *size,
                       cg_error *error)
{
    return cg_file_read_within(NULL, path, limit, contents, size, error);
}

cg_status cg_file_check(const char *path, cg_error *error)
{
    struct stat st;
    if (stat(path, &st) != 0) return fail_io(error, path, "cannot open");
    return S_ISREG(st.st_mode) ? CG_OK : cg_fail(error, CG_EIO, "%s: not a file", path);
}

cg_status cg_file_check_own(const char *path, cg_error *error)
{
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISLNK(st.st_mode)) return CG_OK;
    return cg_fail(error, CG_EIO,
                   "%s: a link, and would be written to where it leads: put a copy "
                   "of that file in its place",
                   path);
}

bool cg_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool cg_file_is_absent(const char *path)
{
    struct stat st;
    return lstat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* --- replacing -------------------------------------------------------------------------------- */

/* path.tmp, path.tmp1, ... */
static bool name_beside(const char *path, int i, char *temporary, size_t bytes)
{
    int n = snprintf(temporary, bytes, i ? "%s.tmp%d" : "%s.tmp", path, i);
    return n >= 0 && (size_t)n < bytes;
}

/* Under the first name that is free: a crash may have left some behind. */
static int open_beside(const char *path, char *temporary, size_t bytes)
{
    for (int i = 0;; i++) {
        name_beside(path, i, temporary, bytes);
        int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST || i == MOST_TEMPORARY - 1) return file;
    }
}

/* All of it, again after an interruption. */
static bool write_whole(int file, const char *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = write(file, bytes + done, n - done);
        if (got < 0 && errno != EINTR) return false;
        if (got > 0) done += (size_t)got;
    }
    return true;
}

static bool sync_file(int file)
{
    while (fsync(file) != 0)
        if (errno != EINTR) return false;
    return true;
}

#ifdef HAVE_FOPENCOOKIE
/* A stream by itself loses what it was writing when it is interrupted. */
static ssize_t write_through(void *cookie, const char *bytes, size_t n)
{
    return write_whole(*(const int *)cookie, bytes, n) ? (ssize_t)n : 0;
}

static int seek_through(void *cookie, off64_t *offset, int whence)
{
    *offset = lseek(*(const int *)cookie, (off_t)*offset, whence);
    return *offset < 0 ? -1 : 0;
}

static int close_through(void *cookie)
{
    int closed = close(*(const int *)cookie);
    cg_release(cookie);
    return closed;
}

static FILE *open_stream(int file)
{
    int *cookie = cg_alloc(1, sizeof *cookie);
    if (!cookie) return NULL;
    *cookie = file;
    FILE *stream =
        fopencookie(cookie, "wb",
                    (cookie_io_functions_t){
                        .write = write_through, .seek = seek_through, .close = close_through });
    if (!stream) cg_release(cookie);
    return stream;
}
#else
static FILE *open_stream(int file)
{
    return fdopen(file, "wb");
}
#endif

cg_status cg_replace_open(cg_replace *r, const char *path, cg_error *error)
{
    struct stat st;
    size_t bytes = strlen(path) + sizeof ".tmp999";
    *r = (cg_replace){ 0 };
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return cg_fail(error, CG_EIO, "%s: not a file, and is not replaced by one", path);
    *r = (cg_replace){ .path = cg_copy_text(path), .temporary = cg_alloc(bytes, 1) };
    if (!r->path || !r->temporary) {
        cg_release(r->path);
        cg_release(r->temporary);
        *r = (cg_replace){ 0 };
        return cg_fail_nomem(error, path);
    }
    int file = open_beside(path, r->temporary, bytes);
    r->file = file;
    errno = file < 0 ? errno : ENOMEM;
    r->stream = file < 0 ? NULL : open_stream(file);
    if (r->stream) return CG_OK;

    cg_status status = fail_io(error, r->temporary, "cannot write");
    if (file >= 0) {
        close(file);
        unlink(r->temporary);
    }
    cg_release(r->path);
    cg_release(r->temporary);
    *r = (cg_replace){ 0 };
    return status;
}

/* EACCES: a folder that may be written in and not be read. */
static bool cannot_be_synced(int reason)
{
    return reason == EINVAL || reason == ENOTSUP || reason == ENOSYS || reason == EROFS ||
           reason == EACCES;
}

cg_status cg_file_sync_name(const char *path, cg_error *error)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + (slash == path) : 1;
    if (n >= sizeof parent) return cg_fail(error, CG_ELIMIT, "the path is too long: %s", path);
    memcpy(parent, slash ? path : ".", n);
    parent[n] = '\0';
    int folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = folder >= 0 && sync_file(folder);
    int reason = is_synced ? 0 : errno;
    if (folder >= 0) close(folder);
    if (is_synced || cannot_be_synced(reason)) return CG_OK;
    errno = reason;
    return fail_io(error, path, "cannot sync the folder that it is in");
}

cg_status cg_replace_sync(cg_replace *r, cg_error *error)
{
    if (!ferror(r->stream) && fflush(r->stream) == 0 && sync_file(r->file)) return CG_OK;
    return fail_io(error, r->temporary, "cannot write");
}

/* A folder may be moved away and another made in its place: then somebody else's file has this
 * path. */
static bool is_there(const cg_replace *r)
{
    struct stat ours, theirs;
    return fstat(r->file, &ours) == 0 && lstat(r->temporary, &theirs) == 0 &&
           ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

cg_status cg_replace_commit(cg_replace *r, cg_error *error)
{
    cg_status status = cg_replace_sync(r, error);
    if (status == CG_OK && !is_there(r))
        status = cg_fail(error, CG_EIO, "%s: not there any more", r->temporary);
    if (status != CG_OK) {
        cg_replace_abort(r);
        return status;
    }
    bool closed = fclose(r->stream) == 0;
    r->stream = NULL;
    if (!closed || rename(r->temporary, r->path) != 0) {
        status = fail_io(error, r->path, "cannot write");
        cg_replace_abort(r);
        return status;
    }
    status = cg_file_sync_name(r->path, error);
    cg_release(r->path);
    cg_release(r->temporary);
    *r = (cg_replace){ .is_in_place = true };
    return status;
}

void cg_replace_abort(cg_replace *r)
{
    if (r->temporary && (!r->stream || is_there(r))) unlink(r->temporary);
    if (r->stream) fclose(r->stream);
    cg_release(r->path);
    cg_release(r->temporary);
    *r = (cg_replace){ 0 };
}

void cg_replace_tidy(const char *path)
{
    char temporary[PATH_MAX];
    for (int i = 0; i < MOST_TEMPORARY; i++)
        if (!name_beside(path, i, temporary, sizeof temporary) || unlink(temporary) != 0) break;
}

cg_status cg_file_move(const char *from, const char *to, cg_error *error)
{
    int file = open(from, O_RDONLY | O_CLOEXEC);
    if (file < 0) return fail_io(error, from, "cannot open");
    cg_status status = sync_file(file) ? CG_OK : fail_io(error, from, "cannot sync");
    close(file);
    if (status == CG_OK && rename(from, to) != 0) status = fail_io(error, to, "cannot write");
    return status == CG_OK ? cg_file_sync_name(to, error) : status;
}

/* --- appending -------------------------------------------------------------------------------- */

cg_status cg_file_append(const char *path, const char *line, cg_error *error)
{
    struct stat st;
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0) return fail_io(error, path, "cannot write");
    bool is_first = fstat(file, &st) == 0 && st.st_size == 0;
    bool is_written =
        write_whole(file, line, strlen(line)) && write_whole(file, "\n", 1) && sync_file(file);
    cg_status status = is_written ? CG_OK : fail_io(error, path, "cannot write");
    bool is_closed = close(file) == 0;
    if (status == CG_OK && !is_closed) status = fail_io(error, path, "cannot write");
    return status == CG_OK && is_first ? cg_file_sync_name(path, error) : status;
}

/* --- folders ---------------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

cg_status cg_make_folders(const char *path, cg_error *error)
{
    char *part = cg_copy_text(path);
    if (!part) return cg_fail_nomem(error, path);
    cg_status status = CG_OK;
    for (char *end = part + 1; *part && status == CG_OK; end++) {
        if (*end && *end != '/') continue;
        char kept = *end;
        *end = '\0';
        int reason = mkdir(part, 0777) == 0 ? 0 : errno;
        if (!reason || is_folder(part)) {
            status =
                cg_file_sync_name(part, error); /* which a process that was killed may not have */
        } else {
            errno = reason;
            status = fail_io(error, part, "cannot make the folder");
        }
        *end = kept;
        if (!kept) break;
    }
    cg_release(part);
    return status;
}

cg_status cg_folder_lock(const char *path, int *lock, cg_error *error)
{
    *lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0) return fail_io(error, path, "cannot open");
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0) return CG_OK;
    bool is_taken = errno == EWOULDBLOCK;
    cg_folder_unlock(*lock);
    *lock = -1;
    return is_taken ? cg_fail(error, CG_EIO, "%s: another process is at work in this folder", path)
                    : CG_OK;
}

bool cg_folder_held(const char *path, int lock)
{
    struct stat held, there;
    if (lock < 0 || fstat(lock, &held) != 0) return true;
    return stat(path, &there) == 0 && there.st_dev == held.st_dev && there.st_ino == held.st_ino;
}

void cg_folder_unlock(int lock)
{
    if (lock >= 0) close(lock);
}
