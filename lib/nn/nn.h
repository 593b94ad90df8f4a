/* Layers, initialisers, losses and metrics: one descriptor a file, one list each. */
#ifndef CG_NN_NN_H
#define CG_NN_NN_H

#include "base/rng.h"
#include <cnngraph/data.h>
#include <cnngraph/graph.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- initialisers ----------------------------------------------------------------------------*/
typedef struct cg_init {
    const char *name, *help;
    const cg_attr *attrs; /* structs of at most CG_INIT_ATTRS bytes */
    size_t attrs_size;
    /* The next n values, drawn from the stream; fans as in Glorot & Bengio 2010: fan_in = inputs of
     * one unit. */
    void (*fill)(const void *attrs, cg_rng *rng, int64_t fan_in, int64_t fan_out, int64_t n,
                 double values[]);
} cg_init;
enum { CG_INIT_ATTRS = 32 };
typedef struct {
    const cg_init *init; /* NULL: the layer's default */
    union {
        double real[4];
        unsigned char bytes[CG_INIT_ATTRS];
    } attrs;
} cg_init_use;
extern const cg_init *const cg_inits[];
const cg_init *cg_init_find(const char *name);
/* The initialiser with its default attributes, which are all CG_ATTR_REAL. */
void cg_init_use_default(cg_init_use *use, const cg_init *init);

/* ---- layers -----------------------------------------------------------------------------------
 * A layer records nodes, and parameters through its builder.  An op with the trait CG_LAYER is a
 * layer too, unless one here has its name. */
typedef struct cg_builder cg_builder;

/* Keys beyond those of cg_attr; a field at `offset` of the layer's struct. */
typedef enum {
    CG_KEY_INIT,       /* cg_init_use: a word or {word: {...}}                            */
    CG_KEY_ACTIVATION, /* cg_activation_use: the same, of an op that is a layer           */
    CG_KEY_PADDING,    /* cg_padding: same, valid, or whole numbers as of CG_ATTR_INTS     */
} cg_key_type;
typedef struct {
    const char *name; /* NULL ends the table */
    cg_key_type type;
    size_t offset;
    const char *help;
} cg_layer_key;

enum { CG_ACTIVATION_ATTRS = 256 };
typedef struct {
    const cg_op *op; /* NULL: none */
    union {
        double real[CG_ACTIVATION_ATTRS / 8];
        unsigned char bytes[CG_ACTIVATION_ATTRS];
    } attrs;
} cg_activation_use;
typedef struct {
    bool same;        /* output size = input size / stride, rounded up */
    int64_t sides[4]; /* top, left, bottom, right; where not `same`    */
} cg_padding;

typedef struct cg_layer {
    const char *name, *help;
    int n_inputs;             /* -1: two or more */
    const cg_attr *attrs;     /* a default outside [min, max] means that the key is required */
    const cg_layer_key *keys; /* NULL: none      */
    size_t attrs_size;
    /* x: N x ...; returns N x ....  A mistake: cg_layer_fail. */
    cg_node *(*record)(cg_builder *b, const void *attrs, int n, cg_node *const x[]);
} cg_layer;
extern const cg_layer *const cg_layers[]; /* NULL-terminated, as every list here */
const cg_layer *cg_layer_find(const char *name);

/* What a layer needs to record itself. */
struct cg_builder {
    cg_graph *graph;
    cg_arena *arena;                    /* of the texts and the list of leaves      */
    bool training;                      /* or evaluation                            */
    const char *name;                   /* of the layer, unique in the model        */
    const char *share;                  /* the layer whose parameters it takes, or NULL */
    int n_shared;                       /* that it has taken                        */
    double rate;                        /* factor of the learning rate              */
    bool is_frozen;                     /* its parameters are states, and it records evaluation */
    struct cg_leaf_plan *leaves, *last; /* what was recorded, in order */
    const char *bad_key, *help;         /* of the first cg_layer_fail; NULL: the layer as such */
};

