/* The `data:` section. */
#include "model/data_files.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

static const char *const parts[] = { "train", "test", NULL };

static void read_target(cg_reader *r, const cg_tree *tree, cg_data_spec *d)
{
    static const char *const words[] = { [CG_TARGET_CLASS] = "class",
                                         [CG_TARGET_VALUES] = "values",
                                         [CG_TARGET_INPUT] = "input",
                                         NULL };
    const char *word;
    if (!tree || !cg_read_choice(r, tree, "data: target", words, &word)) return;
    for (int i = 0; words[i]; i++)
        if (word == words[i]) d->target = (cg_target)i;
}

static void read_classes(cg_reader *r, const cg_tree *tree, cg_data_spec *d)
{
    enum { MAX_CLASSES = 1000 };
    int64_t *classes = cg_reader_alloc(r, MAX_CLASSES, sizeof *classes);
    if (!classes) return;
    if (tree->kind != CG_TREE_LIST || tree->n < 2) {
        cg_diagnose(r->diagnostics, tree->mark, NULL, "classes: [0, 1, 2]",
                    "data: classes: expected a list of at least 2 classes");
        return;
    }
    if (!cg_read_ints(r, tree, "data: classes", MAX_CLASSES, 0, 100000, classes, &d->n_classes)) {
        d->n_classes = 0;
        return;
    }
    const cg_data_kind *source = cg_source_kind(d);
    for (int i = 0; i < tree->n; i++) {
        if (source && classes[i] >= source->n_classes)
            cg_diagnose(r->diagnostics, tree->item[i]->mark, NULL, "take it out",
                        "data: classes: %s has 0 to %d, not %lld", d->source, source->n_classes - 1,
                        (long long)classes[i]);
        for (int k = 0; k < i; k++)
            if (classes[i] == classes[k])
                cg_diagnose(r->diagnostics, tree->item[i]->mark, NULL, "take one of them out",
                            "data: classes: %lld stands twice", (long long)classes[i]);
    }
    d->classes = classes;
}

/* A number, or one for each channel: then *n gets how many. */
static bool read_channels(cg_reader *r, const cg_tree *tree, const char *what, double min,
                          double max, double *value, const double **channels, int *n)
{
    if (!tree) return true;
    if (tree->kind != CG_TREE_LIST) return cg_read_real(r, tree, what, min, max, value);
    double *values = cg_reader_alloc(r, (size_t)tree->n + 1, sizeof *values);
    bool done = values != NULL;
    for (int i = 0; done && i < tree->n; i++)
        done = cg_read_real(r, tree->item[i], what, min, max, &values[i]);
    *channels = values;
    *n = tree->n;
    return done;
}

static void read_normalize(cg_reader *r, const cg_tree *tree, cg_data_spec *d)
{
    static const char example[] = "normalize: auto, or {mean: 0.13, std: 0.31}";
    static const char *const keys[] = { "mean", "std", NULL };
    int n_means = 0, n_stds = 0;
    d->normalize_auto = tree->kind == CG_TREE_SCALAR && !strcmp(tree->text, "auto");
    if (d->normalize_auto || !cg_read_map(r, tree, "data: normalize", example)) return;
    cg_read_attrs(r, tree, tree->mark, "data: normalize", NULL, keys, NULL);
    bool done = read_channels(r, cg_tree_find(tree, "mean"), "data: normalize: mean", -1e6, 1e6,
                              &d->mean, &d->channel_mean, &n_means);
    done = read_channels(r, cg_tree_find(tree, "std"), "data: normalize: std", 1e-9, 1e9, &d->std,
                         &d->channel_std, &n_stds) &&
           done;
    if (done && n_means != n_stds)
        cg_diagnose(r->diagnostics, tree->mark, NULL, "two numbers, or two lists of one length",
                    "data: normalize: %d values of `mean`, %d of `std`", n_means, n_stds);
    else if (done)
        d->n_channels = n_means;
}

static void read_numbers(cg_reader *r, const cg_tree *data, cg_data_spec *d)
{
    const cg_tree *n = cg_tree_find(data, "normalize"), *digits = cg_tree_find(data, "digits");
    if (n) read_normalize(r, n, d);
    if (!digits || !cg_read_map(r, digits, "data: digits", "digits: {train: 1000, test: 100}"))
        return;
    cg_read_attrs(r, digits, digits->mark, "data: digits", NULL, parts, NULL);
    for (int i = 0; i < 2; i++) {
        const cg_tree *count = cg_tree_find(digits, parts[i]);
        if (count) cg_read_int(r, count, "data: digits", 10, 10000000, &d->digits[i]);
    }
}

