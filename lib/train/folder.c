/* The files of a run's folder. */
#include "train/folder.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "optim/optim.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void cg_folder_file(const char *folder, const char *name, char path[CG_PATH_BYTES])
{
    snprintf(path, CG_PATH_BYTES, "%s/%s", folder, name);
}

bool cg_folder_weights(const char *folder, size_t room, char path[])
{
    static const char *const names[] = { CG_BEST, CG_LAST };
    for (int i = 0; i < 2; i++) {
        int n = snprintf(path, room, "%s/%s", folder, names[i]);
        if (n > 0 && (size_t)n < room && cg_file_exists(path)) return true;
    }
    return false;
}

static cg_status io_failed(const char *path, cg_error *error)
{
    return cg_fail_errno(error, CG_EIO, "%s", path);
}

/* ---- model.yaml ---------------------------------------------------------------------------- */
cg_status cg_folder_rewrite(const char *folder, const cg_model *model, cg_error *error)
{
    char path[CG_PATH_BYTES], *text = cg_model_render(model);
    if (!text) return cg_fail_nomem(error, "the model's text");
    cg_folder_file(folder, "model.yaml", path);
    cg_replace file;
    cg_status status = cg_replace_open(&file, path, error);
    if (status == CG_OK) {
        fputs(text, file.stream);
        status = cg_replace_commit(&file, error);
    }
    free(text);
    return status;
}

cg_status cg_folder_make(const char *parent, const cg_model *model, char folder[CG_FOLDER_BYTES],
                         int *lock, cg_error *error)
{
    const char *name = cg_model_spec(model)->name;
    CG_TRY(cg_make_folders(parent, error));
    for (int i = 1;; i++) {
        int n = i == 1 ? snprintf(folder, CG_FOLDER_BYTES, "%s/%s", parent, name)
                       : snprintf(folder, CG_FOLDER_BYTES, "%s/%s-%d", parent, name, i);
        if (n < 0 || n >= CG_FOLDER_BYTES)
            return cg_fail(error, CG_ELIMIT, "the folder's name is too long");
        if (mkdir(folder, 0777) == 0) break;
        if (errno != EEXIST) return io_failed(folder, error);
    }
    /* Without model.yaml it is no run, which nobody goes on with: so it is locked before. */
    cg_status status = cg_folder_lock(folder, lock, error);
    if (status == CG_OK) status = cg_file_sync_name(folder, error);
    if (status == CG_OK) status = cg_folder_rewrite(folder, model, error);
    if (status != CG_OK) cg_folder_unmake(folder);
    return status;
}

void cg_folder_unmake(char folder[CG_FOLDER_BYTES])
{
    char path[CG_PATH_BYTES];
    cg_folder_file(folder, CG_LAST, path);
    if (!cg_file_is_absent(path)) return;
    cg_folder_file(folder, "model.yaml", path);
    unlink(path);
    if (rmdir(folder) == 0) folder[0] = '\0';
}

/* Compares line by line; the length of a line is told by its end. */
static cg_status compare_texts(const char *path, const char *theirs, const char *ours,
                               cg_error *error)
{
    for (int line = 1; *theirs || *ours; line++) {
        int n_theirs = (int)strcspn(theirs, "\n"), n_ours = (int)strcspn(ours, "\n");
        if (n_theirs != n_ours || memcmp(theirs, ours, (size_t)n_ours) != 0)
            return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ path, line, 1 },
                              "the run is of another model: it says '%.*s', this one '%.*s'",
                              n_theirs, theirs, n_ours, ours);
        theirs += n_theirs + (theirs[n_theirs] == '\n');
        ours += n_ours + (ours[n_ours] == '\n');
    }
    return CG_OK;
}

/* A schedule that ends with the run has given other learning rates from the first step on. */
static cg_status compare_ends(const char *path, const cg_spec *theirs, const cg_spec *ours,
                              cg_error *error)
{
    if (theirs->epochs == ours->epochs || theirs->schedule != ours->schedule || !ours->schedule ||
        !ours->schedule->needs_end)
        return CG_OK;
    return cg_fail_at(
        error, CG_ECHECKPOINT, (cg_place){ .file = path },
        "the run is of %lld epochs, not %lld, and each step of its schedule %s depends "
        "on that: train anew",
        (long long)theirs->epochs, (long long)ours->epochs, ours->schedule->name);
}

