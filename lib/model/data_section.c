/* The `data:` section. */
#include "model/model.h"

#include <stdio.h>
#include <string.h>

static const char *const parts[] = { "train", "test", NULL };

static bool read_choice_text(cg_reader *r, const cg_tree *tree, const char *what,
                             const char *const words[], const char **value)
{
    cg_words known = { .n = 0 };
    const char *text;
    if (!cg_read_text(r, tree, what, &text)) return false;
    for (int i = 0; words[i]; i++) {
        if (!strcmp(text, words[i])) *value = words[i];
        if (!strcmp(text, words[i])) return true;
        cg_words_add(&known, words[i]);
    }
    cg_read_unknown(r, tree, what, "word", &known);
    return false;
}

static void read_target(cg_reader *r, const cg_tree *tree, cg_data_spec *d)
{
    static const char *const words[] = { [CG_TARGET_CLASS] = "class",
                                         [CG_TARGET_VALUES] = "values",
                                         [CG_TARGET_INPUT] = "input",
                                         NULL };
    const char *word;
    if (!tree || !read_choice_text(r, tree, "data: target", words, &word)) return;
    for (int i = 0; words[i]; i++)
        if (word == words[i]) d->target = (cg_target)i;
    if (d->source && d->target == CG_TARGET_VALUES)
        cg_diagnose(r->diagnostics, tree->mark, NULL, "target: class, or target: input",
                    "data: target: %s has labels, no values", d->source);
}

/* ---- where the images come from ---------------------------------------------------------------*/

static void read_paths(cg_reader *r, const cg_tree *data, const char *key, const char *paths[2])
{
    const cg_tree *tree = cg_tree_find(data, key);
    char what[64];
    snprintf(what, sizeof what, "data: %s", key);
    if (!tree) {
        snprintf(what, sizeof what, "%s: {train: PATH, test: PATH}", key);
        cg_diagnose(r->diagnostics, data->mark, NULL, what, "data: format idx needs `%s`", key);
        return;
    }
    if (!cg_read_map(r, tree, what, "{train: PATH, test: PATH}")) return;
    cg_read_attrs(r, tree, tree->mark, what, NULL, parts, NULL);
    for (int i = 0; i < 2; i++) {
        const cg_tree *path = cg_tree_find(tree, parts[i]);
        if (path) cg_read_text(r, path, what, &paths[i]);
    }
    if (!tree->n)
        cg_diagnose(r->diagnostics, tree->mark, NULL, "{train: PATH, test: PATH}", "%s: no path",
                    what);
}

static void read_source(cg_reader *r, const cg_tree *data, cg_data_spec *d)
{
    static const char *const sources[] = { "mnist", "digits", NULL };
    static const char *const formats[] = { "idx", NULL };
    const cg_tree *source = cg_tree_find(data, "source"), *format = cg_tree_find(data, "format");
    const cg_tree *fallback = cg_tree_find(data, "fallback");
    const char *word;
    if (!source == !format)
        cg_diagnose(r->diagnostics, format ? format->mark : data->mark, NULL,
                    "`source: mnist`, or `format: idx` with `images` and `labels`",
                    "data: give either `source` or `format`");
    if (source) read_choice_text(r, source, "data: source", sources, &d->source);
    if (fallback) read_choice_text(r, fallback, "data: fallback", sources, &d->fallback);
    bool has_files = format && read_choice_text(r, format, "data: format", formats, &word);
    if (has_files) read_paths(r, data, "images", d->images);
    if (has_files) read_paths(r, data, "labels", d->labels);
    for (int i = 0; i < 2 && !format; i++) {
        int k = cg_tree_index(data, i ? "labels" : "images");
        if (k >= 0)
            cg_diagnose(r->diagnostics, data->key[k]->mark, NULL, "format: idx",
                        "data: `%s` belongs to a `format`", data->key[k]->text);
    }
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
    for (int i = 0; i < tree->n; i++) {
        if (d->source && classes[i] >= CG_SOURCE_CLASSES)
            cg_diagnose(r->diagnostics, tree->item[i]->mark, NULL, "take it out",
                        "data: classes: %s has 0 to %d, not %lld", d->source, CG_SOURCE_CLASSES - 1,
                        (long long)classes[i]);
        for (int k = 0; k < i; k++)
            if (classes[i] == classes[k])
                cg_diagnose(r->diagnostics, tree->item[i]->mark, NULL, "take one of them out",
                            "data: classes: %lld stands twice", (long long)classes[i]);
    }
    d->classes = classes;
}

