/* A compiled scalar function that is run again and again at changed leaves. */
#ifndef CG_CHECK_PROBE_H
#define CG_CHECK_PROBE_H

#include <cnngraph/check.h>

typedef struct {
    cg_program *program;
    uint64_t seed;
    int n; /* inputs and states: a run may overwrite them, so each run starts from `kept` */
    cg_leaf *leaf;
    double **kept;
} cg_probe;

/* Compiles `outputs` for float64 and feeds the leaves.  `probe` is zeroed memory; close it in any
 * case. */
cg_status cg_probe_open(cg_probe *probe, cg_graph *graph, int n, cg_node *const outputs[],
                        cg_check_feed *feed, void *context, uint64_t seed, bool no_passes,
                        cg_error *error);
void cg_probe_close(cg_probe *probe);

/* Where to change a leaf for the runs to come; NULL if the program does not depend on it. */
double *cg_probe_leaf(cg_probe *probe, const cg_node *leaf);

cg_status cg_probe_run(cg_probe *probe);

#endif
