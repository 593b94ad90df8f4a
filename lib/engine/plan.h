/* Where each node's value lives: the memory plan. */
#ifndef CG_ENGINE_PLAN_H
#define CG_ENGINE_PLAN_H

#include <cnngraph/graph.h>

#include "engine/slice.h"

typedef struct {
    int root;     /* the node whose memory this one shares; itself where it has its own */
    int last_use; /* of a root: the last node that reads the memory; n_nodes: after the run */
    int64_t
        within;   /* bytes from the start of the root's memory: what is joined lies there already */
    bool is_lost; /* has another value been written over it by the end of a run? */
    bool in_tile; /* of a root: only the planes being worked on exist, once a thread    */
    int64_t offset; /* of a root that is an op: bytes from the start of the arena, or of the tile */
} cg_slot;

typedef struct {
    size_t element; /* bytes of one: 4 or 8 */
    bool keep_all;  /* no memory is used twice */
    int prologue;   /* what the nodes up to this one compute is kept for the next run, -1: none */
    int settled;    /* leaves may be overwritten only after this node: what a guard watches */
    const int *stretch_of; /* of a node: its stretch, or -1 */
    const cg_stretch *stretches;
    const int *slice_of; /* of a node: its slice, or -1 */
    const cg_batch_slice *slices;
} cg_plan_options;

/* Fills slots[0..n_nodes-1] and the bytes of the arena and of each thread's tile; false when out of
 * memory. */
bool cg_plan(cg_slot slots[], int64_t *arena_bytes, int64_t *tile_bytes, const cg_graph *graph,
             int n, cg_node *const outputs[], const cg_plan_options *options);

#endif
