/* Whole numbers kept as floats. */
#ifndef CG_OPS_ROWS_H
#define CG_OPS_ROWS_H

#include <stdint.h>

/* The row that `index` names, or -1 if it is none of 0..rows-1 (NaN is none). */
static inline int64_t row_number(float index, int64_t rows)
{
    return index >= 0 && (double)index < (double)rows ? (int64_t)index : -1;
}

#endif
