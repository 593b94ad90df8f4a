/* Gathering what the metrics need. */
#include "nn/nn.h"

#include <math.h>
#include <string.h>

cg_status cg_tally_new(cg_tally **tally, int n_columns, cg_error *error)
{
    *tally = NULL;
    if (n_columns < 1) return cg_fail(error, CG_EUSAGE, "a tally of %d columns", n_columns);
    size_t k = n_columns == 1 ? 2 : (size_t)n_columns;
    cg_tally *t = cg_alloc(1, sizeof *t);
    if (t) t->confusion = cg_alloc(k * k, sizeof *t->confusion);
    if (t) t->rank = cg_alloc(k, sizeof *t->rank);
    if (!t || !t->confusion || !t->rank) {
        cg_tally_free(t);
        return cg_fail_nomem(error, "the confusion matrix");
    }
    t->n_columns = n_columns;
    t->n_classes = (int)k;
    *tally = t;
    return CG_OK;
}

void cg_tally_free(cg_tally *t)
{
    if (!t) return;
    cg_release(t->confusion);
    cg_release(t->rank);
    cg_release(t);
}

void cg_tally_clear(cg_tally *t)
{
    size_t k = (size_t)t->n_classes;
    memset(t->confusion, 0, k * k * sizeof *t->confusion);
    memset(t->rank, 0, k * sizeof *t->rank);
    t->n = 0;
    t->loss = 0;
}

static bool has_nan(int k, const float *y)
{
    for (int i = 0; i < k; i++)
        if (isnan(y[i])) return true;
    return false;
}

int cg_predicted(int n_columns, const float *y)
{
    int best = 0;
    if (n_columns == 1) return y[0] > 0.5f;
    for (int i = 1; i < n_columns; i++)
        if (y[i] > y[best]) best = i;
    return best;
}

/* Ties go to the smaller class, as for the first largest; NaN to a wrong one. */
static void add_row(cg_tally *t, const float *y, int label)
{
    int k = t->n_classes, best = cg_predicted(k, y), rank = 0;
    for (int i = 0; i < k; i++) rank += y[i] > y[label] || (y[i] == y[label] && i < label);
    if (has_nan(k, y)) {
        rank = k - 1;
        best = label ? 0 : 1;
    }
    t->confusion[label * k + best]++;
    t->rank[rank]++;
}

void cg_tally_add(cg_tally *t, int64_t n, const float *y, const float *labels, const float *losses)
{
    for (int64_t i = 0; i < n; i++, y += t->n_columns) {
        int label = (int)labels[i];
        if (losses) t->loss += (double)losses[i];
        t->n++;
        if (label < 0 || label >= t->n_classes) continue;
        float pair[2] = { 0.5f, y[0] }; /* of one column */
        add_row(t, t->n_columns == 1 ? pair : y, label);
    }
}