/* A parameter or state, and what it begins with. */
typedef struct cg_leaf_plan {
    const char *name;
    cg_shape shape;
    cg_init_use init; /* a state has `constant` */
    int64_t fan_in, fan_out;
    bool is_parameter; /* frozen or not                                                  */
    bool is_weight;    /* neither a bias nor a factor, which begin with one value for all */
    double rate;       /* factor of the learning rate                                     */
    struct cg_leaf_plan *next;
} cg_leaf_plan;

/* A parameter "LAYER.name", of a frozen layer a state, or that of the layer b->share; init->init
 * NULL: `otherwise`.  NULL once the graph is in error. */
cg_node *cg_layer_parameter(cg_builder *b, const char *name, cg_shape shape,
                            const cg_init_use *init, const cg_init *otherwise, int64_t fan_in,
                            int64_t fan_out);
cg_node *cg_layer_state(cg_builder *b, const char *name, cg_shape shape, double initial);
/* A number of its own for the random draws of this layer. */
int64_t cg_layer_stream(const cg_builder *b);
cg_node *cg_layer_activation(const cg_activation_use *use, cg_node *x);
/* Puts the graph in error.  key: of the layer's map, or NULL; help: the way out, or NULL (copied).
 * Returns NULL. */
cg_node *cg_layer_fail(cg_builder *b, const char *key, const char *help, const char *format, ...)
    CG_PRINTF(4, 5);
/* The shape of one sample of x, as text: "6x14x14". */
char *cg_sample_text(const cg_node *x, char buffer[CG_SHAPE_TEXT]);
/* Fails unless x has this rank; layout: "C x H x W", for the message. */
bool cg_layer_expects_rank(cg_builder *b, const cg_node *x, int rank, const char *layout);
/* top, left, bottom, right for a window of kernel[] that moves by stride[] over N C H W. */
void cg_padding_sides(const cg_padding *padding, const cg_shape *x, const int64_t kernel[2],
                      const int64_t stride[2], const int64_t dilation[2], int64_t sides[4]);
/* Fails, at `kernel`, unless the window fits into the padded image. */
bool cg_layer_window_fits(cg_builder *b, const cg_shape *x, const int64_t kernel[2],
                          const int64_t dilation[2], const int64_t sides[4]);

/* ---- losses: forward in ops; a loss maps prediction and labels to one value a row -------------*/
typedef enum {
    CG_VALUES_ANY,          /* no telling, or no matter      */
    CG_VALUES_LOGITS,       /* any numbers                   */
    CG_VALUES_SHARES,       /* each by itself within 0 and 1 */
    CG_VALUES_PROBABILITIES /* the same, and their sum is 1  */
} cg_values;
/* Factors that a model file may give a loss, in the struct of its attributes. */
typedef enum {
    CG_WEIGHS_NOTHING,
    CG_WEIGHS_CLASSES, /* an image counts by its class: sum w l / sum w over the images */
    CG_WEIGHS_ONES     /* in each column, a 1 counts so many times a 0                  */
} cg_weighing;
extern const char *const cg_weighing_keys[]; /* their words in a model file: "weights", ... */
typedef struct {
    int64_t n;           /* classes or columns, of ones also 1 for all columns; 0: none */
    const double *value; /* 0 or more, not all 0 */
    bool is_balanced;    /* yet to be computed from the data: cg_model_settle */
} cg_weights;

typedef struct cg_loss {
    const char *name, *help;
    cg_values takes;
    const cg_attr *attrs;
    size_t attrs_size;
    cg_weighing weighs; /* unless it is nothing, the attributes begin with a cg_weights */
    int least_columns;  /* K must be at least so much */
    bool cuts_at_zero;  /* a single column above 0, not above a half, speaks for 1 */
    bool only_classes;  /* it compares with labels, with no values */
    /* y: N x K; labels: N classes or, unless only_classes, N x K values.  Returns N values. */
    cg_node *(*record)(const void *attrs, cg_node *y, cg_node *labels);
} cg_loss;
/* For losses: what y is compared with.  Values as they are; of classes, one column: the label
 * itself (N x 1); several: 1 in the column of the class (N x K).  NULL once the graph is in error.
 */
