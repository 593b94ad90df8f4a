/* cnngraph data info: what a data set holds, split by split. */
#include "data.h"
#include "json.h"

#include "base/budget.h"
#include "data/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t hash;
    int split;
    int64_t index;
} sample;

typedef struct {
    const cg_dataset *set;
    int64_t size, width; /* values of a sample, and of what is learnt about it */
    int64_t channels;
    float *x, *t, *other;
    sample *samples; /* of all splits */
    int64_t n_samples;
} survey;

/* ---- a pass over a split ------------------------------------------------------------------- */
/* FNV-1a, in words of a float. */
static uint64_t hash_sample(const float *x, int64_t n)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        hash = (hash ^ bits) * UINT64_C(1099511628211);
        hash ^= hash >> 32;
    }
    return hash;
}

typedef struct {
    double low, high, *mean, *std; /* a channel each; std holds the squares until the end */
    int64_t *count;                /* a class each */
} figures;

/* Welford's update, which does not cancel. */
static void add_values(const survey *s, figures *f, int64_t index)
{
    int64_t plane = s->size / s->channels;
    for (int64_t c = 0; c < s->channels; c++) {
        int64_t n = index * plane;
        for (int64_t i = 0; i < plane; i++) {
            double v = (double)s->x[c * plane + i], before = v - f->mean[c];
            f->mean[c] += before / (double)++n;
            f->std[c] += before * (v - f->mean[c]);
            f->low = fmin(f->low, v);
            f->high = fmax(f->high, v);
        }
    }
}

static void look_at(survey *s, int split, figures *f)
{
    int64_t n = cg_dataset_size(s->set, split), plane = s->size / s->channels;
    f->low = (double)INFINITY, f->high = -(double)INFINITY;
    for (int64_t i = 0; i < n; i++) {
        cg_dataset_batch(s->set, split, 1, &i, s->x, s->t);
        add_values(s, f, i);
        int label = cg_dataset_label(s->set, split, i);
        if (label >= 0) f->count[label]++;
        s->samples[s->n_samples++] = (sample){ hash_sample(s->x, s->size), split, i };
    }
    for (int64_t c = 0; c < s->channels; c++) f->std[c] = sqrt(f->std[c] / (double)(n * plane));
}

static json_t *numbers(const double values[], int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) json_array_append_new(list, number_json(values[i]));
    return list;
}

static json_t *report_split(survey *s, int split)
{
    int n_classes = cg_dataset_classes(s->set);
    figures f = { .mean = calloc((size_t)s->channels, sizeof *f.mean),
                  .std = calloc((size_t)s->channels, sizeof *f.std),
                  .count = calloc((size_t)n_classes + 1, sizeof *f.count) };
    json_t *report = NULL, *classes = json_array();
    if (f.mean && f.std && f.count) {
        look_at(s, split, &f);
        for (int c = 0; c < n_classes; c++)
            json_array_append_new(classes, json_integer((json_int_t)f.count[c]));
        report =
            json_pack("{ss sI so so so so so}", "name", cg_dataset_split_name(s->set, split),
                      "samples", (json_int_t)cg_dataset_size(s->set, split), "classes",
                      json_incref(classes), "min", number_json(f.low), "max", number_json(f.high),
                      "mean", numbers(f.mean, s->channels), "std", numbers(f.std, s->channels));
    }
    json_decref(classes);
    free(f.mean);
    free(f.std);
    free(f.count);
    return report;
}

/* ---- duplicates ---------------------------------------------------------------------------- */
static int by_hash(const void *a, const void *b)
{
    const sample *p = a, *q = b;
    if (p->hash != q->hash) return p->hash < q->hash ? -1 : 1;
    if (p->split != q->split) return p->split - q->split;
    return (p->index > q->index) - (p->index < q->index);
}

