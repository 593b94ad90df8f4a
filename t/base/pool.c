/* Threads: every chunk once, joins that join, and many short jobs. */
#include "base/pool.h"

#include "base/memory.h"

#include "../tap.h"

#include <stdatomic.h>

enum { MOST = 1000 };

typedef struct {
    atomic_int times[MOST];
    atomic_int worst_thread;
    int plain[MOST];
} record;

static void note(void *context, int64_t chunk, int thread)
{
    record *r = context;
    atomic_fetch_add(&r->times[chunk], 1);
    r->plain[chunk]++; /* a race here is for the thread sanitizer to see */
    int worst = atomic_load(&r->worst_thread);
    while (thread > worst && !atomic_compare_exchange_weak(&r->worst_thread, &worst, thread))
        continue;
}

static bool each_ran(record *r, int n, int times)
{
    for (int i = 0; i < MOST; i++)
        if (atomic_load(&r->times[i]) != (i < n ? times : 0) || r->plain[i] != (i < n ? times : 0))
            return false;
    return true;
}

int main(void)
{
    for (int threads = 1; threads <= 5; threads++) {
        record *r = cg_alloc(1, sizeof *r);
        cg_pool *pool = cg_pool_new(threads);
        ok(pool && cg_pool_threads(pool) == threads, "a pool of %d", threads);
        cg_pool_run(pool, note, r, 777);
        ok(each_ran(r, 777, 1), "each chunk runs once");
        for (int i = 1; i < 500; i++) cg_pool_run(pool, note, r, 777);
        ok(each_ran(r, 777, 500), "500 jobs in a row");
        ok(atomic_load(&r->worst_thread) < threads, "threads are numbered from 0");
        cg_pool_run(pool, note, r, 0);
        ok(each_ran(r, 777, 500), "no chunks, no work");
        cg_pool_free(pool);
        cg_release(r);
    }
    record *r = cg_alloc(1, sizeof *r);
    cg_pool_run(NULL, note, r, 9);
    ok(each_ran(r, 9, 1) && atomic_load(&r->worst_thread) == 0,
       "without a pool the caller does it all");
    cg_release(r);
    cg_pool *pool = cg_pool_new(0);
    ok(cg_pool_threads(pool) == cg_cpu_cores() && cg_cpu_cores() >= 1,
       "by default a thread for each core");
    cg_pool_free(pool);
    cg_pool_free(NULL);
    int n_made = 0;
    for (int i = 0; i < 50; i++) {
        pool = cg_pool_new(4);
        n_made += pool && cg_pool_threads(pool) == 4;
        cg_pool_free(pool);
    }
    ok(n_made == 50, "pools come and go without work");
    return done_testing();
}
