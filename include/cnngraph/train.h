/* Training, evaluating, and the run's folder. */
#ifndef CNNGRAPH_TRAIN_H
#define CNNGRAPH_TRAIN_H

#include <cnngraph/model.h>

CG_BEGIN_API

/* What a run reports: after each step (live lines) and after each epoch. */
typedef struct {
    int64_t epoch, epochs, step, steps; /* of the epoch, 1-based; step: within the epoch */
    double  loss, accuracy;             /* over the epoch so far                          */
    double  val_loss, val_accuracy;     /* after the epoch, NaN without a validation split */
    double  images_per_s, seconds_left, lr;
    bool    epoch_done, is_best;
} cg_progress;

typedef struct {
    int         threads;     /* 0: all cores                                      */
    const char *folder;      /* "runs": where run folders are made; NULL: no folder, nothing written */
    const char *resume;      /* a run folder to go on with, or NULL               */
    int64_t     max_steps;   /* stop after so many steps of this call; 0: no limit */
    void      (*progress)(void *context, const cg_progress *progress);
    void       *context;
    const volatile int *stop; /* becomes non-zero to ask for a stop (a signal handler's flag) */
} cg_train_options;

typedef struct {
    char    folder[256]; /* the run's folder, "" if none          */
    const char *data;    /* the set that was used: "mnist", "digits" */
    int64_t epochs, steps;
    double  train_loss, train_accuracy, val_loss, val_accuracy, test_loss, test_accuracy; /* NaN: none */
    double  seconds;
} cg_train_result;

/* CG_EINTERRUPTED after options->stop, with the checkpoint saved; CG_ENUMERIC after a loss that is
 * not finite (on_nonfinite: stop), with the op and place in *error. */
cg_status cg_train(const cg_model *model, const cg_train_options *options, cg_train_result *result, cg_error *error);

CG_END_API
#endif
