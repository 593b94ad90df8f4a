/* Budgets of memory: what is asked for, what is left, and numbers too large to be counted. */
#include "base/budget.h"

#include "base/memory.h"

#include "../tap.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void test_taking(void)
{
    cg_budget budget = { .limit = 1000 };
    cg_error error = { 0 };
    ok(cg_budget_left(&budget) == 1000, "all of it is left at first");
    ok(cg_budget_check(&budget, "a", 1000, NULL) == CG_OK && budget.taken == 0,
       "checking takes nothing");
    ok(cg_budget_take(&budget, "a", 600, NULL) == CG_OK && cg_budget_left(&budget) == 400,
       "what is taken is no longer left");
    ok(cg_budget_take(&budget, "x.npy", 2000000, &error) == CG_ELIMIT && budget.taken == 600,
       "too much is refused, and not taken");
    ok(strstr(error.message, "x.npy would take 2.0 MB") && strstr(error.message, "0.0 MB are left"),
       "the message tells both: %s", error.message);
    ok(cg_status_exit_code(error.status) == 8, "its exit code is 8");
    ok(cg_budget_take(&budget, "", -600, NULL) == CG_OK && budget.taken == 0, "it is given back");
    budget.taken = 1200;
    ok(cg_budget_left(&budget) == 0, "less than nothing is nothing");
}

static void test_machine(void)
{
    int64_t memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    if (memory > PTRDIFF_MAX) memory = PTRDIFF_MAX;
    int64_t left = cg_budget_left(NULL);
    cg_budget budget = { .taken = 1 };
    ok(left > memory / 8 && left < memory, "without a limit it is a part of the machine's memory");
    ok(cg_budget_left(&budget) == left - 1, "of which a budget without one takes");
    ok(cg_budget_check(NULL, "a", INT64_MAX, NULL) == CG_ELIMIT, "that has an end");
    budget = (cg_budget){ .limit = INT64_MAX };
    ok(cg_budget_left(&budget) == PTRDIFF_MAX, "a limit is no more than can be addressed");
    struct rlimit before, less;
    getrlimit(RLIMIT_AS, &before);
    less = before;
    less.rlim_cur = 1 << 30;
    setrlimit(RLIMIT_AS, &less);
    left = cg_budget_left(NULL);
    getrlimit(RLIMIT_AS, &less);
    setrlimit(RLIMIT_AS, &before);
    if (less.rlim_cur == 1 << 30)
        ok(left == (1 << 30) / 4 * 3, "and of the address space where that is less");
    else
        skip("and of the address space", "the system keeps no limit on it"); /* qemu */
}

static void test_numbers(void)
{
    ok(cg_bounded_product(3, (int64_t[]){ 2, 3, 7 }) == 42, "a product");
    ok(cg_bounded_product(3, (int64_t[]){ INT64_MAX, 2, 2 }) == INT64_MAX, "one that is too large");
    ok(cg_bounded_product(3, (int64_t[]){ INT64_MAX, 2, 0 }) == 0, "times nothing is nothing");
    ok(cg_bounded_sum(INT64_MAX, 1) == INT64_MAX && cg_bounded_sum(2, 3) == 5, "sums likewise");
}

int main(void)
{
    test_taking();
    test_machine();
    test_numbers();
    return done_testing();
}
