/* Calibration: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
 * Networks", ICML 2017: images are binned by the probability of the predicted class. */
#include "train/study.h"

#include <math.h>

cg_study cg_study_of(const cg_spec *spec)
{
    return (cg_study){ .loss = spec->loss, .n_columns = spec->n_outputs };
}

static void keep(cg_study *s, const cg_mistake *mistake)
{
    int at = s->n_mistakes;
    while (at > 0 && s->mistake[at - 1].probability < mistake->probability) at--;
    if (at == CG_MISTAKES) return;
    if (s->n_mistakes < CG_MISTAKES) s->n_mistakes++;
    for (int i = s->n_mistakes - 1; i > at; i--) s->mistake[i] = s->mistake[i - 1];
    s->mistake[at] = *mistake;
}

/* Bin b of B holds what is above b / B, up to (b + 1) / B. */
static int bin_of(double probability)
{
    int b = (int)ceil(probability * CG_CALIBRATION_BINS) - 1;
    return b < 0 ? 0 : b;
}

void cg_study_add(cg_study *s, int64_t first, int64_t n, const float *y, const float *labels)
{
    int n_classes = s->n_columns == 1 ? 2 : s->n_columns;
    for (int64_t i = 0; i < n; i++, y += s->n_columns) {
        int label = (int)labels[i], predicted = cg_predicted(s->loss, s->n_columns, y);
        double probability = cg_probability(s->loss, s->n_columns, y, predicted);
        s->n++;
        if (label < 0 || label >= n_classes || isnan(probability)) continue;
        int b = bin_of(probability);
        s->n_told++;
        s->bin[b].n++;
        s->bin[b].hits += predicted == label;
        s->bin[b].confidence += probability;
        if (predicted == label) continue;
        keep(s, &(cg_mistake){ first + i, label, predicted, probability,
                               cg_probability(s->loss, s->n_columns, y, label) });
    }
}

double cg_study_calibration(const cg_study *s, cg_calibration_bin bins[CG_CALIBRATION_BINS])
{
    double error = 0;
    for (int b = 0; b < CG_CALIBRATION_BINS; b++) {
        double n = (double)s->bin[b].n;
        bins[b] = (cg_calibration_bin){ .n = s->bin[b].n };
        if (s->bin[b].n == 0) continue;
        bins[b].confidence = s->bin[b].confidence / n;
        bins[b].accuracy = (double)s->bin[b].hits / n;
        error += fabs((double)s->bin[b].hits - s->bin[b].confidence);
    }
    return s->n > 0 && s->n_told == s->n ? error / (double)s->n : NAN;
}
