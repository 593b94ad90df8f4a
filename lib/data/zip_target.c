#include "config.h"

#ifdef HAVE_ZIP

#include "data/zip_target.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>

static zip_int64_t refuse(cg_zip_target *t, int code, int reason)
{
    zip_error_set(&t->cause, code, reason);
    return -1;
}

static zip_int64_t fail_write(cg_zip_target *t)
{
    int reason = errno;
    if (t->status == CG_OK)
        t->status = cg_fail_errno(&t->refused, CG_EIO, "%s: cannot write", t->path);
    return refuse(t, ZIP_ER_WRITE, reason);
}

static zip_int64_t seek(cg_zip_target *t, void *data, zip_uint64_t n)
{
    const zip_source_args_seek_t *to =
        ZIP_SOURCE_GET_ARGS(zip_source_args_seek_t, data, n, &t->cause);
    if (!to) return -1;
    return fseeko(t->file.stream, (off_t)to->offset, to->whence) == 0 ? 0 : fail_write(t);
}

/* A source of libzip, of which nothing is read: zip_source_function(3). */
static zip_int64_t serve(void *context, void *data, zip_uint64_t n, zip_source_cmd_t command)
{
    cg_zip_target *t = context;
    switch (command) {
    case ZIP_SOURCE_STAT:
        return refuse(t, ZIP_ER_READ, ENOENT); /* there is none yet */
    case ZIP_SOURCE_BEGIN_WRITE:
        t->status = cg_replace_open(&t->file, t->path, &t->refused);
        return t->status == CG_OK ? 0 : refuse(t, ZIP_ER_TMPOPEN, errno);
    case ZIP_SOURCE_WRITE:
        return fwrite(data, 1, (size_t)n, t->file.stream) == n ? (zip_int64_t)n : fail_write(t);
    case ZIP_SOURCE_SEEK_WRITE:
        return seek(t, data, n);
    case ZIP_SOURCE_TELL_WRITE:
        return ftello(t->file.stream);
    case ZIP_SOURCE_COMMIT_WRITE:
        t->status = cg_replace_commit(&t->file, &t->refused);
        return t->status == CG_OK ? 0 : refuse(t, ZIP_ER_WRITE, errno);
    case ZIP_SOURCE_ROLLBACK_WRITE:
        cg_replace_abort(&t->file);
        return 0;
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&t->cause, data, n);
    case ZIP_SOURCE_FREE:
        return 0;
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(
            ZIP_SOURCE_SUPPORTS, ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
            ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
            ZIP_SOURCE_BEGIN_WRITE, ZIP_SOURCE_WRITE, ZIP_SOURCE_SEEK_WRITE, ZIP_SOURCE_TELL_WRITE,
            ZIP_SOURCE_COMMIT_WRITE, ZIP_SOURCE_ROLLBACK_WRITE, ZIP_SOURCE_REMOVE, -1);
    default:
        return refuse(t, ZIP_ER_OPNOTSUPP, 0);
    }
}

zip_t *cg_zip_create(cg_zip_target *t, const char *path, cg_error *error)
{
    *t = (cg_zip_target){ .path = path };
    zip_error_init(&t->cause);
    zip_source_t *source = zip_source_function_create(serve, t, &t->cause);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &t->cause) : NULL;
    if (zip) return zip;
    zip_source_free(source);
    cg_fail_nomem(error, path); /* nothing else was asked for */
    return NULL;
}

cg_status cg_zip_commit(cg_zip_target *t, zip_t *zip, bool is_whole, cg_error *error)
{
    if (is_whole && zip_close(zip) == 0) return CG_OK;
    cg_status status = t->status;
    if (status != CG_OK)
        cg_fail(error, status, "%s", t->refused.message);
    else if (errno == ENOMEM || zip_error_code_zip(zip_get_error(zip)) == ZIP_ER_MEMORY)
        status = cg_fail_nomem(error, t->path);
    else
        status = cg_fail(error, CG_EIO, "%s: %s", t->path, zip_strerror(zip));
    zip_discard(zip);
    return status;
}

#endif
