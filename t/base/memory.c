/* Checked sizes, allocation that can be made to fail, arenas. */
#include "base/memory.h"

#include "../tap.h"

#include <stdlib.h>
#include <string.h>

int main(void)
{
    int64_t v = 7;
    ok(cg_mul_ok(1 << 20, 1 << 20, &v) && v == INT64_C(1) << 40, "a product that fits");
    ok(!cg_mul_ok(INT64_MAX / 2, 3, &v) && !cg_mul_ok(-1, 1, &v), "one that does not");
    ok(cg_mul_ok(INT64_MAX, 1, &v) && cg_mul_ok(0, INT64_MAX, &v) && v == 0,
       "the ends of the range");
    ok(cg_add_ok(INT64_MAX - 1, 1, &v) && v == INT64_MAX && !cg_add_ok(INT64_MAX, 1, &v),
       "sums likewise");

    unsigned char *p = cg_alloc(100, 3);
    int sum = 0;
    for (int i = 0; i < 300; i++) sum += p[i];
    ok(sum == 0, "memory comes zeroed");
    cg_release(p);
    p = cg_alloc_aligned(10, 7);
    ok(p && (uintptr_t)p % CG_ALIGN == 0, "an aligned block is aligned");
    cg_release(p);
    ok(!cg_alloc(SIZE_MAX / 2, 3) && !cg_alloc_aligned(SIZE_MAX - 10, 1) &&
           !cg_resize(NULL, SIZE_MAX / 4, 5),
       "an overflowing size gives NULL");
    ok(!cg_copy_text(NULL), "no text, no copy");

    cg_fail_allocation_after(2);
    void *a = cg_alloc(1, 1), *b = cg_alloc(1, 1), *c = cg_alloc(1, 1), *d = cg_alloc(1, 1);
    cg_fail_allocation_after(-1);
    ok(a && b && !c && !d, "the third allocation fails, and those after it");
    cg_release(a);
    cg_release(b);

    cg_arena *arena = cg_arena_new();
    char *first = cg_arena_text(arena, "first");
    bool is_kept = true, is_zero = true;
    for (size_t i = 1; i < 2000; i++) {
        unsigned char *piece = cg_arena_alloc(arena, i, 17);
        is_zero = is_zero && piece[0] == 0 && piece[i * 17 - 1] == 0;
        memset(piece, 255, i * 17);
        is_kept = is_kept && (uintptr_t)piece % _Alignof(max_align_t) == 0;
    }
    ok(is_zero && is_kept && strcmp(first, "first") == 0,
       "arena pieces are zeroed, aligned and apart");
    ok(strcmp(cg_arena_printf(arena, "%d-%s", 5, "x"), "5-x") == 0, "formatted text");
    ok(!cg_arena_alloc(arena, SIZE_MAX / 8, 16), "an overflowing piece gives NULL");
    cg_arena_free(arena);
    cg_arena_free(NULL);
    return done_testing();
}
