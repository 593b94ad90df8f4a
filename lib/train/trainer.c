/* Setting a run up, and taking its steps. */
#include "train/trainer.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/rng.h"
#include "data/dataset.h"
#include "engine/program.h"
#include "model/model.h"
#include "train/average.h"
#include "train/names.h"
#include "train/evaluate.h"
#include "train/update.h"
#include "train/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- setting up ---------------------------------------------------------------------------- */
static cg_status find_split(const cg_trainer *t, const char *name, int *split, cg_error *error)
{
    *split = name ? cg_dataset_split(t->set, name) : -1;
    if (name && *split < 0)
        return cg_fail_at(error, CG_EMODEL, t->spec->data.place, "there is no split '%s'", name);
    return CG_OK;
}

static cg_status load_data(cg_trainer *t, cg_error *error)
{
    char found[CG_SHAPE_TEXT], expected[CG_SHAPE_TEXT];
    const cg_spec *spec = t->spec;
    CG_TRY(cg_dataset_open(&t->set, &spec->data, &t->data, error));
    cg_shape shape = cg_dataset_shape(t->set);
    if (!cg_shape_equal(&shape, &spec->input))
        return cg_fail_at(error, CG_EMODEL, spec->data.place, "images are %s, the model takes %s",
                          cg_shape_text(&shape, found), cg_shape_text(&spec->input, expected));
    int64_t n_targets = cg_dataset_targets(t->set);
    if (n_targets != spec->n_targets)
        return cg_fail_at(error, CG_EMODEL, spec->data.place,
                          "there are %" PRId64 " target values, the model has %d outputs",
                          n_targets, spec->n_outputs);
    int n_classes = cg_dataset_classes(t->set), n_values = cg_model_class_values(t->model);
    if (!n_targets && n_classes > (n_values > 1 ? n_values : 2))
        return cg_fail_at(error, CG_EMODEL, spec->data.place,
                          "there are %d classes, the model has %d outputs", n_classes, n_values);
    t->names = cg_names_write(t->set);
    CG_TRY(find_split(t, spec->train_split ? spec->train_split : "train", &t->train, error));
    CG_TRY(find_split(t, spec->validation_split, &t->validation, error));
    CG_TRY(find_split(t, spec->test_split, &t->test, error));
    t->n_images = cg_dataset_size(t->set, t->train);
    if (t->n_images < 1)
        return cg_fail_at(error, CG_EDATA, spec->data.place, "no images to train on");
    return CG_OK;
}

static cg_status compile(cg_trainer *t, cg_error *error)
{
    int64_t batch = t->spec->batch < t->n_images ? t->spec->batch : t->n_images;
    int64_t rest = t->n_images % batch, evaluated = 1;
    t->n_batches = t->n_images / batch + (rest > 0);
    CG_TRY(cg_batch_training(&t->full, t->model, batch, t->pool, NULL, error));
    if (rest) CG_TRY(cg_batch_training(&t->rest, t->model, rest, t->pool, t->full.program, error));
    if (t->spec->accumulate > 1 && t->n_batches > 1)
        CG_TRY(cg_batch_gathering(&t->gathering, t->model, batch, t->pool, t->full.program, error));
    const int splits[] = { t->validation, t->test };
    for (int i = 0; i < 2; i++) {
        int64_t size = splits[i] >= 0 ? cg_dataset_size(t->set, splits[i]) : 0;
        if (size > evaluated) evaluated = size;
    }
    /* Averaged weights live in a memory of their own. */
    return cg_batch_evaluation(&t->evaluation, t->model, cg_evaluation_batch(evaluated), t->pool,
                               t->spec->ema > 0 ? NULL : t->full.program, error);
}

/* Lets the steps' programs take the time of their stages. */
static cg_status profile(cg_trainer *t, cg_error *error)
{
    if (!t->trace) return CG_OK;
    CG_TRY(cg_program_profile(t->full.program, error));
    if (t->rest.program) CG_TRY(cg_program_profile(t->rest.program, error));
    return t->gathering.program ? cg_program_profile(t->gathering.program, error) : CG_OK;
}

