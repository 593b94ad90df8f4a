/* The loop over epochs: steps, validation, checkpoints, stopping. */
#include "base/error.h"
#include "base/file.h"
#include "data/dataset.h"
#include "engine/program.h"
#include "train/epoch.h"
#include "train/folder.h"
#include "train/keep.h"
#include "train/transfer.h"
#include "train/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    cg_trainer t;
    cg_watch watch;
    const cg_train_options *options;
    cg_train_result *result;
    int64_t steps;             /* of this call  */
    double began, epoch_began; /* seconds */
    int64_t epoch_images;      /* in this call */
    int64_t best_there;        /* the epoch of best.safetensors that the run was taken up with */
    int lock;                  /* of the folder; -1: none */
    char origin[CG_TRANSFER_TEXT]; /* what the weights it began with are, "" if they were drawn */
} run;

static bool is_stopped(const run *r)
{
    return r->options->stop && *r->options->stop;
}

static bool is_at_limit(const run *r)
{
    return r->options->max_steps > 0 && r->steps >= r->options->max_steps;
}

/* ---- beginning ------------------------------------------------------------------------------ */
static cg_status check_folder(const run *r, cg_error *error)
{
    if (cg_folder_held(r->result->folder, r->lock)) return CG_OK;
    return cg_fail(error, CG_EIO,
                   "%s: not the folder any more that the run is in: moved, where the run can be "
                   "resumed, or removed",
                   r->result->folder);
}

static cg_status save(run *r, const char *name, cg_error *error)
{
    const char *folder = r->result->folder;
    if (!folder[0]) return CG_OK;
    CG_TRY(check_folder(r, error));
    return cg_keep(&r->t, &r->watch, folder, name, error);
}

static cg_status take_up(run *r, const char *folder, cg_error *error)
{
    char path[CG_PATH_BYTES];
    bool differs;
    cg_folder_file(folder, "metrics.jsonl", path);
    CG_TRY(cg_file_check_own(path, error)); /* before anything is written */
    CG_TRY(cg_folder_compare(folder, r->t.model, &differs, error));
    snprintf(r->result->folder, sizeof r->result->folder, "%s", folder);
    cg_folder_tidy(folder);
    cg_folder_file(folder, CG_LAST, path);
    CG_TRY(cg_file_sync_name(path, error)); /* names that a process that was killed has not */
    if (cg_file_is_absent(path)) {
        CG_TRY(cg_check_unsaved(folder, error));
        CG_TRY(cg_transfer_begin(r->t.full.program, r->t.model, r->origin, error));
        if (differs) CG_TRY(cg_folder_rewrite(folder, r->t.model, error));
        CG_TRY(cg_folder_cut(folder, 0, error));
        return save(r, CG_LAST, error);
    }
    CG_TRY(cg_take_up(&r->t, &r->watch, folder, &r->best_there, error));
    if (differs) CG_TRY(cg_folder_rewrite(folder, r->t.model, error));
    return cg_folder_cut(folder, r->t.standing.epoch, error);
}

/* A line of metrics of the epoch that ends. */
static cg_status note(run *r, const cg_epoch *epoch, cg_error *error)
{
    const char *folder = r->result->folder;
    const cg_standing *s = &r->t.standing;
    if (!folder[0]) return CG_OK;
    CG_TRY(check_folder(r, error));
    return cg_folder_append(folder, s->epoch + 1, s->step, epoch->n, epoch->values,
                            cg_seconds() - r->epoch_began, error);
}

