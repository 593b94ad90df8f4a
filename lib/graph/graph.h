/* What a graph is made of, for those who rewrite, print or compile it. */
#ifndef CG_GRAPH_GRAPH_H
#define CG_GRAPH_GRAPH_H

#include <cnngraph/graph.h>

#include "base/memory.h"

/* Of a graph: four times what the largest model file records. */
enum { CG_MAX_NODES = 1 << 18, CG_NAME_LISTS = 256 };

struct cg_node {
    cg_graph *graph;
    const cg_op *op; /* NULL for a leaf             */
    cg_node_kind kind;
    int id; /* position in the recording   */
    int n_x;
    cg_node **x;
    const void *attrs; /* complete: no default is left open; NULL if the op has none */
    cg_shape shape;
    const char *name;   /* of a leaf                   */
    cg_node *earlier;   /* in its list of named leaves */
    uint64_t hash;      /* of the name                 */
    double value;       /* of a constant without data  */
    const double *data; /* of a constant, or NULL      */
    const char *label;
    cg_place place;
};

typedef struct {
    cg_node *leaf, *value;
} cg_update_pair;

struct cg_graph {
    cg_arena *arena;
    cg_node **node;
    int n_nodes, capacity;
    cg_update_pair *update;
    int n_updates, update_capacity;
    cg_node *slab;
    cg_node *named[CG_NAME_LISTS]; /* the last leaf of each list; a name's hash tells the list */
    const char *label;             /* for the nodes to come */
    cg_place place;
    const bool *live; /* while cg_gradient runs: does node i depend on a wrt? */
    cg_error error;
};

/* A node as given, under the next id, owned by the graph; NULL when out of memory. */
cg_node *cg_graph_append(cg_graph *graph, const cg_node *node);

/* Fills open fields with their defaults and checks every range. */
cg_status cg_attrs_complete(const cg_op *op, void *attrs, cg_error *error);
bool cg_attrs_equal(const cg_op *op, const void *a, const void *b);
/* " stride=[2,2] groups=1", without the fields at their default; owned by the arena. */
const char *cg_attrs_text(const cg_op *op, const void *attrs, cg_arena *arena);

/* needed[id]: some output depends on node id.  n 0: everything is.  NULL when out of memory;
 * cg_release it. */
bool *cg_graph_needed(const cg_graph *graph, int n, cg_node *const outputs[]);

/* The largest number of inputs of a node, at least 1. */
int cg_graph_widest(const cg_graph *graph);

/* cg_gradient with a hook that may change what each vjp recorded: for checking the checker. */
typedef void cg_vjp_hook(void *context, cg_node *node, cg_node *dy, cg_node *dx[]);
cg_status cg_gradient_hooked(cg_node *y, cg_node *dy, int n, cg_node *const wrt[], cg_node *grad[],
                             cg_vjp_hook *hook, void *context);

#endif
