#include "model/data_files.h"

#include <stdio.h>
#include <string.h>

static const char *const parts[] = { "train", "test", NULL };

bool cg_read_choice(cg_reader *r, const cg_tree *tree, const char *what, const char *const words[],
                    const char **value)
{
    cg_words known = { .n = 0 };
    const char *text;
    if (!cg_read_text(r, tree, what, &text)) return false;
    for (int i = 0; words[i]; i++) {
        if (!strcmp(text, words[i])) {
            *value = words[i];
            return true;
        }
        cg_words_add(&known, words[i]);
    }
    cg_read_unknown(r, tree, what, "word", &known);
    return false;
}

/* ---- kinds ------------------------------------------------------------------------------------*/

static const cg_data_kind *find_kind(const char *name, bool is_format)
{
    const cg_data_kind *kind;
    for (int i = 0; (kind = cg_data_kind_at(i)); i++)
        if (kind->is_format == is_format && !strcmp(kind->name, name)) return kind;
    return NULL;
}

const cg_data_kind *cg_source_kind(const cg_data_spec *d)
{
    return d->source ? find_kind(d->source, false) : NULL;
}

static const cg_data_kind *read_kind(cg_reader *r, const cg_tree *tree, const char *what,
                                     bool is_format)
{
    enum { MAX_KINDS = 32 };
    const cg_data_kind *kind;
    const char *words[MAX_KINDS] = { NULL }, *word;
    for (int i = 0, n = 0; (kind = cg_data_kind_at(i)) && n < MAX_KINDS - 1; i++)
        if (kind->is_format == is_format) words[n++] = kind->name;
    return cg_read_choice(r, tree, what, words, &word) ? find_kind(word, is_format) : NULL;
}

/* ---- files ------------------------------------------------------------------------------------*/

static void read_paths(cg_reader *r, const cg_tree *data, const char *key, const char *paths[2],
                       cg_place places[2])
{
    static const char example[] = "{train: PATH, test: PATH}";
    const cg_tree *tree = cg_tree_find(data, key);
    char what[64];
    snprintf(what, sizeof what, "data: %s", key);
    if (!cg_read_map(r, tree, what, example)) return;
    cg_read_attrs(r, tree, tree->mark, what, NULL, parts, NULL);
    for (int i = 0; i < 2; i++) {
        const cg_tree *path = cg_tree_find(tree, parts[i]);
        bool is_users = path && cg_mark_is_users(path->mark);
        if (path && cg_read_text(r, path, what, &paths[i]) && !is_users)
            places[i] = cg_mark_place(path->mark);
    }
    if (!tree->n) cg_diagnose(r->diagnostics, tree->mark, NULL, example, "%s: no path", what);
}

/* `images` and `labels` where they are apart, else `files`. */
static void read_files(cg_reader *r, const cg_tree *data, const cg_data_kind *format,
                       cg_data_spec *d)
{
    static const char *const keys[] = { "images", "labels", "files" };
    char help[64];
    d->format = format->name;
    for (int i = 0; i < 3; i++) {
        bool is_label = i == 1, is_wanted = (i < 2) == format->labels_apart;
        bool may_lack = is_label && d->target == CG_TARGET_INPUT;
        int k = cg_tree_index(data, keys[i]);
        if (k < 0 && is_wanted && !may_lack) {
            snprintf(help, sizeof help, "%s: {train: PATH, test: PATH}", keys[i]);
            cg_diagnose(r->diagnostics, data->mark, NULL, help, "data: format %s needs `%s`",
                        format->name, keys[i]);
        }
        if (k >= 0 && is_wanted && is_label)
            read_paths(r, data, keys[i], d->labels, d->labels_place);
        if (k >= 0 && is_wanted && !is_label)
            read_paths(r, data, keys[i], d->images, d->images_place);
        if (k >= 0 && !is_wanted)
            cg_diagnose(r->diagnostics, data->key[k]->mark, NULL,
                        format->labels_apart ? "`images` and `labels`" : "`files`",
                        "data: `%s` does not name files of format %s", keys[i], format->name);
    }
}

