#include "base/budget.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

/* Of the machine's memory, or of what the process may address, three quarters: the rest is for what
 * is not counted, and for others. */
static int64_t offered(void)
{
    int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE), all;
    struct rlimit limit;
    if (pages < 0 || page < 0 || __builtin_mul_overflow(pages, page, &all)) all = INT64_MAX;
    bool is_limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    if (is_limited && limit.rlim_cur < (rlim_t)all) all = (int64_t)limit.rlim_cur;
    return (all < PTRDIFF_MAX ? all : PTRDIFF_MAX) / 4 * 3;
}

int64_t cg_budget_left(const cg_budget *budget)
{
    int64_t limit = budget && budget->limit ? budget->limit : offered();
    int64_t taken = budget ? budget->taken : 0;
    if (limit > PTRDIFF_MAX) limit = PTRDIFF_MAX; /* of 32 bits: what is within has a size_t */
    return limit > taken ? limit - taken : 0;
}

cg_status cg_budget_check(const cg_budget *budget, const char *what, int64_t bytes, cg_error *error)
{
    int64_t left = cg_budget_left(budget);
    if (bytes <= left) return CG_OK;
    return cg_fail(error, CG_ELIMIT,
                   "%s would take %.1f MB of memory, and %.1f MB are left of what is allowed "
                   "(--max-memory)",
                   what, (double)bytes / 1e6, (double)left / 1e6);
}

cg_status cg_budget_take(cg_budget *budget, const char *what, int64_t bytes, cg_error *error)
{
    if (bytes > 0) CG_TRY(cg_budget_check(budget, what, bytes, error));
    if (budget) budget->taken += bytes;
    return CG_OK;
}
