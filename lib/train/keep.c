/* Saving a run and taking it up again. */
#include "train/keep.h"

#include "base/error.h"
#include "base/file.h"
#include "engine/program.h"
#include "train/folder.h"
#include "train/history.h"
#include "train/weights.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static bool may_roll_back(const cg_trainer *t)
{
    return t->spec->on_nonfinite == CG_NONFINITE_ROLLBACK;
}

/* Once last.safetensors stands between epochs there is nothing else to go back to. */
static void forget_beginning(const cg_trainer *t, const char *folder)
{
    char path[CG_PATH_BYTES];
    if (!may_roll_back(t) || t->standing.position != 0) return;
    cg_folder_file(folder, CG_BEGINNING, path);
    unlink(path);
}

/* ---- saving -------------------------------------------------------------------------------- */
static cg_status write_checkpoint(const cg_trainer *t, const char *folder, const char *name,
                                  const cg_standing *standing, cg_error *error)
{
    char path[CG_PATH_BYTES];
    cg_folder_file(folder, name, path);
    return cg_checkpoint_save(path, t->model, t->data, t->names, t->full.program, standing, error);
}

/* What a run that goes on in the middle of an epoch would need to go back to its beginning. */
static cg_status save_beginning(cg_trainer *t, cg_snapshot *epoch, const char *folder,
                                cg_error *error)
{
    if (!epoch->values || t->standing.position == 0) return CG_OK;
    cg_snapshot_swap(epoch, t);
    cg_status status = write_checkpoint(t, folder, CG_BEGINNING, &epoch->standing, error);
    cg_snapshot_swap(epoch, t);
    return status;
}

/* The sums over the epoch under way travel with it. */
cg_status cg_keep(cg_trainer *t, cg_watch *watch, const char *folder, const char *name,
                  cg_error *error)
{
    cg_standing standing = cg_trainer_standing(t);
    double began = cg_seconds();
    CG_TRY(save_beginning(t, &watch->epoch, folder, error));
    CG_TRY(write_checkpoint(t, folder, name, &standing, error));
    if (strcmp(name, CG_LAST) == 0) forget_beginning(t, folder);
    cg_trace_note(t->trace, "checkpoint", name, began);
    return CG_OK;
}

/* ---- taking up ----------------------------------------------------------------------------- */
#define PUT_BACK      "put back what was there, or "
#define WAY_OUT(file) PUT_BACK "begin a new run with `train: {from: RUN/" file "}`"

/* A standing that no run of this model comes to was written by somebody else. */
static bool is_place(const cg_trainer *t, const cg_standing *s)
{
    return s->epoch <= t->spec->epochs && s->position < t->n_batches &&
           (s->epoch < t->spec->epochs || s->position == 0) &&
           s->step == (uint64_t)(s->epoch * t->n_batches + s->position) &&
           s->images <= s->position * t->full.batch && s->correct <= s->images &&
           s->best_epoch <= s->epoch && s->stale <= s->epoch && (uint64_t)s->skipped <= s->step &&
           s->missed <= s->skipped && s->rollbacks <= CG_MAX_ROLLBACKS;
}

static cg_status check_epochs(const cg_trainer *t, const cg_standing *s, const char *path,
                              cg_error *error)
{
    const bool is_within = s->position > 0 && s->epoch < INT64_MAX;
    const int64_t begun = s->epoch + is_within;
    if (begun <= t->spec->epochs) return CG_OK;
    return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ .file = path },
                      "the run has done %" PRId64 " epochs%s, more than the %" PRId64
                      " asked for: ask for %" PRId64 " at least, `train: {epochs: %" PRId64 "}`",
                      s->epoch, s->position > 0 ? " and a part of the next" : "", t->spec->epochs,
                      begun, begun);
}

static cg_status check_place(const cg_trainer *t, const cg_standing *s, cg_error *error)
{
    if (is_place(t, s)) return CG_OK;
    return cg_fail(error, CG_ECHECKPOINT,
                   "epoch %" PRId64 ", batch %" PRId64 ", step %" PRIu64 ", %" PRId64
                   " images is no place in a run of %" PRId64 " epochs of %" PRId64 " batches",
                   s->epoch, s->position, s->step, s->images, t->spec->epochs, t->n_batches);
}

/* What else there is to begin from where the file of that name is lost. */
static const char *way_out(const char *folder, const char *name)
{
    char path[CG_PATH_BYTES];
    if (strcmp(name, CG_LAST) != 0) return WAY_OUT(CG_LAST);
    cg_folder_file(folder, CG_BEST, path);
    return cg_file_is_absent(path) ? PUT_BACK "train anew" : WAY_OUT(CG_BEST);
}

static cg_status load(cg_trainer *t, const char *folder, const char *name, cg_error *error)
{
    char path[CG_PATH_BYTES];
    cg_standing standing;
    cg_error cause = { 0 };
    const bool is_checked = t->spec->on_nonfinite != CG_NONFINITE_IGNORE;
    cg_folder_file(folder, name, path);
    cg_status status =
        cg_checkpoint_load(path, t->model, t->data, t->full.program, &standing, &cause);
    if (status == CG_OK) CG_TRY(check_epochs(t, &standing, path, error));
    if (status == CG_OK) status = check_place(t, &standing, &cause);
    if (status == CG_OK && is_checked) status = cg_weights_check(t->full.program, &cause);
    if (status == CG_ECHECKPOINT || status == CG_ENUMERIC)
        return cg_fail_at(error, status, (cg_place){ .file = path }, "%.400s: %s", cause.message,
                          way_out(folder, name));
    if (status == CG_OK)
        cg_trainer_go_to(t, &standing);
    else if (error)
        *error = cause;
    return status;
}

