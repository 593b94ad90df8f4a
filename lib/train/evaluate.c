/* Evaluating a split, and the predictor: a model with its weights. */
#include "train/evaluate.h"

#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "train/checkpoint.h"
#include "train/names.h"

#include <cnngraph/ops.h>
#include <cnngraph/train.h>

#include <math.h>
#include <string.h>

/* ---- a pass over a split ------------------------------------------------------------------- */
enum { EVALUATION_BATCH = 128 };

int64_t cg_evaluation_batch(int64_t size)
{
    int64_t whole = (size + CG_LANE_IMAGES - 1) / CG_LANE_IMAGES * CG_LANE_IMAGES;
    return whole < EVALUATION_BATCH ? whole : EVALUATION_BATCH;
}

cg_status cg_new_tally(cg_tally **tally, const cg_spec *spec, cg_error *error)
{
    return cg_tally_new(tally, spec->loss, spec->data.target, spec->n_outputs, error);
}

/* n over the sum of the images' weights, for each loss whose classes have some. */
static void feed_norms(const cg_batch *b, const cg_model *model, const cg_dataset *set, int split)
{
    int64_t n = cg_dataset_size(set, split);
    for (int h = 0; b->norms && h < model->n_heads; h++) {
        const cg_weights *w = cg_class_weights(model->head[h].loss, model->head[h].attrs);
        double sum = 0;
        for (int64_t i = 0; w && i < n; i++) {
            int label = cg_dataset_label(set, split, i);
            if (label >= 0 && label < w->n) sum += w->value[label];
        }
        b->norms[h] = sum > 0 ? (float)((double)n / sum) : 0;
    }
}

cg_status cg_check_weights(const cg_model *model, cg_error *error)
{
    const cg_head *h = cg_model_unbalanced(model);
    return h ? cg_fail_at(error, CG_EUSAGE, cg_mark_place(h->mark),
                          "the weights of %s are yet to be balanced: cg_model_settle",
                          h->loss->name)
             : CG_OK;
}

/* The last batch may be partly filled: its other rows hold images of before, which evaluation, row
 * by row, cannot mix in, and which are not counted. */
cg_status cg_evaluate_split(cg_batch *b, const cg_model *model, const cg_dataset *set, int split,
                            cg_tally *tally, cg_study *study)
{
    int64_t size = cg_dataset_size(set, split);
    int64_t *order = cg_alloc((size_t)b->batch, sizeof *order);
    if (!order) return CG_ENOMEM;
    cg_status status = CG_OK;
    cg_tally_clear(tally);
    feed_norms(b, model, set, split);
    cg_program_refresh(b->program);
    for (int64_t done = 0; done < size && status == CG_OK; done += b->batch) {
        int64_t n = size - done < b->batch ? size - done : b->batch;
        for (int64_t i = 0; i < n; i++) order[i] = done + i;
        cg_dataset_batch(set, split, n, order, b->x, b->labels);
        status = cg_run(b->program, 0, 0);
        if (status != CG_OK) break;
        cg_tally_add(tally, n, b->y, b->labels, b->losses);
        if (study) cg_study_add(study, done, n, b->y, b->labels);
    }
    cg_release(order);
    return status;
}

/* ---- the predictor ------------------------------------------------------------------------- */
struct cg_predictor {
    const cg_model *model;
    cg_pool *pool;
    cg_batch one;  /* image at a time: holds the weights */
    cg_batch many; /* images, made when there are as many */
    cg_tally *tally;
    cg_study study;
    json_t *names; /* or NULL */
};

static cg_status build(cg_predictor *p, const char *weights, int threads, cg_error *error)
{
    p->pool = cg_pool_new(threads);
    if (!p->pool) return cg_fail_nomem(error, "threads");
    CG_TRY(cg_batch_evaluation(&p->one, p->model, 1, p->pool, NULL, error));
    CG_TRY(cg_weights_load(weights, p->model, p->one.program, error));
    return cg_names_read(&p->names, weights, cg_model_spec(p->model)->data.budget, error);
}

static cg_status want_many(cg_predictor *p, cg_error *error)
{
    if (p->many.program) return CG_OK;
    return cg_batch_evaluation(&p->many, p->model, EVALUATION_BATCH, p->pool, p->one.program,
                               error);
}

cg_status cg_predictor_new(cg_predictor **predictor, const cg_model *model, const char *weights,
                           int threads, cg_error *error)
{
    *predictor = NULL;
    cg_predictor *p = cg_alloc(1, sizeof *p);
    if (!p) return cg_fail_nomem(error, "a predictor");
    p->model = model;
    cg_status status = build(p, weights, threads, error);
    if (status != CG_OK)
        cg_predictor_free(p);
    else
        *predictor = p;
    return status;
}

