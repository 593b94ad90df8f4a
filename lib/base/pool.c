/* A pool of threads: chunks are claimed from one atomic counter; idle threads spin for a moment,
 * then sleep. */
#include "config.h"

#include "base/pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    MAX_THREADS = 1024,
    SPINS = 2000, /* some microseconds: the gap between two ops of a step */
};

typedef struct {
    cg_pool  *pool;
    pthread_t thread;
    int       number; /* 1..threads-1; the caller is 0 */
} worker;

struct cg_pool {
    int             threads; /* the caller included */
    worker         *workers;
    pthread_mutex_t mutex;
    pthread_cond_t  has_job, is_done;
    atomic_uint     generation; /* counts jobs; changes under the mutex */
    bool            stops;
    cg_job         *job;
    void           *context;
    int64_t         n_chunks;
    atomic_llong    next;
    atomic_int      busy; /* workers that have not finished this generation */
};

static void work(cg_pool *pool, int number)
{
    for (;;) {
        int64_t chunk = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (chunk >= pool->n_chunks) return;
        pool->job(pool->context, chunk, number);
    }
}

static void relax(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#endif
}

/* Returns when there is a job newer than `seen`, or false when the pool ends. */
static bool await_job(cg_pool *pool, unsigned *seen)
{
    for (int i = 0; i < SPINS && atomic_load_explicit(&pool->generation, memory_order_acquire) == *seen; i++)
        relax();
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->generation) == *seen && !pool->stops)
        pthread_cond_wait(&pool->has_job, &pool->mutex);
    bool goes_on = !pool->stops;
    *seen = atomic_load(&pool->generation);
    pthread_mutex_unlock(&pool->mutex);
    return goes_on;
}

static void *worker_main(void *context)
{
    worker *w = context;
    cg_pool *pool = w->pool;
    unsigned seen = 0;
    while (await_job(pool, &seen)) {
        work(pool, w->number);
        if (atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_acq_rel) != 1) continue;
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->is_done);
        pthread_mutex_unlock(&pool->mutex);
    }
    return NULL;
}

int cg_cpu_cores(void)
{
#ifdef HAVE_SCHED_GETAFFINITY
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

static bool init_locks(cg_pool *pool)
{
    if (pthread_mutex_init(&pool->mutex, NULL) != 0) return false;
    if (pthread_cond_init(&pool->has_job, NULL) == 0) {
        if (pthread_cond_init(&pool->is_done, NULL) == 0) return true;
        pthread_cond_destroy(&pool->has_job);
    }
    pthread_mutex_destroy(&pool->mutex);
    return false;
}

cg_pool *cg_pool_new(int threads)
{
    if (threads <= 0) threads = cg_cpu_cores();
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    cg_pool *pool = cg_alloc(1, sizeof *pool);
    worker *workers = cg_alloc((size_t)threads, sizeof *workers);
    if (!pool || !workers || !init_locks(pool)) {
        cg_release(workers);
        cg_release(pool);
        return NULL;
    }
    pool->workers = workers;
    pool->threads = 1;
    for (int i = 1; i < threads; i++) {
        workers[i] = (worker){ .pool = pool, .number = i };
        if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0) break;
        pool->threads++;
    }
    return pool;
}

void cg_pool_free(cg_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->mutex);
    pool->stops = true;
    atomic_fetch_add(&pool->generation, 1);
    pthread_cond_broadcast(&pool->has_job);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 1; i < pool->threads; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->has_job);
    pthread_cond_destroy(&pool->is_done);
    pthread_mutex_destroy(&pool->mutex);
    cg_release(pool->workers);
    cg_release(pool);
}

int cg_pool_threads(const cg_pool *pool)
{
    return pool->threads;
}

static void join(cg_pool *pool)
{
    for (int i = 0; i < SPINS && atomic_load_explicit(&pool->busy, memory_order_acquire) > 0; i++) relax();
    if (atomic_load_explicit(&pool->busy, memory_order_acquire) == 0) return;
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load_explicit(&pool->busy, memory_order_acquire) > 0)
        pthread_cond_wait(&pool->is_done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

void cg_pool_run(cg_pool *pool, cg_job *job, void *context, int64_t n_chunks)
{
    if (!pool || pool->threads == 1 || n_chunks <= 1) {
        for (int64_t chunk = 0; chunk < n_chunks; chunk++) job(context, chunk, 0);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->job = job;
    pool->context = context;
    pool->n_chunks = n_chunks;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->threads - 1);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->has_job);
    pthread_mutex_unlock(&pool->mutex);
    work(pool, 0);
    join(pool);
}