static bool are_equal(const survey *s, const sample *a, const sample *b)
{
    if (a->hash != b->hash) return false;
    cg_dataset_batch(s->set, a->split, 1, &a->index, s->x, s->t);
    cg_dataset_batch(s->set, b->split, 1, &b->index, s->other, s->t);
    return !memcmp(s->x, s->other, (size_t)s->size * sizeof *s->x);
}

/* Of samples that are equal: those of one split count but for one; of two splits, those of the
 * second count. */
typedef struct {
    int64_t count;
    sample early, late; /* an example */
} pair;

/* A run of equal samples, which are sorted by split.  head[split]: its first there, -1: none. */
static void count_run(const sample *run, int64_t n_run, int n_splits, int64_t head[], pair pairs[])
{
    for (int split = 0; split < n_splits; split++) head[split] = -1;
    for (int64_t i = 0; i < n_run; i++) {
        int to = run[i].split;
        for (int from = 0; from <= to; from++) {
            pair *p = &pairs[from * n_splits + to];
            if (head[from] >= 0 && !p->count++) p->early = run[head[from]], p->late = run[i];
        }
        if (head[to] < 0) head[to] = i;
    }
}

static json_t *report_pairs(const cg_dataset *set, const pair pairs[])
{
    json_t *list = json_array();
    int n = cg_dataset_splits(set);
    for (const pair *p = pairs; p < pairs + n * n; p++)
        if (p->count)
            json_array_append_new(
                list, json_pack("{ss ss sI sI sI}", "of", cg_dataset_split_name(set, p->late.split),
                                "in", cg_dataset_split_name(set, p->early.split), "count",
                                (json_int_t)p->count, "example", (json_int_t)p->late.index,
                                "equals", (json_int_t)p->early.index));
    return list;
}

static json_t *find_duplicates(survey *s)
{
    int n = cg_dataset_splits(s->set);
    pair *pairs = calloc((size_t)(n * n), sizeof *pairs);
    int64_t *head = calloc((size_t)n, sizeof *head);
    json_t *list = NULL;
    qsort(s->samples, (size_t)s->n_samples, sizeof *s->samples, by_hash);
    for (int64_t begin = 0, end; pairs && head && begin < s->n_samples; begin = end) {
        for (end = begin + 1; end < s->n_samples; end++)
            if (!are_equal(s, &s->samples[begin], &s->samples[end])) break;
        count_run(s->samples + begin, end - begin, n, head, pairs);
    }
    if (pairs && head) list = report_pairs(s->set, pairs);
    free(pairs);
    free(head);
    return list;
}

/* ---- the report ---------------------------------------------------------------------------- */
static json_t *class_names(const cg_dataset *set)
{
    json_t *names = json_array();
    char text[CG_CLASS_TEXT];
    for (int c = 0; c < cg_dataset_classes(set); c++)
        json_array_append_new(names, text_json(cg_dataset_class_text(set, c, text)));
    return names;
}

static json_t *examine(survey *s, const char *name)
{
    cg_shape shape = cg_dataset_shape(s->set);
    json_t *dims = json_array(), *splits = json_array(), *report;
    bool is_whole = true;
    for (int i = 0; i < shape.rank; i++)
        json_array_append_new(dims, json_integer((json_int_t)shape.dim[i]));
    for (int i = 0; i < cg_dataset_splits(s->set); i++)
        is_whole &= json_array_append_new(splits, report_split(s, i)) == 0;
    report = json_pack("{ss so sI so so so}", "data", name, "shape", dims, "targets",
                       (json_int_t)cg_dataset_targets(s->set), "classes", class_names(s->set),
                       "splits", splits, "duplicates", find_duplicates(s));
    if (is_whole) return report;
    json_decref(report);
    return NULL;
}

static void print_numbers(const char *name, const json_t *list)
{
    size_t n = json_array_size(list);
    printf("  %-8s ", name);
    for (size_t i = 0; i < n && i < 8; i++) printf(" %.6g", number_of(json_array_get(list, i)));
    printf("%s\n", n > 8 ? " ..." : "");
}

