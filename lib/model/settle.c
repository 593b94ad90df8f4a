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

cg_status cg_model_settle(cg_model *m, cg_error *error)
{
    cg_data_spec train = m->spec.data;
    const cg_split_spec *splits = train.splits;
    cg_dataset *set;
    if (!train.normalize_auto) return CG_OK;
    while (strcmp(splits->name, "train") != 0) splits++; /* every model file that is read has one */
    train.splits = splits;
    train.n_splits = 1;
    CG_TRY(cg_dataset_load(&set, &train, NULL, error));
    cg_status status = write_normalization(m, set, error);
    cg_dataset_free(set);
    return status;
}
