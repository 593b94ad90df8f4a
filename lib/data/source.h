/* Where images come from: a source is a file with one descriptor, listed in sources.c. */
#ifndef CG_DATA_SOURCE_H
#define CG_DATA_SOURCE_H

#include "base/memory.h"
#include "data/kind.h"

enum { CG_TRAIN, CG_TEST, CG_N_PARTS };
enum { CG_MAX_CLASSES = 256 };

/* One part of a source: n images of shape C H W, as bytes or as real values, and n labels,
 * n x n_targets target values, or both. */
typedef struct {
    int64_t n;
    cg_shape shape;
    int n_classes; /* labels are below it; for files that do not say: the largest + 1; 0: none */
    uint8_t *images, *labels;
    float *values; /* instead of images */
    int64_t n_targets;
    float *targets;
    char **target_names;     /* of the n_targets, or NULL */
    char **names;            /* of the n_classes, or NULL: they are numbers */
    const cg_budget *budget; /* to be asked before memory is taken; lent, or NULL */
    char *file;              /* an IDX file that the images are yet to be read from, or NULL */
} cg_samples;

void cg_samples_free(cg_samples *samples);

typedef struct {
    cg_data_kind kind;

    /* Of a source: whether the part is on this machine.  When it is not, *where says what was
     * looked for, in 256 bytes. */
    bool (*has)(const cg_data_spec *spec, int part, char where[256]);

    /* Fills *samples, which is empty before; the caller frees it whatever happens.  The images may
     * be left to cg_idx_read_images. */
    cg_status (*load)(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error);
} cg_source;

extern const char *const cg_part_names[CG_N_PARTS]; /* "train", "test" */

/* By name, NULL if there is none. */
const cg_source *cg_source_find(const char *name, bool is_format);

/* The one that serves for the parts that are needed, and its name: what the spec asks for or, where
 * that is not on this machine, its fallback.  CG_EDATA when neither is there, with the way out; of
 * the user's own files only that they are named. */
cg_status cg_source_choose(const cg_source **source, const char **used, const cg_data_spec *spec,
                           const bool needed[CG_N_PARTS], cg_error *error);

/* "mnist, digits, ..." for messages; returns buffer of 256 bytes. */
char *cg_source_names(bool is_format, char buffer[256]);

/* Of a path in the spec: relative ones start from the folder of the model file.  NULL: no memory.
 */
const char *cg_source_path(cg_arena *arena, const cg_data_spec *spec, const char *path);

enum { CG_SOURCE_PATH = 4096 };

/* The file of a published set, plain or, if may_be_zipped, with .gz, in $CNNGRAPH_DATA/SET or the
 * user's cache; false if neither has it.  cg_published_where says where that would be. */
bool cg_published_find(const char *set, const char *name, bool may_be_zipped,
                       char path[CG_SOURCE_PATH]);
void cg_published_where(const char *set, const char *name, bool may_be_zipped, char where[256]);

/* The first of these two folders that can be: that of a variable that is set; false: neither. */
bool cg_published_folder(const char *set, char path[CG_SOURCE_PATH]);

#endif