static void print_text(const json_t *report, const cg_dataset *set)
{
    char shape[CG_SHAPE_TEXT];
    cg_shape dims = cg_dataset_shape(set);
    json_t *split, *found;
    size_t i, c;
    printf("data      %s\nshape     %s\n", json_string_value(json_object_get(report, "data")),
           cg_shape_text(&dims, shape));
    if (cg_dataset_targets(set)) printf("targets   %" PRId64 "\n", cg_dataset_targets(set));
    json_array_foreach(json_object_get(report, "splits"), i, split)
    {
        json_t *count;
        printf("%s: %lld samples\n", json_string_value(json_object_get(split, "name")),
               (long long)json_integer_value(json_object_get(split, "samples")));
        printf("  range     %.6g to %.6g\n", number_of(json_object_get(split, "min")),
               number_of(json_object_get(split, "max")));
        print_numbers("mean", json_object_get(split, "mean"));
        print_numbers("std", json_object_get(split, "std"));
        json_array_foreach(json_object_get(split, "classes"), c, count)
            printf("  class     %-12s %lld\n",
                   json_string_value(json_array_get(json_object_get(report, "classes"), c)),
                   (long long)json_integer_value(count));
    }
    json_array_foreach(json_object_get(report, "duplicates"), i, found)
    {
        const char *of = json_string_value(json_object_get(found, "of"));
        const char *in = json_string_value(json_object_get(found, "in"));
        printf("duplicates: %lld of %s %s %s, as %s[%lld] = %s[%lld]\n",
               (long long)json_integer_value(json_object_get(found, "count")), of,
               !strcmp(of, in) ? "come again in" : "are in", in, of,
               (long long)json_integer_value(json_object_get(found, "example")), in,
               (long long)json_integer_value(json_object_get(found, "equals")));
    }
    if (!json_array_size(json_object_get(report, "duplicates"))) puts("duplicates: none");
}

static int report(survey *s, const char *name, bool as_json)
{
    json_t *all = examine(s, name);
    if (as_json || !all || json_is_short())
        return json_print(all, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    print_text(all, s->set);
    json_decref(all);
    return 0;
}

/* What a survey takes beside the data: samples are sorted, which takes them twice, and means and
 * deviations are kept as numbers of JSON. */
static int64_t bytes_of(const survey *s, int64_t n_samples)
{
    enum { NUMBER = 64 };
    int64_t numbers = 2 * s->channels * (cg_dataset_splits(s->set) + 1);
    return (2 * s->size + s->width) * (int64_t)sizeof(float) +
           2 * (n_samples + 1) * (int64_t)sizeof(sample) + numbers * NUMBER;
}

int data_info(struct data_operand *o, bool as_json)
{
    cg_dataset *set;
    cg_error error = { 0 };
    const char *used = NULL;
    if (cg_dataset_load(&set, &o->spec, &used, &error) != CG_OK) return fail(&error);
    cg_shape shape = cg_dataset_shape(set);
    int64_t targets = cg_dataset_targets(set), total = 0;
    for (int i = 0; i < cg_dataset_splits(set); i++) total += cg_dataset_size(set, i);
    survey s = { .set = set,
                 .size = cg_shape_size(&shape),
                 .width = targets ? targets : 1,
                 .channels = shape.rank ? shape.dim[0] : 1 };
    if (cg_budget_check(o->spec.budget, "looking at the data", bytes_of(&s, total), &error) !=
        CG_OK) {
        cg_dataset_free(set);
        return fail(&error);
    }
    s.x = calloc((size_t)s.size, sizeof *s.x);
    s.other = calloc((size_t)s.size, sizeof *s.other);
    s.t = calloc((size_t)s.width, sizeof *s.t);
    s.samples = calloc((size_t)total + 1, sizeof *s.samples);
    int code = s.x && s.other && s.t && s.samples ? report(&s, used, as_json) : fail_memory();
    free(s.x);
    free(s.other);
    free(s.t);
    free(s.samples);
    cg_dataset_free(set);
    return code;
}
