/* The loader by itself, with batches that tell their number: order, the end, failures, stopping. */
#include "train/loader.h"

#include "base/error.h"
#include "base/memory.h"

#include "../tap.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum { IMAGES = 3, MAX_VALUES = 40000 };

typedef struct {
    int64_t n_batches, values, fails_at; /* fails_at: -1: never */
    _Atomic int64_t n_filled;
    bool in_order;
} numbers;

static float value_of(int64_t number, int64_t i)
{
    return (float)(number * 1000 + i % 997);
}

static cg_status fill(void *context, int64_t number, float *x, float *labels, cg_error *error)
{
    numbers *s = context;
    if (number == s->fails_at)
        return cg_fail(error, CG_EDATA, "batch %" PRId64 " is damaged", number);
    for (int64_t i = 0; i < IMAGES * s->values; i++) x[i] = value_of(number, i);
    for (int64_t i = 0; i < IMAGES; i++) labels[i] = (float)(number + i);
    atomic_fetch_add(&s->n_filled, 1);
    return CG_OK;
}

static cg_status open_loader(cg_loader **loader, numbers *s, int64_t first, cg_error *error)
{
    const cg_loader_source source = { .n_batches = s->n_batches,
                                      .images = IMAGES,
                                      .values = s->values,
                                      .targets = 1,
                                      .fill = fill,
                                      .context = s };
    return cg_loader_new(loader, &source, first, error);
}

/* Takes the next batch and looks at all of it; nothing may be written behind the n-th image. */
static bool is_batch(cg_loader *loader, const numbers *s, int64_t number, int64_t n)
{
    static float x[IMAGES * MAX_VALUES];
    float labels[IMAGES] = { -1, -1, -1 };
    for (int64_t i = 0; i < IMAGES * s->values; i++) x[i] = -1;
    if (cg_loader_take(loader, n, x, labels, NULL) != CG_OK) return false;
    for (int64_t i = 0; i < IMAGES * s->values; i++)
        if (x[i] != (i < n * s->values ? value_of(number, i) : -1)) return false;
    for (int64_t i = 0; i < IMAGES; i++)
        if (labels[i] != (i < n ? (float)(number + i) : -1)) return false;
    return true;
}

/* Small batches share a block, large ones have one each. */
static void test_order(int64_t n_batches, int64_t values, int64_t first)
{
    numbers s = { .n_batches = n_batches, .values = values, .fails_at = -1 };
    cg_loader *loader;
    cg_error error = { 0 };
    float x, label;
    int64_t at = first;
    if (open_loader(&loader, &s, first, &error) == CG_OK)
        while (at < n_batches && is_batch(loader, &s, at, at % 4 == 3 ? 1 : IMAGES)) at++;
    ok(at == n_batches && atomic_load(&s.n_filled) == n_batches - first,
       "batches %" PRId64 "..%" PRId64 " of %" PRId64 " floats come in order, each once", first,
       n_batches - 1, IMAGES * values);
    ok(cg_loader_take(loader, 1, &x, &label, &error) == CG_EUSAGE, "there is none behind them: %s",
       error.message);
    cg_loader_free(loader);
}

static void test_failure(int64_t fails_at)
{
    numbers s = { .n_batches = 6000, .values = 16, .fails_at = fails_at };
    cg_loader *loader;
    cg_error error = { 0 };
    float x[IMAGES * 16], labels[IMAGES];
    char expected[64];
    int64_t at = 0;
    open_loader(&loader, &s, 0, &error);
    while (at < fails_at && is_batch(loader, &s, at, IMAGES)) at++;
    snprintf(expected, sizeof expected, "batch %" PRId64 " is damaged", fails_at);
    for (int i = 0; i < 2; i++)
        ok(at == fails_at && cg_loader_take(loader, 1, x, labels, &error) == CG_EDATA &&
               strcmp(error.message, expected) == 0,
           "%s, which is told in its turn%s", error.message, i ? " and again" : "");
    cg_loader_free(loader);
}

/* A loader may go at any time: before its first batch is taken, and in the middle. */
static void test_stopping(void)
{
    bool is_bounded = true;
    for (int64_t n_taken = 0; n_taken < 40; n_taken++) {
        numbers s = { .n_batches = INT64_MAX / 2, .values = 20000, .fails_at = -1 };
        cg_loader *loader;
        cg_error error = { 0 };
        int64_t at = 0;
        open_loader(&loader, &s, 0, &error);
        while (at < n_taken && is_batch(loader, &s, at, IMAGES)) at++;
        cg_loader_free(loader);
        is_bounded = is_bounded && at == n_taken && atomic_load(&s.n_filled) <= n_taken + 8;
    }
    ok(is_bounded, "an endless source can be left at any batch, and is never far ahead");
}

static void test_allocations(void)
{
    numbers s = { .n_batches = 9, .values = 16, .fails_at = -1 };
    cg_loader *loader;
    cg_error error = { 0 };
    int64_t n = 0;
    cg_status status = CG_ENOMEM;
    for (; status == CG_ENOMEM && n < 100; n++) {
        cg_fail_allocation_after(n);
        status = open_loader(&loader, &s, 0, &error);
        cg_fail_allocation_after(-1);
        cg_loader_free(loader);
    }
    ok(status == CG_OK && n > 4, "each of %d allocations may fail", (int)n - 1);
    numbers huge = { .n_batches = 9, .values = INT64_MAX / 4, .fails_at = -1 };
    ok(open_loader(&loader, &huge, 0, &error) == CG_ENOMEM && !loader,
       "a batch larger than memory is refused: %s", error.message);
}

int main(void)
{
    test_order(1, 1, 0);
    test_order(50000, 8, 0);
    test_order(3000, 784, 1234);
    test_order(60, MAX_VALUES, 7);
    test_failure(0);
    test_failure(1);
    test_failure(5140); /* the first of a block: 2^20 bytes hold 5140 batches of 204 */
    test_failure(4321);
    test_stopping();
    test_allocations();
    return done_testing();
}
