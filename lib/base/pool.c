/* Each thread claims chunks of its own part of a job, the same part for jobs of equal size, so that
 * it finds in its cache what it wrote before; then it helps the others.
 *
 * A job is open while chunks may remain.  Workers enter an open job by counting themselves in, so
 * the caller waits for those that did and never for one that the system has yet to wake.  Whoever
 * waits looks for a while before it sleeps; only sleepers cost a lock.  Each side first says what
 * it does and then looks at the other (all of that sequentially consistent), so no wake-up is lost.
 */
#include "config.h"

#include "base/pool.h"
#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum {
    MAX_THREADS = 1024,
    SPINS = 4000, /* looks before sleeping: tens of microseconds */
    CLOSED = -(1 << 30)
};

typedef struct {
    cg_pool *pool;
    pthread_t id;
    int number;
} worker;

/* The chunks of one thread: [next, end), on a cache line of its own. */
typedef struct {
    _Alignas(64) _Atomic int64_t next;
    int64_t end;
} share;

struct cg_pool {
    int n_threads; /* with the caller, which is thread 0 */
    int spins;
    pthread_mutex_t lock; /* for sleeping and waking alone */
    pthread_cond_t opened, left;
    cg_job *job;
    void *context;
    share *share;
    _Atomic unsigned turn; /* counts jobs; a change wakes the workers */
    _Atomic int n_inside;  /* workers in the open job; CLOSED and more while there is none */
    _Atomic int n_asleep;  /* workers that wait for a turn */
    _Atomic bool waiting;  /* does the caller sleep until all have left? */
    _Atomic bool stop;
    worker workers[];
};

int cg_cpu_cores(void)
{
#ifdef HAVE_SCHED_GETAFFINITY
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (int)n;
}

static void breathe(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#endif
}

static void work(cg_pool *pool, cg_job *job, void *context, int thread)
{
    for (int i = 0; i < pool->n_threads; i++) {
        share *part = &pool->share[(thread + i) % pool->n_threads];
        for (;;) {
            int64_t chunk = atomic_fetch_add_explicit(&part->next, 1, memory_order_relaxed);
            if (chunk >= part->end) break;
            job(context, chunk, thread);
        }
    }
}

static void share_out(cg_pool *pool, int64_t n_chunks)
{
    for (int i = 0; i < pool->n_threads; i++) {
        atomic_store_explicit(&pool->share[i].next, n_chunks * i / pool->n_threads,
                              memory_order_relaxed);
        pool->share[i].end = n_chunks * (i + 1) / pool->n_threads;
    }
}

/* Waits for a turn other than `seen`, or the end. */
static void await_turn(cg_pool *pool, unsigned seen)
{
    for (int i = 0; i < pool->spins && atomic_load(&pool->turn) == seen; i++) breathe();
    if (atomic_load(&pool->turn) != seen) return;
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->n_asleep, 1);
    while (atomic_load(&pool->turn) == seen && !atomic_load(&pool->stop))
        pthread_cond_wait(&pool->opened, &pool->lock);
    atomic_fetch_sub(&pool->n_asleep, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void wake(cg_pool *pool, pthread_cond_t *sleepers)
{
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(sleepers);
    pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *argument)
{
    worker *self = argument;
    cg_pool *pool = self->pool;
    for (unsigned seen = 0;;) {
        await_turn(pool, seen);
        if (atomic_load(&pool->stop)) return NULL;
        seen = atomic_load(&pool->turn);
        if (atomic_fetch_add(&pool->n_inside, 1) >= 0)
            work(pool, pool->job, pool->context, self->number);
        if (atomic_fetch_sub(&pool->n_inside, 1) == 1 && atomic_load(&pool->waiting))
            wake(pool, &pool->left);
    }
}

/* Closes the job as soon as nobody is inside. */
static bool close_job(cg_pool *pool)
{
    int nobody = 0;
    return atomic_compare_exchange_strong(&pool->n_inside, &nobody, CLOSED);
}

void cg_pool_run(cg_pool *pool, cg_job *job, void *context, int64_t n_chunks)
{
    if (!pool || pool->n_threads == 1 || n_chunks <= 1) {
        for (int64_t chunk = 0; chunk < n_chunks; chunk++) job(context, chunk, 0);
        return;
    }
    pool->job = job;
    pool->context = context;
    share_out(pool, n_chunks);
    atomic_fetch_sub(&pool->n_inside, CLOSED); /* from here on workers may enter */
    atomic_fetch_add(&pool->turn, 1);
    if (atomic_load(&pool->n_asleep) > 0) wake(pool, &pool->opened);

    work(pool, job, context, 0);

    bool closed = false;
    for (int i = 0; i < pool->spins && !(closed = close_job(pool)); i++) breathe();
    if (closed) return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->waiting, true);
    while (!close_job(pool)) pthread_cond_wait(&pool->left, &pool->lock);
    atomic_store(&pool->waiting, false);
    pthread_mutex_unlock(&pool->lock);
}

cg_pool *cg_pool_new(int threads)
{
    int cores = cg_cpu_cores();
    if (threads <= 0) threads = cores;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    cg_pool *pool = cg_alloc(1, sizeof *pool + (size_t)(threads - 1) * sizeof(worker));
    if (pool) pool->share = cg_alloc_aligned((size_t)threads, sizeof *pool->share);
    if (!pool || !pool->share) {
        cg_release(pool);
        return NULL;
    }
    pool->n_threads = 1;
    atomic_init(&pool->n_inside, CLOSED);
    pool->spins = threads > cores ? 0 : SPINS; /* spinning would keep a core from the others */
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->opened, NULL);
    pthread_cond_init(&pool->left, NULL);
    for (; pool->n_threads < threads; pool->n_threads++) {
        worker *w = &pool->workers[pool->n_threads - 1];
        w->pool = pool;
        w->number = pool->n_threads;
        if (pthread_create(&w->id, NULL, worker_main, w) != 0) break;
    }
    return pool;
}

void cg_pool_free(cg_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stop, true);
    pthread_cond_broadcast(&pool->opened);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->n_threads - 1; i++) pthread_join(pool->workers[i].id, NULL);
    pthread_cond_destroy(&pool->left);
    pthread_cond_destroy(&pool->opened);
    pthread_mutex_destroy(&pool->lock);
    cg_release(pool->share);
    cg_release(pool);
}

int cg_pool_threads(const cg_pool *pool)
{
    return pool ? pool->n_threads : 1;
}
