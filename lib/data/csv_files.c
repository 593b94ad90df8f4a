/* The format "csv": a row for each sample; some columns hold what is to be learnt, the others, in
 * their order, the sample's values.  Mistakes are told with the line and the column of the cell. */
#include "data/csv.h"
#include "data/labels.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 1 << 16 };
static const uint64_t max_bytes = UINT64_C(1) << 33; /* of one file */

enum { IGNORED = -1, VALUE = -2 }; /* roles; from 0 on: the number among the label columns */

typedef struct {
    char *text;
    cg_place place;
} cell;

typedef struct {
    cg_csv csv;
    cg_arena *arena;
    const cg_data_spec *spec;
    cg_error *error;
    int n_columns, n_values, *role;
    cell *row, *names;    /* names: NULL without a header */
    const cell **by_name; /* the same, to find them */
    cg_samples *samples;
    char **labels; /* of the samples, in the text */
    int64_t room, text_bytes;
} table;

static cg_status no_memory(const table *t)
{
    return cg_fail_nomem(t->error, t->csv.file);
}

/* ---- rows ---------------------------------------------------------------------------------- */
static cg_status read_first(table *t)
{
    t->row = cg_arena_alloc(t->arena, MAX_COLUMNS, sizeof *t->row);
    if (!t->row) return no_memory(t);
    if (!cg_csv_begin_row(&t->csv))
        return cg_fail(t->error, CG_EDATA, "%s: the file is empty", t->csv.file);
    while (!t->csv.row_ended) {
        if (t->n_columns == MAX_COLUMNS)
            return cg_fail(t->error, CG_EDATA, "%s: more than %d columns", t->csv.file,
                           MAX_COLUMNS);
        cell *c = &t->row[t->n_columns++];
        CG_TRY(cg_csv_cell(&t->csv, &c->text, t->error));
        c->place = cg_csv_place(&t->csv);
    }
    return CG_OK;
}

static cg_status read_row(table *t)
{
    int n = 0;
    for (; !t->csv.row_ended; n++) {
        cell beyond = { 0 }, *c = n < t->n_columns ? &t->row[n] : &beyond;
        CG_TRY(cg_csv_cell(&t->csv, &c->text, t->error));
        c->place = cg_csv_place(&t->csv);
    }
    if (n == t->n_columns) return CG_OK;
    cg_place place = { t->csv.file, t->csv.line, 1 };
    return cg_fail_at(t->error, CG_EDATA, place, "%d cells, where the first row has %d", n,
                      t->n_columns);
}

/* ---- columns ------------------------------------------------------------------------------- */
/* "column 3 'height'", for messages. */
static const char *describe(const table *t, int column)
{
    const char *text =
        t->names ? cg_arena_printf(t->arena, "column %d '%.60s'", column, t->names[column].text)
                 : cg_arena_printf(t->arena, "column %d", column);
    return text ? text : "a column";
}

/* Columns of one name in their order. */
static int compare_columns(const void *a, const void *b)
{
    const cell *x = *(const cell *const *)a, *y = *(const cell *const *)b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x > y) - (x < y);
}

static cg_status sort_names(table *t)
{
    t->by_name = cg_arena_alloc(t->arena, (size_t)t->n_columns, sizeof *t->by_name);
    if (!t->by_name) return no_memory(t);
    for (int i = 0; i < t->n_columns; i++) t->by_name[i] = &t->names[i];
    qsort(t->by_name, (size_t)t->n_columns, sizeof *t->by_name, compare_columns);
    return CG_OK;
}

