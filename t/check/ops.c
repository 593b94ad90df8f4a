/* Every op of the table: its gradient, the gradient of its gradient, ties, and its kernels. */
#include "../tap.h"

#include <cnngraph/cnngraph.h>

#include "base/cpu.h"

#include <string.h>

static const double limit[CG_N_CHECK_KINDS] = {
    [CG_CHECK_ELEMENTS] = 1e-6,
    [CG_CHECK_PROJECTED] = 1e-8,
    [CG_CHECK_SECOND_ELEMENTS] = 1e-6,
    [CG_CHECK_SECOND_PROJECTED] = 1e-8,
    [CG_CHECK_TIED] = 1e-8,
    [CG_CHECK_KERNEL] = 2e-5,
};

typedef struct {
    double worst[CG_N_CHECK_KINDS];
    int count[CG_N_CHECK_KINDS];
} tally;

static void judge(void *context, const cg_check_result *r)
{
    tally *t = context;
    ok(r->verdict == CG_PASS && r->error <= limit[r->kind],
       "%s, sample %d: %s %s is right (%s, error %.1e)", r->subject, r->sample, r->input,
       cg_check_kind_name(r->kind), cg_verdict_name(r->verdict), r->error);
    if (r->verdict != CG_PASS)
        printf("# analytic %.12g, numeric %.12g at element %lld of %lld; %lld kinks\n", r->analytic,
               r->numeric, (long long)r->element, (long long)r->n, (long long)r->n_kinks);
    if (r->error > t->worst[r->kind]) t->worst[r->kind] = r->error;
    t->count[r->kind]++;
}

static int n_samples(const cg_op *op)
{
    int n = 0;
    while (op->samples[n].n_x) n++;
    return n;
}

static void check_op(const cg_op *op, tally *t)
{
    cg_error error = { 0 };
    cg_check_options options = { .seed = 0 }; /* as the command draws */
    if (!ok(op->samples && n_samples(op) > 0, "%s has samples", op->name)) return;
    cg_status status = cg_check_op(op, &options, judge, t, &error);
    ok(status == CG_OK, "%s can be differentiated twice %s", op->name, error.message);
    for (cg_tier tier = CG_PORTABLE; tier < CG_N_TIERS; tier++) {
        if (!cg_tier_usable(tier)) continue;
        status = cg_check_kernel(op, cg_tier_name(tier), &options, judge, t, &error);
        ok(status == CG_OK, "the %s kernel of %s can be run %s", cg_tier_name(tier), op->name,
           status == CG_OK ? "" : error.message);
    }
}

int main(void)
{
    static const char *const windowed[] = { "conv2d", "conv2d_dw", "conv_transpose2d", "max_pool2d",
                                            "avg_pool2d" };
    tally t = { 0 };
    for (const cg_op *const *op = cg_ops; *op; op++) check_op(*op, &t);
    for (size_t i = 0; i < sizeof windowed / sizeof *windowed; i++) {
        const cg_op *op = cg_op_find(windowed[i]);
        int n = op ? n_samples(op) : 0;
        ok(n >= 30, "%s is checked on at least 30 samples (%d)", windowed[i], n);
    }
    for (int kind = 0; kind < CG_N_CHECK_KINDS; kind++) {
        const char *name = cg_check_kind_name((cg_check_kind)kind);
        ok(t.count[kind] > 0, "%d checks %s, worst error %.1e", t.count[kind], name, t.worst[kind]);
    }
    return done_testing();
}
