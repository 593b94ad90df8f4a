/* Measuring a trained model on a split, as eval and report do. */
#ifndef CNNGRAPH_MEASURE_H
#define CNNGRAPH_MEASURE_H

#include "load.h"

#include "data/dataset.h"

/* What is measured: these weights, on this set, which may be another than they learnt from. */
struct measurement {
    const char *weights, *split, *data; /* data: "" where the model file names files */
    char trained_on[CG_DATA_NAME];      /* "" where the weights do not tell         */
    bool is_best;                       /* the weights are the best of their run, by their name */
    cg_dataset *set;
    int which; /* the split */
    cg_predictor *predictor;
    cg_evaluation evaluation;
};

/* Loads the data, and evaluates m->weights on m->split.  Another set than the weights learnt from
 * is refused unless the user chose it, by a --set of the data.  Returns the exit code; free the
 * measurement in any case. */
int measure(const struct verb *verb, struct measurement *m, const cg_model *model, int threads,
            const struct option_list *sets);
void measurement_free(struct measurement *m);

bool is_other_data(const struct measurement *m);

/* The label that class c had before the model file's `classes` renumbered it. */
int64_t class_name(const cg_spec *spec, int c);
/* A name as it is shown: one line of UTF-8, in the buffer, cut if it is longer. */
enum { CLASS_TEXT = 128 };
const char *name_text(const char *name, char text[CLASS_TEXT]);
/* The name of class c where the data (NULL: none) have one, else that label. */
const char *class_text(const cg_spec *spec, const cg_dataset *set, int c, char text[CLASS_TEXT]);

#endif
