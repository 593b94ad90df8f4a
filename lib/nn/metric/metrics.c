/* Metrics of classes.  precision, recall and F1 are macro averages: every class weighs the same; as
 * in scikit-learn, one whose denominator is 0 counts 0, one that neither is nor is predicted is
 * left out. */
#include "nn/nn.h"

static double loss(const cg_tally *t)
{
    return cg_share(t->loss, (double)t->n);
}

static double top(const cg_tally *t, int k)
{
    int64_t hits = 0;
    for (int r = 0; r < k && r < t->n_classes; r++) hits += t->rank[r];
    return cg_share((double)hits, (double)t->n);
}

static double accuracy(const cg_tally *t)
{
    return top(t, 1);
}

static double top2(const cg_tally *t)
{
    return top(t, 2);
}

static double top3(const cg_tally *t)
{
    return top(t, 3);
}

static double top4(const cg_tally *t)
{
    return top(t, 4);
}

static double top5(const cg_tally *t)
{
    return top(t, 5);
}

cg_counts cg_count_class(const int64_t *confusion, int k, int class)
{
    cg_counts n = { .hits = (double)confusion[class * k + class] };
    for (int i = 0; i < k; i++) {
        n.actual += (double)confusion[class * k + i];
        n.predicted += (double)confusion[i * k + class];
    }
    return n;
}

static double macro(const cg_tally *t, double actual_weight, double predicted_weight)
{
    double sum = 0, n_present = 0;
    for (int c = 0; c < t->n_classes; c++) {
        cg_counts n = cg_count_class(t->confusion, t->n_classes, c);
        sum += cg_share(n.hits, actual_weight * n.actual + predicted_weight * n.predicted);
        n_present += n.actual + n.predicted > 0;
    }
    return cg_share(sum, n_present);
}

static double precision(const cg_tally *t)
{
    return macro(t, 0, 1);
}

static double recall(const cg_tally *t)
{
    return macro(t, 1, 0);
}

/* 2 P R / (P + R) = hits / ((actual + predicted) / 2) */
static double f1(const cg_tally *t)
{
    return macro(t, 0.5, 0.5);
}

const cg_metric cg_metric_loss = { "loss", "mean loss an image", loss, CG_AS_LOSS };
const cg_metric cg_metric_accuracy = { "accuracy", "share of images whose class came first",
                                       accuracy, CG_AS_CLASSES };
const cg_metric cg_metric_top2 = { "top2", "share of images whose class is among the first 2", top2,
                                   CG_AS_CLASSES };
const cg_metric cg_metric_top3 = { "top3", "share of images whose class is among the first 3", top3,
                                   CG_AS_CLASSES };
const cg_metric cg_metric_top4 = { "top4", "share of images whose class is among the first 4", top4,
                                   CG_AS_CLASSES };
const cg_metric cg_metric_top5 = { "top5", "share of images whose class is among the first 5", top5,
                                   CG_AS_CLASSES };
const cg_metric cg_metric_precision = { "precision", "macro average of hits / predicted", precision,
                                        CG_AS_CLASSES };
const cg_metric cg_metric_recall = { "recall", "macro average of hits / actual", recall,
                                     CG_AS_CLASSES };
const cg_metric cg_metric_f1 = { "f1", "macro average of 2 P R / (P + R)", f1, CG_AS_CLASSES };
