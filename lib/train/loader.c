/* Two blocks of batches: one is read while the other is filled, so the memory is bounded and the
 * sides meet only at the end of a block.  There the reader may have to wake the thread, which was
 * measured to cost up to 40 us, as much as filling 200 KB; so a block holds all the batches that a
 * megabyte has room for: 330 of one 28x28 image, 5 of 64. */
#include "config.h"

#include "train/loader.h"

#include "base/error.h"
#include "base/memory.h"
#include "engine/program.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 20, N_BLOCKS = 2 };

typedef struct {
    float *x, *labels; /* of each batch one behind the other */
    cg_loader_time *times;
    int64_t n_batches; /* filled */
    cg_status status;  /* of the fill behind the last of them */
    cg_error error;
} block;

struct cg_loader {
    cg_loader_source source;
    pthread_t thread;
    bool is_running;
    atomic_bool stop;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    int64_t n_filled, n_read; /* blocks so far; those between them are full */

    int64_t block_batches, next; /* next: the number of the batch to fill, the thread's */
    int64_t at, n_left;          /* to take: of the block under way, and batches; the caller's */
    cg_loader_time last;
    block blocks[N_BLOCKS];
};

/* ---- the thread ---------------------------------------------------------------------------- */
static void fill_block(cg_loader *l, block *b)
{
    const cg_loader_source *s = &l->source;
    b->status = CG_OK;
    for (b->n_batches = 0; b->n_batches < l->block_batches; b->n_batches++) {
        if (l->next == s->n_batches || atomic_load(&l->stop)) return;
        float *x = b->x + b->n_batches * s->images * s->values;
        float *labels = b->labels + b->n_batches * s->images * s->targets;
        double began = cg_seconds();
        b->status = s->fill(s->context, l->next, x, labels, &b->error);
        if (b->status != CG_OK) return;
        b->times[b->n_batches] = (cg_loader_time){ began, cg_seconds() };
        l->next++;
    }
}

/* Waits until there is a block to fill (or to read, on the other side); false: stop instead. */
static bool await(cg_loader *l, bool to_fill)
{
    pthread_mutex_lock(&l->lock);
    while (l->n_filled - l->n_read == (to_fill ? N_BLOCKS : 0) && !atomic_load(&l->stop))
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
    return !atomic_load(&l->stop);
}

static void count(cg_loader *l, int64_t *n_blocks)
{
    pthread_mutex_lock(&l->lock);
    ++*n_blocks;
    pthread_mutex_unlock(&l->lock);
    pthread_cond_signal(&l->changed); /* only the other side can be waiting */
}

static void *loader_main(void *argument)
{
    cg_loader *l = argument;
    cg_status status = CG_OK;
    while (status == CG_OK && l->next < l->source.n_batches && await(l, true)) {
        block *b = &l->blocks[l->n_filled % N_BLOCKS]; /* n_filled is written here alone */
        fill_block(l, b);
        status = b->status;
        count(l, &l->n_filled);
    }
    return NULL;
}

/* ---- the caller ---------------------------------------------------------------------------- */
static cg_status allocate(cg_loader *l)
{
    const cg_loader_source *s = &l->source;
    int64_t image_bytes, bytes, left = s->n_batches - l->next;
    if (!cg_mul_ok(s->values + s->targets, sizeof(float), &image_bytes) ||
        !cg_mul_ok(s->images, image_bytes, &bytes))
        return CG_ENOMEM;
    l->block_batches = BLOCK_BYTES / bytes;
    if (l->block_batches > left) l->block_batches = left;
    if (l->block_batches < 1) l->block_batches = 1;
    for (int i = 0; i < N_BLOCKS; i++) {
        size_t images = (size_t)(l->block_batches * s->images);
        l->blocks[i].x = cg_alloc_aligned(images, (size_t)s->values * sizeof(float));
        l->blocks[i].labels = cg_alloc(images, (size_t)s->targets * sizeof(float));
        l->blocks[i].times = cg_alloc((size_t)l->block_batches, sizeof *l->blocks[i].times);
        if (!l->blocks[i].x || !l->blocks[i].labels || !l->blocks[i].times) return CG_ENOMEM;
    }
    return CG_OK;
}

cg_status cg_loader_new(cg_loader **loader, const cg_loader_source *source, int64_t first,
                        cg_error *error)
{
    *loader = NULL;
    cg_loader *l = cg_alloc(1, sizeof *l);
    if (!l) return cg_fail_nomem(error, "a loader");
    l->source = *source;
    l->next = first;
    l->n_left = source->n_batches - first;
    atomic_init(&l->stop, false);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    cg_status status = allocate(l);
    if (status == CG_OK) {
        l->is_running = pthread_create(&l->thread, NULL, loader_main, l) == 0;
        if (!l->is_running) status = CG_ENOMEM;
    }
    if (status != CG_OK) {
        cg_loader_free(l);
        return cg_fail_nomem(error, "the loader of batches");
    }
    *loader = l;
    return CG_OK;
}

void cg_loader_free(cg_loader *l)
{
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    atomic_store(&l->stop, true);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    if (l->is_running) pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    for (int i = 0; i < N_BLOCKS; i++) {
        cg_release(l->blocks[i].x);
        cg_release(l->blocks[i].labels);
        cg_release(l->blocks[i].times);
    }
    cg_release(l);
}

cg_status cg_loader_take(cg_loader *l, int64_t n, float *x, float *labels, cg_error *error)
{
    const cg_loader_source *s = &l->source;
    if (l->n_left == 0) return cg_fail(error, CG_EUSAGE, "there are no more batches");
    block *b = &l->blocks[l->n_read % N_BLOCKS]; /* n_read is written here alone */
    if (l->at == 0) await(l, false);
    if (l->at == b->n_batches) {
        if (error) *error = b->error;
        return b->status;
    }
    int64_t image = l->at * s->images;
    memcpy(x, b->x + image * s->values, (size_t)(n * s->values) * sizeof *x);
    memcpy(labels, b->labels + image * s->targets, (size_t)(n * s->targets) * sizeof *labels);
    l->last = b->times[l->at];
    l->n_left--;
    if (++l->at == b->n_batches && b->status == CG_OK) {
        l->at = 0;
        count(l, &l->n_read);
    }
    return CG_OK;
}

cg_loader_time cg_loader_last(const cg_loader *l)
{
    return l->last;
}
