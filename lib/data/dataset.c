/* A set: the parts of its source as bytes, and splits as indices into them. */
#include "data/dataset.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/labels.h"
#include "data/reader.h"
#include "data/scaling.h"
#include "data/split.h"

#include <stdio.h>
#include <string.h>

struct split {
    char *name;
    const cg_samples *samples;
    int64_t n, *chosen; /* indices into samples */
};

struct cg_dataset {
    cg_samples part[CG_N_PARTS]; /* n is 0 for one that no split draws from */
    cg_shape shape;
    int n_classes;
    cg_target target;
    int64_t n_targets;              /* 0: a class */
    int renumbered[256];            /* label in the files -> class, -1: left out */
    const char *const *class_names; /* of the source, by label; or NULL */
    cg_scaling scaling;
    int n_splits;
    struct split *splits;
    cg_reader *reader; /* of images; NULL: not begun */
    cg_budget *budget;
    int64_t taken; /* of it */
    cg_place place;
};

static const cg_split_spec default_splits[] = {
    { .name = "train", .from = "train" },
    { .name = "test", .from = "test" },
};

static int find_part(const char *name)
{
    for (int i = 0; i < CG_N_PARTS; i++)
        if (name && !strcmp(name, cg_part_names[i])) return i;
    return -1;
}

/* --- loading ---------------------------------------------------------------------------------- */

static cg_status take(cg_dataset *set, const char *what, int64_t bytes, cg_error *error)
{
    CG_TRY(cg_budget_take(set->budget, what, bytes, error));
    set->taken += bytes;
    return CG_OK;
}

/* What a part holds by now. */
static int64_t bytes_of(const cg_samples *s)
{
    int64_t values = cg_shape_size(&s->shape);
    return s->n * ((s->images ? values : 0) + (s->labels ? 1 : 0) +
                   ((s->values ? values : 0) + s->n_targets) * (int64_t)sizeof(float));
}

static cg_status load_parts(cg_dataset *set, const cg_source *source, const cg_data_spec *spec,
                            const bool needed[], cg_error *error)
{
    cg_samples *first = NULL;
    for (int i = 0; i < CG_N_PARTS; i++) {
        if (!needed[i]) continue;
        cg_samples *part = &set->part[i];
        part->budget = set->budget;
        CG_TRY(source->load(part, spec, i, error));
        CG_TRY(take(set, "the data set", bytes_of(part), error));
        if (!first) first = part;
        if (!cg_shape_equal(&first->shape, &part->shape)) {
            char a[CG_SHAPE_TEXT], b[CG_SHAPE_TEXT];
            return cg_fail(error, CG_EDATA, "%s: images of 'train' are %s, those of 'test' %s",
                           source->kind.name, cg_shape_text(&first->shape, a),
                           cg_shape_text(&part->shape, b));
        }
        if (!first->values != !part->values)
            return cg_fail(error, CG_EDATA, "'train' and 'test': one is of bytes, one of numbers");
        if (part != first && part->labels && first->labels)
            CG_TRY(cg_labels_agree(first, part, error));
        set->shape = part->shape;
        if (part->n_classes > set->n_classes) set->n_classes = part->n_classes;
    }
    return CG_OK;
}

/* Whether the files hold what is to be learnt, and how many numbers that is. */
static cg_status settle_target(cg_dataset *set, const cg_data_spec *spec, const bool needed[],
                               cg_error *error)
{
    set->target = spec->target;
    if (spec->target == CG_TARGET_INPUT) set->n_targets = cg_shape_size(&set->shape);
    for (int i = 0; i < CG_N_PARTS; i++) {
        const cg_samples *part = &set->part[i];
        if (!needed[i] || spec->target == CG_TARGET_INPUT) continue;
        if (spec->target == CG_TARGET_CLASS ? !part->labels : !part->targets)
            return cg_fail(error, CG_EDATA, "the part '%s' holds no %s", cg_part_names[i],
                           spec->target == CG_TARGET_CLASS ? "labels" : "target values");
        if (spec->target == CG_TARGET_CLASS) continue;
        if (set->n_targets && set->n_targets != part->n_targets)
            return cg_fail(error, CG_EDATA,
                           "%lld target values a sample in 'train', %lld in 'test'",
                           (long long)set->n_targets, (long long)part->n_targets);
        set->n_targets = part->n_targets;
    }
    return CG_OK;
}

