/* Training, evaluating, predicting, and the run's folder. */
#ifndef CNNGRAPH_TRAIN_H
#define CNNGRAPH_TRAIN_H

#include <cnngraph/model.h>

CG_BEGIN_API

/* A metric by its name, which is static. */
typedef struct {
    const char *name;
    double value;
} cg_metric_value;
enum { CG_MAX_METRICS = 16 }; /* that a run tells of; further ones are left out */

/* The SHA-256 sum of all parameters in the order of their names, of each: its name, a zero byte,
 * its values as little-endian float32.  In hexadecimal, with a NUL. */
enum { CG_WEIGHTS_DIGEST = 65 };

/* ---- training ------------------------------------------------------------------------------
 * What a run reports: after each step (live lines) and after each epoch. */
typedef struct {
    int64_t epoch, epochs, step, steps; /* of the epoch, 1-based; step: within the epoch */
    double loss, accuracy;              /* over the epoch so far; NaN: of no classes      */
    double val_loss, val_accuracy;      /* after the epoch, NaN without a validation split */
    double images_per_s, seconds_left;
    double lr;     /* of the last step */
    int n_metrics; /* after the epoch: the model file's beside loss and accuracy, ... */
    const cg_metric_value *metrics; /* ... of the validation split                    */
    int64_t skipped, rollbacks;     /* of the run, for what was not finite                */
    const cg_error *trouble;        /* what it was, once after each of them; else NULL    */
    bool epoch_done, is_best;
    const char *data;   /* the set that serves: data.source or its fallback      */
    const char *origin; /* what this call took of `train: from:` and what not, in a line; or NULL */
} cg_progress;

typedef struct {
    int threads;         /* 0: all cores                                      */
    const char *folder;  /* "runs": where run folders are made; NULL: no folder, nothing written */
    const char *resume;  /* a run folder to go on with, or NULL               */
    const char *profile; /* file for a trace of where the time goes, or NULL */
    int64_t max_steps;   /* stop after so many steps of this call; 0: no limit */
    void (*progress)(void *context, const cg_progress *progress);
    void *context;
    const volatile int *stop; /* becomes non-zero to ask for a stop (a signal handler's flag) */
} cg_train_options;

typedef struct {
    char folder[256]; /* the run's folder, "" if none          */
    const char *data; /* the set that was used: "mnist", "digits"; lent by the model */
    int64_t epochs, steps, best_epoch; /* whose weights are kept as the best; 0: none */
    int64_t skipped, rollbacks; /* steps left out, epochs begun again, as on_nonfinite says */
    bool is_finished;           /* no epoch is left to do */
    double train_loss, train_accuracy; /* of the last complete epoch; NaN: none */
    double val_loss, val_accuracy, test_loss, test_accuracy; /* test: of the last weights */
    int n_metrics; /* the model file's beside loss and accuracy, of the test split */
    cg_metric_value metrics[CG_MAX_METRICS];
    double seconds;
    char weights[CG_WEIGHTS_DIGEST]; /* digest of the last weights; "" when the run failed */
} cg_train_result;

/* The run's folder, FOLDER/NAME or FOLDER/NAME-2, ..., gets model.yaml (as resolved), metrics.jsonl
 * (a line an epoch), last.safetensors and best.safetensors.  A run that was stopped, or killed,
 * goes on from last.safetensors to the bits that it would have reached, on any number of threads.
 * It may save more often, or not as often, and go on to another number of epochs, as if it had had
 * that from the start, unless its schedule depends on the number; nothing else of the model may
 * change.
 *
 * options->profile gets a JSON array of complete events ("ph": "X", times in microseconds), as
 * chrome://tracing and Perfetto read them: the first 200 steps stage by stage with the fills of
 * their batches (tid 2), and set-up, evaluations and checkpoints.  It is written when the run ends,
 * in whatever way; CG_EIO before anything else when it cannot be.
 *
 * What is not finite in a batch, loss, gradient or weight is found in the step that makes it so, by
 * op and place.  on_nonfinite: stop ends the run with CG_ENUMERIC, that in *error, and nothing of
 * the step saved; skip leaves the step out, rollback takes the epoch anew at half the learning
 * rate, and either tells of it through options->progress.  CG_ENUMERIC too after 10 rollbacks, an
 * epoch without a step that was not left out, or weights that are not finite to begin with.
 *
 * CG_EINTERRUPTED after options->stop, with the checkpoint saved; CG_ECHECKPOINT when the run to
 * resume is damaged or of another model.  *result tells how far it came, whatever the status. */
cg_status cg_train(const cg_model *model, const cg_train_options *options, cg_train_result *result,
                   cg_error *error);