static cg_status prepare_augmentation(cg_trainer *t, cg_error *error)
{
    const double *mean, *std;
    const cg_data_spec *spec = &t->spec->data;
    if (!spec->n_augments) return CG_OK;
    cg_dataset_normalization(t->set, &mean, &std);
    return cg_augmenter_new(&t->augmenter, spec, &t->spec->input, mean, std, error);
}

cg_status cg_trainer_open(cg_trainer *t, const cg_model *model, int threads, cg_trace *trace,
                          cg_error *error)
{
    *t = (cg_trainer){ .model = model, .spec = cg_model_spec(model), .trace = trace };
    double began = cg_seconds();
    CG_TRY(cg_check_weights(model, error));
    CG_TRY(load_data(t, error));
    cg_trace_note(trace, "setup", "open data", began);
    began = cg_seconds();
    t->pool = cg_pool_new(threads);
    if (!t->pool) return cg_fail_nomem(error, "threads");
    CG_TRY(compile(t, error));
    CG_TRY(profile(t, error));
    cg_trace_note(trace, "setup", "compile", began);
    CG_TRY(cg_new_tally(&t->tally, t->spec, error));
    CG_TRY(cg_new_tally(&t->evaluated, t->spec, error));
    CG_TRY(prepare_augmentation(t, error));
    t->ordered_epoch = -1;
    t->order = cg_alloc((size_t)t->n_images, sizeof *t->order);
    if (!t->order) return cg_fail_nomem(error, "the order of the images");
    CG_TRY(cg_model_init(model, t->full.program, t->spec->seed, error));
    return t->spec->ema > 0 ? cg_average_begin(t->full.program, error) : CG_OK;
}

void cg_trainer_close(cg_trainer *t)
{
    cg_loader_free(t->loader); /* it reads the rest */
    cg_batch_free(&t->evaluation);
    cg_batch_free(&t->rest);
    cg_batch_free(&t->gathering);
    cg_batch_free(&t->full); /* the others live in its memory */
    cg_tally_free(t->tally);
    cg_tally_free(t->evaluated);
    cg_augmenter_free(t->augmenter);
    cg_release(t->order);
    free(t->names);
    cg_pool_free(t->pool);
    cg_dataset_free(t->set);
    *t = (cg_trainer){ 0 };
}

/* ---- loading ------------------------------------------------------------------------------- */
void cg_trainer_shuffle(cg_trainer *t, int64_t epoch)
{
    t->ordered_epoch = epoch;
    for (int64_t i = 0; i < t->n_images; i++) t->order[i] = i;
    if (t->spec->keep_order) return;
    cg_rng rng = cg_rng_new(t->spec->seed, "shuffle", (uint64_t)epoch);
    cg_rng_shuffle(&rng, t->n_images, t->order);
}

static bool is_rest(const cg_trainer *t, int64_t position)
{
    return position == t->n_batches - 1 && t->rest.program;
}

/* Batches are numbered through all epochs, so those of the next are loaded while one ends. */
static cg_status fill(void *context, int64_t number, float *x, float *labels, cg_error *error)
{
    cg_trainer *t = context;
    int64_t epoch = number / t->n_batches, position = number % t->n_batches;
    CG_TRY(cg_dataset_await(t->set, t->train, error));
    if (epoch != t->ordered_epoch) cg_trainer_shuffle(t, epoch);
    int64_t n = is_rest(t, position) ? t->rest.batch : t->full.batch;
    const int64_t *order = t->order + position * t->full.batch;
    cg_dataset_batch(t->set, t->train, n, order, x, labels);
    if (!t->augmenter) return CG_OK;
    cg_augmenter_apply(t->augmenter, epoch, n, order, x);
    cg_augmenter_mix(t->augmenter, (uint64_t)number, n, x);
    return CG_OK;
}

