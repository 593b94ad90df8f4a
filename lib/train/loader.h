/* Batches made on a thread of their own while the steps before them run. */
#ifndef CG_TRAIN_LOADER_H
#define CG_TRAIN_LOADER_H

#include <cnngraph/status.h>

typedef struct cg_loader cg_loader;

/* What there is to load: batches 0 .. n_batches - 1, each of at most `images` images of `values`
 * floats, with `targets` floats that are to be learnt of each. */
typedef struct {
    int64_t n_batches, images, values, targets;

    /* Writes the images of a batch, images x values, and their labels or targets.  It is called on
     * the loader's thread, with numbers that go up by one, and must depend on nothing else. */
    cg_status (*fill)(void *context, int64_t number, float *x, float *labels, cg_error *error);
    void *context; /* lent, and the loader's alone while it lives */
} cg_loader_source;

/* Begins to load with batch `first`. */
cg_status cg_loader_new(cg_loader **loader, const cg_loader_source *source, int64_t first,
                        cg_error *error);

/* Stops the thread after the batch that it is at.  NULL is fine. */
void cg_loader_free(cg_loader *loader);

/* Copies the first n images of the next batch to x and labels, waiting for it if need be.  A fill
 * that failed is told of in its turn, after all batches before it, with its status and error.
 * CG_EUSAGE behind the last batch. */
cg_status cg_loader_take(cg_loader *loader, int64_t n, float *x, float *labels, cg_error *error);

/* When the batch last taken was filled, by cg_seconds(). */
typedef struct {
    double began, ended;
} cg_loader_time;
cg_loader_time cg_loader_last(const cg_loader *loader);

#endif
