/* Slices: neighbouring stages that run row by row of the batch, one row through all of them before
 * the next, so that what they hand on stays in a thread's own cache and threads meet once.
 *
 * A row is what lies at one place of the first axis: with images in the lanes, 16 images.  A stage
 * may join whose every step computes row n from row n alone of what the slice has computed. */
#ifndef CG_ENGINE_SLICE_H
#define CG_ENGINE_SLICE_H

#include "engine/stretch.h"

typedef struct {
    int first, last; /* ids of its first and last node; views may lie between */
    int64_t rows;
} cg_batch_slice;

/* Does row n of the node's value need row n alone of those inputs? */
bool cg_reads_rows(const cg_node *node, const bool inputs[]);

/* Cuts a graph into slices of several stages: of[id] is the slice of an op node, or -1.  Stretches
 * lie within one slice or outside; `ends[id]`: no slice goes on beyond this node.  Returns how many
 * there are, -1 when out of memory; *slices is to be released. */
int cg_slices(cg_batch_slice **slices, int of[], const cg_graph *graph, cg_tier tier,
              const int stretch_of[], const cg_stretch stretches[], const bool ends[]);

#endif