static cg_status start_loader(cg_trainer *t, cg_error *error)
{
    const cg_standing *s = &t->standing;
    const cg_loader_source source = {
        .n_batches = t->spec->epochs * t->n_batches,
        .images = t->full.batch,
        .values = cg_shape_size(&t->spec->input),
        .targets = t->spec->n_targets ? t->spec->n_targets : 1,
        .fill = fill,
        .context = t,
    };
    return cg_loader_new(&t->loader, &source, s->epoch * t->n_batches + s->position, error);
}

/* ---- steps --------------------------------------------------------------------------------- */
/* An update takes the gradients of so many batches, the last of an epoch of those that are left. */
static int64_t updates_per_epoch(const cg_trainer *t)
{
    return (t->n_batches + t->spec->accumulate - 1) / t->spec->accumulate;
}

/* Updates before that of the next batch, those among them that were left out: the schedule's time.
 */
static uint64_t updates_due(const cg_trainer *t)
{
    uint64_t n = (uint64_t)t->n_batches, step = t->standing.step;
    return step / n * (uint64_t)updates_per_epoch(t) + step % n / (uint64_t)t->spec->accumulate;
}

/* Does the update of this batch wait for others? */
static bool is_waiting(const cg_trainer *t, int64_t position)
{
    return (position + 1) % t->spec->accumulate != 0 && position + 1 < t->n_batches;
}

/* Its share of the images of its update. */
static double part_of(const cg_trainer *t, int64_t position)
{
    int64_t first = position / t->spec->accumulate * t->spec->accumulate * t->full.batch;
    int64_t end = first + t->spec->accumulate * t->full.batch;
    if (end > t->n_images) end = t->n_images;
    int64_t images = is_rest(t, position) ? t->rest.batch : t->full.batch;
    return (double)images / (double)(end - first);
}

double cg_trainer_rate(const cg_trainer *t)
{
    return pow(CG_ROLLBACK_FACTOR, (double)t->standing.rollbacks) *
           cg_learning_rate(t->spec, updates_due(t), updates_per_epoch(t), t->standing.schedule);
}

/* What the images of the step were mixed with, as the loader did. */
static void feed_mixing(const cg_trainer *t, const cg_batch *b)
{
    int64_t n = t->spec->n_targets ? t->spec->n_targets : 1;
    for (int64_t i = 0; i < b->batch; i++) {
        memcpy(b->partners + i * n, b->labels + (b->batch - 1 - i) * n, (size_t)n * sizeof(float));
        b->shares[i] = cg_augmenter_share(t->augmenter, t->standing.step, i);
    }
}

static cg_status feed(cg_trainer *t, const cg_batch *b, cg_error *error)
{
    if (!t->loader) CG_TRY(start_loader(t, error));
    CG_TRY(cg_loader_take(t->loader, b->batch, b->x, b->labels, error));
    if (b->partners && b->shares) feed_mixing(t, b);
    double values[CG_UPDATE_SCALARS];
    t->rate = cg_trainer_rate(t);
    /* Means are corrected by how many values they have seen. */
    uint64_t made = updates_due(t) - (uint64_t)t->standing.missed;
    cg_update_values(t->spec, t->rate, made, part_of(t, t->standing.position), values);
    for (int i = 0; i < CG_UPDATE_SCALARS; i++)
        if (b->scalars[i]) *b->scalars[i] = (float)values[i];
    return CG_OK;
}

/* The program of the batch at `position`. */
static const cg_batch *batch_at(const cg_trainer *t, int64_t position)
{
    return is_waiting(t, position) ? &t->gathering : is_rest(t, position) ? &t->rest : &t->full;
}

