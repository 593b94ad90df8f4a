/* What eval tells of a model whose target is no class. */
#include "metrics_report.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

static void print_text(const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    printf("weights   %s%s\n", m->weights, m->is_best ? "  (the best of the run)" : "");
    if (m->data[0]) printf("data      %s\n", m->data);
    printf("images    %lld\n%-8s  %.6f\n", (long long)e->n, "loss", e->loss);
    for (int i = 0; i < e->n_metrics; i++)
        printf("%-8s  %.6f\n", e->metrics[i].name, e->metrics[i].value);
}

/* JSON has no word for what is not finite. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void print_json(const struct measurement *m)
{
    const cg_evaluation *e = &m->evaluation;
    json_t *all = json_pack("{ss ss ss sI so}", "weights", m->weights, "data", m->data, "split",
                            m->split, "images", (json_int_t)e->n, "loss", number(e->loss));
    for (int i = 0; i < e->n_metrics; i++)
        json_object_set_new(all, e->metrics[i].name, number(e->metrics[i].value));
    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(all);
}

void metrics_report(const struct measurement *m, bool as_json)
{
    if (as_json)
        print_json(m);
    else
        print_text(m);
}
