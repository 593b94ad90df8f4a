/* A recorded scalar and its recorded gradient, compared by element and projected. */
#include "check/differential.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/rng.h"
#include "check/compare.h"

#include <math.h>
#include <string.h>

static int64_t size_of(const cg_node *node)
{
    return cg_shape_size(cg_node_shape(node));
}

static void release_all(int n, double *block[])
{
    for (int i = 0; i < n; i++) {
        cg_release(block[i]);
        block[i] = NULL;
    }
}

cg_status cg_differential_gradient(const cg_differential *d, double *gradient[], cg_error *error)
{
    for (int i = 0; i < d->n; i++) gradient[i] = NULL;
    cg_probe probe = { 0 };
    cg_status status = cg_probe_open(&probe, d->graph, d->n, d->grad, d->feed, d->feed_context,
                                     d->seed, d->no_passes, error);
    if (status == CG_OK) {
        status = cg_probe_run(&probe);
        if (status != CG_OK) cg_fail(error, status, "a gradient could not be run");
    }
    for (int i = 0; i < d->n && status == CG_OK; i++) {
        size_t n = (size_t)size_of(d->grad[i]);
        gradient[i] = cg_alloc(n, sizeof(double));
        if (!gradient[i])
            status = cg_fail_nomem(error, "a gradient");
        else
            memcpy(gradient[i], cg_data_f64(probe.program, d->grad[i]), n * sizeof(double));
    }
    if (status != CG_OK) release_all(d->n, gradient);
    cg_probe_close(&probe);
    return status;
}

/* The element of the largest gradient, then d->elements - 1 drawn ones (perhaps twice the same). */
static int64_t *pick(const cg_differential *d, int64_t n, const double gradient[], uint64_t seed)
{
    int64_t *picked = cg_alloc((size_t)d->elements, sizeof *picked);
    if (!picked) return NULL;
    for (int64_t i = 1; i < n; i++)
        if (fabs(gradient[i]) > fabs(gradient[picked[0]])) picked[0] = i;
    cg_rng rng = cg_rng_new(seed, "elements", 0);
    for (int64_t k = 1; k < d->elements; k++) picked[k] = (int64_t)cg_rng_below(&rng, (uint64_t)n);
    return picked;
}

static cg_status check_variable(const cg_differential *d, cg_probe *probe,
                                const cg_variable *variable, const cg_check_options *options,
                                cg_check_result *by_element, cg_check_result *projected,
                                cg_error *error)
{
    int64_t *picked = NULL;
    if (d->elements && d->elements < variable->n) {
        picked = pick(d, variable->n, variable->analytic, options->seed);
        if (!picked) return cg_fail_nomem(error, "a gradient check");
    }
    cg_status status =
        cg_compare_elements(probe, d->f, variable, d->elements, picked, options, by_element, error);
    cg_release(picked);
    if (status == CG_OK && projected)
        status = cg_compare_projected(probe, d->f, 1, variable, NULL, options, projected, error);
    return status;
}

static cg_status open_value(const cg_differential *d, cg_probe *probe, cg_error *error)
{
    return cg_probe_open(probe, d->graph, 1, &d->f, d->feed, d->feed_context, d->seed, d->no_passes,
                         error);
}

static cg_variable variable_of(const cg_differential *d, cg_probe *probe, double *const gradient[],
                               int i)
{
    return (cg_variable){ cg_probe_leaf(probe, d->wrt[i]), size_of(d->wrt[i]), gradient[i] };
}

cg_status cg_differential_check(const cg_differential *d, const cg_check_options *options,
                                cg_check_result by_element[], cg_check_result projected[],
                                cg_error *error)
{
    double **gradient = cg_alloc((size_t)d->n, sizeof *gradient);
    if (!gradient) return cg_fail_nomem(error, "a gradient check");
    cg_probe probe = { 0 };
    cg_status status = cg_differential_gradient(d, gradient, error);
    if (status == CG_OK) status = open_value(d, &probe, error);
    for (int i = 0; i < d->n && status == CG_OK; i++) {
        cg_variable variable = variable_of(d, &probe, gradient, i);
        status = check_variable(d, &probe, &variable, options, &by_element[i],
                                projected ? &projected[i] : NULL, error);
    }
    cg_probe_close(&probe);
    release_all(d->n, gradient);
    cg_release(gradient);
    return status;
}

cg_status cg_differential_along(const cg_differential *d, double *const direction[],
                                const cg_check_options *options, cg_check_result *result,
                                bool *has_branches, cg_error *error)
{
    double **gradient = cg_alloc((size_t)d->n, sizeof *gradient);
    cg_variable *variable = cg_alloc((size_t)d->n, sizeof *variable);
    cg_status status = CG_OK;
    cg_probe probe = { 0 };
    if (!gradient || !variable) status = cg_fail_nomem(error, "a gradient check");
    if (status == CG_OK) status = cg_differential_gradient(d, gradient, error);
    if (status == CG_OK) status = open_value(d, &probe, error);
    if (status == CG_OK) {
        for (int i = 0; i < d->n; i++) variable[i] = variable_of(d, &probe, gradient, i);
        status =
            cg_compare_projected(&probe, d->f, d->n, variable, direction, options, result, error);
        *has_branches = cg_program_branches(probe.program) != 0;
    }
    cg_probe_close(&probe);
    if (gradient) release_all(d->n, gradient);
    cg_release(gradient);
    cg_release(variable);
    return status;
}
