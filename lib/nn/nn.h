/* Layers, initialisers, losses and metrics: one descriptor a file, one list each. */
#ifndef CG_NN_NN_H
#define CG_NN_NN_H

#include <cnngraph/graph.h>

/* ---- initialisers ----------------------------------------------------------------------------*/
typedef struct cg_init {
    const char    *name, *help;
    const cg_attr *attrs; /* structs of at most CG_INIT_ATTRS bytes */
    size_t         attrs_size;
    /* Fills n values; fans as in Glorot & Bengio 2010: fan_in = inputs of one unit. key: of the stream. */
    void (*fill)(const void *attrs, uint64_t key, int64_t fan_in, int64_t fan_out, int64_t n, double values[]);
} cg_init;
enum { CG_INIT_ATTRS = 32 };
typedef struct {
    const cg_init *init; /* NULL: the layer's default */
    union { double real[4]; unsigned char bytes[CG_INIT_ATTRS]; } attrs;
} cg_init_use;
extern const cg_init *const cg_inits[];
const cg_init *cg_init_find(const char *name);

/* ---- losses: forward in ops; a loss maps prediction and labels to one value a row -------------*/
typedef struct cg_loss {
    const char    *name, *help;
    const cg_attr *attrs;
    size_t         attrs_size;
    /* y: N x K; labels: N.  Returns N values. */
    cg_node *(*record)(const void *attrs, cg_node *y, cg_node *labels);
} cg_loss;
extern const cg_loss *const cg_losses[];
const cg_loss *cg_loss_find(const char *name);

/* ---- metrics: over an epoch, on the host ------------------------------------------------------*/
/* What a pass over a split gathers: losses, ranks and the confusion matrix. */
typedef struct cg_tally {
    int      n_classes;
    int64_t  n;         /* images                                                       */
    double   loss;      /* sum over images                                              */
    int64_t *confusion; /* [true * n_classes + predicted]                               */
    int64_t *rank;      /* rank[r]: images whose true class came r-th (0 is best)       */
} cg_tally;
typedef struct cg_metric {
    const char *name, *help; /* "accuracy", "top5", "precision", ... */
    /* From the sums gathered over the split. */
    double (*value)(const cg_tally *tally);
} cg_metric;
extern const cg_metric *const cg_metrics[];
const cg_metric *cg_metric_find(const char *name);
cg_status cg_tally_new(cg_tally **tally, int n_classes, cg_error *error);
void      cg_tally_free(cg_tally *tally);
void      cg_tally_clear(cg_tally *tally);
/* y: n x n_classes predictions, labels: n, losses: n (NULL: none).  The prediction is the first largest;
 * a NaN row counts as wrong.  One column: class 1 where y > 0.5. */
void      cg_tally_add(cg_tally *tally, int64_t n, const float *y, const float *labels, const float *losses);

#endif