/* From here on n_classes counts the classes that are kept. */
static cg_status renumber(cg_dataset *set, const cg_data_spec *spec, cg_error *error)
{
    for (int i = 0; i < 256; i++) set->renumbered[i] = spec->classes ? -1 : i;
    if (!spec->classes) return CG_OK;
    if (spec->n_classes < 1) return cg_fail(error, CG_EDATA, "the list of classes is empty");
    for (int i = 0; i < spec->n_classes; i++) {
        int64_t class = spec->classes[i];
        if (set->n_classes == 0)
            return cg_fail(error, CG_EDATA, "there are no classes to choose from");
        if (class < 0 || class >= set->n_classes)
            return cg_fail(error, CG_EDATA, "class %lld does not exist: there are 0..%d",
                           (long long)class, set->n_classes - 1);
        if (set->renumbered[class] >= 0)
            return cg_fail(error, CG_EDATA, "class %lld is listed twice", (long long)class);
        set->renumbered[class] = i;
    }
    set->n_classes = spec->n_classes;
    return CG_OK;
}

static cg_status make_splits(cg_dataset *set, const cg_split_spec *specs, int n, cg_error *error)
{
    set->splits = cg_alloc((size_t)n, sizeof *set->splits);
    if (!set->splits) return cg_fail_nomem(error, "splits");
    for (set->n_splits = 0; set->n_splits < n; set->n_splits++) {
        const cg_split_spec *spec = &specs[set->n_splits];
        struct split *s = &set->splits[set->n_splits];
        s->samples = &set->part[find_part(spec->from)];
        CG_TRY(take(set, "a split", s->samples->n * (int64_t)sizeof *s->chosen, error));
        CG_TRY(cg_split_choose(&s->chosen, &s->n, spec, s->samples, set->renumbered, error));
        s->name = cg_copy_text(spec->name);
        if (!s->name) {
            cg_release(s->chosen);
            return cg_fail_nomem(error, "splits");
        }
    }
    return CG_OK;
}

/* Images are wanted up to the last that a split has chosen. */
static cg_status start_reader(cg_dataset *set, cg_error *error)
{
    int64_t wanted[CG_N_PARTS] = { 0 };
    for (int i = 0; i < set->n_splits; i++) {
        const struct split *s = &set->splits[i];
        int64_t *most = &wanted[s->samples - set->part];
        for (int64_t k = 0; k < s->n; k++)
            if (s->chosen[k] >= *most) *most = s->chosen[k] + 1;
    }
    for (int i = 0; i < CG_N_PARTS; i++)
        if (set->part[i].file)
            CG_TRY(take(set, set->part[i].file, wanted[i] * cg_shape_size(&set->shape), error));
    return cg_reader_new(&set->reader, set->part, wanted, error);
}

/* By the images that are learnt from, the only ones that a model may know. */
static cg_status normalize(cg_dataset *set, cg_error *error)
{
    int train = cg_dataset_split(set, "train");
    if (train < 0) return cg_fail(error, CG_EDATA, "normalize: auto needs the split \"train\"");
    CG_TRY(cg_dataset_await(set, train, error));
    const struct split *s = &set->splits[train];
    cg_scaling_measure(&set->scaling, s->samples, s->n, s->chosen);
    return CG_OK;
}

