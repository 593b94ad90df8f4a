/* Copying parameters and states to and fro. */
#include "train/snapshot.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/memory.h"
#include "train/weights.h"

#include <string.h>

/* What is done with `n` values of the trainer and their place in the snapshot. */
typedef void carrier(float *theirs, float *kept, int64_t n);

static void take(float *theirs, float *kept, int64_t n)
{
    memcpy(kept, theirs, (size_t)n * sizeof *kept);
}

static void give(float *theirs, float *kept, int64_t n)
{
    memcpy(theirs, kept, (size_t)n * sizeof *kept);
}

static void swap(float *theirs, float *kept, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        float value = theirs[i];
        theirs[i] = kept[i];
        kept[i] = value;
    }
}

/* Returns how many values there are; carry NULL: counts them alone. */
static int64_t each_leaf(const cg_trainer *t, float *kept, carrier *carry)
{
    int64_t size = 0;
    int n_leaves = cg_weights_count(t->full.program);
    for (int i = 0; i < n_leaves; i++) {
        cg_leaf leaf = cg_weights_leaf(t->full.program, i);
        int64_t n = cg_shape_size(&leaf.shape);
        if (carry) carry(leaf.data, kept + size, n);
        size += n;
    }
    return size;
}

cg_status cg_snapshot_take(cg_snapshot *s, const cg_trainer *t, cg_error *error)
{
    static const char what[] = "a copy of the weights";
    if (!s->values) {
        int64_t n = each_leaf(t, NULL, NULL), size = (int64_t)sizeof *s->values;
        CG_TRY(cg_budget_take(t->spec->data.budget, what, n * size, error));
        s->budget = t->spec->data.budget;
        s->taken = n * size;
        s->values = cg_alloc((size_t)n, sizeof *s->values);
    }
    if (!s->values) return cg_fail_nomem(error, what);
    each_leaf(t, s->values, take);
    s->standing = cg_trainer_standing(t);
    return CG_OK;
}

void cg_snapshot_return(const cg_snapshot *s, cg_trainer *t)
{
    each_leaf(t, s->values, give);
    cg_trainer_go_to(t, &s->standing);
}

void cg_snapshot_swap(cg_snapshot *s, cg_trainer *t)
{
    each_leaf(t, s->values, swap);
}

void cg_snapshot_free(cg_snapshot *s)
{
    cg_release(s->values);
    cg_budget_take(s->budget, "", -s->taken, NULL);
    *s = (cg_snapshot){ 0 };
}