/* ---- reporting ----------------------------------------------------------------------------- */
static void report(run *r, bool epoch_done, bool is_best)
{
    const cg_standing *s = &r->t.standing;
    if (!r->options->progress) return;
    double seconds = cg_seconds() - r->epoch_began;
    double speed = seconds > 0 ? (double)r->epoch_images / seconds : 0;
    cg_metric_value metrics[CG_MAX_METRICS];
    bool is_validated = epoch_done && r->t.validation >= 0;
    double left = (double)(r->t.spec->epochs * r->t.n_images) -
                  (double)(s->epoch * r->t.n_images + r->t.tally->n);
    cg_progress p = {
        .epoch = s->epoch + 1,
        .epochs = r->t.spec->epochs,
        .step = s->position,
        .steps = r->t.n_batches,
        .loss = cg_mean_loss(r->t.tally),
        .accuracy = cg_accuracy(r->t.tally),
        .val_loss = r->result->val_loss,
        .val_accuracy = r->result->val_accuracy,
        .images_per_s = speed,
        .seconds_left = speed > 0 ? left / speed : NAN,
        .lr = r->t.rate,
        .skipped = s->skipped,
        .rollbacks = s->rollbacks,
        .trouble = r->watch.trouble.status != CG_OK ? &r->watch.trouble : NULL,
        .n_metrics = is_validated ? cg_measure(r->t.spec, r->t.evaluated, metrics) : 0,
        .metrics = metrics,
        .epoch_done = epoch_done,
        .is_best = is_best,
        .data = r->t.data,
        .origin = r->origin[0] ? r->origin : NULL,
    };
    r->options->progress(r->options->context, &p);
    r->watch.trouble.status = CG_OK; /* told once */
}

static void fill_result(run *r)
{
    cg_train_result *result = r->result;
    result->epochs = r->t.standing.epoch;
    result->best_epoch = r->t.standing.best_epoch;
    if (r->best_there > r->t.standing.epoch) result->best_epoch = r->best_there; /* still ahead */
    result->steps = (int64_t)r->t.standing.step;
    result->skipped = r->t.standing.skipped;
    result->rollbacks = r->t.standing.rollbacks;
    result->seconds = cg_seconds() - r->began;
}

/* ---- epochs -------------------------------------------------------------------------------- */
/* Validation, the line of metrics, best and last: in this order, so that whenever the process is
 * killed, last.safetensors tells of nothing that is not there. */
static cg_status end_epoch(run *r, cg_error *error)
{
    cg_trainer *t = &r->t;
    cg_epoch epoch;
    /* A damaged file of test images is told of now, not at the end of the run. */
    if (t->test >= 0) CG_TRY(cg_dataset_await(t->set, t->test, error));
    if (t->validation >= 0) CG_TRY(cg_trainer_evaluate(t, t->validation, error));
    CG_TRY(cg_epoch_judge(t, &epoch, error));
    r->result->train_loss = cg_mean_loss(t->tally);
    r->result->train_accuracy = cg_accuracy(t->tally);
    if (t->validation >= 0) {
        r->result->val_loss = cg_mean_loss(t->evaluated);
        r->result->val_accuracy = cg_accuracy(t->evaluated);
    }
    report(r, true, epoch.is_best);
    CG_TRY(note(r, &epoch, error));
    cg_epoch_next(t);
    if (epoch.is_best) CG_TRY(save(r, CG_BEST, error));
    return save(r, CG_LAST, error);
}

static bool has_steps_left(const run *r)
{
    return r->t.standing.position < r->t.n_batches && !is_at_limit(r) && !is_stopped(r);
}

/* Counted from the run's first step, so that a resumed run saves where the first would have.  The
 * end of an epoch saves anyway. */
static bool is_time_to_save(const run *r)
{
    int64_t every = r->t.spec->checkpoint_every;
    return every > 0 && r->t.standing.step % (uint64_t)every == 0 &&
           r->t.standing.position < r->t.n_batches;
}

static cg_status step(run *r, cg_error *error)
{
    int64_t before = r->t.tally->n;
    CG_TRY(cg_watch_step(&r->watch, error));
    r->steps++;
    if (r->t.tally->n > before) r->epoch_images += r->t.tally->n - before;
    if (r->t.standing.position < r->t.n_batches) report(r, false, false);
    if (!is_time_to_save(r)) return CG_OK;
    CG_TRY(cg_watch_check(&r->watch, error));
    return save(r, CG_LAST, error);
}

/* Steps until the epoch, the run or the user's patience ends; what is not finite by then may take
 * some of them back. */
