/* Blocks of elements. */
#include <cnngraph/tensor.h>

#include "base/error.h"
#include "base/memory.h"

cg_status cg_tensor_new(cg_tensor **tensor, cg_dtype dtype, const cg_shape *shape, cg_error *error)
{
    *tensor = NULL;
    CG_TRY(cg_shape_check(shape, error));
    cg_tensor *t = cg_alloc(1, sizeof *t);
    void *data = t ? cg_alloc_aligned((size_t)cg_shape_size(shape),
                                      dtype == CG_F64 ? sizeof(double) : sizeof(float))
                   : NULL;
    if (!data) {
        cg_release(t);
        return cg_fail_nomem(error, "a tensor");
    }
    *t = (cg_tensor){ dtype, *shape, data };
    *tensor = t;
    return CG_OK;
}

void cg_tensor_free(cg_tensor *tensor)
{
    if (!tensor) return;
    cg_release(tensor->data);
    cg_release(tensor);
}

float *cg_tensor_f32(cg_tensor *tensor)
{
    return tensor->dtype == CG_F32 ? tensor->data : NULL;
}

double *cg_tensor_f64(cg_tensor *tensor)
{
    return tensor->dtype == CG_F64 ? tensor->data : NULL;
}
