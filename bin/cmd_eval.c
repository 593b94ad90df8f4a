/* cnngraph eval: how good a trained model is on a split. */
#include "load.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

extern const struct verb verb_eval;

/* ---- what the confusion matrix says --------------------------------------------------------
 * Of a class: precision = hits / predicted, recall = hits / actual, F1 their harmonic mean; 0 where
 * the denominator is 0. */
typedef struct {
    double precision, recall, f1;
    int64_t support; /* images of the class */
} scores;

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static scores score(const cg_evaluation *e, int c)
{
    int k = e->n_classes;
    int64_t hits = e->confusion[c * k + c], actual = 0, predicted = 0;
    for (int i = 0; i < k; i++) {
        actual += e->confusion[c * k + i];
        predicted += e->confusion[i * k + c];
    }
    return (scores){ share((double)hits, (double)predicted), share((double)hits, (double)actual),
                     share(2 * (double)hits, (double)(actual + predicted)), actual };
}

static scores macro(const cg_evaluation *e)
{
    scores mean = { .support = e->n };
    for (int c = 0; c < e->n_classes; c++) {
        scores s = score(e, c);
        mean.precision += s.precision / e->n_classes;
        mean.recall += s.recall / e->n_classes;
        mean.f1 += s.f1 / e->n_classes;
    }
    return mean;
}

static double top(const cg_evaluation *e, int k)
{
    int64_t hits = 0;
    for (int r = 0; r < k && r < e->n_classes; r++) hits += e->rank[r];
    return share((double)hits, (double)e->n);
}

static int top_k(const cg_evaluation *e)
{
    return e->n_classes > 5 ? 5 : e->n_classes > 2 ? 2 : 1;
}

/* The label that class c had before the model file's `classes` renumbered it. */
static int64_t original(const cg_spec *spec, int c)
{
    return spec->data.classes && c < spec->data.n_classes ? spec->data.classes[c] : c;
}

/* ---- printing ------------------------------------------------------------------------------ */
static void print_scores(const char *name, const scores *s)
{
    printf("%8s  %9.4f  %6.4f  %6.4f  %7lld\n", name, s->precision, s->recall, s->f1,
           (long long)s->support);
}

/* What is measured: these weights, on this set, which may be another than they learnt from. */
typedef struct {
    const char *weights, *data;
    bool is_best; /* of its run, by its name */
    char trained_on[CG_DATA_NAME];
} subject;

static bool is_other(const subject *s)
{
    return s->trained_on[0] && s->data[0] && strcmp(s->trained_on, s->data) != 0;
}

static void print_text(const cg_spec *spec, const subject *of, const cg_evaluation *e)
{
    char name[24];
    printf("weights   %s%s\n", of->weights, of->is_best ? "  (the best of the run)" : "");
    if (of->data[0]) printf("data      %s", of->data);
    if (is_other(of)) printf(" (trained on %s)", of->trained_on);
    printf("%simages    %lld\nloss      %.6f\naccuracy  %.2f%%\n", of->data[0] ? "\n" : "",
           (long long)e->n, e->loss, 100 * e->accuracy);
    if (top_k(e) > 1) printf("top %d     %.2f%%\n", top_k(e), 100 * top(e, top_k(e)));

    printf("\n   class  precision  recall      F1  support\n");
    for (int c = 0; c < e->n_classes; c++) {
        scores s = score(e, c);
        snprintf(name, sizeof name, "%lld", (long long)original(spec, c));
        print_scores(name, &s);
    }
    scores mean = macro(e);
    print_scores("macro", &mean);

    printf("\nconfusion: a row for each true class, a column for each predicted one\n        ");
    for (int c = 0; c < e->n_classes; c++) printf(" %6lld", (long long)original(spec, c));
    for (int t = 0; t < e->n_classes; t++) {
        printf("\n%8lld", (long long)original(spec, t));
        for (int c = 0; c < e->n_classes; c++)
            printf(" %6lld", (long long)e->confusion[t * e->n_classes + c]);
    }
    printf("\n");
}

static json_t *json_scores(const scores *s)
{
    return json_pack("{sf sf sf sI}", "precision", s->precision, "recall", s->recall, "f1", s->f1,
                     "support", (json_int_t)s->support);
}