static void read_numbers(cg_reader *r, const cg_tree *data, cg_data_spec *d)
{
    static const cg_attr normalize[] = {
        CG_REAL(cg_data_spec, mean, 0, -1e6, 1e6, "subtracted"),
        CG_REAL(cg_data_spec, std, 1, 1e-9, 1e9, "divided by"),
        { .name = NULL },
    };
    const cg_tree *n = cg_tree_find(data, "normalize"), *digits = cg_tree_find(data, "digits");
    if (n && cg_read_map(r, n, "data: normalize", "normalize: {mean: 0.13, std: 0.31}"))
        cg_read_attrs(r, n, n->mark, "data: normalize", normalize, NULL, d);
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
    if (!cg_read_map(r, map, what, "{from: train, limit: 1000}")) return;
    cg_read_attrs(r, map, map->mark, what, table, more, split);
    const cg_tree *from = cg_tree_find(map, "from"), *slice = cg_tree_find(map, "slice");
    if (slice) read_slice(r, slice, what, split->slice);
    bool is_part = !strcmp(split->name, "train") || !strcmp(split->name, "test");
    if (from)
        read_choice_text(r, from, what, parts, &split->from);
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

/* Files of a format serve what the splits draw from, no less. */
static void check_paths(cg_reader *r, const cg_tree *data, const cg_data_spec *d)
{
    for (int i = 0; i < 4; i++) {
        const char *key = i < 2 ? "images" : "labels", *part = parts[i % 2];
        const char *path = (i < 2 ? d->images : d->labels)[i % 2];
        const cg_tree *paths = cg_tree_find(data, key);
        for (int k = 0; k < d->n_splits && !path && paths && paths->n; k++) {
            if (!d->splits[k].from || strcmp(d->splits[k].from, part) != 0) continue;
            char help[200];
            snprintf(help, sizeof help, "%s: {%s: PATH}%s", key, part,
                     i % 2 ? ", or no test at all: splits: {train: {from: train}}" : "");
            cg_diagnose(r->diagnostics, paths->mark, NULL, help,
                        "data: %s: no file for `%s`, which the split %s draws from", key, part,
                        d->splits[k].name);
            break;
        }
    }
}

void cg_read_data(cg_reader *r, const cg_tree *tree, cg_data_spec *d)
{
    static const cg_attr table[] = {
        CG_REAL(cg_data_spec, scale, 0, 0, 1e9, "of bytes; 0: 1/255"),
        { .name = NULL },
    };
    static const char *const more[] = { "source",   "format",  "images",  "labels",
                                        "fallback", "classes", "splits",  "normalize",
                                        "digits",   "target",  "augment", NULL };
    d->place = cg_mark_place(tree->mark);
    if (!cg_read_map(r, tree, "data", "data: {source: mnist, fallback: digits}")) return;
    cg_read_attrs(r, tree, tree->mark, "data", table, more, d);
    read_source(r, tree, d);
    read_target(r, cg_tree_find(tree, "target"), d);
    read_numbers(r, tree, d);
    const cg_tree *classes = cg_tree_find(tree, "classes"), *splits = cg_tree_find(tree, "splits");
    const cg_tree *augment = cg_tree_find(tree, "augment");
    if (classes) read_classes(r, classes, d);
    if (augment) cg_read_augment(r, augment, d);
    if (splits)
        read_splits(r, splits, d);
    else
        default_splits(r, d);
    if (!d->source) check_paths(r, tree, d);
}
