/* Losses and their gradients against PyTorch's, also of logits of 10,000, in double and single
 * precision. */
#include "nn/nn.h"

#include <cnngraph/ops.h>
#include <cnngraph/program.h>

#include "../golden/losses.h"
#include "../tap.h"

#include <math.h>
#include <string.h>

enum { N_CASES = sizeof golden_losses / sizeof *golden_losses, SIZE = LOSS_ROWS * LOSS_COLUMNS };

typedef struct {
    cg_graph *graph;
    cg_node *y, *t, *output[2]; /* losses, dy */
    cg_program *program;
} recording;

/* Weights come first, where a loss knows any. */
typedef struct {
    cg_weights weights;
    double attrs[2];
} attributes;

static bool record(recording *r, int i, cg_dtype dtype)
{
    bool is_class = golden_losses[i].n_targets == LOSS_ROWS;
    *r = (recording){ .graph = cg_graph_new() };
    r->y = cg_input(r->graph, "y", CG_SHAPE(LOSS_ROWS, LOSS_COLUMNS));
    r->t =
        cg_input(r->graph, "t", is_class ? CG_SHAPE(LOSS_ROWS) : CG_SHAPE(LOSS_ROWS, LOSS_COLUMNS));
    const cg_loss *loss = cg_loss_find(golden_losses[i].name);
    attributes a = { .weights = { golden_losses[i].n_weights, golden_losses[i].weights, false } };
    memcpy(a.attrs, golden_losses[i].attrs, sizeof a.attrs);
    cg_node *losses = loss->record(loss->weighs ? (void *)&a : a.attrs, r->y, r->t);
    r->output[0] = losses;
    if (!losses || cg_gradient(cg_sum(losses, 0, false), NULL, 1, &r->y, &r->output[1]) != CG_OK)
        return false;
    cg_compile_options options = { .dtype = dtype };
    return cg_compile(&r->program, r->graph, 2, r->output, &options, NULL) == CG_OK;
}

static void fill(const recording *r, cg_dtype dtype, const cg_node *leaf, int n,
                 const double values[])
{
    for (int k = 0; k < n; k++) {
        if (dtype == CG_F64)
            cg_data_f64(r->program, leaf)[k] = values[k];
        else
            cg_data_f32(r->program, leaf)[k] = (float)values[k];
    }
}

/* The largest difference, as a share of what is expected or, where that is small, of 1. */
static double worst(const recording *r, cg_dtype dtype, int output, int n, const double expected[])
{
    double most = 0;
    for (int k = 0; k < n; k++) {
        double found = dtype == CG_F64 ? cg_data_f64(r->program, r->output[output])[k]
                                       : (double)cg_data_f32(r->program, r->output[output])[k];
        double error = fabs(found - expected[k]) / fmax(1, fabs(expected[k]));
        if (!(error <= most)) most = error; /* NaN, too */
    }
    return most;
}

static void check(int i, cg_dtype dtype, double tolerance)
{
    recording r;
    double loss = NAN, dy = NAN;
    if (record(&r, i, dtype)) {
        fill(&r, dtype, r.y, SIZE, golden_losses[i].y);
        fill(&r, dtype, r.t, golden_losses[i].n_targets, golden_losses[i].t);
        if (cg_run(r.program, 0, 0) == CG_OK) {
            loss = worst(&r, dtype, 0, LOSS_ROWS, golden_losses[i].loss);
            dy = worst(&r, dtype, 1, SIZE, golden_losses[i].dy);
        }
    }
    ok(loss <= tolerance && dy <= tolerance,
       "case %d, %s of %g, %g, %d weights, %s: off by %.1e, gradient %.1e", i,
       golden_losses[i].name, golden_losses[i].attrs[0], golden_losses[i].attrs[1],
       golden_losses[i].n_weights, dtype == CG_F64 ? "float64" : "float32", loss, dy);
    cg_program_free(r.program);
    cg_graph_free(r.graph);
}

int main(void)
{
    for (int i = 0; i < N_CASES; i++) {
        check(i, CG_F64, 1e-12);
        check(i, CG_F32, 2e-6);
    }
    return done_testing();
}