/* The splits, and the parts that they draw from. */
static cg_status find_needed(const cg_data_spec *spec, const cg_split_spec **splits, int *n_splits,
                             bool needed[CG_N_PARTS], cg_error *error)
{
    *splits = spec->splits ? spec->splits : default_splits;
    *n_splits = spec->splits ? spec->n_splits : 2;
    if (*n_splits < 1) return cg_fail(error, CG_EDATA, "the list of splits is empty");
    for (int i = 0; i < *n_splits; i++) {
        const cg_split_spec *split = &(*splits)[i];
        int part = find_part(split->from);
        if (part < 0)
            return cg_fail_at(error, CG_EDATA, split->place,
                              "split '%s': there is no part '%s'; there are 'train' and 'test'",
                              split->name, split->from ? split->from : "");
        needed[part] = true;
    }
    return CG_OK;
}

static cg_status load(cg_dataset *set, const cg_data_spec *spec, const char **used, cg_error *error)
{
    const cg_split_spec *splits;
    int n_splits;
    bool needed[CG_N_PARTS] = { false };
    const cg_source *source;
    CG_TRY(find_needed(spec, &splits, &n_splits, needed, error));
    CG_TRY(cg_source_choose(&source, used, spec, needed, error));
    set->class_names = source->kind.class_names;
    CG_TRY(load_parts(set, source, spec, needed, error));
    CG_TRY(settle_target(set, spec, needed, error));
    CG_TRY(renumber(set, spec, error));
    CG_TRY(make_splits(set, splits, n_splits, error));
    bool is_bytes = !set->splits[0].samples->values;
    CG_TRY(take(set, "the scaling of channels", cg_scaling_bytes(&set->shape, is_bytes), error));
    CG_TRY(cg_scaling_new(&set->scaling, spec, &set->shape, is_bytes, error));
    CG_TRY(start_reader(set, error));
    return spec->normalize_auto ? normalize(set, error) : CG_OK;
}

/* What has no place of its own is the section's. */
static void place_error(cg_error *error, cg_place place)
{
    if (!error->file[0] && place.file) cg_error_place(error, place);
}

cg_status cg_dataset_open(cg_dataset **set, const cg_data_spec *spec, const char **used,
                          cg_error *error)
{
    const char *ignored;
    cg_error discarded;
    if (!error) error = &discarded;
    *set = NULL;
    cg_dataset *loaded = cg_alloc(1, sizeof *loaded);
    if (!loaded) return cg_fail_nomem(error, "a data set");
    loaded->place = spec->place;
    loaded->budget = spec->budget;
    *error = (cg_error){ 0 };
    cg_status status = spec->source || spec->format || spec->images[0]
                           ? load(loaded, spec, used ? used : &ignored, error)
                           : cg_fail(error, CG_EMODEL,
                                     "\"data\" is missing: it says where images come from, as in "
                                     "data: {source: mnist}");
    if (status == CG_OK) {
        *set = loaded;
        return CG_OK;
    }
    cg_dataset_free(loaded);
    place_error(error, spec->place);
    return status;
}

bool cg_dataset_is_here(const cg_data_spec *spec)
{
    const cg_split_spec *splits;
    const cg_source *source;
    const char *used;
    int n_splits;
    bool needed[CG_N_PARTS] = { false };
    return find_needed(spec, &splits, &n_splits, needed, NULL) == CG_OK &&
           cg_source_choose(&source, &used, spec, needed, NULL) == CG_OK;
}

cg_status cg_dataset_await(const cg_dataset *set, int split, cg_error *error)
{
    int part = (int)(set->splits[split].samples - set->part);
    cg_status status = cg_reader_await(set->reader, part, error);
    if (status != CG_OK && error) place_error(error, set->place);
    return status;
}

cg_status cg_dataset_load(cg_dataset **set, const cg_data_spec *spec, const char **used,
                          cg_error *error)
{
    CG_TRY(cg_dataset_open(set, spec, used, error));
    cg_status status = CG_OK;
    for (int i = 0; i < (*set)->n_splits && status == CG_OK; i++)
        status = cg_dataset_await(*set, i, error);
    if (status == CG_OK) return CG_OK;
    cg_dataset_free(*set);
    *set = NULL;
    return status;
}

