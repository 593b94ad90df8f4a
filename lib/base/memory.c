#include "base/memory.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Bytes.  Large blocks ask for such pages: then one entry of the processor's translation cache does
 * for 512 small ones, and its prefetching goes on beyond 4 KB. */
enum { HUGE_PAGE = 1 << 21 };

bool cg_mul_ok(int64_t a, int64_t b, int64_t *product)
{
    return a >= 0 && b >= 0 && !__builtin_mul_overflow(a, b, product);
}

bool cg_add_ok(int64_t a, int64_t b, int64_t *sum)
{
    return a >= 0 && b >= 0 && !__builtin_add_overflow(a, b, sum);
}

int64_t cg_bounded_product(int n, const int64_t factors[])
{
    int64_t product = 1;
    bool is_beyond = false;
    for (int i = 0; i < n; i++) {
        if (factors[i] == 0) return 0;
        is_beyond = is_beyond || !cg_mul_ok(product, factors[i], &product);
    }
    return is_beyond ? INT64_MAX : product;
}

int64_t cg_bounded_sum(int64_t a, int64_t b)
{
    int64_t sum;
    return cg_add_ok(a, b, &sum) ? sum : INT64_MAX;
}

/* Allocations left before they fail; negative: they never do.  Set by tests alone. */
static _Atomic int64_t n_before_failure = -1;

void cg_fail_allocation_after(int64_t n)
{
    atomic_store(&n_before_failure, n);
}

static bool may_allocate(void)
{
    int64_t left = atomic_load(&n_before_failure);
    while (left > 0)
        if (atomic_compare_exchange_weak(&n_before_failure, &left, left - 1)) return true;
    return left < 0;
}

/* n * size bytes, at least one so that NULL always means failure; false on overflow. */
static bool byte_count(size_t n, size_t size, size_t *bytes)
{
    if (__builtin_mul_overflow(n, size, bytes) || *bytes > PTRDIFF_MAX - CG_ALIGN) return false;
    if (*bytes == 0) *bytes = 1;
    return true;
}

void *cg_alloc(size_t n, size_t size)
{
    size_t bytes;
    return byte_count(n, size, &bytes) && may_allocate() ? calloc(1, bytes) : NULL;
}

void *cg_alloc_aligned(size_t n, size_t size)
{
    size_t bytes;
    if (!byte_count(n, size, &bytes) || !may_allocate()) return NULL;
    size_t alignment = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : CG_ALIGN;
    bytes = (bytes + alignment - 1) / alignment * alignment; /* aligned_alloc wants a multiple */
    void *p = aligned_alloc(alignment, bytes);
#ifdef MADV_HUGEPAGE
    if (p && alignment == HUGE_PAGE) madvise(p, bytes, MADV_HUGEPAGE); /* may well be refused */
#endif
    if (p) memset(p, 0, bytes);
    return p;
}

void *cg_resize(void *p, size_t n, size_t size)
{
    size_t bytes;
    return byte_count(n, size, &bytes) && may_allocate() ? realloc(p, bytes) : NULL;
}

void cg_release(void *p)
{
    free(p);
}

char *cg_copy_text(const char *text)
{
    if (!text) return NULL;
    size_t bytes = strlen(text) + 1;
    char *copy = cg_alloc(bytes, 1);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

/* --- arenas --------------------------------------------------------------------------------- */

#ifndef CG_ARENA_BLOCK
#define CG_ARENA_BLOCK 16384 /* bytes; tests of small blocks define another */
#endif

struct block {
    struct block *next;
    size_t used, size; /* bytes of data[] */
    _Alignas(max_align_t) unsigned char data[];
};

struct cg_arena {
    struct block *blocks; /* the newest first; only that one has room */
};

cg_arena *cg_arena_new(void)
{
    return cg_alloc(1, sizeof(cg_arena));
}

void cg_arena_free(cg_arena *arena)
{
    if (!arena) return;
    for (struct block *block = arena->blocks; block;) {
        struct block *next = block->next;
        cg_release(block);
        block = next;
    }
    cg_release(arena);
}

static struct block *add_block(cg_arena *arena, size_t bytes)
{
    if (bytes > PTRDIFF_MAX - sizeof(struct block)) return NULL;
    size_t size = bytes > CG_ARENA_BLOCK ? bytes : CG_ARENA_BLOCK;
    struct block *block = cg_alloc(1, sizeof *block + size);
    if (!block) return NULL;
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *cg_arena_alloc(cg_arena *arena, size_t n, size_t size)
{
    size_t bytes;
    if (!byte_count(n, size, &bytes) || !may_allocate()) return NULL;
    bytes = (bytes + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < bytes) block = add_block(arena, bytes);
    if (!block) return NULL;
    void *p = block->data + block->used;
    block->used += bytes;
    return p;
}

char *cg_arena_text(cg_arena *arena, const char *text)
{
    if (!text) return NULL;
    size_t bytes = strlen(text) + 1;
    char *copy = cg_arena_alloc(arena, bytes, 1);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

char *cg_arena_printf(cg_arena *arena, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int length = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    char *text = length < 0 ? NULL : cg_arena_alloc(arena, (size_t)length + 1, 1);
    if (!text) return NULL;
    va_start(ap, format);
    vsnprintf(text, (size_t)length + 1, format, ap);
    va_end(ap);
    return text;
}
