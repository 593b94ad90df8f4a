/* Metrics of marks: several columns of zeros and ones, each right or wrong by itself. */
#include "nn/nn.h"

#include <math.h>

/* NaN is wrong, whatever is right. */
void cg_tally_add_marks(cg_tally *t, const float *y, const float *target)
{
    int hits = 0;
    for (int k = 0; k < t->n_columns; k++) {
        bool is = target[k] > 0.5f, taken = isnan(y[k]) ? !is : y[k] > t->cut;
        hits += taken == is;
        t->marks[k].hits += taken && is;
        t->marks[k].predicted += taken;
        t->marks[k].actual += is;
    }
    t->hits += hits;
    t->exact += hits == t->n_columns;
}

static double hits(const cg_tally *t)
{
    return cg_share((double)t->hits, (double)t->n * t->n_columns);
}

static double exact(const cg_tally *t)
{
    return cg_share((double)t->exact, (double)t->n);
}

/* Over all columns and images together: the micro average. */
static double f1(const cg_tally *t)
{
    double found = 0, marked = 0;
    for (int k = 0; k < t->n_columns; k++) {
        found += t->marks[k].hits;
        marked += t->marks[k].predicted + t->marks[k].actual;
    }
    return cg_share(2 * found, marked);
}

const cg_metric cg_metric_hits = { "hits", "share of columns that are right", hits, CG_AS_MARKS };
const cg_metric cg_metric_exact = { "exact", "share of images whose columns are all right", exact,
                                    CG_AS_MARKS };
const cg_metric cg_metric_mark_f1 = { "mark_f1", "2 P R / (P + R) of all columns together", f1,
                                      CG_AS_MARKS };
