/* How sure a model is, and how often it should not have been: calibration, and its most confident
 * mistakes. */
#ifndef CG_TRAIN_STUDY_H
#define CG_TRAIN_STUDY_H

#include "nn/nn.h"

#include <cnngraph/train.h>

/* What a pass over a split gathers; a value. */
typedef struct {
    const cg_loss *loss;
    int n_columns;
    int64_t n, n_told; /* images, and those whose outputs are probabilities */
    struct {
        int64_t n, hits;
        double confidence; /* sum */
    } bin[CG_CALIBRATION_BINS];
    int n_mistakes;
    cg_mistake mistake[CG_MISTAKES]; /* the most confident first, then in the order of the split */
} cg_study;

cg_study cg_study_of(const cg_spec *spec);

/* Images first, first + 1, ... of the split; y: n x n_columns, labels: n. */
void cg_study_add(cg_study *s, int64_t first, int64_t n, const float *y, const float *labels);

/* Fills the calibration's bins and returns its error, NaN where some outputs are no probabilities:
 * sum over bins of n_b / n |accuracy_b - confidence_b|. */
double cg_study_calibration(const cg_study *s, cg_calibration_bin bins[CG_CALIBRATION_BINS]);

#endif
