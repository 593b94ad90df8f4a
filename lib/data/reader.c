/* The parts one after the other, those of training first. */
#include "config.h"

#include "data/reader.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/idx.h"

#include <pthread.h>

struct cg_reader {
    cg_samples *part;
    int64_t wanted[CG_N_PARTS];
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool stop;
    int n_done; /* parts */
    cg_status status[CG_N_PARTS];
    cg_error error[CG_N_PARTS];
};

static void *reader_main(void *argument)
{
    cg_reader *r = argument;
    bool goes_on = true;
    for (int i = 0; i < CG_N_PARTS && goes_on; i++) {
        cg_error error = { 0 };
        cg_status status = CG_OK;
        if (r->wanted[i]) status = cg_idx_read_images(&r->part[i], r->wanted[i], &error);
        pthread_mutex_lock(&r->lock);
        r->status[i] = status;
        r->error[i] = error;
        r->n_done++;
        goes_on = !r->stop;
        pthread_cond_broadcast(&r->changed);
        pthread_mutex_unlock(&r->lock);
    }
    return NULL;
}

cg_status cg_reader_new(cg_reader **reader, cg_samples part[CG_N_PARTS],
                        const int64_t wanted[CG_N_PARTS], cg_error *error)
{
    *reader = NULL;
    cg_reader *r = cg_alloc(1, sizeof *r);
    if (!r) return cg_fail_nomem(error, "a reader of images");
    r->part = part;
    for (int i = 0; i < CG_N_PARTS; i++) r->wanted[i] = wanted[i];
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    if (pthread_create(&r->thread, NULL, reader_main, r) != 0) {
        pthread_cond_destroy(&r->changed);
        pthread_mutex_destroy(&r->lock);
        cg_release(r);
        return cg_fail_nomem(error, "a reader of images");
    }
    *reader = r;
    return CG_OK;
}

cg_status cg_reader_await(cg_reader *r, int part, cg_error *error)
{
    pthread_mutex_lock(&r->lock);
    while (r->n_done <= part) pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
    if (r->status[part] != CG_OK && error) *error = r->error[part];
    return r->status[part];
}

void cg_reader_free(cg_reader *r)
{
    if (!r) return;
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    cg_release(r);
}
