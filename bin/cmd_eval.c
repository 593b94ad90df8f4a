/* cnngraph eval: how good a trained model is on a split. */
#include "json.h"
#include "measure.h"
#include "metrics_report.h"

#include <math.h>
#include <stdio.h>

extern const struct verb verb_eval;

enum { SHOWN_MISTAKES = 8 };

static int top_k(const cg_evaluation *e)
{
    return e->n_classes > 5 ? 5 : e->n_classes > 2 ? 2 : 1;
}

/* ---- text ---------------------------------------------------------------------------------- */
static void print_head(const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    printf("weights   %s%s\n", m->weights, m->is_best ? "  (the best of the run)" : "");
    if (m->data[0]) printf("data      %s", m->data);
    if (is_other_data(m)) printf(" (trained on %s)", m->trained_on);
    printf("%simages    %lld\nloss      %.6f\naccuracy  %.2f%%\n", m->data[0] ? "\n" : "",
           (long long)e->n, e->loss, 100 * e->accuracy);
    if (top_k(e) > 1) printf("top %d     %.2f%%\n", top_k(e), 100 * cg_top(e, top_k(e)));
    if (isfinite(e->calibration_error))
        printf("calibration error  %.2f%%\n", 100 * e->calibration_error);
}

static void print_classes(const cg_spec *spec, const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    char name[CLASS_TEXT];
    print_scores_head("class");
    for (int c = 0; c < e->n_classes; c++)
        print_scores(class_text(spec, m->set, c, name), cg_class_scores(e, c));
    print_scores("macro", cg_mean_scores(e, false));
    print_scores("weighted", cg_mean_scores(e, true));
}

static void print_confusion(const cg_spec *spec, const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    char name[CLASS_TEXT];
    printf("\nconfusion: a row for each true class, a column for each predicted one\n        ");
    for (int c = 0; c < e->n_classes; c++) printf(" %6.6s", class_text(spec, m->set, c, name));
    for (int t = 0; t < e->n_classes; t++) {
        printf("\n%8s", class_text(spec, m->set, t, name));
        for (int c = 0; c < e->n_classes; c++)
            printf(" %6lld", (long long)e->confusion[t * e->n_classes + c]);
    }
    printf("\n");
}

static void print_mistakes(const cg_spec *spec, const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    char label[CLASS_TEXT], predicted[CLASS_TEXT];
    if (e->n_mistakes == 0) return;
    printf("\nmost confident mistakes\n   image    true  predicted  probability\n");
    for (int i = 0; i < e->n_mistakes && i < SHOWN_MISTAKES; i++) {
        const cg_mistake *mistake = &e->mistakes[i];
        printf("%8lld  %6s  %9s  %11.4f\n", (long long)mistake->image,
               class_text(spec, m->set, mistake->label, label),
               class_text(spec, m->set, mistake->predicted, predicted), mistake->probability);
    }
}

/* ---- JSON ---------------------------------------------------------------------------------- */
static json_t *classes_json(const cg_spec *spec, const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    json_t *classes = json_array();
    for (int c = 0; c < e->n_classes; c++) {
        json_t *class = scores_json(cg_class_scores(e, c));
        json_object_set_new(class, "class", json_integer(class_name(spec, c)));
        const char *name = cg_dataset_class_name(m->set, c);
        if (name) json_object_set_new(class, "name", text_json(name));
        json_array_append_new(classes, class);
    }
    return classes;
}

static json_t *confusion_json(const cg_evaluation *e)
{
    json_t *confusion = json_array();
    for (int t = 0; t < e->n_classes; t++) {
        json_t *row = json_array();
        for (int c = 0; c < e->n_classes; c++)
            json_array_append_new(row, json_integer(e->confusion[t * e->n_classes + c]));
        json_array_append_new(confusion, row);
    }
    return confusion;
}

static json_t *calibration_json(const cg_evaluation *e)
{
    if (!isfinite(e->calibration_error)) return json_null();
    json_t *bins = json_array();
    for (int b = 0; b < CG_CALIBRATION_BINS; b++) {
        const cg_calibration_bin *bin = &e->calibration[b];
        json_array_append_new(
            bins, json_pack("{sf sf sI sf sf}", "above", (double)b / CG_CALIBRATION_BINS, "up_to",
                            (double)(b + 1) / CG_CALIBRATION_BINS, "images", (json_int_t)bin->n,
                            "confidence", bin->confidence, "accuracy", bin->accuracy));
    }
    return json_pack("{sf so}", "error", e->calibration_error, "bins", bins);
}

