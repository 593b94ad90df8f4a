/* Metrics of classes.  precision, recall and F1 are macro averages: every class weighs the same; a
 * class whose denominator is 0 counts 0, as in scikit-learn. */
#include "nn/nn.h"

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static double loss(const cg_tally *t)
{
    return share(t->loss, (double)t->n);
}

static double top(const cg_tally *t, int k)
{
    int64_t hits = 0;
    for (int r = 0; r < k && r < t->n_classes; r++) hits += t->rank[r];
    return share((double)hits, (double)t->n);
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

/* Of class c: images of it that were found, images of it, images taken for it. */
static void count(const cg_tally *t, int c, double *hits, double *actual, double *predicted)
{
    int k = t->n_classes;
    *hits = (double)t->confusion[c * k + c];
    *actual = *predicted = 0;
    for (int i = 0; i < k; i++) {
        *actual += (double)t->confusion[c * k + i];
        *predicted += (double)t->confusion[i * k + c];
    }
}

static double macro(const cg_tally *t, double actual_weight, double predicted_weight)
{
    double sum = 0, hits, actual, predicted;
    for (int c = 0; c < t->n_classes; c++) {
        count(t, c, &hits, &actual, &predicted);
        sum += share(hits, actual_weight * actual + predicted_weight * predicted);
    }
    return share(sum, t->n_classes);
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