/* The beginning of the epoch that the run is in the middle of, should it have to go back.  It was
 * written before last.safetensors: of a run that was killed in between it may know of a rollback
 * that is still to come. */
static cg_status load_beginning(cg_trainer *t, cg_snapshot *beginning, const char *folder,
                                cg_error *error)
{
    char path[CG_PATH_BYTES];
    const int64_t epoch = t->standing.epoch;
    if (!may_roll_back(t) || t->standing.position == 0) return CG_OK;
    cg_folder_file(folder, CG_BEGINNING, path);
    if (cg_file_is_absent(path))
        return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ .file = path },
                          "missing, what a rollback would go back to: " WAY_OUT(CG_LAST));
    CG_TRY(load(t, folder, CG_BEGINNING, error));
    if (t->standing.epoch != epoch || t->standing.position != 0)
        return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ .file = path },
                          "not of the epoch that " CG_LAST " is in: " WAY_OUT(CG_LAST));
    CG_TRY(cg_snapshot_take(beginning, t, error));
    CG_TRY(load(t, folder, CG_LAST, error));
    beginning->standing.rollbacks = t->standing.rollbacks;
    return CG_OK;
}

cg_status cg_check_unsaved(const char *folder, cg_error *error)
{
    char path[CG_PATH_BYTES];
    int64_t epochs;
    CG_TRY(cg_folder_epochs(folder, &epochs, error));
    cg_folder_file(folder, CG_BEST, path);
    if (epochs == 0 && cg_file_is_absent(path)) return CG_OK;
    cg_folder_file(folder, CG_LAST, path);
    return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ .file = path },
                      "missing, though the run has finished epochs: %s", way_out(folder, CG_LAST));
}

/* The best weights are saved when their epoch ends, before last.safetensors: of a run that was
 * killed in between they are of the epoch that is to be done again. */
static bool is_best(const cg_standing *best, const cg_standing *last)
{
    return best->position == 0 && best->epoch == best->best_epoch &&
           (best->epoch == last->best_epoch || best->epoch == last->epoch + 1);
}

static cg_status check_best(cg_trainer *t, const char *folder, int64_t *best, cg_error *error)
{
    char path[CG_PATH_BYTES];
    const cg_standing last = t->standing;
    *best = 0;
    cg_folder_file(folder, CG_BEST, path);
    const bool is_absent = cg_file_is_absent(path);
    if (is_absent && last.best_epoch == 0) return CG_OK;
    if (is_absent)
        return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ .file = path },
                          "missing, the weights of epoch %" PRId64 ", the best: " WAY_OUT(CG_LAST),
                          last.best_epoch);
    CG_TRY(load(t, folder, CG_BEST, error));
    if (!is_best(&t->standing, &last))
        return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ .file = path },
                          "the weights of epoch %" PRId64 ", batch %" PRId64
                          ", the best were those of epoch %" PRId64 ": " WAY_OUT(CG_LAST),
                          t->standing.epoch, t->standing.position, last.best_epoch);
    *best = t->standing.epoch;
    return load(t, folder, CG_LAST, error);
}

/* A damaged line behind them is cut off, as any other. */
static cg_status check_lines(const char *folder, const char *path, int64_t done, cg_error *error)
{
    cg_history h;
    cg_error cause = { 0 };
    cg_status status = cg_history_read(&h, folder, &cause);
    if (status == CG_EDATA && cause.line > done) status = CG_OK;
    bool is_whole =
        status == CG_OK && h.n >= done && h.column[CG_HISTORY_EPOCH][done - 1] == (double)done;
    cg_history_free(&h);
    if (is_whole) return CG_OK;
    if (status == CG_OK)
        return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ path, (int)done, 1 },
                          "not the line of epoch %" PRId64 ": " WAY_OUT(CG_LAST), done);
    if (status != CG_EDATA) return cg_fail(error, status, "%s", cause.message);
    return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ path, cause.line, cause.column },
                      "%s: " WAY_OUT(CG_LAST), cause.message);
}

/* Each epoch that is done has its line. */
static cg_status check_metrics(const cg_trainer *t, const char *folder, cg_error *error)
{
    char path[CG_PATH_BYTES];
    int64_t told;
    const int64_t done = t->standing.epoch;
    cg_folder_file(folder, "metrics.jsonl", path);
    CG_TRY(cg_folder_epochs(folder, &told, error));
    if (told < done)
        return cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ .file = path },
                          "tells of %" PRId64 " of the %" PRId64
                          " epochs that are done: " WAY_OUT(CG_LAST),
                          told, done);
    return done > 0 ? check_lines(folder, path, done, error) : CG_OK;
}

cg_status cg_take_up(cg_trainer *t, cg_watch *watch, const char *folder, int64_t *best,
                     cg_error *error)
{
    CG_TRY(load(t, folder, CG_LAST, error));
    CG_TRY(check_metrics(t, folder, error));
    CG_TRY(check_best(t, folder, best, error));
    forget_beginning(t, folder);
    return load_beginning(t, &watch->epoch, folder, error);
}
