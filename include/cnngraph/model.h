/* Model files: read, checked, and recorded as graphs. */
#ifndef CNNGRAPH_MODEL_H
#define CNNGRAPH_MODEL_H

#include <cnngraph/data.h>
#include <cnngraph/program.h>

CG_BEGIN_API

typedef struct cg_model cg_model;

/* The mistakes found in a model file, in the order of its lines. */
typedef struct cg_diagnostics cg_diagnostics;
cg_diagnostics *cg_diagnostics_new(void);
void cg_diagnostics_free(cg_diagnostics *diagnostics);
int cg_diagnostics_count(const cg_diagnostics *diagnostics);
/* Message i with its place, the source line, a caret, shapes and help, as the command prints it. */
const char *cg_diagnostics_text(const cg_diagnostics *diagnostics, int i);
const cg_error *cg_diagnostics_error(const cg_diagnostics *diagnostics, int i);
/* The same of warnings: what is allowed, but hardly meant.  They change no status. */
int cg_diagnostics_warnings(const cg_diagnostics *diagnostics);
const char *cg_diagnostics_warning(const cg_diagnostics *diagnostics, int i);

/* Reads a model file; sets: "path=value" overrides as of --set, n of them.  Every mistake goes to
 * diagnostics (may be NULL); *error gets the first.  CG_EMODEL, or CG_EIO if it cannot be read. */
cg_status cg_model_load(cg_model **model, const char *path, int n_sets, const char *const sets[],
                        cg_diagnostics *diagnostics, cg_error *error);
/* The same from memory; name stands for the path in messages. */
cg_status cg_model_parse(cg_model **model, const char *name, const char *text, size_t size,
                         int n_sets, const char *const sets[], cg_diagnostics *diagnostics,
                         cg_error *error);
void cg_model_free(cg_model *model);

/* ---- what it says
 * ------------------------------------------------------------------------------*/
typedef enum {
    CG_NONFINITE_STOP,     /* the run ends                            */
    CG_NONFINITE_SKIP,     /* the step is left out                    */
    CG_NONFINITE_ROLLBACK, /* back to where the epoch began, at a lower learning rate */
    CG_NONFINITE_IGNORE    /* nobody looks                            */
} cg_on_nonfinite;
struct cg_optimizer;
struct cg_decay;
struct cg_schedule;
struct cg_loss;
typedef struct {
    const char *name;
    uint64_t seed;
    cg_shape input; /* of one sample */
    int n_outputs;  /* K of the N x K prediction; what it means is the loss's business */
    int n_targets;  /* columns that it is compared with; 0: a class                    */
    cg_data_spec data;

    const struct cg_loss *loss;
    const void *loss_attrs;
    const struct cg_optimizer *optimizer;
    const void *optimizer_attrs;
    const struct cg_decay *decay;
    double lr;
    cg_place optimizer_place;
    const struct cg_schedule *schedule; /* NULL: constant */
    const void *schedule_attrs;
    const char *schedule_monitor; /* what it follows, or NULL */
    double warmup;                /* epochs of linear warm-up before the schedule */
    double clip_norm, clip_value; /* of the gradient; 0: none */
    int64_t epochs, batch;
    int64_t accumulate;       /* batches whose gradients make one update */
    int64_t checkpoint_every; /* steps; 0: at the end of an epoch alone */
    double ema;               /* memory of the averaged weights; 0: none */
    bool keep_order;          /* train: {shuffle: false} */
    const char *from; /* weights to begin with: a safetensors file or a run's folder, or NULL */
    cg_place from_place;
    bool from_is_users;                                      /* an override gives it */
    const char *train_split, *validation_split, *test_split; /* NULL: none */
    struct {
        const char *monitor;
        int64_t patience;
        double min_delta, below;
        bool on;
    } early_stopping;
    cg_on_nonfinite on_nonfinite;
    const char *const *metrics; /* names, NULL-terminated */
} cg_spec;
const cg_spec *cg_model_spec(const cg_model *model);

/* Lets the model's data files lie in this folder too ("/": anywhere), beside those of the model
 * file and $CNNGRAPH_DATA.  Paths that an override gives may lie anywhere.  CG_ENOMEM. */
cg_status cg_model_allow_paths(cg_model *model, const char *folder, cg_error *error);

/* Lends a budget of memory to all that is loaded and compiled for the model; it must outlive that.
 */
void cg_model_set_budget(cg_model *model, cg_budget *budget);

/* Computes what the file leaves to the data, and writes it into the model: `normalize: auto`
 * becomes the mean and the standard deviation of the training split, weights of a loss that are
 * `balanced` become numbers.  Reads the data only where it must.  Before that, such a loss is
 * recorded without weights, and neither cg_train nor cg_evaluate takes it. */
cg_status cg_model_settle(cg_model *model, cg_error *error);

/* The resolved file: overrides applied, aliases, vars, blocks and repeats written out.  free() it.
 */
char *cg_model_render(const cg_model *model);

/* What a run and the model that goes on with it must have in common: the resolved file, without how
 * often it is saved, and without the number of epochs where no step depends on it.  free() it. */
char *cg_model_identity(const cg_model *model);

/* ---- recording -------------------------------------------------------------------------------
 * One file, several recordings: training (batch statistics, dropout) and evaluation. */
typedef enum { CG_TRAINING, CG_EVALUATION } cg_mode;
typedef struct {
    cg_node *x;      /* input "x", batch x C x H x W                     */
    cg_node *labels; /* input "labels", batch classes, or batch x n_targets */
    cg_node *partners,
        *shares;     /* of mixup, else NULL: inputs "partners", the labels or targets of
                        what images are mixed with, and "shares", how much of it: batch */
    cg_node *y;      /* prediction, batch x K, as the first loss's layer gives it; its
                        axes are one where the target is no class */
    cg_node *norms;  /* of evaluation where classes have weights, else NULL: input "norms",
                        one a loss: what its images' losses are multiplied by, so that
                        over all that is evaluated their mean is sum w l / sum w */
    cg_node *losses; /* batch values                                     */
    cg_node *loss;   /* their mean, a scalar                             */
} cg_recording;
cg_status cg_model_record(const cg_model *model, cg_graph *graph, cg_mode mode, int64_t batch,
                          cg_recording *recording, cg_error *error);

/* Parameters and states of a program recorded from this model get their initial values, from the
 * streams "init" of the seed; leaves that are not the model's (optimiser state) become 0. */
cg_status cg_model_init(const cg_model *model, cg_program *program, uint64_t seed, cg_error *error);

/* The table of `cnngraph summary`: layers, shapes, parameters, multiply-adds.  free() it. */
typedef struct {
    const char *name, *type; /* lent by the model */
    cg_shape shape;          /* of one sample     */
    int64_t parameters, macs;
    int line;
} cg_layer_info;
int cg_model_layers(const cg_model *model);
cg_layer_info cg_model_layer(const cg_model *model, int i);

CG_END_API
#endif