cg_status cg_trainer_explain(const cg_trainer *t, cg_error *error)
{
    cg_error cause = { 0 };
    const cg_standing *s = &t->standing;
    const cg_batch *b = batch_at(t, s->position);
    if (cg_program_first_nonfinite(b->program, t->spec->seed, s->step, &cause) == CG_OK)
        snprintf(cause.message, sizeof cause.message, "the loss is not finite");
    cg_place place = { cause.file[0] ? cause.file : NULL, cause.line, cause.column };
    return cg_fail_at(error, CG_ENUMERIC, place, "epoch %" PRId64 ", batch %" PRId64 ": %s",
                      s->epoch + 1, s->position + 1, cause.message);
}

cg_status cg_trainer_step(cg_trainer *t, cg_error *error)
{
    cg_standing *s = &t->standing;
    const cg_batch *b = batch_at(t, s->position);
    double began = cg_trace_wants_step(t->trace) ? cg_seconds() : 0;
    CG_TRY(feed(t, b, error));
    cg_status status = cg_run(b->program, t->spec->seed, s->step);
    if (status == CG_ENUMERIC) return cg_trainer_explain(t, error);
    if (status != CG_OK) return cg_fail(error, status, "a step failed");

    cg_tally_add(t->tally, b->batch, b->y, b->labels, b->losses);
    cg_loader_time fill = cg_loader_last(t->loader);
    cg_trace_note_step(t->trace,
                       &(cg_trace_step){ b->program, s->step, began, fill.began, fill.ended });
    s->position++;
    s->step++;
    return CG_OK;
}

void cg_trainer_skip(cg_trainer *t)
{
    cg_standing *s = &t->standing;
    bool is_update = !is_waiting(t, s->position);
    for (int i = 0; is_update && i < cg_program_leaves(t->full.program, CG_NODE_STATE); i++) {
        cg_leaf leaf = cg_program_leaf(t->full.program, CG_NODE_STATE, i);
        if (strcmp(leaf.name, CG_ACCUMULATED) == 0) /* the next update begins anew */
            memset(leaf.data, 0, (size_t)cg_shape_size(&leaf.shape) * sizeof(float));
    }
    s->position++;
    s->step++;
    s->skipped++;
    s->missed += is_update;
}

/* ---- standing ------------------------------------------------------------------------------ */
cg_standing cg_trainer_standing(const cg_trainer *t)
{
    cg_standing s = t->standing;
    s.loss = t->tally->loss;
    s.images = t->tally->n;
    s.correct = t->tally->rank ? t->tally->rank[0] : 0;
    return s;
}

void cg_trainer_go_to(cg_trainer *t, const cg_standing *standing)
{
    cg_loader_free(t->loader);
    t->loader = NULL;
    t->standing = *standing;
    cg_tally_clear(t->tally);
    t->tally->loss = standing->loss;
    t->tally->n = standing->images;
    if (t->tally->rank) t->tally->rank[0] = standing->correct;
}

/* ---- looking ------------------------------------------------------------------------------- */
cg_status cg_trainer_evaluate(cg_trainer *t, int split, cg_error *error)
{
    CG_TRY(cg_dataset_await(t->set, split, error));
    double began = cg_seconds();
    if (t->spec->ema > 0) CG_TRY(cg_average_take(t->evaluation.program, t->full.program, error));
    cg_status status =
        cg_evaluate_split(&t->evaluation, t->model, t->set, split, t->evaluated, NULL);
    cg_trace_note(t->trace, "evaluation", cg_dataset_split_name(t->set, split), began);
    return status == CG_OK ? CG_OK : cg_fail(error, status, "evaluation failed");
}

cg_status cg_trainer_check(const cg_trainer *t, cg_error *error)
{
    cg_error cause = { 0 };
    if (cg_weights_check(t->full.program, &cause) == CG_OK) return CG_OK;
    return cg_fail(error, CG_ENUMERIC, "%s after %" PRIu64 " steps, at a learning rate of %g",
                   cause.message, t->standing.step, t->rate);
}
