/* Gathering what the metrics need. */
#include "nn/nn.h"

#include <math.h>
#include <string.h>

cg_measured cg_measured_as(const cg_loss *loss, cg_target target)
{
    bool is_binary = loss->takes == CG_VALUES_SHARES || loss->takes == CG_VALUES_LOGITS;
    if (target == CG_TARGET_CLASS) return CG_AS_CLASSES;
    if (target == CG_TARGET_VALUES && is_binary) return CG_AS_MARKS;
    return loss->takes == CG_VALUES_LOGITS ? CG_AS_LOSS : CG_AS_VALUES;
}

static float cut_of(const cg_loss *loss)
{
    return loss->cuts_at_zero ? 0.0f : 0.5f;
}

static bool allocate(cg_tally *t)
{
    size_t columns = (size_t)t->n_columns, k = (size_t)t->n_classes;
    if (t->as == CG_AS_VALUES) t->mean = cg_alloc(columns, sizeof *t->mean);
    if (t->as == CG_AS_VALUES) return t->mean;
    if (t->as == CG_AS_MARKS) t->marks = cg_alloc(columns, sizeof *t->marks);
    if (t->as == CG_AS_MARKS) return t->marks;
    if (t->as != CG_AS_CLASSES) return true;
    t->confusion = cg_alloc(k * k, sizeof *t->confusion);
    t->rank = cg_alloc(k, sizeof *t->rank);
    return t->confusion && t->rank;
}

cg_status cg_tally_new(cg_tally **tally, const cg_loss *loss, cg_target target, int n_columns,
                       cg_error *error)
{
    *tally = NULL;
    if (n_columns < 1) return cg_fail(error, CG_EUSAGE, "a tally of %d columns", n_columns);
    cg_tally *t = cg_alloc(1, sizeof *t);
    if (!t) return cg_fail_nomem(error, "a tally");
    t->as = cg_measured_as(loss, target);
    t->n_columns = n_columns;
    t->n_classes = t->as != CG_AS_CLASSES ? 0 : n_columns == 1 ? 2 : n_columns;
    t->cut = cut_of(loss);
    if (!allocate(t)) {
        cg_tally_free(t);
        return cg_fail_nomem(error, "a tally");
    }
    *tally = t;
    return CG_OK;
}

void cg_tally_free(cg_tally *t)
{
    if (!t) return;
    cg_release(t->confusion);
    cg_release(t->rank);
    cg_release(t->mean);
    cg_release(t->marks);
    cg_release(t);
}

void cg_tally_clear(cg_tally *t)
{
    size_t columns = (size_t)t->n_columns, k = (size_t)t->n_classes;
    if (t->confusion) memset(t->confusion, 0, k * k * sizeof *t->confusion);
    if (t->rank) memset(t->rank, 0, k * sizeof *t->rank);
    if (t->mean) memset(t->mean, 0, columns * sizeof *t->mean);
    if (t->marks) memset(t->marks, 0, columns * sizeof *t->marks);
    t->n = t->hits = t->exact = 0;
    t->loss = t->absolute = t->squared = t->spread = 0;
}

static bool has_nan(int k, const float *y)
{
    for (int i = 0; i < k; i++)
        if (isnan(y[i])) return true;
    return false;
}

static int first_largest(int n, const float *y)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (y[i] > y[best]) best = i;
    return best;
}

int cg_predicted(const cg_loss *loss, int n_columns, const float *y)
{
    return n_columns == 1 ? y[0] > cut_of(loss) : first_largest(n_columns, y);
}

/* Ties go to the smaller class, as for the first largest; NaN to a wrong one. */
static void add_row(cg_tally *t, int k, const float *y, int label)
{
    int best = first_largest(k, y), rank = 0;
    for (int i = 0; i < k; i++) rank += y[i] > y[label] || (i < label && y[i] == y[label]);
    if (has_nan(k, y)) {
        rank = k - 1;
        best = label ? 0 : 1;
    }
    t->confusion[label * k + best]++;
    t->rank[rank]++;
}

static void add_class(cg_tally *t, const float *y, int label)
{
    if (label < 0 || label >= t->n_classes) return;
    if (t->n_columns == 1)
        add_row(t, 2, (float[]){ t->cut, y[0] }, label);
    else
        add_row(t, t->n_columns, y, label);
}

void cg_tally_add(cg_tally *t, int64_t n, const float *y, const float *labels, const float *losses)
{
    for (int64_t i = 0; i < n; i++, y += t->n_columns) {
        const float *target = labels + i * t->n_columns;
        if (losses) t->loss += (double)losses[i];
        t->n++;
        if (t->as == CG_AS_CLASSES) add_class(t, y, (int)labels[i]);
        if (t->as == CG_AS_VALUES) cg_tally_add_values(t, y, target);
        if (t->as == CG_AS_MARKS) cg_tally_add_marks(t, y, target);
    }
}