static cg_status run_steps(run *r, cg_error *error)
{
    cg_trainer *t = &r->t;
    r->epoch_began = cg_seconds();
    r->epoch_images = 0;
    if (t->standing.position == 0) CG_TRY(cg_watch_epoch(&r->watch, error));
    do {
        while (has_steps_left(r)) CG_TRY(step(r, error));
        CG_TRY(cg_watch_check(&r->watch, error));
    } while (has_steps_left(r));
    return t->standing.position < t->n_batches ? CG_OK : end_epoch(r, error);
}

static cg_status run_epochs(run *r, cg_error *error)
{
    while (cg_epoch_follows(&r->t)) {
        CG_TRY(run_steps(r, error));
        if (!cg_epoch_follows(&r->t) || (!is_at_limit(r) && !is_stopped(r))) continue;
        CG_TRY(save(r, CG_LAST, error));
        if (!is_stopped(r)) break;
        return cg_fail(error, CG_EINTERRUPTED, "stopped in epoch %" PRId64 " of %" PRId64 "%s%s",
                       r->t.standing.epoch + 1, r->t.spec->epochs,
                       r->result->folder[0] ? ", saved in " : "", r->result->folder);
    }
    return CG_OK;
}

/* A run is saved where it begins: what it begins with may change, or go, and from then on
 * last.safetensors tells what else there must be. */
static cg_status enter_folder(run *r, const cg_model *model, cg_error *error)
{
    if (r->options->resume) {
        CG_TRY(cg_folder_lock(r->options->resume, &r->lock, error));
        return take_up(r, r->options->resume, error);
    }
    CG_TRY(cg_transfer_begin(r->t.full.program, r->t.model, r->origin, error));
    if (!r->options->folder) return CG_OK;
    CG_TRY(cg_folder_make(r->options->folder, model, r->result->folder, &r->lock, error));
    cg_status status = save(r, CG_LAST, error);
    if (status != CG_OK) cg_folder_unmake(r->result->folder);
    return status;
}

static cg_status run_all(run *r, const cg_model *model, cg_trace *trace, cg_error *error)
{
    CG_TRY(cg_trainer_open(&r->t, model, r->options->threads, trace, error));
    r->result->data = r->t.data;
    CG_TRY(enter_folder(r, model, error));
    CG_TRY(cg_watch_begin(&r->watch, &r->t, error));
    CG_TRY(run_epochs(r, error));
    r->result->is_finished = !cg_epoch_follows(&r->t);
    if (r->t.test < 0) return CG_OK;
    CG_TRY(cg_trainer_evaluate(&r->t, r->t.test, error));
    r->result->test_loss = cg_mean_loss(r->t.evaluated);
    r->result->test_accuracy = cg_accuracy(r->t.evaluated);
    r->result->n_metrics = cg_measure(r->t.spec, r->t.evaluated, r->result->metrics);
    return CG_OK;
}

cg_status cg_train(const cg_model *model, const cg_train_options *options, cg_train_result *result,
                   cg_error *error)
{
    static const cg_train_options defaults = { 0 };
    *result = (cg_train_result){ .train_loss = NAN,
                                 .train_accuracy = NAN,
                                 .val_loss = NAN,
                                 .val_accuracy = NAN,
                                 .test_loss = NAN,
                                 .test_accuracy = NAN };
    run r = { .options = options ? options : &defaults,
              .result = result,
              .began = cg_seconds(),
              .lock = -1 };
    cg_trace *trace = NULL;
    if (r.options->profile) CG_TRY(cg_trace_open(&trace, r.options->profile, error));
    cg_status status = run_all(&r, model, trace, error);
    cg_status written = cg_trace_commit(trace, status == CG_OK ? error : NULL);
    if (status == CG_OK) status = written;
    if (status == CG_OK) status = cg_weights_digest(r.t.full.program, result->weights, error);
    fill_result(&r);
    cg_watch_free(&r.watch);
    cg_trainer_close(&r.t);
    cg_folder_unlock(r.lock);
    return status;
}
