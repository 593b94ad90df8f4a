/* Shapes. */
#include <cnngraph/tensor.h>

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>

int64_t cg_shape_size(const cg_shape *shape)
{
    int64_t n = 1;
    for (int i = 0; i < shape->rank; i++) n *= shape->dim[i];
    return n;
}

bool cg_shape_equal(const cg_shape *a, const cg_shape *b)
{
    bool is_equal = a->rank == b->rank;
    for (int i = 0; is_equal && i < a->rank; i++) is_equal = a->dim[i] == b->dim[i];
    return is_equal;
}

cg_status cg_shape_check(const cg_shape *shape, cg_error *error)
{
    static const int64_t most = INT64_C(1) << 43; /* elements: 2^46 bytes of double */
    int64_t size = 1;
    if (shape->rank < 0 || shape->rank > CG_MAX_RANK)
        return cg_fail(error, CG_ESHAPE, "rank %d is not within 0..%d", shape->rank, CG_MAX_RANK);
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] < 1)
            return cg_fail(error, CG_ESHAPE, "dimension %d is %lld, must be at least 1", i,
                           (long long)shape->dim[i]);
        if (!cg_mul_ok(size, shape->dim[i], &size) || size > most)
            return cg_fail(error, CG_ESHAPE, "a shape of more than 2^43 elements");
    }
    return CG_OK;
}

char *cg_shape_text(const cg_shape *shape, char *buffer)
{
    int used = snprintf(buffer, CG_SHAPE_TEXT, "%s", shape->rank ? "" : "scalar");
    for (int i = 0; i < shape->rank && i < CG_MAX_RANK; i++)
        used += snprintf(buffer + used, (size_t)(CG_SHAPE_TEXT - used), "%s%lld", i ? "x" : "",
                         (long long)shape->dim[i]);
    return buffer;
}
