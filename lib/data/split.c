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

/* Asking for more of each class than there are is a mistake that would unbalance the split. */
static cg_status check_classes(const cg_split_spec *s, const int64_t taken[],
                               const int renumbered[256], int n_labels, cg_error *error)
{
    for (int label = 0; label < n_labels && s->per_class; label++) {
        int class = renumbered[label];
        if (class >= 0 && taken[class] < s->per_class)
            return cg_fail_at(error, CG_EDATA, s->place,
                              "split '%s': per_class is %" PRId64 ", but class %d has %" PRId64
                              " images",
                              s->name, s->per_class, label, taken[class]);
    }
    return CG_OK;
}

/* Slice, classes and per_class; taken[class] counts what is chosen of it. */
static int64_t pick(int64_t *chosen, int64_t taken[256], const cg_split_spec *s,
                    const cg_samples *samples, const int renumbered[256])
{
    bool is_sliced = s->slice[0] || s->slice[1];
    int64_t begin = s->slice[0], end = is_sliced ? s->slice[1] : samples->n, n = 0;
    for (int64_t i = begin; i < end; i++) {
        int class = renumbered[samples->labels ? samples->labels[i] : 0];
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

static cg_status check_left(const cg_split_spec *s, int64_t left, cg_error *error)
{
    if (left == 0)
        return cg_fail_at(error, CG_EDATA, s->place, "split '%s': no samples are left", s->name);
    if (s->limit > left)
        return cg_fail_at(error, CG_EDATA, s->place,
                          "split '%s': limit is %" PRId64 ", but there are %" PRId64 " images",
                          s->name, s->limit, left);
    return CG_OK;
}

cg_status cg_split_choose(int64_t **chosen, int64_t *n, const cg_split_spec *spec,
                          const cg_samples *samples, const int renumbered[256], cg_error *error)
{
    *chosen = NULL;
    CG_TRY(check(spec, samples->n, error));
    int64_t *indices = cg_alloc((size_t)samples->n, sizeof *indices);
    if (!indices) return cg_fail_nomem(error, "a split");
    int64_t taken[256] = { 0 }, left = pick(indices, taken, spec, samples, renumbered);
    cg_status status = check_classes(spec, taken, renumbered, samples->n_classes, error);
    left = keep_fraction(indices, left, spec->fraction);
    if (status == CG_OK) status = check_left(spec, left, error);
    if (status != CG_OK) {
        cg_release(indices);
        return status;
    }
    *chosen = indices;
    *n = spec->limit ? spec->limit : left;
    return CG_OK;
}
