/* Metrics of numbers: errors over all images and columns. */
#include "nn/nn.h"

#include <math.h>

/* The means are updated as by B. P. Welford, "Note on a method for calculating corrected sums of
 * squares and products", Technometrics 4 (1962): no large squares are subtracted. */
void cg_tally_add_values(cg_tally *t, const float *y, const float *target)
{
    for (int k = 0; k < t->n_columns; k++) {
        double error = (double)y[k] - (double)target[k], away = (double)target[k] - t->mean[k];
        t->absolute += fabs(error);
        t->squared += error * error;
        t->mean[k] += away / (double)t->n;
        t->spread += away * ((double)target[k] - t->mean[k]);
    }
}

static double count(const cg_tally *t)
{
    return t->n ? (double)t->n * t->n_columns : 1;
}

static double mae(const cg_tally *t)
{
    return t->absolute / count(t);
}

static double rmse(const cg_tally *t)
{
    return sqrt(t->squared / count(t));
}

/* Of targets that are all alike there is nothing to explain: 0, as in scikit-learn. */
static double r2(const cg_tally *t)
{
    return t->spread > 0 ? 1 - t->squared / t->spread : 0;
}

const cg_metric cg_metric_mae = { "mae", "mean of |y - t|", mae, CG_AS_VALUES };
const cg_metric cg_metric_rmse = { "rmse", "root of the mean of (y - t)^2", rmse, CG_AS_VALUES };
const cg_metric cg_metric_r2 = { "r2", "share of the targets' variance that is explained", r2,
                                 CG_AS_VALUES };
