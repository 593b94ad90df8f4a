#include "data/split.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static cg_status check(const cg_split_spec *s, int64_t n, cg_error *error)
{
    if (s->slice[0] < 0 || s->slice[1] < s->slice[0] || s->slice[1] > n)
        return cg_fail_at(error, CG_EDATA, s->place,
                          "split '%s': slice [%" PRId64 ", %" PRId64 "] is not within the %" PRId64
                          " samples of '%s'",
                          s->name, s->slice[0], s->slice[1], n, s->from);
    if (s->limit < 0 || s->per_class < 0)
        return cg_fail_at(
            error, CG_EDATA, s->place, "split '%s': %s is %" PRId64 ", it cannot be negative",
            s->name, s->limit < 0 ? "limit" : "per_class", s->limit < 0 ? s->limit : s->per_class);
    if (!(fabs(s->fraction) <= 1))
        return cg_fail_at(error, CG_EDATA, s->place, "split '%s': fraction %g is not within -1..1",
                          s->name, s->fraction);
    return CG_OK;
}

/* Slice, classes and per_class. */
static int64_t pick(int64_t *chosen, const cg_split_spec *s, const cg_samples *samples,
                    const int renumbered[256])
{
    bool is_sliced = s->slice[0] || s->slice[1];
    int64_t begin = s->slice[0], end = is_sliced ? s->slice[1] : samples->n, n = 0;
    int64_t taken[256] = { 0 };
    for (int64_t i = begin; i < end; i++) {
        int class = renumbered[samples->labels[i]];
        if (class < 0 || (s->per_class && taken[class] == s->per_class)) continue;
        taken[class]++;
        chosen[n++] = i;
    }
    return n;
}

/* The first (0.9) or the last (-0.1); both round at the same place, so that together they are all.
 */
static int64_t keep_fraction(int64_t *chosen, int64_t n, double fraction)
{
    if (fraction == 0) return n;
    int64_t cut = (int64_t)floor((fraction > 0 ? fraction : 1 + fraction) * (double)n + 0.5);
    if (fraction > 0) return cut;
    memmove(chosen, chosen + cut, (size_t)(n - cut) * sizeof *chosen);
    return n - cut;
}

cg_status cg_split_choose(int64_t **chosen, int64_t *n, const cg_split_spec *spec,
                          const cg_samples *samples, const int renumbered[256], cg_error *error)
{
    *chosen = NULL;
    CG_TRY(check(spec, samples->n, error));
    int64_t *indices = cg_alloc((size_t)samples->n, sizeof *indices);
    if (!indices) return cg_fail_nomem(error, "a split");
    int64_t left = pick(indices, spec, samples, renumbered);
    left = keep_fraction(indices, left, spec->fraction);
    if (spec->limit && left > spec->limit) left = spec->limit;
    if (left == 0) {
        cg_release(indices);
        return cg_fail_at(error, CG_EDATA, spec->place, "split '%s': no samples are left",
                          spec->name);
    }
    *chosen = indices;
    *n = left;
    return CG_OK;
}
