/* What a model file leaves to the data: computed, and written into the file's tree, so that a run's
 * copy of it holds the numbers. */
#include "model/model.h"

#include "base/text.h"

#include <string.h>

/* A list of numbers, each in as many digits as read back to the same. */
static cg_tree *number_list(cg_arena *arena, cg_mark mark, const double values[], int64_t n)
{
    char text[32];
    cg_tree *list = cg_tree_new(arena, CG_TREE_LIST, mark);
    if (list) list->flow = true;
    for (int64_t i = 0; list && i < n; i++) {
        cg_tree *value = cg_tree_scalar(arena, mark, cg_format_real(values[i], text));
        if (!value || !cg_tree_append(arena, list, NULL, value)) return NULL;
    }
    return list;
}

static bool append(cg_arena *arena, cg_tree *map, const char *name, cg_tree *value)
{
    cg_tree *key = cg_tree_scalar(arena, map->mark, name);
    return key && value && cg_tree_append(arena, map, key, value);
}

static const double *copy(cg_arena *arena, const double values[], int64_t n)
{
    double *kept = cg_arena_alloc(arena, (size_t)n, sizeof *kept);
    if (kept) memcpy(kept, values, (size_t)n * sizeof *kept);
    return kept;
}

static cg_status write_normalization(cg_model *m, const cg_dataset *set, cg_error *error)
{
    const double *mean, *std;
    cg_data_spec *d = &m->spec.data;
    int64_t n = cg_dataset_normalization(set, &mean, &std);
    cg_tree *data = cg_tree_find(m->root, "data"), *old = cg_tree_find(data, "normalize");
    cg_tree *map = cg_tree_new(m->arena, CG_TREE_MAP, old->mark);
    d->channel_mean = copy(m->arena, mean, n);
    d->channel_std = copy(m->arena, std, n);
    if (!d->channel_mean || !d->channel_std || !map ||
        !append(m->arena, map, "mean", number_list(m->arena, old->mark, mean, n)) ||
        !append(m->arena, map, "std", number_list(m->arena, old->mark, std, n)))
        return cg_fail_nomem(error, "the normalization");
    d->n_channels = (int)n;
    d->normalize_auto = false;
    data->item[cg_tree_index(data, "normalize")] = map;
    return CG_OK;
}

/* ---- weights of losses ------------------------------------------------------------------------*/

/* Sums of the target's columns over the training split, its only one: of classes, images of each;
 * of one column for two classes, images of the second. */
static cg_status sum_targets(const cg_dataset *set, int64_t n_columns, double sum[],
                             cg_error *error)
{
    cg_shape shape = cg_dataset_shape(set);
    int64_t n = cg_dataset_size(set, 0), n_targets = cg_dataset_targets(set);
    float *x = cg_alloc((size_t)cg_shape_size(&shape), sizeof *x);
    float *t = cg_alloc((size_t)n_targets + 1, sizeof *t);
    for (int64_t i = 0; x && t && i < n; i++) {
        int64_t at = cg_dataset_label(set, 0, i) - (n_columns == 1);
        if (n_targets) cg_dataset_batch(set, 0, 1, &i, x, t);
        for (int64_t k = 0; k < n_targets && k < n_columns; k++) sum[k] += (double)t[k];
        if (!n_targets && at >= 0 && at < n_columns) sum[at]++;
    }
    cg_status status = x && t ? CG_OK : cg_fail_nomem(error, "weights of a loss");
    cg_release(x);
    cg_release(t);
    return status;
}

/* sum[k] becomes the weight: n / (K sum) of a class, as in scikit-learn; zeros / ones of a column.
 */
static cg_status weigh(const cg_model *m, const cg_head *h, int64_t n, int64_t n_columns,
                       double sum[], cg_error *error)
{
    const int64_t *classes = m->spec.data.classes; /* as the files number them */
    const char *key = cg_weighing_keys[h->loss->weighs];
    bool is_ones = h->loss->weighs == CG_WEIGHS_ONES;
    cg_place place = cg_mark_place(cg_tree_find(h->keys, key)->mark);
    for (int64_t k = 0; k < n_columns; k++) {
        double most = (double)n, ones = sum[k];
        bool is_class = classes && !is_ones && k < m->spec.data.n_classes;
        if (!(ones > 0) || (is_ones && !(ones < most)))
            return cg_fail_at(error, CG_EDATA, place,
                              "%s: balanced: the training data have no %s %lld", key,
                              !is_ones      ? "image of class"
                              : !(ones > 0) ? "1 in column"
                                            : "0 in column",
                              (long long)(is_class ? classes[k] : k));
        sum[k] = is_ones ? (most - ones) / ones : most / ((double)n_columns * ones);
    }
    return CG_OK;
}

static cg_status balance(cg_model *m, cg_head *h, const cg_dataset *set, cg_error *error)
{
    cg_weights *w = h->attrs;
    int at = cg_tree_index(h->keys, cg_weighing_keys[h->loss->weighs]);
    int64_t n = cg_shape_size(&m->layer[h->layer].shape);
    double *weight = cg_arena_alloc(m->arena, (size_t)n, sizeof *weight);
    if (!weight) return cg_fail_nomem(error, "weights of a loss");
    CG_TRY(sum_targets(set, n, weight, error));
    CG_TRY(weigh(m, h, cg_dataset_size(set, 0), n, weight, error));
    cg_tree *list = number_list(m->arena, h->keys->item[at]->mark, weight, n);
    if (!list) return cg_fail_nomem(error, "weights of a loss");
    h->keys->item[at] = list;
    *w = (cg_weights){ .n = n, .value = weight };
    return CG_OK;
}

cg_head *cg_model_unbalanced(const cg_model *m)
{
    for (int i = 0; i < m->n_heads; i++) {
        cg_head *h = &m->head[i];
        if (h->loss->weighs && ((const cg_weights *)h->attrs)->is_balanced) return h;
    }
    return NULL;
}

/* ---- both -------------------------------------------------------------------------------------*/

static cg_status settle(cg_model *m, const cg_dataset *set, cg_error *error)
{
    if (m->spec.data.normalize_auto) CG_TRY(write_normalization(m, set, error));
    for (cg_head *h; (h = cg_model_unbalanced(m));) CG_TRY(balance(m, h, set, error));
    return CG_OK;
}

cg_status cg_model_settle(cg_model *m, cg_error *error)
{
    cg_data_spec train = m->spec.data;
    const cg_split_spec *splits = train.splits;
    cg_dataset *set;
    if (!train.normalize_auto && !cg_model_unbalanced(m)) return CG_OK;
    while (strcmp(splits->name, "train") != 0) splits++; /* every model file that is read has one */
    train.splits = splits;
    train.n_splits = 1;
    CG_TRY(cg_dataset_load(&set, &train, NULL, error));
    cg_status status = settle(m, set, error);
    cg_dataset_free(set);
    return status;
}