void cg_predictor_free(cg_predictor *p)
{
    if (!p) return;
    cg_batch_free(&p->many);
    cg_batch_free(&p->one);
    cg_pool_free(p->pool);
    cg_tally_free(p->tally);
    json_decref(p->names);
    cg_release(p);
}

const char *cg_predictor_name(const cg_predictor *p, int i)
{
    return i < 0 ? NULL : json_string_value(json_array_get(p->names, (size_t)i));
}

cg_status cg_predict(cg_predictor *p, int64_t n, const float *x, float *y, cg_error *error)
{
    const cg_spec *spec = cg_model_spec(p->model);
    int64_t image = cg_shape_size(&spec->input), outputs = spec->n_outputs;
    if (n >= CG_LANE_IMAGES) CG_TRY(want_many(p, error));
    const cg_batch *b = n >= CG_LANE_IMAGES ? &p->many : &p->one;
    for (int64_t done = 0; done < n; done += b->batch) {
        int64_t rows = n - done < b->batch ? n - done : b->batch;
        memcpy(b->x, x + done * image, (size_t)(rows * image) * sizeof *x);
        cg_status status = cg_run(b->program, 0, 0);
        if (status != CG_OK) return cg_fail(error, status, "prediction failed");
        memcpy(y + done * outputs, b->y, (size_t)(rows * outputs) * sizeof *y);
    }
    return CG_OK;
}

/* A set that the model cannot take would be read out of bounds. */
static cg_status check_set(const cg_predictor *p, const cg_dataset *set, int split, cg_error *error)
{
    char found[CG_SHAPE_TEXT], expected[CG_SHAPE_TEXT];
    cg_shape shape = cg_dataset_shape(set);
    const cg_spec *spec = cg_model_spec(p->model);
    if (split < 0 || split >= cg_dataset_splits(set))
        return cg_fail(error, CG_EUSAGE, "there is no split %d", split);
    if (cg_dataset_targets(set) != spec->n_targets)
        return cg_fail(error, CG_EDATA, "%lld target values (0: a class), the model takes %d",
                       (long long)cg_dataset_targets(set), spec->n_targets);
    if (!cg_shape_equal(&shape, &spec->input))
        return cg_fail(error, CG_EDATA, "images are %s, the model takes %s",
                       cg_shape_text(&shape, found), cg_shape_text(&spec->input, expected));
    return CG_OK;
}

static void list_metrics(cg_evaluation *e, const cg_tally *t)
{
    for (const cg_metric *const *m = cg_metrics; *m && e->n_metrics < CG_MAX_METRICS; m++)
        if ((*m)->as == t->as && t->as != CG_AS_LOSS)
            e->metrics[e->n_metrics++] = (cg_metric_value){ (*m)->name, (*m)->value(t) };
}

cg_status cg_evaluate(cg_predictor *p, const cg_dataset *set, int split, cg_evaluation *result,
                      cg_error *error)
{
    CG_TRY(check_set(p, set, split, error));
    CG_TRY(cg_check_weights(p->model, error));
    CG_TRY(want_many(p, error));
    cg_tally_free(p->tally);
    p->tally = NULL;
    CG_TRY(cg_new_tally(&p->tally, cg_model_spec(p->model), error));
    bool has_classes = p->tally->as == CG_AS_CLASSES;
    p->study = cg_study_of(cg_model_spec(p->model));
    cg_status status =
        cg_evaluate_split(&p->many, p->model, set, split, p->tally, has_classes ? &p->study : NULL);
    if (status != CG_OK) return cg_fail(error, status, "evaluation failed");
    const cg_tally *t = p->tally;
    double n = (double)(t->n ? t->n : 1);
    *result = (cg_evaluation){ .n_classes = t->n_classes,
                               .n = t->n,
                               .loss = t->loss / n,
                               .accuracy = t->rank ? (double)t->rank[0] / n : NAN,
                               .confusion = t->confusion,
                               .rank = t->rank,
                               .n_marks = t->marks ? t->n_columns : 0,
                               .marks = t->marks,
                               .calibration_error = NAN,
                               .mistakes = p->study.mistake,
                               .n_mistakes = p->study.n_mistakes };
    if (has_classes)
        result->calibration_error = cg_study_calibration(&p->study, result->calibration);
    else
        list_metrics(result, t);
    return CG_OK;
}
