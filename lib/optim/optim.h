/* Optimisers and learning-rate schedules: one descriptor a file, one list each. */
#ifndef CG_OPTIM_OPTIM_H
#define CG_OPTIM_OPTIM_H

#include <cnngraph/graph.h>

/* An optimiser records its update over the flat slab of all parameters, as nodes: new values of its
 * states and of the slab.  What changes from step to step and is known to the host (learning rate,
 * bias corrections) comes in as scalars, computed in double precision. */
enum { CG_MAX_SLOTS = 3, CG_MAX_SCALARS = 4 };

typedef struct cg_optimizer {
    const char *name, *help;
    const cg_attr *attrs; /* its keys in a model file; always "lr" first */
    size_t attrs_size;
    /* A key that the others make meaningless: why, with *key; NULL where all is well, or in
     * general.
     */
    const char *(*conflict)(const void *attrs, const char **key);
    int n_slots; /* states as large as the slab, zero at first */
    const char *slots[CG_MAX_SLOTS];
    int (*n_used)(const void *attrs); /* how many of them these attributes need; NULL: all */
    int n_scalars;
    const char *scalars[CG_MAX_SCALARS];
    /* The scalars of step 0, 1, ... under learning rate lr. */
    void (*values)(const void *attrs, double lr, uint64_t step, double scalars[CG_MAX_SCALARS]);
    /* theta, gradient, slots: vectors of one size; scalars: nodes of rank 0.  Returns the new theta
     * and writes the new slots, those in use. */
    cg_node *(*record)(const void *attrs, cg_node *theta, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[]);
} cg_optimizer;

/* The factor of the base learning rate at a step of a run. */
typedef struct cg_schedule {
    const char *name, *help;
    const cg_attr *attrs;
    size_t attrs_size;
    bool needs_end; /* the factor depends on how many epochs there will be */
    double (*factor)(const void *attrs, double epoch,
                     double epochs); /* epoch: fractional, as is epochs */
} cg_schedule;

extern const cg_optimizer *const cg_optimizers[]; /* NULL-terminated */
extern const cg_schedule *const cg_schedules[];
const cg_optimizer *cg_optimizer_find(const char *name);
const cg_schedule *cg_schedule_find(const char *name);
int cg_optimizer_slots(const cg_optimizer *optimizer, const void *attrs); /* in use */

/* The gradient, a vector, scaled down to a Euclidean length of at most `norm`; or each of its
 * elements cut to [-value, value]. */
cg_node *cg_clip_by_norm(cg_node *gradient, double norm);
cg_node *cg_clip_by_value(cg_node *gradient, double value);

#endif
