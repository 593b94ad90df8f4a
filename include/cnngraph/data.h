/* Data sets: samples held in memory, their splits, and batches of them.
 *
 * A set holds images as bytes or floats with the scale that turns them into numbers, and for each
 * what is to be learnt: a label (a class, 0..n_classes-1) or a target (K real numbers).  Splits are
 * lists of indices into a set, so several share it. */
#ifndef CNNGRAPH_DATA_H
#define CNNGRAPH_DATA_H

#include <cnngraph/budget.h>
#include <cnngraph/tensor.h>

CG_BEGIN_API

typedef struct cg_dataset cg_dataset;
struct cg_augment_step;

/* What is to be learnt about a sample. */
typedef enum {
    CG_TARGET_CLASS,  /* its label                                                 */
    CG_TARGET_VALUES, /* K real numbers that the files hold beside it              */
    CG_TARGET_INPUT   /* itself, as it is fed: K is the number of its values       */
} cg_target;

/* What the `data:` section of a model file says.  Zero means the default; texts are lent. */
typedef struct {
    const char *name;  /* "train": the split's own name                              */
    const char *from;  /* the part of the source it draws from: "train" or "test"    */
    int64_t limit;     /* the first so many of what the others leave; 0: all             */
    int64_t per_class; /* the first so many of each class; 0: all              */
    int64_t slice[2];  /* [begin, end) in the original order; both 0: all      */
    double fraction;   /* the first so much of what is left (0.9), or, negative, the last (-0.1); 0:
                          all */
    cg_place place;    /* of the split in the model file                       */
} cg_split_spec;

/* What the columns of a CSV file are; those that are not named hold the samples' values. */
typedef struct {
    const char *const *label; /* names, or numbers from 0, negative ones from the end */
    int n_labels;             /* one column of classes, or the columns of target values */
    const char *const *ignore;
    int n_ignored;
    char separator; /* 0: a comma */
    int header; /* 1: the first row holds names, -1: it does not, 0: if none of it is a number */
} cg_csv_spec;

typedef struct {
    const char *source;    /* "mnist", "digits", or NULL when files are given           */
    const char *fallback;  /* the set to use when the source is not on this machine     */
    const char *format;    /* of the files: "npy", "csv", ...; NULL: "idx"              */
    const char *images[2]; /* paths of files or folders of samples, for "train" and "test" */
    const char *labels[2]; /* where the format has them in files of their own           */
    cg_place images_place[2], labels_place[2]; /* of paths that a model file names: they must lie in
                          `base`, $CNNGRAPH_DATA or `allowed`; line 0: any path is fine */
    const char *allowed; /* a folder, "/": any path; NULL: none beside the others */
    cg_csv_spec csv;
    cg_shape shape; /* of one sample, as the model takes it; rank 0: as the files have it */
    cg_target target;
    const int64_t *classes; /* keep these, renumbered 0..n_classes-1; NULL: all            */
    int n_classes;
    double scale;     /* of bytes; 0: 1/255                                          */
    double mean, std; /* then (x - mean) / std; std 0: 1                             */
    const double *channel_mean, *channel_std; /* of each channel instead              */
    int n_channels;                           /* 0: one mean for all                  */
    bool normalize_auto; /* mean and std of each channel of the split "train" instead */
    int64_t
        digits[2]; /* how many images of the built-in digits for train and test; 0: 12000, 2000 */
    uint64_t seed; /* of the built-in digits                                      */
    const cg_split_spec *splits; /* NULL: "train" from train, "test" from test               */
    int n_splits;
    const struct cg_augment_step *augments; /* of the training images, in their order         */
    int n_augments;
    double fill;       /* what augmentation finds beyond the edge, before mean and std       */
    const char *base;  /* folder that relative paths start from; NULL: the current one */
    cg_budget *budget; /* of memory; lent, or NULL */
    cg_place place;
} cg_data_spec;

/* Loads what the splits need.  CG_EDATA with the file and what is wrong with it.  `used` gets
 * spec->source or, where that is absent, the fallback. */
cg_status cg_dataset_load(cg_dataset **set, const cg_data_spec *spec, const char **used,
                          cg_error *error);
void cg_dataset_free(cg_dataset *set);

cg_shape cg_dataset_shape(const cg_dataset *set);                /* of one image: C H W */
int cg_dataset_classes(const cg_dataset *set);                   /* 0 where the files hold none */
const char *cg_dataset_class_name(const cg_dataset *set, int c); /* NULL: it has a number */
int64_t cg_dataset_targets(const cg_dataset *set); /* K; 0 where the target is a class */
const char *cg_dataset_target_name(const cg_dataset *set, int64_t k); /* NULL: it has a number */
int cg_dataset_splits(const cg_dataset *set);
const char *cg_dataset_split_name(const cg_dataset *set, int split);
int cg_dataset_split(const cg_dataset *set, const char *name); /* -1 if there is none */
int64_t cg_dataset_size(const cg_dataset *set, int split);
int cg_dataset_label(const cg_dataset *set, int split, int64_t i); /* -1: has none */

/* The mean and the standard deviation that values are normalised by, of each of the C channels; the
 * arrays are lent.  Returns C. */
int64_t cg_dataset_normalization(const cg_dataset *set, const double **mean, const double **std);

/* Writes images order[0..n-1] of the split (NULL: 0..n-1) to x, n x C x H x W, and to t the n
 * labels or, where cg_dataset_targets is not 0, the n x K targets. */
void cg_dataset_batch(const cg_dataset *set, int split, int64_t n, const int64_t order[], float *x,
                      float *t);

/* One image file, PGM (P2, P5), PNG or JPEG (when built in), as C x H x W floats of 0..1, to be
 * freed with cg_tensor_free; a picture of another size than H x W is an error, colour becomes luma
 * when C is 1.  The budget, or NULL, must have room for file and picture. */
cg_status cg_image_load(cg_tensor **image, const char *path, const cg_shape *shape,
                        const cg_budget *budget, cg_error *error);

CG_END_API
#endif
