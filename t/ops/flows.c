/* The flow that an op declares for the batch axis, put to the test: the batch is cut in two, and
 * the reference of the halves must give the rows, or the terms, of the reference of the whole. */
#include "trial.h"

#include "../tap.h"

typedef struct {
    int n_along, n_reduced, n_wrong;
} tally;

/* Rows [begin, end) of x, which has C-order rows along axis 0. */
static void copy_rows(double *to, const double *from, const cg_shape *x, int64_t begin, int64_t end)
{
    int64_t row = cg_shape_size(x) / x->dim[0];
    memcpy(to, from + begin * row, (size_t)((end - begin) * row) * sizeof *to);
}

/* Attributes for a part of the batch: a shape among them is that of y, so its first axis is cut. */
static void cut_attrs(void *part, const cg_op *op, const void *attrs, int64_t rows)
{
    memcpy(part, attrs, op->attrs_size);
    for (const cg_attr *a = op->attrs; a && a->name; a++)
        if (a->type == CG_ATTR_SHAPE) ((cg_shape *)((char *)part + a->offset))->dim[0] = rows;
}

/* The same op on rows [begin, end) of the batched inputs. */
static trial part_of(const trial *whole, bool along, const bool batched[], int64_t begin,
                     int64_t end)
{
    const cg_op *op = whole->op;
    const void *attrs = cg_node_attrs(whole->node);
    void *cut = trial_alloc(op->attrs_size, 1);
    if (along && attrs) cut_attrs(cut, op, attrs, end - begin), attrs = cut;
    cg_shape x[CG_MAX_INPUTS];
    for (int i = 0; i < whole->n_x; i++) {
        x[i] = *whole->xs[i];
        if (batched[i]) x[i].dim[0] = end - begin;
    }
    trial part = trial_new(op, attrs, whole->n_x, x);
    cg_release(cut);
    if (!part.node) return part;
    for (int i = 0; i < whole->n_x; i++) {
        if (batched[i])
            copy_rows(part.x[i], whole->x[i], whole->xs[i], begin, end);
        else
            memcpy(part.x[i], whole->x[i], (size_t)cg_shape_size(whole->xs[i]) * sizeof(double));
    }
    trial_reference(&part);
    return part;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-11 * (1 + fabs(a) + fabs(b));
}

static bool is_concatenation(const trial *whole, const trial *a, const trial *b)
{
    bool same = a->n_y + b->n_y == whole->n_y;
    for (int64_t i = 0; i < whole->n_y && same; i++)
        same = near(whole->y[i], i < a->n_y ? a->y[i] : b->y[i - a->n_y]);
    return same;
}

static bool is_sum(const trial *whole, const trial *a, const trial *b)
{
    bool same = a->n_y == whole->n_y && b->n_y == whole->n_y;
    for (int64_t i = 0; i < whole->n_y && same; i++) same = near(whole->y[i], a->y[i] + b->y[i]);
    return same;
}

/* The rows that the batched inputs agree on; 0 where they do not. */
static int64_t batch_of(const trial *t, const bool batched[])
{
    int64_t n = 0;
    for (int i = 0; i < t->n_x; i++) {
        if (!batched[i]) continue;
        if (t->xs[i]->rank == 0 || (n && t->xs[i]->dim[0] != n)) return 0;
        n = t->xs[i]->dim[0];
    }
    return n;
}

static void try_cut(const trial *whole, const bool batched[], tally *found)
{
    int64_t n = batch_of(whole, batched);
    cg_flow flow = n < 2 ? CG_FLOW_MIXED : whole->op->flow(whole->node, batched);
    if (flow != CG_FLOW_ALONG && flow != CG_FLOW_REDUCED) return;
    bool along = flow == CG_FLOW_ALONG;
    trial a = part_of(whole, along, batched, 0, n / 2),
          b = part_of(whole, along, batched, n / 2, n);
    bool good =
        a.node && b.node && (along ? is_concatenation(whole, &a, &b) : is_sum(whole, &a, &b));
    *(along ? &found->n_along : &found->n_reduced) += 1;
    found->n_wrong += !good;
    trial_free(&a);
    trial_free(&b);
}

static void try_sample(const cg_op *op, const cg_sample *sample, tally *found)
{
    trial t = trial_new(op, sample->attrs, sample->n_x, sample->x);
    cg_rng rng = cg_rng_new(2024, "check", (uint64_t)(sample - op->samples));
    if (t.node) {
        trial_draw(&t, sample, &rng);
        trial_reference(&t);
        for (int mask = 1; mask < 1 << sample->n_x; mask++) {
            bool batched[CG_MAX_INPUTS] = { false };
            for (int i = 0; i < sample->n_x; i++) batched[i] = mask >> i & 1;
            try_cut(&t, batched, found);
        }
    }
    trial_free(&t);
}

/* Without a batch nothing is cut along one; nor is what draws numbers by an element's place. */
static void test_ends(const cg_op *op)
{
    static const bool none[CG_MAX_INPUTS], all[CG_MAX_INPUTS] = { true, true, true, true };
    int n_wrong = 0;
    for (const cg_sample *s = op->samples; s->n_x; s++) {
        trial t = trial_new(op, s->attrs, s->n_x, s->x);
        if (!t.node) continue;
        cg_flow flow = op->flow(t.node, none);
        n_wrong += flow == CG_FLOW_ALONG || flow == CG_FLOW_REDUCED;
        n_wrong += op->traits & CG_RANDOM && op->flow(t.node, all) != CG_FLOW_MIXED;
        trial_free(&t);
    }
    ok(n_wrong == 0, "%s is not cut where there is no batch", op->name);
}

int main(void)
{
    int n_cut = 0;
    for (const cg_op *const *op = cg_ops; *op; op++) {
        tally found = { 0 };
        if ((*op)->flow) test_ends(*op);
        if (!(*op)->flow || !(*op)->reference || (*op)->traits & CG_RANDOM) continue;
        for (const cg_sample *s = (*op)->samples; s->n_x; s++) try_sample(*op, s, &found);
        n_cut += found.n_along + found.n_reduced;
        ok(found.n_wrong == 0, "%s flows as it says (%d cuts along the batch, %d over it)",
           (*op)->name, found.n_along, found.n_reduced);
    }
    ok(n_cut > 50, "%d cuts were tried", n_cut);
    return done_testing();
}
