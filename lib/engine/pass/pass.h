/* Passes: small graph-to-graph rewritings, one idea each. */
#ifndef CG_ENGINE_PASS_PASS_H
#define CG_ENGINE_PASS_PASS_H

#include <cnngraph/program.h>

/* Asked for each op node in recording order: x are its inputs in the new graph.  Returns the node
 * that takes its place (one of the new graph, recorded now or before), or NULL to copy it. */
typedef cg_node *cg_visit(cg_graph *to, const cg_node *node, cg_node *const x[]);

typedef struct {
    const char *name;
    cg_visit *visit;  /* NULL: copying alone, which leaves out what nobody needs */
    bool for_kernels; /* serves the kernels of float32 alone: no use to references */
    bool sinks;       /* elementwise nodes wait for the first that reads them */
    bool settles;     /* what depends on nothing but what keeps its value comes first; serves
                         frozen programs alone */
} cg_pass;

extern const cg_pass cg_passes[]; /* in order; ends with name NULL */

/* Copies what `outputs` and the updates need into a new graph, through a pass (NULL: as it is). All
 * inputs, parameters and states are kept, in order.  map[id of from] becomes the new node or NULL;
 * it has room for every node of `from`.  *to is the caller's. */
cg_status cg_rewrite(cg_graph **to, const cg_graph *from, int n, cg_node *const outputs[],
                     const cg_pass *pass, cg_node *map[], cg_error *error);

cg_visit cg_stabilise_visit, cg_fold_visit, cg_fuse_visit, cg_lanes_visit, cg_split_visit,
    cg_cse_visit;

/* settled[id]: does it depend on nothing but constants and leaves without an update? */
void cg_settled(bool settled[], const cg_graph *graph);

/* Is it this op? */
bool cg_is(const cg_node *node, const char *op);
/* Is it a constant of one value?  *value gets it (may be NULL). */
bool cg_is_filled(const cg_node *node, double *value);

#endif