/* ---- splits -----------------------------------------------------------------------------------*/

static void read_slice(cg_reader *r, const cg_tree *tree, const char *what, int64_t slice[2])
{
    int n;
    if (tree->kind != CG_TREE_LIST || tree->n != 2)
        cg_diagnose(r->diagnostics, tree->mark, NULL, "slice: [200, 500]",
                    "%s: slice: expected [begin, end)", what);
    else if (cg_read_ints(r, tree, what, 2, 0, INT64_C(1) << 40, slice, &n) && slice[1] <= slice[0])
        cg_diagnose(r->diagnostics, tree->mark, NULL, "slice: [200, 500]",
                    "%s: slice: the end must lie behind the begin", what);
}

static void read_split(cg_reader *r, const cg_tree *key, const cg_tree *map, cg_split_spec *split)
{
    static const cg_attr table[] = {
        CG_INT(cg_split_spec, limit, 0, 0, 9e18, "the first so many"),
        CG_INT(cg_split_spec, per_class, 0, 0, 9e18, "the first so many of each class"),
        CG_REAL(cg_split_spec, fraction, 0, -1, 1, "the first so much, or, negative, the last"),
        { .name = NULL },
    };
    static const char *const more[] = { "from", "slice", NULL };
    char what[120];
    snprintf(what, sizeof what, "split %s", key->text);
    split->name = key->text;
    split->place = cg_mark_place(key->mark);
    if (strpbrk(key->text, "\t\n\r"))
        cg_diagnose(r->diagnostics, key->mark, NULL, NULL, "a split's name is one line");
    if (!cg_read_map(r, map, what, "{from: train, limit: 1000}")) return;
    cg_read_attrs(r, map, map->mark, what, table, more, split);
    const cg_tree *from = cg_tree_find(map, "from"), *slice = cg_tree_find(map, "slice");
    if (slice) read_slice(r, slice, what, split->slice);
    bool is_part = !strcmp(split->name, "train") || !strcmp(split->name, "test");
    if (from)
        cg_read_choice(r, from, what, parts, &split->from);
    else if (is_part)
        split->from = split->name;
    else
        cg_diagnose(r->diagnostics, key->mark, NULL, "from: train, or from: test",
                    "%s: \"from\" is missing", what);
}

static void read_splits(cg_reader *r, const cg_tree *tree, cg_data_spec *d)
{
    if (!cg_read_map(r, tree, "data: splits", "splits: {train: {from: train}, test: {from: test}}"))
        return;
    cg_split_spec *splits = cg_reader_alloc(r, (size_t)tree->n + 1, sizeof *splits);
    if (!splits) return;
    for (int i = 0; i < tree->n; i++) read_split(r, tree->key[i], tree->item[i], &splits[i]);
    d->n_splits = tree->n;
    d->splits = splits;
}

static void default_splits(cg_reader *r, cg_data_spec *d)
{
    cg_split_spec *splits = cg_reader_alloc(r, 2, sizeof *splits);
    if (!splits) return;
    for (int i = 0; i < 2; i++)
        splits[i] = (cg_split_spec){ .name = parts[i], .from = parts[i], .place = d->place };
    d->n_splits = 2;
    d->splits = splits;
}

void cg_read_data(cg_reader *r, const cg_tree *tree, cg_data_spec *d)
{
    static const cg_attr table[] = {
        CG_REAL(cg_data_spec, scale, 0, 0, 1e9, "of bytes; 0: 1/255"),
        { .name = NULL },
    };
    static const char *const more[] = { "source", "format",   "images",  "labels", "files",
                                        "csv",    "fallback", "classes", "splits", "normalize",
                                        "digits", "target",   "augment", NULL };
    d->place = cg_mark_place(tree->mark);
    if (!cg_read_map(r, tree, "data", "data: {source: mnist, fallback: digits}")) return;
    cg_read_attrs(r, tree, tree->mark, "data", table, more, d);
    read_target(r, cg_tree_find(tree, "target"), d);
    cg_read_data_files(r, tree, d);
    read_numbers(r, tree, d);
    const cg_tree *classes = cg_tree_find(tree, "classes"), *splits = cg_tree_find(tree, "splits");
    const cg_tree *augment = cg_tree_find(tree, "augment");
    if (classes) read_classes(r, classes, d);
    if (augment) cg_read_augment(r, augment, d);
    if (splits)
        read_splits(r, splits, d);
    else
        default_splits(r, d);
    if (!d->source) cg_check_data_files(r, tree, d);
}
