/* Checked allocation and arenas. */
#include "base/memory.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cg_mul_ok(int64_t a, int64_t b, int64_t *product)
{
    if (a < 0 || b < 0 || (a && b > INT64_MAX / a)) return false;
    *product = a * b;
    return true;
}

bool cg_add_ok(int64_t a, int64_t b, int64_t *sum)
{
    if (a < 0 || b < 0 || b > INT64_MAX - a) return false;
    *sum = a + b;
    return true;
}

/* Tests count down here to the allocation that fails; negative: never. */
static atomic_llong allowed = -1;

void cg_fail_allocation_after(int64_t n)
{
    atomic_store(&allowed, n);
}

static bool may_allocate(void)
{
    if (atomic_load_explicit(&allowed, memory_order_relaxed) < 0) return true;
    if (atomic_fetch_sub(&allowed, 1) > 0) return true;
    atomic_store(&allowed, 0); /* once out, out for good */
    return false;
}

/* n * size, at least 1; false on overflow. */
static bool bytes_of(size_t n, size_t size, size_t *bytes)
{
    if (size && n > (SIZE_MAX - CG_ALIGN) / size) return false;
    *bytes = n && size ? n * size : 1;
    return true;
}

void *cg_alloc(size_t n, size_t size)
{
    size_t bytes;
    return bytes_of(n, size, &bytes) && may_allocate() ? calloc(bytes, 1) : NULL;
}

void *cg_alloc_aligned(size_t n, size_t size)
{
    size_t bytes;
    if (!bytes_of(n, size, &bytes) || !may_allocate()) return NULL;
    bytes = (bytes + CG_ALIGN - 1) / CG_ALIGN * CG_ALIGN;
    void *p = aligned_alloc(CG_ALIGN, bytes);
    return p ? memset(p, 0, bytes) : NULL;
}

void *cg_resize(void *p, size_t n, size_t size)
{
    size_t bytes;
    return bytes_of(n, size, &bytes) && may_allocate() ? realloc(p, bytes) : NULL;
}

void cg_release(void *p)
{
    free(p);
}

char *cg_copy_text(const char *text)
{
    size_t bytes = text ? strlen(text) + 1 : 0;
    char *copy = text ? cg_alloc(bytes, 1) : NULL;
    return copy ? memcpy(copy, text, bytes) : NULL;
}

/* ---- arenas --------------------------------------------------------------------------------- */

enum { BLOCK = 1 << 14 }; /* bytes of an ordinary block; larger requests get one of their own */

struct block {
    struct block *next;
    size_t        used, size;
    max_align_t   data[];
};

struct cg_arena {
    struct block *blocks; /* the first one is being filled */
};

cg_arena *cg_arena_new(void)
{
    return cg_alloc(1, sizeof(cg_arena));
}

void cg_arena_free(cg_arena *arena)
{
    if (!arena) return;
    for (struct block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        cg_release(b);
    }
    cg_release(arena);
}

static struct block *add_block(cg_arena *arena, size_t bytes)
{
    size_t size = bytes > BLOCK ? bytes : BLOCK;
    if (size > SIZE_MAX / 2) return NULL;
    struct block *b = cg_alloc(1, sizeof *b + size);
    if (!b) return NULL;
    b->size = size;
    b->next = arena->blocks;
    return arena->blocks = b;
}

void *cg_arena_alloc(cg_arena *arena, size_t n, size_t size)
{
    size_t bytes;
    if (!bytes_of(n, size, &bytes)) return NULL;
    bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct block *b = arena->blocks;
    if (!b || b->size - b->used < bytes) b = add_block(arena, bytes);
    if (!b) return NULL;
    void *p = (char *)b->data + b->used;
    b->used += bytes;
    return p;
}

char *cg_arena_text(cg_arena *arena, const char *text)
{
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
    char *text = length >= 0 ? cg_arena_alloc(arena, (size_t)length + 1, 1) : NULL;
    if (!text) return NULL;
    va_start(ap, format);
    vsnprintf(text, (size_t)length + 1, format, ap);
    va_end(ap);
    return text;
}