cg_node *cg_loss_target(cg_node *y, cg_node *labels);
/* The weights of classes among a loss's attributes, NULL where all count the same. */
const cg_weights *cg_class_weights(const cg_loss *loss, const void *attrs);
/* In the graph of `like`: the n weights, to be broadcast over rows of n; of the images' classes
 * (N).
 */
cg_node *cg_weights_row(const cg_weights *weights, const cg_node *like);
cg_node *cg_weights_of(const cg_weights *weights, cg_node *labels);
extern const cg_loss *const cg_losses[];
const cg_loss *cg_loss_find(const char *name);
/* The probability that the row y of n_columns, trained with this loss, gives to a class: its value,
 * or that of a softmax or sigmoid where the loss takes logits; of one column y or 1 - y.  NaN where
 * the row is no probability: outside [0, 1], with a NaN, of a loss like mse without a sum of 1, or
 * compared with -1 and 1. */
double cg_probability(const cg_loss *loss, int n_columns, const float *y, int class);

/* ---- metrics: over an epoch, on the host ------------------------------------------------------*/
/* What predictions are measured as. */
typedef enum {
    CG_AS_CLASSES, /* against a label: ranks and the confusion matrix               */
    CG_AS_VALUES,  /* against K numbers: errors                                     */
    CG_AS_MARKS,   /* against K zeros and ones, any number of them 1: hits          */
    CG_AS_LOSS     /* by the loss alone: logits that are compared behind a sigmoid  */
} cg_measured;
cg_measured cg_measured_as(const cg_loss *loss, cg_target target);

/* Of a class, or of the ones of a column of marks: images of it that were found, images of it,
 * images taken for it. */
typedef struct cg_counts {
    double hits, actual, predicted;
} cg_counts;

/* What a pass over a split gathers; `classes`, `values` and `marks` as of cg_measured. */
typedef struct cg_tally {
    cg_measured as;
    int n_columns;            /* of the predictions                                           */
    int n_classes;            /* classes: n_columns, but 2 for one column; else 0             */
    int64_t n;                /* images                                                       */
    double loss;              /* sum over images                                              */
    int64_t *confusion;       /* classes: [true * n_classes + predicted]                      */
    int64_t *rank;            /* classes: rank[r]: images whose true class came r-th (0 is best) */
    double absolute, squared; /* values: sums of |y - t| and (y - t)^2, over all columns */
    double *mean, spread;     /* values: of t, column by column; sum of (t - mean)^2     */
    float cut;           /* marks, and classes of one column: what is above it is taken for 1 */
    int64_t hits, exact; /* marks: columns that are right, images whose columns all are */
    cg_counts *marks;    /* marks: of each column */
} cg_tally;
typedef struct cg_metric {
    const char *name, *help; /* "accuracy", "top5", "precision", ... */
    /* From the sums gathered over the split. */
    double (*value)(const cg_tally *tally);
    cg_measured as; /* what it is a metric of; CG_AS_LOSS: of all */
} cg_metric;
extern const cg_metric *const cg_metrics[];
const cg_metric *cg_metric_find(const char *name);
/* A part of nothing is 0. */
static inline double cg_share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}
cg_counts cg_count_class(const int64_t *confusion, int k, int class); /* confusion: k x k */
/* The class that a row says: the first largest; of one column 1 where it is above a half or, as the
 * loss would have it, above 0. */
int cg_predicted(const cg_loss *loss, int n_columns, const float *y);
/* loss: of the predictions, N x n_columns; target: what it compares them with. */
cg_status cg_tally_new(cg_tally **tally, const cg_loss *loss, cg_target target, int n_columns,
                       cg_error *error);
void cg_tally_free(cg_tally *tally);
void cg_tally_clear(cg_tally *tally);
/* y: n x n_columns predictions, labels: n classes, or n x n_columns targets; losses: n (NULL:
 * none).  A NaN row counts as wrong. */
void cg_tally_add(cg_tally *tally, int64_t n, const float *y, const float *labels,
                  const float *losses);
/* For cg_tally_add: of one image, y and target of n_columns each. */
void cg_tally_add_values(cg_tally *tally, const float *y, const float *target);
void cg_tally_add_marks(cg_tally *tally, const float *y, const float *target);

#endif