void cg_check_data_files(cg_reader *r, const cg_tree *data, const cg_data_spec *d)
{
    const char *samples = cg_tree_find(data, "images") ? "images" : "files";
    for (int i = 0; i < 4; i++) {
        const char *key = i < 2 ? samples : "labels", *part = parts[i % 2];
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

/* ---- the columns of CSV files -----------------------------------------------------------------*/

/* One name or number, or a list of them. */
static void read_columns(cg_reader *r, const cg_tree *tree, const char *what,
                         const char *const **columns, int *n)
{
    int most = tree->kind == CG_TREE_LIST ? tree->n : 1;
    const char **words = cg_reader_alloc(r, (size_t)most + 1, sizeof *words);
    for (int i = 0; words && i < most; i++) {
        const cg_tree *word = tree->kind == CG_TREE_LIST ? tree->item[i] : tree;
        if (cg_read_text(r, word, what, &words[*n])) ++*n;
    }
    *columns = words;
}

static void read_separator(cg_reader *r, const cg_tree *tree, char *separator)
{
    const char *text;
    if (!cg_read_text(r, tree, "data: csv: separator", &text)) return;
    *separator = text[0];
    if (text[1] || strchr("\" \r\n", text[0]))
        cg_diagnose(r->diagnostics, tree->mark, NULL, "\",\", \";\" or \"\\t\"",
                    "data: csv: separator: expected a single character");
}

static void read_csv(cg_reader *r, const cg_tree *tree, cg_data_spec *d)
{
    static const char *const keys[] = { "label", "ignore", "separator", "header", NULL };
    bool has_header;
    if (!cg_read_map(r, tree, "data: csv", "csv: {label: NAME}")) return;
    cg_read_attrs(r, tree, tree->mark, "data: csv", NULL, keys, NULL);
    const cg_tree *label = cg_tree_find(tree, "label"), *ignore = cg_tree_find(tree, "ignore");
    const cg_tree *separator = cg_tree_find(tree, "separator");
    const cg_tree *header = cg_tree_find(tree, "header");
    if (label) read_columns(r, label, "data: csv: label", &d->csv.label, &d->csv.n_labels);
    if (ignore) read_columns(r, ignore, "data: csv: ignore", &d->csv.ignore, &d->csv.n_ignored);
    if (separator) read_separator(r, separator, &d->csv.separator);
    if (header && cg_read_bool(r, header, "data: csv: header", &has_header))
        d->csv.header = has_header ? 1 : -1;
    if (label && d->target == CG_TARGET_CLASS && d->csv.n_labels > 1)
        cg_diagnose(r->diagnostics, label->mark, NULL, "target: values",
                    "data: csv: label: a class is one column, here are %d", d->csv.n_labels);
}

static void check_csv(cg_reader *r, const cg_tree *data, const cg_data_kind *format,
                      cg_data_spec *d)
{
    const cg_tree *csv = cg_tree_find(data, "csv");
    bool is_csv = !strcmp(format->name, "csv");
    if (csv && !is_csv)
        cg_diagnose(r->diagnostics, csv->mark, NULL, "format: csv",
                    "data: csv: the files are of format %s", format->name);
    if (csv) read_csv(r, csv, d);
    if (is_csv && !d->csv.n_labels && d->target != CG_TARGET_INPUT)
        cg_diagnose(r->diagnostics, csv ? csv->mark : data->mark, NULL,
                    "csv: {label: NAME}, or {label: -1}, the last column",
                    "data: csv: which column is to be learnt?");
}

/* ---- all of it --------------------------------------------------------------------------------*/

static void refuse_files(cg_reader *r, const cg_tree *data)
{
    static const char *const keys[] = { "images", "labels", "files", "csv" };
    for (int i = 0; i < 4; i++) {
        int k = cg_tree_index(data, keys[i]);
        if (k >= 0)
            cg_diagnose(r->diagnostics, data->key[k]->mark, NULL, "format: idx",
                        "data: `%s` belongs to a `format`", keys[i]);
    }
}

void cg_read_data_files(cg_reader *r, const cg_tree *data, cg_data_spec *d)
{
    const cg_tree *source = cg_tree_find(data, "source"), *format = cg_tree_find(data, "format");
    const cg_tree *fallback = cg_tree_find(data, "fallback"),
                  *target = cg_tree_find(data, "target");
    const cg_data_kind *kind;
    if (!source == !format)
        cg_diagnose(r->diagnostics, format ? format->mark : data->mark, NULL,
                    "`source: mnist`, or `format: idx` with `images` and `labels`",
                    "data: give either `source` or `format`");
    if (fallback && (kind = read_kind(r, fallback, "data: fallback", false)))
        d->fallback = kind->name;
    if (source && (kind = read_kind(r, source, "data: source", false))) d->source = kind->name;
    if (!format) {
        refuse_files(r, data);
        kind = cg_source_kind(d);
    } else if ((kind = read_kind(r, format, "data: format", true))) {
        read_files(r, data, kind, d);
        check_csv(r, data, kind, d);
    }
    if (kind && d->target == CG_TARGET_VALUES && !kind->has_values)
        cg_diagnose(r->diagnostics, target->mark, NULL, "target: class, or target: input",
                    "data: target: %s has labels, no values", kind->name);
}