void cg_dataset_free(cg_dataset *set)
{
    if (!set) return;
    cg_reader_free(set->reader);
    cg_budget_take(set->budget, "", -set->taken, NULL);
    for (int i = 0; i < set->n_splits; i++) {
        cg_release(set->splits[i].name);
        cg_release(set->splits[i].chosen);
    }
    cg_release(set->splits);
    cg_scaling_free(&set->scaling);
    for (int i = 0; i < CG_N_PARTS; i++) cg_samples_free(&set->part[i]);
    cg_release(set);
}

/* --- looking ---------------------------------------------------------------------------------- */

cg_shape cg_dataset_shape(const cg_dataset *set)
{
    return set->shape;
}

int cg_dataset_classes(const cg_dataset *set)
{
    return set->n_classes;
}

const char *cg_dataset_class_name(const cg_dataset *set, int class)
{
    for (int p = 0; p < CG_N_PARTS; p++)
        for (int i = 0; set->part[p].names && i < set->part[p].n_classes; i++)
            if (set->renumbered[i] == class) return set->part[p].names[i];
    for (int i = 0; set->class_names && set->class_names[i]; i++)
        if (set->renumbered[i] == class) return set->class_names[i];
    return NULL;
}

const char *cg_dataset_class_text(const cg_dataset *set, int class, char text[CG_CLASS_TEXT])
{
    const char *name = cg_dataset_class_name(set, class);
    int label = 0;
    if (name) return name;
    while (label < CG_MAX_CLASSES && set->renumbered[label] != class) label++;
    snprintf(text, CG_CLASS_TEXT, "%d", label < CG_MAX_CLASSES ? label : class);
    return text;
}

int64_t cg_dataset_normalization(const cg_dataset *set, const double **mean, const double **std)
{
    *mean = set->scaling.mean;
    *std = set->scaling.std;
    return set->scaling.channels;
}

int64_t cg_dataset_targets(const cg_dataset *set)
{
    return set->n_targets;
}

const char *cg_dataset_target_name(const cg_dataset *set, int64_t k)
{
    bool is_there = set->target == CG_TARGET_VALUES && k >= 0 && k < set->n_targets;
    for (int p = 0; is_there && p < CG_N_PARTS; p++)
        if (set->part[p].target_names) return set->part[p].target_names[k];
    return NULL;
}

int cg_dataset_splits(const cg_dataset *set)
{
    return set->n_splits;
}

const char *cg_dataset_split_name(const cg_dataset *set, int split)
{
    return set->splits[split].name;
}

int cg_dataset_split(const cg_dataset *set, const char *name)
{
    for (int i = 0; i < set->n_splits; i++)
        if (!strcmp(set->splits[i].name, name)) return i;
    return -1;
}

int64_t cg_dataset_size(const cg_dataset *set, int split)
{
    return set->splits[split].n;
}

int cg_dataset_label(const cg_dataset *set, int split, int64_t i)
{
    const struct split *s = &set->splits[split];
    return s->samples->labels ? set->renumbered[s->samples->labels[s->chosen[i]]] : -1;
}

/* x: the sample as it is fed. */
static void write_target(const cg_dataset *set, const cg_samples *samples, int64_t i,
                         const float *x, float *t)
{
    int64_t n = set->n_targets;
    memcpy(t, set->target == CG_TARGET_INPUT ? x : samples->targets + i * n, (size_t)n * sizeof *t);
}

void cg_dataset_batch(const cg_dataset *set, int split, int64_t n, const int64_t order[], float *x,
                      float *t)
{
    const struct split *s = &set->splits[split];
    int64_t size = cg_shape_size(&set->shape);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = order ? order[i] : i;
        cg_scaling_apply(&set->scaling, s->samples, s->chosen[at], x + i * size);
        if (set->target == CG_TARGET_CLASS)
            t[i] = (float)cg_dataset_label(set, split, at);
        else
            write_target(set, s->samples, s->chosen[at], x + i * size, t + i * set->n_targets);
    }
}
