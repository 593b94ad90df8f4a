/* Named tensors in one file: the safetensors format, as checkpoints and for other programs.
 *
 * 8 bytes: the header's length, little-endian.  The header: one JSON object that maps a tensor's
 * name to {"dtype", "shape", "data_offsets": [begin, end)}, and "__metadata__" to texts by key;
 * spaces pad it to a multiple of 8 bytes.  Then the data, little-endian, C order, without gaps.
 *
 * What is written here has the metadata key CG_SAFETENSORS_SUM: the SHA-256 sum of the whole file
 * with 64 zeros in the sum's place.  A file that has the key is read only if the sum is right. */
#ifndef CG_FORMATS_SAFETENSORS_H
#define CG_FORMATS_SAFETENSORS_H

#include <cnngraph/budget.h>
#include <cnngraph/tensor.h>

typedef struct {
    const char *name;
    cg_dtype dtype; /* F32 or F64 */
    cg_shape shape;
    const void *data; /* of a file that was read: at any alignment */
} cg_named_tensor;

typedef struct {
    const char *key, *value;
} cg_metadata;

#define CG_SAFETENSORS_SUM "sha256"

/* Of memory, that a byte of JSON takes at most once it is read: three, "{},", are an object of
 * jansson, of some 240, and a pointer to it. */
enum { CG_JSON_BYTES = 96 };

/* Replaces the file at `path` once what was written has been read again and its sum is right;
 * CG_EIO, with the old file as it was, otherwise.  The same arguments give the same bytes.  The
 * data lie in the order of `tensors`.  Names must differ and be UTF-8, none "__metadata__":
 * CG_EUSAGE otherwise. */
cg_status cg_safetensors_write(const char *path, int n, const cg_named_tensor tensors[],
                               int n_metadata, const cg_metadata metadata[], cg_error *error);

/* A whole file in memory.  Whatever is wrong with it is CG_ECHECKPOINT with its name and the cause;
 * a file that cannot be read is CG_EIO. */
typedef struct cg_safetensors cg_safetensors;
cg_status cg_safetensors_read(cg_safetensors **file, const char *path, cg_error *error);
/* CG_ELIMIT where the budget has no room for the file, before it is read, or for its header. */
cg_status cg_safetensors_read_within(const cg_budget *budget, cg_safetensors **file,
                                     const char *path, cg_error *error);
void cg_safetensors_free(cg_safetensors *file);

/* What the file holds, in the order of the data; lent. */
int cg_safetensors_count(const cg_safetensors *file);
int64_t cg_safetensors_bytes(const cg_safetensors *file); /* of memory that it takes */
cg_named_tensor cg_safetensors_tensor(const cg_safetensors *file, int i);
int cg_safetensors_find(const cg_safetensors *file, const char *name);            /* -1: none */
const char *cg_safetensors_metadata(const cg_safetensors *file, const char *key); /* or NULL */

/* Where the digits of the sum stand in a header of so many bytes; NULL: nowhere. */
char *cg_safetensors_sum(char *header, size_t length);

/* Copies tensor `name` to `data`, which has this type and shape; CG_ECHECKPOINT if it is absent or
 * another. */
cg_status cg_safetensors_copy(const cg_safetensors *file, const char *name, cg_dtype dtype,
                              const cg_shape *shape, void *data, cg_error *error);

#endif
