/* Where two sets of values differ. */
#ifndef CG_TRAIN_DIFFERENCE_H
#define CG_TRAIN_DIFFERENCE_H

#include "formats/safetensors.h"

#include <cnngraph/program.h>

enum { CG_TENSOR_NAME = 128 };

/* A tensor in which there are other bits; of no name: there is none. */
typedef struct {
    char name[CG_TENSOR_NAME];
    const char *what; /* it has no values to compare, but: "is only in the first"; else NULL     */
    int64_t at;       /* the first value that differs, and both of it                             */
    double a, b;
    double largest; /* absolute difference; infinite: to NaN or infinity */
} cg_difference;

/* Returns how many of n values differ; *d gets where, and keeps its name. */
int64_t cg_compare_values(const float *a, const float *b, int64_t n, cg_difference *d);

/* Compares parameters and states of two programs of one model; *first gets the first tensor, in the
 * order of recording, that differs.  Returns how many do. */
int cg_compare_programs(const cg_program *a, const cg_program *b, cg_difference *first);

/* The same of two files, in the order of the first; *most gets the tensor with the largest
 * difference. */
int cg_compare_files(const cg_safetensors *a, const cg_safetensors *b, cg_difference *first,
                     cg_difference *most);

#endif