static void print_json(const cg_spec *spec, const subject *of, const cg_evaluation *e)
{
    json_t *classes = json_array(), *confusion = json_array();
    for (int c = 0; c < e->n_classes; c++) {
        scores s = score(e, c);
        json_t *class = json_scores(&s), *row = json_array();
        json_object_set_new(class, "class", json_integer(original(spec, c)));
        json_array_append_new(classes, class);
        for (int i = 0; i < e->n_classes; i++)
            json_array_append_new(row, json_integer(e->confusion[c * e->n_classes + i]));
        json_array_append_new(confusion, row);
    }
    scores mean = macro(e);
    json_t *all =
        json_pack("{ss ss ss sI sf sf sf so so so}", "weights", of->weights, "data", of->data,
                  "trained_on", of->trained_on, "images", (json_int_t)e->n, "loss", e->loss,
                  "accuracy", e->accuracy, "top_k", top(e, top_k(e)), "classes", classes, "macro",
                  json_scores(&mean), "confusion", confusion);
    json_object_set_new(all, "k", json_integer(top_k(e)));
    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(all);
}

/* ---- the verb ------------------------------------------------------------------------------ */
static int unknown_split(const cg_dataset *set, const char *name)
{
    fprintf(stderr, "cnngraph eval: there is no split '%s'; there are:", name);
    for (int i = 0; i < cg_dataset_splits(set); i++)
        fprintf(stderr, " %s", cg_dataset_split_name(set, i));
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/* Does the user choose the data, and not just find them changed? */
static bool chooses_data(const struct option_list *sets)
{
    for (int i = 0; i < sets->n; i++)
        if (strncmp(sets->values[i], "data", 4) == 0) return true;
    return false;
}

static int other_data(const subject *s)
{
    fprintf(stderr,
            "cnngraph eval: %s was trained on %s, but here %s serves\n"
            "help: to measure it on that all the same, give --set data.source=%s\n",
            s->weights, s->trained_on, s->data, s->data);
    return EXIT_USAGE;
}

/* Does the name say that the weights are the best of a run? */
static bool is_best(const char *path)
{
    static const char name[] = "best.safetensors";
    size_t length = strlen(path), n = sizeof name - 1;
    return length >= n && strcmp(path + length - n, name) == 0;
}

static int evaluate(const cg_model *model, const char *weights, const char *split, int threads,
                    bool as_json, bool any_data)
{
    cg_error error = { 0 };
    cg_dataset *set = NULL;
    cg_predictor *predictor = NULL;
    cg_evaluation e;
    subject s = { .weights = weights, .is_best = is_best(weights) };
    int code = load_data(&set, model, &s.data);
    if (code) return code;
    int which = cg_dataset_split(set, split);
    if (cg_weights_data(weights, s.trained_on, &error) != CG_OK)
        code = fail(&error);
    else if (is_other(&s) && !any_data)
        code = other_data(&s);
    else if (which < 0)
        code = unknown_split(set, split);
    else if (cg_predictor_new(&predictor, model, weights, threads, &error) != CG_OK ||
             cg_evaluate(predictor, set, which, &e, &error) != CG_OK)
        code = fail(&error);
    else if (as_json)
        print_json(cg_model_spec(model), &s, &e);
    else
        print_text(cg_model_spec(model), &s, &e);
    cg_predictor_free(predictor);
    cg_dataset_free(set);
    return code;
}

static int run(int argc, char *argv[])
{
    struct option_list sets = { 0 };
    const char *weights = NULL, *from = NULL, *split = "test";
    char path[PATH_BYTES];
    int64_t threads = 0;
    int format = 0;
    const struct option options[] = {
        { "set", OPTION_LIST, &sets, NULL },
        { "weights", OPTION_TEXT, &weights, NULL },
        { "run", OPTION_TEXT, &from, NULL },
        { "split", OPTION_TEXT, &split, NULL },
        { "threads", OPTION_COUNT, &threads, NULL },
        { "format", OPTION_CHOICE, &format, "text json" },
        { .name = NULL },
    };
    if (options_parse(&verb_eval, argc, argv, options, 1, 1) < 0) return EXIT_USAGE;
    if (threads > 1024) return usage_error(&verb_eval, "--threads is at most 1024");
    if (!find_weights(&verb_eval, argv[1], from, weights, path)) return EXIT_USAGE;
    cg_model *model;
    int code = load_model(&model, argv[1], &sets);
    if (code == 0)
        code = evaluate(model, path, split, (int)threads, format == 1, chooses_data(&sets));
    cg_model_free(model);
    return code;
}

const struct verb verb_eval = {
    .name = "eval",
    .usage = "[OPTION...] MODEL|RUN",
    .summary = "Measure a trained model on a split.",
    .help = "  --run RUN         the run whose best (else last) weights are used\n"
            "  --weights FILE    these weights, a safetensors file\n"
            "  --split NAME      the split to measure on (test)\n"
            "  --set PATH=VALUE  override a key of the model file; may be given again\n"
            "  --threads N       threads (all cores)\n"
            "  --format FORMAT   text or json\n",
    .run = run,
};
