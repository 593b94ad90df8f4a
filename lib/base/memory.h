/* Memory: checked sizes, aligned blocks, and arenas that give everything back at once.
 *
 * Every allocation of the library goes through the functions here, so that a test can make the Nth
 * one fail; a piece of an arena counts as one, whether or not it fits into the arena's block. */
#ifndef CG_BASE_MEMORY_H
#define CG_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *product = a * b, *sum = a + b; false on overflow or a negative operand. */
bool cg_mul_ok(int64_t a, int64_t b, int64_t *product);
bool cg_add_ok(int64_t a, int64_t b, int64_t *sum);

/* Of numbers >= 0, INT64_MAX where it is more: costs are told of shapes that never get memory. */
int64_t cg_bounded_product(int n, const int64_t factors[]);
int64_t cg_bounded_sum(int64_t a, int64_t b);

enum { CG_ALIGN = 64 }; /* bytes: a cache line, and the widest vector */

void *cg_alloc(size_t n, size_t size);           /* n * size zeroed bytes or NULL; cg_release */
void *cg_alloc_aligned(size_t n, size_t size);   /* the same, aligned to CG_ALIGN; cg_release */
void *cg_resize(void *p, size_t n, size_t size); /* realloc with a checked product; not zeroed */
void cg_release(void *p);                        /* NULL is fine */
char *cg_copy_text(const char *text);            /* NULL on NULL or failure; cg_release */

/* Tests only: the allocation after `n` more successful ones fails, and every later one too;
 * n < 0 turns it off. */
void cg_fail_allocation_after(int64_t n);

/* Memory handed out piece by piece and given back all at once. */
typedef struct cg_arena cg_arena;
cg_arena *cg_arena_new(void);
void cg_arena_free(cg_arena *arena);
void *cg_arena_alloc(cg_arena *arena, size_t n, size_t size); /* zeroed, or NULL */
char *cg_arena_text(cg_arena *arena, const char *text);       /* a copy, or NULL */
char *cg_arena_printf(cg_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
