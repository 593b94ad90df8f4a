/* Stretches: neighbouring steps that run together, a few planes at a time, while these are in
 * cache.
 *
 * The first two axes of a value are its rows and planes (images and channels).  A stretch may begin
 * with any op that computes plane by plane; the steps that follow need of the stretch's values only
 * the planes that they compute, as elementwise ops and poolings do.  Values that nobody else reads
 * are never kept whole. */
#ifndef CG_ENGINE_STRETCH_H
#define CG_ENGINE_STRETCH_H

#include <cnngraph/graph.h>

#include "base/cpu.h"

typedef struct {
    int first, last;      /* ids of its first and last node; views may lie between */
    int64_t rows, planes; /* planes: in each row */
    int64_t group;        /* planes that run through all steps before the next */
    int64_t part;         /* of a group, through all steps but the head before the next */
    bool has_head;        /* does the first step see more of its inputs than its planes? */
} cg_stretch;

/* Elements of a large plane that elementwise steps pass on to one another in the first-level cache.
 */
enum { CG_PIECE = 4096 };

/* Cuts the steps of a graph into stretches: of[id] is the stretch of an op node, -1 for a node that
 * runs by itself (or not at all); `ends[id]`: no stretch goes on beyond this node.  Returns how
 * many there are, -1 when out of memory; *stretches is to be released. */
int cg_stretches(cg_stretch **stretches, int of[], const cg_graph *graph, cg_tier tier,
                 const bool ends[]);

/* Has the value the rows and planes of the stretch? */
bool cg_has_planes(const cg_stretch *stretch, const cg_node *value);

/* Elements of a value in each plane of the stretch. */
int64_t cg_plane_size(const cg_stretch *stretch, const cg_shape *shape);

#endif