/* The first column of that name, or NULL. */
static const cell *named(const table *t, const char *word)
{
    int low = 0, high = t->names ? t->n_columns : 0;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (strcmp(t->by_name[middle]->text, word) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = t->names && low < t->n_columns && !strcmp(t->by_name[low]->text, word);
    return is_found ? t->by_name[low] : NULL;
}

static cg_status find_column(const table *t, const char *word, int *column)
{
    int64_t number;
    const cell *found = named(t, word);
    *column = found ? (int)(found - t->names) : -1;
    if (found) return CG_OK;
    bool is_number = cg_parse_int(word, &number);
    if (is_number && number < 0) number += t->n_columns;
    *column = (int)number;
    if (is_number && number >= 0 && number < t->n_columns) return CG_OK;
    return cg_fail_at(t->error, CG_EDATA, (cg_place){ t->csv.file, 1, 1 },
                      "there is no column '%s'; there are %d, from 0%s", word, t->n_columns,
                      t->names ? "" : ", and no row of names");
}

static bool is_header(const table *t)
{
    double ignored;
    if (t->spec->csv.header) return t->spec->csv.header > 0;
    for (int i = 0; i < t->n_columns; i++)
        if (cg_parse_real(t->row[i].text, &ignored)) return false;
    return true;
}

/* A column has one role: else a target of two would never get its value. */
static cg_status set_role(table *t, const char *word, int role)
{
    int column;
    CG_TRY(find_column(t, word, &column));
    if (t->role[column] != VALUE)
        return cg_fail_at(t->error, CG_EDATA, (cg_place){ t->csv.file, 1, 1 },
                          "%s: `label` and `ignore` name it twice, here as '%s'",
                          describe(t, column), word);
    t->role[column] = role;
    return CG_OK;
}

static cg_status set_roles(table *t)
{
    const cg_csv_spec *csv = &t->spec->csv;
    t->role = cg_arena_alloc(t->arena, (size_t)t->n_columns, sizeof *t->role);
    if (!t->role) return no_memory(t);
    for (int i = 0; i < t->n_columns; i++) t->role[i] = VALUE;
    for (int i = 0; i < csv->n_ignored; i++) CG_TRY(set_role(t, csv->ignore[i], IGNORED));
    for (int i = 0; i < csv->n_labels; i++) CG_TRY(set_role(t, csv->label[i], i));
    for (int i = 0; i < t->n_columns; i++) t->n_values += t->role[i] == VALUE;
    if (t->n_values) return CG_OK;
    return cg_fail(t->error, CG_EDATA, "%s: no column is left for the samples' values",
                   t->csv.file);
}

static bool wants_targets(const table *t)
{
    return t->spec->target == CG_TARGET_VALUES;
}

/* Columns of target values are called as in the row of names. */
static cg_status name_targets(table *t)
{
    cg_samples *s = t->samples;
    s->n_targets = t->spec->csv.n_labels;
    if (!t->names) return CG_OK;
    s->target_names = cg_alloc((size_t)s->n_targets, sizeof *s->target_names);
    if (!s->target_names) return no_memory(t);
    for (int i = 0; i < t->n_columns; i++) {
        if (t->role[i] < 0) continue;
        s->target_names[t->role[i]] = cg_copy_text(t->names[i].text);
        if (!s->target_names[t->role[i]]) return no_memory(t);
    }
    return CG_OK;
}

/* ---- samples ------------------------------------------------------------------------------- */
static cg_status grow(table *t)
{
    cg_samples *s = t->samples;
    if (s->n < t->room) return CG_OK;
    int64_t room = t->room ? 2 * t->room : 256, n_values, n_targets;
    if (!cg_mul_ok(room, t->n_values, &n_values) || !cg_mul_ok(room, s->n_targets, &n_targets))
        return no_memory(t);
    int64_t bytes = n_values + n_targets;
    if (!cg_mul_ok(bytes, sizeof(float), &bytes)) return no_memory(t);
    bytes += t->text_bytes + room * (int64_t)sizeof *t->labels;
    CG_TRY(cg_budget_check(s->budget, t->csv.file, bytes, t->error));
    float *values = cg_resize(s->values, (size_t)n_values, sizeof *values);
    if (!values) return no_memory(t);
    s->values = values;
    char **labels = cg_resize(t->labels, (size_t)room, sizeof *labels);
    if (!labels) return no_memory(t);
    t->labels = labels;
    if (n_targets) {
        float *targets = cg_resize(s->targets, (size_t)n_targets, sizeof *targets);
        if (!targets) return no_memory(t);
        s->targets = targets;
    }
    t->room = room;
    return CG_OK;
}

static cg_status read_number(table *t, int column, float *value)
{
    double v;
    const cell *c = &t->row[column];
    if (!*c->text)
        return cg_fail_at(t->error, CG_EDATA, c->place, "%s: no value", describe(t, column));
    if (!cg_parse_real(c->text, &v) || !isfinite((float)v))
        return cg_fail_at(t->error, CG_EDATA, c->place, "%s: '%.40s' is no finite number",
                          describe(t, column), c->text);
    *value = (float)v;
    return CG_OK;
}

static cg_status add_row(table *t)
{
    cg_samples *s = t->samples;
    CG_TRY(grow(t));
    float *value = s->values + s->n * t->n_values;
    for (int i = 0; i < t->n_columns; i++) {
        if (t->role[i] == VALUE) CG_TRY(read_number(t, i, value++));
        if (t->role[i] < 0) continue;
        if (wants_targets(t))
            CG_TRY(read_number(t, i, &s->targets[s->n * s->n_targets + t->role[i]]));
        else if (*t->row[i].text)
            t->labels[s->n] = t->row[i].text;
        else
            return cg_fail_at(t->error, CG_EDATA, t->row[i].place, "%s: no label", describe(t, i));
    }
    s->n++;
    return CG_OK;
}

static cg_status read_table(table *t)
{
    cg_samples *s = t->samples;
    CG_TRY(read_first(t));
    bool has_header = is_header(t);
    if (has_header) {
        t->names = t->row;
        t->row = cg_arena_alloc(t->arena, (size_t)t->n_columns, sizeof *t->row);
        if (!t->row) return no_memory(t);
        CG_TRY(sort_names(t));
    }
    CG_TRY(set_roles(t));
    if (wants_targets(t)) CG_TRY(name_targets(t));
    if (!has_header) CG_TRY(add_row(t));
    while (cg_csv_begin_row(&t->csv)) {
        CG_TRY(read_row(t));
        CG_TRY(add_row(t));
    }
    if (!s->n) return cg_fail(t->error, CG_EDATA, "%s: no row behind the names", t->csv.file);
    bool has_shape = t->spec->shape.rank && cg_shape_size(&t->spec->shape) == t->n_values;
    s->shape = has_shape ? t->spec->shape : CG_SHAPE(t->n_values);
    if (wants_targets(t) || !t->spec->csv.n_labels) return CG_OK;
    return cg_labels_from_texts(s, t->labels, t->csv.file, t->error);
}

static cg_status read_text(cg_samples *samples, const cg_data_spec *spec, cg_arena *arena,
                           const char *path, cg_error *error)
{
    char *text;
    size_t size;
    cg_status status = cg_file_read_within(samples->budget, path, max_bytes, &text, &size, error);
    if (status != CG_OK) return status == CG_EIO ? CG_EDATA : status;
    table t = { .arena = arena,
                .spec = spec,
                .samples = samples,
                .text_bytes = (int64_t)size,
                .error = error };
    t.csv = cg_csv_open(text, path, spec->csv.separator ? spec->csv.separator : ',');
    size_t length = strlen(text);
    status = length == size
                 ? read_table(&t)
                 : cg_fail(error, CG_EDATA, "%s: byte %zu is zero: this is no text", path, length);
    cg_release(t.labels);
    cg_release(text);
    return status;
}

static cg_status load(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error)
{
    cg_arena *arena = cg_arena_new();
    const char *path = arena ? cg_source_path(arena, spec, spec->images[part]) : NULL;
    cg_status status =
        path ? read_text(samples, spec, arena, path, error) : cg_fail_nomem(error, "a path");
    cg_arena_free(arena);
    return status;
}

const cg_source cg_source_csv = {
    .kind = { .name = "csv",
              .help = "rows of numbers, and of a label or target values, with or without a header",
              .is_format = true,
              .has_values = true },
    .load = load,
};