static cg_status compare_models(const char *path, const cg_model *theirs, const cg_model *ours,
                                cg_error *error)
{
    CG_TRY(compare_ends(path, cg_model_spec(theirs), cg_model_spec(ours), error));
    char *a = cg_model_identity(theirs), *b = cg_model_identity(ours);
    cg_status status =
        a && b ? compare_texts(path, a, b, error) : cg_fail_nomem(error, "the model's text");
    free(a);
    free(b);
    return status;
}

cg_status cg_folder_compare(const char *folder, const cg_model *model, bool *differs,
                            cg_error *error)
{
    char path[CG_PATH_BYTES];
    cg_model *theirs;
    cg_error cause = { 0 };
    if (strlen(folder) >= CG_FOLDER_BYTES)
        return cg_fail(error, CG_ELIMIT, "the folder's name is too long");
    cg_folder_file(folder, "model.yaml", path);
    cg_status status = cg_file_check(path, &cause);
    if (status == CG_OK) status = cg_model_load(&theirs, path, 0, NULL, NULL, &cause);
    if (status == CG_EMODEL)
        return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ path, cause.line, cause.column },
                          "the run's own model is damaged: %s", cause.message);
    if (status != CG_OK) return cg_fail(error, status, "%s", cause.message);
    const cg_spec *before = cg_model_spec(theirs), *now = cg_model_spec(model);
    *differs = before->epochs != now->epochs || before->checkpoint_every != now->checkpoint_every;
    status = compare_models(path, theirs, model, error);
    cg_model_free(theirs);
    return status;
}

/* ---- metrics.jsonl ------------------------------------------------------------------------- */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* NULL without memory. */
static json_t *make_line(int64_t epoch, uint64_t step, int n, const cg_metric_value values[],
                         double seconds)
{
    json_t *line = json_object();
    bool is_whole = json_object_set_new(line, "epoch", json_integer(epoch)) == 0 &&
                    json_object_set_new(line, "step", json_integer((json_int_t)step)) == 0;
    for (int i = 0; i < n; i++)
        is_whole &= json_object_set_new(line, values[i].name, number(values[i].value)) == 0;
    is_whole &= json_object_set_new(line, "seconds", number(seconds)) == 0;
    if (is_whole) return line;
    json_decref(line);
    return NULL;
}

cg_status cg_folder_append(const char *folder, int64_t epoch, uint64_t step, int n,
                           const cg_metric_value values[], double seconds, cg_error *error)
{
    char path[CG_PATH_BYTES];
    json_t *object = make_line(epoch, step, n, values, seconds);
    errno = 0;
    char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    bool is_whole =
        line && errno != ENOMEM; /* jansson 2.14 may leave out what it has no room for */
    json_decref(object);
    if (!is_whole) {
        free(line);
        return cg_fail_nomem(error, "a line of metrics");
    }
    cg_folder_file(folder, "metrics.jsonl", path);
    cg_status status = cg_file_check_own(path, error);
    if (status == CG_OK) status = cg_file_append(path, line, error);
    free(line);
    return status;
}

cg_status cg_folder_epochs(const char *folder, int64_t *n, cg_error *error)
{
    char path[CG_PATH_BYTES], *text;
    size_t size;
    *n = 0;
    cg_folder_file(folder, "metrics.jsonl", path);
    if (cg_file_is_absent(path)) return CG_OK;
    CG_TRY(cg_file_check(path, error));
    CG_TRY(cg_file_read(path, CG_METRICS_BYTES, &text, &size, error));
    for (const char *p = text; (p = memchr(p, '\n', size - (size_t)(p - text))); p++) ++*n;
    cg_release(text);
    return CG_OK;
}

void cg_folder_tidy(const char *folder)
{
    static const char *const names[] = { "model.yaml", CG_LAST, CG_BEST, CG_BEGINNING };
    char path[CG_PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cg_folder_file(folder, names[i], path);
        cg_replace_tidy(path);
    }
}

cg_status cg_folder_cut(const char *folder, int64_t epochs, cg_error *error)
{
    char path[CG_PATH_BYTES], *text;
    size_t size;
    cg_folder_file(folder, "metrics.jsonl", path);
    if (cg_file_is_absent(path)) return CG_OK;
    CG_TRY(cg_file_check(path, error));
    CG_TRY(cg_file_read(path, CG_METRICS_BYTES, &text, &size, error));
    char *end = text;
    for (char *next; epochs > 0 && (next = memchr(end, '\n', size - (size_t)(end - text)));
         epochs--)
        end = next + 1;
    size_t kept = (size_t)(end - text);
    cg_release(text);
    return kept == size || truncate(path, (off_t)kept) == 0 ? CG_OK : io_failed(path, error);
}
