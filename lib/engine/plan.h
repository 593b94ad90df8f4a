/* Where each node's value lives: the memory plan. */
#ifndef CG_ENGINE_PLAN_H
#define CG_ENGINE_PLAN_H

#include <cnngraph/graph.h>

typedef struct {
    int root;       /* the node whose memory this one shares; itself where it has its own */
    int last_use;   /* of a root: the last node that reads the memory; n_nodes: after the run */
    int64_t offset; /* of a root that is an op: bytes from the start of the arena         */
} cg_slot;

typedef struct {
    size_t element; /* bytes of one: 4 or 8 */
    bool keep_all;  /* no memory is used twice */
    int settled;    /* leaves may be overwritten only after this node: what a guard watches */
} cg_plan_options;

/* Fills slots[0..n_nodes-1]; returns the bytes of the arena, -1 when out of memory. */
int64_t cg_plan(cg_slot slots[], const cg_graph *graph, int n, cg_node *const outputs[],
                const cg_plan_options *options);

#endif
