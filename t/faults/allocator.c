#include "config.h"

#include "allocator.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE___LIBC_MEMALIGN

/* What glibc has beneath its malloc. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);

void *memalign(size_t alignment, size_t size);

/* ---- what is watched ----------------------------------------------------------------------- */
/* Open addressing; a place is never empty again, so that what lies behind it is found. */
enum { PLACES = 1 << 18 };
static struct block {
    void *p;          /* NULL: never used */
    const void *site; /* where it was asked for; NULL: given back */
    int64_t number;
} blocks[PLACES];

static atomic_flag lock = ATOMIC_FLAG_INIT;
static bool is_watching, is_lasting;
static int64_t n_allocations, failing;

static void enter(void)
{
    while (atomic_flag_test_and_set(&lock)) {
    }
}

static void leave(void)
{
    atomic_flag_clear(&lock);
}

static struct block *find(void *p)
{
    size_t i = (size_t)((uintptr_t)p / 16 * UINT64_C(11400714819323198485) >> 40) % PLACES;
    while (blocks[i].p && blocks[i].p != p) i = (i + 1) % PLACES;
    return &blocks[i];
}

static bool may_allocate(void)
{
    enter();
    bool fails = false;
    if (is_watching) {
        int64_t number = ++n_allocations;
        fails = failing && (number == failing || (is_lasting && number > failing));
    }
    leave();
    if (fails) errno = ENOMEM;
    return !fails;
}

static void *note(void *p, const void *site)
{
    enter();
    if (is_watching && p) *find(p) = (struct block){ p, site, n_allocations };
    leave();
    return p;
}

static struct block forget(void *p)
{
    struct block was = { .p = NULL };
    enter();
    if (p) {
        struct block *b = find(p);
        was = *b;
        b->site = NULL;
    }
    leave();
    return was;
}

/* ---- what takes the place of the system's -------------------------------------------------- */
#define CALLER __builtin_return_address(0)
#pragma GCC visibility push(default) /* shared libraries are to find it */

void *malloc(size_t size)
{
    return may_allocate() ? note(__libc_malloc(size), CALLER) : NULL;
}

void *calloc(size_t n, size_t size)
{
    return may_allocate() ? note(__libc_calloc(n, size), CALLER) : NULL;
}

void *realloc(void *p, size_t size)
{
    if (!may_allocate()) return NULL;
    struct block was = forget(p); /* before another thread may be given the address */
    void *moved = __libc_realloc(p, size);
    if (!moved && size > 0) note(p, was.site);
    return note(moved, CALLER);
}

void *memalign(size_t alignment, size_t size)
{
    return may_allocate() ? note(__libc_memalign(alignment, size), CALLER) : NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return may_allocate() ? note(__libc_memalign(alignment, size), CALLER) : NULL;
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
    void *found = may_allocate() ? note(__libc_memalign(alignment, size), CALLER) : NULL;
    if (found) *p = found;
    return found ? 0 : ENOMEM;
}

void free(void *p)
{
    forget(p);
    __libc_free(p);
}

#pragma GCC visibility pop

/* ---- the account --------------------------------------------------------------------------- */
void allocator_watch(int64_t number, bool lasting)
{
    failing = number;
    is_lasting = lasting;
    is_watching = true;
}

/* The file of the library that asked.  Thousands of blocks are of few sites, and dladdr is slow. */
static const char *library_of(const void *site)
{
    enum { CACHED = 1024 };
    static struct {
        const void *site;
        const char *name;
    } cache[CACHED];
    size_t i = (uintptr_t)site % CACHED;
    Dl_info info;
    if (cache[i].site != site) {
        cache[i].site = site;
        cache[i].name = dladdr(site, &info) && info.dli_fname ? info.dli_fname : "";
    }
    return cache[i].name;
}

allocator_account allocator_rest(void)
{
    is_watching = false;
    allocator_account account = { .allocations = n_allocations };
    for (size_t i = 0; i < PLACES; i++) {
        const struct block *b = &blocks[i];
        if (!b->site) continue;
        const char *library = library_of(b->site);
        /* libcrypto sets itself up once, for libzip, which loses blocks of its own when memory is
         * short. */
        if (strstr(library, "/libcrypto") || strstr(library, "/libzip")) continue;
        if (strstr(library, "/libc.so") || strstr(library, "/ld-linux")) {
            account.kept++;
            continue;
        }
        account.lost++;
        if (!account.first_lost || b->number < account.first_lost) account.first_lost = b->number;
    }
    return account;
}

#endif
