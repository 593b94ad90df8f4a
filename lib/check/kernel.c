/* The float32 kernel of an op against its reference.
 *
 * A gradient check cannot see a forward computation and a gradient that are wrong alike; a
 * reference that shares no loop with the kernel can. */
#include "check/op.h"

#include "base/error.h"

#include <float.h>
#include <math.h>

typedef struct {
    cg_program *exact, *fast;
} pair;

static cg_status open_pair(pair *p, cg_op_case *c, const char *isa, cg_error *error)
{
    cg_compile_options options = { .dtype = CG_F64, .no_passes = true };
    CG_TRY(cg_compile(&p->exact, c->graph, 1, &c->y, &options, error));
    options = (cg_compile_options){ .dtype = CG_F32, .isa = isa, .no_passes = true };
    CG_TRY(cg_compile(&p->fast, c->graph, 1, &c->y, &options, error));
    for (int i = 0; i < c->sample->n_x; i++) {
        int64_t n = cg_shape_size(cg_node_shape(c->x[i]));
        double *exact = cg_data_f64(p->exact, c->x[i]);
        float *fast = cg_data_f32(p->fast, c->x[i]);
        for (int64_t k = 0; exact && k < n; k++) exact[k] = c->data[i][k];
        for (int64_t k = 0; fast && k < n; k++) fast[k] = (float)c->data[i][k];
    }
    return CG_OK;
}

static void compare(const float fast[], const double exact[], int64_t n, double rtol,
                    cg_check_result *r)
{
    double scale = 0;
    for (int64_t k = 0; k < n; k++) scale = fmax(scale, fabs(exact[k]));
    r->n = n;
    for (int64_t k = 0; k < n; k++) {
        double error = fabs(fast[k] - exact[k]) / fmax(scale, FLT_MIN);
        if (!(error <= rtol)) r->verdict = CG_FAIL;
        if (k && error <= r->error) continue;
        r->error = error;
        r->analytic = fast[k];
        r->numeric = exact[k];
        r->element = k;
    }
}

static cg_status check_case(cg_op_case *c, const char *isa, const cg_check_options *options,
                            cg_check_result *result, cg_error *error)
{
    pair p = { 0 };
    cg_status status = open_pair(&p, c, isa, error);
    if (status == CG_OK) status = cg_run(p.exact, c->seed, 1);
    if (status == CG_OK) status = cg_run(p.fast, c->seed, 1);
    if (status == CG_OK)
        compare(cg_data_f32(p.fast, c->y), cg_data_f64(p.exact, c->y),
                cg_shape_size(cg_node_shape(c->y)), options->rtol > 0 ? options->rtol : 2e-5,
                result);
    cg_program_free(p.exact);
    cg_program_free(p.fast);
    return status;
}

cg_status cg_check_kernel(const cg_op *op, const char *isa, const cg_check_options *options,
                          cg_check_report *report, void *context, cg_error *error)
{
    cg_check_options none = { 0 };
    if (!options) options = &none;
    for (int i = 0; op->forward[CG_PORTABLE] && op->samples && op->samples[i].n_x; i++) {
        cg_op_case c;
        cg_check_result result = {
            .subject = op->name, .sample = i, .input = "y", .kind = CG_CHECK_KERNEL, .label = ""
        };
        cg_status status = cg_op_case_open(&c, op, i, options->seed, error);
        if (status == CG_OK) status = check_case(&c, isa, options, &result, error);
        cg_op_case_close(&c);
        CG_TRY(status);
        report(context, &result);
    }
    return CG_OK;
}
