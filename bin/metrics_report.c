#include "metrics_report.h"

#include "json.h"

#include <stdio.h>

/* ---- scores ------------------------------------------------------------------------------------
 */
void print_scores_head(const char *what)
{
    printf("\n%8s  precision  recall      F1  support\n", what);
}

void print_scores(const char *name, cg_scores s)
{
    printf("%8s  %9.4f  %6.4f  %6.4f  %7lld\n", name, s.precision, s.recall, s.f1,
           (long long)s.support);
}

json_t *scores_json(cg_scores s)
{
    return json_pack("{sf sf sf sI}", "precision", s.precision, "recall", s.recall, "f1", s.f1,
                     "support", (json_int_t)s.support);
}

/* ---- metrics -----------------------------------------------------------------------------------
 */
/* Each column of marks by itself. */
static void print_marks(const struct measurement *m)
{
    char number[16], text[CLASS_TEXT];
    if (m->evaluation.n_marks == 0) return;
    print_scores_head("column");
    for (int k = 0; k < m->evaluation.n_marks; k++) {
        const char *name = cg_dataset_target_name(m->set, k);
        snprintf(number, sizeof number, "%d", k);
        print_scores(name_text(name ? name : number, text), cg_mark_scores(&m->evaluation, k));
    }
}

static json_t *marks_json(const struct measurement *m)
{
    json_t *columns = json_array();
    for (int k = 0; k < m->evaluation.n_marks; k++) {
        const char *name = cg_dataset_target_name(m->set, k);
        json_t *column = scores_json(cg_mark_scores(&m->evaluation, k));
        if (name) json_object_set_new(column, "name", text_json(name));
        json_array_append_new(columns, column);
    }
    return columns;
}

static void print_text(const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    printf("weights   %s%s\n", m->weights, m->is_best ? "  (the best of the run)" : "");
    if (m->data[0]) printf("data      %s\n", m->data);
    printf("images    %lld\n%-8s  %.6f\n", (long long)e->n, "loss", e->loss);
    for (int i = 0; i < e->n_metrics; i++)
        printf("%-8s  %.6f\n", e->metrics[i].name, e->metrics[i].value);
    print_marks(m);
}

static int print_json(const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    json_t *all =
        json_pack("{so ss ss sI so}", "weights", text_json(m->weights), "data", m->data, "split",
                  m->split, "images", (json_int_t)e->n, "loss", number_json(e->loss));
    for (int i = 0; i < e->n_metrics; i++)
        json_object_set_new(all, e->metrics[i].name, number_json(e->metrics[i].value));
    if (e->n_marks) json_object_set_new(all, "columns", marks_json(m));
    return json_print(all, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
}

int metrics_report(const struct measurement *m, bool as_json)
{
    if (as_json) return print_json(m);
    print_text(m);
    return 0;
}
