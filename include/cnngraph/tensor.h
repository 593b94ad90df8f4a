/* Element types, shapes and instruction-set tiers. */
#ifndef CNNGRAPH_TENSOR_H
#define CNNGRAPH_TENSOR_H

#include <cnngraph/status.h>

#include <stdbool.h>

CG_BEGIN_API

enum { CG_MAX_RANK = 8 };

/* Rank 0 is a scalar of one element.  Every dimension is at least 1. */
typedef struct {
    int rank;
    int64_t dim[CG_MAX_RANK];
} cg_shape;

/* CG_DIMS(2, 3, 4) initialises a shape, in static tables too; CG_SHAPE(2, 3, 4) is a value.
 * A scalar is (cg_shape){ 0 }. */
#define CG_DIMS(...)                                                                  \
    {                                                                                 \
        .rank = (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), .dim = { \
            __VA_ARGS__                                                               \
        }                                                                             \
    }
#define CG_SHAPE(...) ((cg_shape)CG_DIMS(__VA_ARGS__))

typedef enum { CG_F32, CG_F64 } cg_dtype;

/* Instruction sets that the kernels are compiled for, each including those before it. */
typedef enum { CG_PORTABLE, CG_AVX2, CG_AVX512, CG_N_TIERS } cg_tier;

/* The number of elements.  A shape that cg_shape_check passed cannot overflow. */
int64_t cg_shape_size(const cg_shape *shape);
bool cg_shape_equal(const cg_shape *a, const cg_shape *b);

/* CG_ESHAPE unless the rank is 0..8, every dimension is >= 1 and the size in bytes as float64
 * fits in 2^46. */
cg_status cg_shape_check(const cg_shape *shape, cg_error *error);

/* "2x3x4", or "scalar"; buffer of CG_SHAPE_TEXT bytes.  Returns buffer. */
enum { CG_SHAPE_TEXT = 176 };
char *cg_shape_text(const cg_shape *shape, char *buffer);

/* A block of elements that owns its memory. */
typedef struct {
    cg_dtype dtype;
    cg_shape shape;
    void *data; /* float or double, C order, 64-byte aligned */
} cg_tensor;

cg_status cg_tensor_new(cg_tensor **tensor, cg_dtype dtype, const cg_shape *shape, cg_error *error);
void cg_tensor_free(cg_tensor *tensor);
float *cg_tensor_f32(cg_tensor *tensor);  /* NULL when it holds float64 */
double *cg_tensor_f64(cg_tensor *tensor); /* NULL when it holds float32 */

CG_END_API
#endif
