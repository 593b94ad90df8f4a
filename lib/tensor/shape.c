/* Shapes: dimensions that are known to multiply without overflow. */
#include <cnngraph/tensor.h>

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>

/* Elements, as a power of two.  In an address space of 32 bits a tensor, or what a kernel makes of
 * one, has a size that a size_t holds. */
enum { MAX_SIZE = sizeof(size_t) > 4 ? 43 : 27 };

int64_t cg_shape_size(const cg_shape *shape)
{
    int64_t size = 1;
    for (int i = 0; i < shape->rank; i++) size *= shape->dim[i];
    return size;
}

bool cg_shape_equal(const cg_shape *a, const cg_shape *b)
{
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

cg_status cg_shape_check(const cg_shape *shape, cg_error *error)
{
    if (shape->rank < 0 || shape->rank > CG_MAX_RANK)
        return cg_fail(error, CG_ESHAPE, "rank %d is not within 0..%d", shape->rank, CG_MAX_RANK);
    int64_t size = 1;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] < 1)
            return cg_fail(error, CG_ESHAPE, "dimension %d is %" PRId64 ", it must be at least 1",
                           i, shape->dim[i]);
        if (!cg_mul_ok(size, shape->dim[i], &size) || size > INT64_C(1) << MAX_SIZE) {
            char text[CG_SHAPE_TEXT];
            return cg_fail(error, CG_ESHAPE, "shape %s is over the limit of 2^%d elements",
                           cg_shape_text(shape, text), MAX_SIZE);
        }
    }
    return CG_OK;
}

char *cg_shape_text(const cg_shape *shape, char *buffer)
{
    int n = snprintf(buffer, CG_SHAPE_TEXT, "%s", shape->rank == 0 ? "scalar" : "");
    for (int i = 0; i < shape->rank && i < CG_MAX_RANK; i++)
        n += snprintf(buffer + n, CG_SHAPE_TEXT - (size_t)n, "%s%" PRId64, i ? "x" : "",
                      shape->dim[i]);
    return buffer;
}