/* ---- the same bits ------------------------------------------------------------------------- */
/* The first CG_VERIFY_STEPS steps of a training, or its first epoch where that has fewer, from the
 * same start: three times on `threads` (0: all cores), and once on another number of them (1, or
 * else 2).  After each step parameters and states are compared bit by bit: CG_EREPRODUCE with the
 * step and the first tensor that differs.  Nothing is written. */
enum { CG_VERIFY_STEPS = 20 };
typedef struct {
    int64_t steps;
    int threads, other_threads;
    char weights[CG_WEIGHTS_DIGEST]; /* digest after those steps */
} cg_verification;
cg_status cg_train_verify(const cg_model *model, int threads, cg_verification *result,
                          cg_error *error);

/* ---- a trained model ----------------------------------------------------------------------- */
typedef struct cg_predictor cg_predictor;

/* The model with the weights of a checkpoint, or of any safetensors file that holds its parameters
 * and states by name.  threads 0: all cores.  The model must outlive it.  CG_ENUMERIC when not all
 * of them are finite, unless the model says on_nonfinite: ignore. */
cg_status cg_predictor_new(cg_predictor **predictor, const cg_model *model, const char *weights,
                           int threads, cg_error *error);
void cg_predictor_free(cg_predictor *predictor);

/* What the data that the weights learnt from call class i, or column i of the target, as the file
 * tells; NULL: it has a number. */
const char *cg_predictor_name(const cg_predictor *predictor, int i);

/* y[n x K] = the model's outputs for images x[n x C x H x W], as the layer of the first
 * loss gives them: the last one unless `losses` name another. */
cg_status cg_predict(cg_predictor *predictor, int64_t n, const float *x, float *y, cg_error *error);

/* The set that the weights were trained on ("mnist"), as the file tells; "" where it does not.  The
 * budget, or NULL, must have room for the file. */
enum { CG_DATA_NAME = 64 };
cg_status cg_weights_data(const char *weights, const cg_budget *budget, char name[CG_DATA_NAME],
                          cg_error *error);

/* A mistake: an image of the split by its position, what it is, what it was taken for, and the
 * probabilities that the model gave to the one and the other. */
typedef struct {
    int64_t image;
    int label, predicted;
    double probability, label_probability; /* of the predicted class, of the true one */
} cg_mistake;

/* The images whose predicted class had a probability above b / CG_CALIBRATION_BINS, up to
 * (b + 1) / CG_CALIBRATION_BINS: their number, mean probability and share of hits. */
typedef struct {
    int64_t n;
    double confidence, accuracy; /* 0 where n is 0 */
} cg_calibration_bin;

enum { CG_CALIBRATION_BINS = 15, CG_MISTAKES = 24 };

/* What a pass over a split found; the arrays are lent by the predictor until its next use. */
typedef struct {
    int n_classes; /* 0: the target is no class, accuracy NaN and the arrays NULL */
    int64_t n;     /* images */
    double loss, accuracy;
    int n_metrics; /* where the target is no class: all that there are */
    cg_metric_value metrics[CG_MAX_METRICS];
    const int64_t *confusion;      /* [true * n_classes + predicted]                            */
    const int64_t *rank;           /* rank[r]: images whose true class came r-th, from 0        */
    int n_marks;                   /* columns of marks; 0: the target is something else          */
    const struct cg_counts *marks; /* of each, for cg_mark_scores                           */
    double calibration_error;      /* expected: 0 is best; NaN where outputs are no probabilities */
    cg_calibration_bin calibration[CG_CALIBRATION_BINS];
    const cg_mistake *mistakes; /* n_mistakes, the most confident first */
    int n_mistakes;
} cg_evaluation;
cg_status cg_evaluate(cg_predictor *predictor, const cg_dataset *set, int split,
                      cg_evaluation *result, cg_error *error);

/* Of a class, or of the ones of a column: precision = hits / predicted, recall = hits / support, F1
 * their harmonic mean; 0 where the denominator is 0. */
typedef struct {
    double precision, recall, f1;
    int64_t support; /* images of the class; ones */
} cg_scores;
cg_scores cg_class_scores(const cg_evaluation *evaluation, int c);
cg_scores cg_mark_scores(const cg_evaluation *evaluation, int column);
/* Their mean over the classes that are there or are predicted; weighted: each by its support. */
cg_scores cg_mean_scores(const cg_evaluation *evaluation, bool is_weighted);
/* The share of images whose true class was among the first k. */
double cg_top(const cg_evaluation *evaluation, int k);

CG_END_API
#endif
