/* Optimisers and learning-rate schedules: one descriptor a file, one list each. */
#ifndef CG_OPTIM_OPTIM_H
#define CG_OPTIM_OPTIM_H

#include <cnngraph/graph.h>

/* A key that the others make meaningless. */
typedef struct {
    const char *key, *cause, *help; /* cause NULL: all is well */
} cg_conflict;

/* An optimiser records, as nodes over the flat slab of all parameters, the step that is subtracted
 * from them, and new values of its states.  Every step is in proportion to the learning rate.  What
 * changes from step to step and is known to the host (learning rate, bias corrections) comes in as
 * scalars, computed in double precision. */
enum { CG_MAX_SLOTS = 3, CG_MAX_SCALARS = 4 };

typedef struct cg_optimizer {
    const char *name, *help;
    const cg_attr *attrs; /* its keys in a model file; always "lr" first */
    size_t attrs_size;
    cg_conflict (*conflict)(const void *attrs); /* or NULL */
    double weight_decay;                        /* unless the file says otherwise */
    bool is_decoupled; /* weights decay by themselves, not through the gradient */
    int n_slots;       /* states as large as the slab, zero at first */
    const char *slots[CG_MAX_SLOTS];
    bool (*uses)(const void *attrs, int slot); /* which of them these attributes need; NULL: all */
    int n_scalars;
    const char *scalars[CG_MAX_SCALARS];
    /* The scalars of step 0, 1, ... under learning rate lr. */
    void (*values)(const void *attrs, double lr, uint64_t step, double scalars[CG_MAX_SCALARS]);
    /* gradient, slots: vectors of one size, NULL for a slot not in use; scalars: nodes of rank 0.
     * Returns the step and writes the new slots, those in use. */
    cg_node *(*record)(const void *attrs, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[]);
} cg_optimizer;

/* The factor of the base learning rate at a moment of a run.  A schedule that follows what is
 * measured remembers it in a few numbers, 0 at first, which travel with checkpoints. */
enum { CG_SCHEDULE_STATE = 5 };
typedef struct cg_schedule {
    const char *name, *help;
    const cg_attr *attrs;
    size_t attrs_size;
    cg_conflict (*conflict)(const void *attrs); /* or NULL */
    bool warms_up;                              /* by itself: no other warm-up before it */
    bool needs_end; /* the factor depends on how many epochs there will be */
    /* epoch: since the warm-up, fractional, as is epochs, their number. */
    double (*factor)(const void *attrs, double epoch, double epochs, const double state[]);
    /* Of one that follows a measure, else NULL: takes its value after each epoch; and the measure's
     * name, NULL for the loss, of validation where there is one. */
    void (*observe)(const void *attrs, double value, bool larger_is_better, double state[]);
    const char *(*monitor)(const void *attrs);
} cg_schedule;

extern const cg_optimizer *const cg_optimizers[]; /* NULL-terminated */
extern const cg_schedule *const cg_schedules[];
const cg_optimizer *cg_optimizer_find(const char *name);
const cg_schedule *cg_schedule_find(const char *name);
bool cg_optimizer_uses(const cg_optimizer *optimizer, const void *attrs, int slot);

/* ---- parts ------------------------------------------------------------------------------------
 * memory mean + (1 - memory) x. */
cg_node *cg_running_mean(cg_node *mean, cg_node *x, double memory);
/* -1, 0 or 1. */
cg_node *cg_sign(cg_node *x);

/* The gradient, a vector, scaled down to a Euclidean length of at most `norm`; or each of its
 * elements cut to [-value, value]. */
cg_node *cg_clip_by_norm(cg_node *gradient, double norm);
cg_node *cg_clip_by_value(cg_node *gradient, double value);

/* ---- decay ------------------------------------------------------------------------------------
 * Keys that every optimiser has beside its own. */
typedef struct cg_decay {
    double weight_decay;
    int64_t decoupled; /* weights shrink by lr times weight_decay, whatever the gradient */
    double l1;
    int64_t decay; /* 1: of weights alone, neither of biases nor of norms */
} cg_decay;
extern const cg_attr cg_decay_attrs[];

/* The gradient of loss + weight_decay/2 |theta|^2 + l1 |theta|_1; mask: 1 for what decays, 0 for
 * what does not, or NULL: all does. */
cg_node *cg_decay_gradient(const cg_decay *d, cg_node *gradient, cg_node *theta, cg_node *mask);
/* theta, less the share (a scalar) of what decays. */
cg_node *cg_decay_weights(cg_node *theta, cg_node *share, cg_node *mask);

#endif