static json_t *mistakes_json(const cg_spec *spec, const cg_evaluation *e)
{
    json_t *mistakes = json_array();
    for (int i = 0; i < e->n_mistakes; i++) {
        const cg_mistake *m = &e->mistakes[i];
        json_array_append_new(mistakes,
                              json_pack("{sI sI sI sf so}", "image", (json_int_t)m->image, "label",
                                        (json_int_t)class_name(spec, m->label), "predicted",
                                        (json_int_t)class_name(spec, m->predicted), "probability",
                                        m->probability, "label_probability",
                                        number_json(m->label_probability)));
    }
    return mistakes;
}

static int print_json(const cg_spec *spec, const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    json_t *all = json_pack(
        "{so ss ss ss sI so sf si sf so so so so so so}", "weights", text_json(m->weights), "data",
        m->data, "trained_on", m->trained_on, "split", m->split, "images", (json_int_t)e->n, "loss",
        number_json(e->loss), "accuracy", e->accuracy, "k", top_k(e), "top_k", cg_top(e, top_k(e)),
        "classes", classes_json(spec, m), "macro", scores_json(cg_mean_scores(e, false)),
        "weighted", scores_json(cg_mean_scores(e, true)), "confusion", confusion_json(e),
        "calibration", calibration_json(e), "mistakes", mistakes_json(spec, e));
    return json_print(all, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
}

/* ---- the verb ------------------------------------------------------------------------------ */
static int evaluate(struct measurement *m, const cg_model *model, int threads, bool as_json,
                    const struct option_list *sets)
{
    const cg_spec *spec = cg_model_spec(model);
    int code = measure(&verb_eval, m, model, threads, sets);
    if (code) return code;
    if (m->evaluation.n_classes == 0) return metrics_report(m, as_json);
    if (as_json) return print_json(spec, m);
    print_head(m);
    print_classes(spec, m);
    print_confusion(spec, m);
    print_mistakes(spec, m);
    return 0;
}

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    struct measurement m = { .split = "test" };
    const char *weights = NULL, *from = NULL;
    char path[PATH_BYTES];
    int64_t threads = 0;
    int format = 0;
    const struct option options[] = {
        MODEL_OPTIONS(&how),
        { "weights", OPTION_TEXT, &weights, NULL },
        { "run", OPTION_TEXT, &from, NULL },
        { "split", OPTION_TEXT, &m.split, NULL },
        { "threads", OPTION_COUNT, &threads, NULL },
        { "format", OPTION_CHOICE, &format, "text json" },
        { .name = NULL },
    };
    if (options_parse(&verb_eval, argc, argv, options, 1, 1) < 0) return EXIT_USAGE;
    if (threads > 1024) return usage_error(&verb_eval, "--threads is at most 1024");
    int code = find_weights(&verb_eval, argv[1], from, weights, path);
    if (code) return code;
    cg_model *model;
    code = load_model(&model, argv[1], &how);
    m.weights = path;
    if (code == 0) code = settle(model);
    if (code == 0) code = evaluate(&m, model, (int)threads, format == 1, &how.sets);
    measurement_free(&m);
    cg_model_free(model);
    return code;
}

const struct verb verb_eval = {
    .name = "eval",
    .usage = "[OPTION...] MODEL|RUN",
    .summary = "Measure a trained model on a split.",
    .help = "  --run RUN         the run whose best (else last) weights are used\n"
            "  --weights FILE    these weights, a safetensors file\n"
            "  --split NAME      the split to measure on (test)\n" MODEL_HELP
            "  --threads N       threads (all cores)\n"
            "  --format FORMAT   text or json, which has the calibration and all mistakes kept\n"
            "\n"
            "The calibration error is the expected one over 15 bins: how far the probability of\n"
            "the predicted class is from the share of hits. Mistakes are ranked by it.\n",
    .run = run,
};
