/* A recorded scalar and its recorded gradient, compared by element and projected. */
#ifndef CG_CHECK_DIFFERENTIAL_H
#define CG_CHECK_DIFFERENTIAL_H

#include <cnngraph/check.h>

typedef struct {
    cg_graph *graph;
    cg_node *f; /* a scalar */
    int n;      /* leaves it may depend on, and df/dwrt[i] as recorded */
    cg_node *const *wrt;
    cg_node *const *grad;
    cg_check_feed *feed;
    void *feed_context;
    uint64_t seed;    /* of the runs: what random ops draw from */
    int64_t elements; /* of each wrt; 0: all of them */
    bool no_passes;   /* compile what was recorded, as it is */
} cg_differential;

/* The verdict of grad[i] by element to by_element[i], projected to projected[i] (NULL: not
 * wanted); what they do not depend on stays as the caller has set it. */
cg_status cg_differential_check(const cg_differential *d, const cg_check_options *options,
                                cg_check_result by_element[], cg_check_result projected[],
                                cg_error *error);

/* Along one direction that moves all wrt together; direction[i] as large as wrt[i].
 * has_branches: do the references that f needs take any? */
cg_status cg_differential_along(const cg_differential *d, double *const direction[],
                                const cg_check_options *options, cg_check_result *result,
                                bool *has_branches, cg_error *error);

/* grad[i] evaluated where d->feed says, each cg_release'd by the caller; all NULL after a failure.
 */
cg_status cg_differential_gradient(const cg_differential *d, double *gradient[], cg_error *error);

#endif
