/* What a confusion matrix says of its classes, and counts of marks of their columns. */
#include "nn/nn.h"

#include <cnngraph/train.h>

static cg_scores scores_of(cg_counts n)
{
    return (cg_scores){ cg_share(n.hits, n.predicted), cg_share(n.hits, n.actual),
                        cg_share(2 * n.hits, n.actual + n.predicted), (int64_t)n.actual };
}

cg_scores cg_class_scores(const cg_evaluation *e, int c)
{
    return scores_of(cg_count_class(e->confusion, e->n_classes, c));
}

cg_scores cg_mark_scores(const cg_evaluation *e, int column)
{
    return scores_of(e->marks[column]);
}

cg_scores cg_mean_scores(const cg_evaluation *e, bool is_weighted)
{
    double sum = 0;
    cg_scores mean = { .support = 0 };
    for (int c = 0; c < e->n_classes; c++) {
        cg_counts n = cg_count_class(e->confusion, e->n_classes, c);
        cg_scores s = scores_of(n);
        double weight = is_weighted ? n.actual : n.actual + n.predicted > 0;
        mean.precision += weight * s.precision;
        mean.recall += weight * s.recall;
        mean.f1 += weight * s.f1;
        mean.support += s.support;
        sum += weight;
    }
    mean.precision = cg_share(mean.precision, sum);
    mean.recall = cg_share(mean.recall, sum);
    mean.f1 = cg_share(mean.f1, sum);
    return mean;
}

double cg_top(const cg_evaluation *e, int k)
{
    int64_t hits = 0;
    for (int r = 0; r < k && r < e->n_classes; r++) hits += e->rank[r];
    return cg_share((double)hits, (double)e->n);
}
