/* An analytic gradient against central differences. */
#ifndef CG_CHECK_COMPARE_H
#define CG_CHECK_COMPARE_H

#include "check/probe.h"

/* A leaf that a scalar function depends on. */
typedef struct {
    double *x; /* to be changed; NULL: f does not depend on it */
    int64_t n;
    const double *analytic; /* df/dx */
} cg_variable;

/* Each fills verdict, error, analytic, numeric, element, n and n_kinks of *result.
 *
 * A difference counts only when the references take the same branches at all its points and in the
 * middle; otherwise there is a kink between them.  Unless options->eps fixes the step, smaller
 * ones are tried first. */

/* df/dx[i] for every i, or for the n_picked ones. */
cg_status cg_compare_elements(cg_probe *probe, const cg_node *f, const cg_variable *variable,
                              int64_t n_picked, const int64_t picked[],
                              const cg_check_options *options, cg_check_result *result,
                              cg_error *error);

/* <df/dx, v>, all variables moved together.  direction[i]: v for variable i; NULL: drawn, and
 * drawn again at a kink. */
cg_status cg_compare_projected(cg_probe *probe, const cg_node *f, int n,
                               const cg_variable variable[], double *const direction[],
                               const cg_check_options *options, cg_check_result *result,
                               cg_error *error);

#endif
