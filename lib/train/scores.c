/* What a confusion matrix says of its classes. */
#include <cnngraph/train.h>

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

cg_scores cg_class_scores(const cg_evaluation *e, int c)
{
    int k = e->n_classes;
    int64_t actual = 0, predicted = 0;
    double hits = (double)e->confusion[c * k + c];
    for (int i = 0; i < k; i++) {
        actual += e->confusion[c * k + i];
        predicted += e->confusion[i * k + c];
    }
    return (cg_scores){ share(hits, (double)predicted), share(hits, (double)actual),
                        share(2 * hits, (double)(actual + predicted)), actual };
}

cg_scores cg_mean_scores(const cg_evaluation *e, bool is_weighted)
{
    double sum = 0;
    cg_scores mean = { .support = 0 };
    for (int c = 0; c < e->n_classes; c++) {
        cg_scores s = cg_class_scores(e, c);
        double weight = is_weighted ? (double)s.support : 1;
        mean.precision += weight * s.precision;
        mean.recall += weight * s.recall;
        mean.f1 += weight * s.f1;
        mean.support += s.support;
        sum += weight;
    }
    mean.precision = share(mean.precision, sum);
    mean.recall = share(mean.recall, sum);
    mean.f1 = share(mean.f1, sum);
    return mean;
}

double cg_top(const cg_evaluation *e, int k)
{
    int64_t hits = 0;
    for (int r = 0; r < k && r < e->n_classes; r++) hits += e->rank[r];
    return share((double)hits, (double)e->n);
}
