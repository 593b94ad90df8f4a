/* NPY, NumPy's format of one array (NEP 1):
 *
 *   \x93 N U M P Y MAJOR MINOR   the magic and the version, 1.0 to 3.0
 *   SIZE                         of the header in bytes, little-endian: 16 bits, from 2.0 on 32
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   a literal of Python
 *   data                         in C order, the last axis fastest */
#ifndef CG_DATA_NPY_H
#define CG_DATA_NPY_H

#include <cnngraph/data.h>

/* Where bytes come from: a file, or an entry of an archive. */
typedef struct cg_input cg_input;
struct cg_input {
    /* Up to n bytes; fewer only at the end; the negative of a status: it failed, and told. */
    int64_t (*read)(const cg_input *input, void *bytes, int64_t n, cg_error *error);
    void *context;
    const char *name;        /* for messages */
    const cg_budget *budget; /* to be asked before memory is taken; lent, or NULL */
    int64_t held;            /* of it, by what else is in memory */
};

typedef struct {
    cg_shape shape;
    char kind; /* 'u', 'i': whole numbers; 'f': real ones; 'b': truth values, 0 or 1 */
    int size;  /* of an element, in bytes */
    bool is_big_endian;
    uint8_t *bytes;
} cg_npy;

/* First the header, for the shape to be looked at, then the data.  The caller frees *array whatever
 * happens.  Memory grows as bytes arrive: the header alone is not believed.  CG_EDATA says what is
 * wrong with it. */
cg_status cg_npy_read_header(cg_npy *array, const cg_input *input, cg_error *error);
cg_status cg_npy_read_data(cg_npy *array, const cg_input *input, cg_error *error);
void cg_npy_free(cg_npy *array);

double cg_npy_value(const cg_npy *array, int64_t i);

/* The header of an array of this element type ("|u1", "<f4"), for files that are written; returns
 * its length, which is a multiple of 64. */
enum { CG_NPY_HEADER = 512 };
int cg_npy_header(char header[CG_NPY_HEADER], const char *descr, const cg_shape *shape);

#endif
