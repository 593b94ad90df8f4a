/* Walking an array run by run: a run is the last axis, contiguous in C order.
 *
 * Ops that move data have one item per run of their output: long enough to copy fast, short enough
 * to share out. */
#ifndef CG_OPS_STRIDED_H
#define CG_OPS_STRIDED_H

#include <cnngraph/op.h>

/* The distance, in elements, between neighbours along each axis. */
static inline void strides_of(const cg_shape *shape, int64_t stride[CG_MAX_RANK])
{
    int64_t step = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape->dim[i];
    }
}

/* The length of a run; a scalar is one run of 1. */
static inline int64_t run_length(const cg_shape *shape)
{
    return shape->rank ? shape->dim[shape->rank - 1] : 1;
}

/* The position along every axis but the last of run number `run`. */
static inline void run_index(const cg_shape *shape, int64_t run, int64_t index[CG_MAX_RANK])
{
    for (int i = shape->rank - 2; i >= 0; i--) {
        index[i] = run % shape->dim[i];
        run /= shape->dim[i];
    }
}

/* Goes on to the next run. */
static inline void run_next(const cg_shape *shape, int64_t index[CG_MAX_RANK])
{
    for (int i = shape->rank - 2; i >= 0 && ++index[i] == shape->dim[i]; i--) index[i] = 0;
}

/* The position along every axis of element number `element`. */
static inline void element_index(const cg_shape *shape, int64_t element, int64_t index[CG_MAX_RANK])
{
    for (int i = shape->rank - 1; i >= 0; i--) {
        index[i] = element % shape->dim[i];
        element /= shape->dim[i];
    }
}

/* For cg_op.items. */
static inline int64_t items_runs(const cg_node *node)
{
    const cg_shape *y = cg_node_shape(node);
    return cg_shape_size(y) / run_length(y);
}

#endif
