/* Where images come from: a source is a file with one descriptor, listed in sources.c. */
#ifndef CG_DATA_SOURCE_H
#define CG_DATA_SOURCE_H

#include <cnngraph/data.h>

enum { CG_TRAIN, CG_TEST, CG_N_PARTS };

/* One part of a source: n images of shape C H W, one byte a value, and n labels, n x n_targets
 * targets, or both. */
typedef struct {
    int64_t n;
    cg_shape shape;
    int n_classes; /* labels are below it; for files that do not say: the largest + 1; 0: none */
    uint8_t *images, *labels;
    int64_t n_targets;
    float *targets;
    char *file; /* an IDX file that the images are yet to be read from, or NULL */
} cg_samples;

void cg_samples_free(cg_samples *samples);

typedef struct {
    const char *name; /* the word in `source:` and `fallback:` */
    const char *help;

    /* Whether the part is on this machine.  When it is not, *where says what was looked for, in
     * 256 bytes. */
    bool (*has)(const cg_data_spec *spec, int part, char where[256]);

    /* Fills *samples, which is empty before; the caller frees it whatever happens.  The images may
     * be left to cg_idx_read_images. */
    cg_status (*load)(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error);
} cg_source;

extern const char *const cg_part_names[CG_N_PARTS]; /* "train", "test" */

/* By name, NULL if there is none. */
const cg_source *cg_source_find(const char *name);

/* "mnist, digits, ..." for messages; returns buffer of 256 bytes. */
char *cg_source_names(char buffer[256]);

#endif
