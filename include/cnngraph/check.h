/* Checking gradients: recorded vjps against central differences, in float64 through the references. */
#ifndef CNNGRAPH_CHECK_H
#define CNNGRAPH_CHECK_H

#include <cnngraph/program.h>

CG_BEGIN_API

typedef enum { CG_PASS, CG_FAIL, CG_KINK, CG_VACUOUS } cg_verdict;
const char *cg_verdict_name(cg_verdict verdict);

/* The three sources of a verdict. */
typedef enum { CG_CHECK_ELEMENTS, CG_CHECK_PROJECTED, CG_CHECK_SECOND } cg_check_kind;
const char *cg_check_kind_name(cg_check_kind kind);

typedef struct {
    double   eps;                       /* step of the central difference; 0: chosen per kind */
    double   rtol, atol;                /* 0: 1e-6 by element, 1e-8 projected; atol 1e-9      */
    uint64_t seed;
    int      directions;                /* of the projected check; 0: 1                       */
} cg_check_options;

typedef struct {
    const char   *subject; /* the op, or the parameter      */
    int           sample;  /* of the op's table             */
    const char   *input;   /* "x", "w"; of the op           */
    cg_check_kind kind;
    cg_verdict    verdict;
    double        error;   /* worst relative error          */
    double        analytic, numeric; /* where it is worst   */
    int64_t       element; /* where it is worst, -1 for projected */
    int64_t       n, n_kinks; /* elements compared, elements at kinks */
    cg_place      place;   /* of the model file             */
    const char   *label;   /* of the layer                  */
} cg_check_result;
typedef void cg_check_report(void *context, const cg_check_result *result);

/* Checks an op on its samples: each differentiable input, each kind.  Results go to report. */
cg_status cg_check_op(const cg_op *op, const cg_check_options *options, cg_check_report *report,
                      void *context, cg_error *error);

/* Checks d(y)/d(wrt[i]) of any recording.  feed fills the inputs, parameters and states of a freshly
 * compiled float64 program.  Projected, and element by element on `elements` drawn elements of each
 * (0: 8). */
cg_status cg_check_graph(cg_graph *graph, cg_node *y, int n, cg_node *const wrt[],
                         void (*feed)(void *context, cg_program *program), int elements,
                         const cg_check_options *options, cg_check_report *report, void *context,
                         cg_error *error);

CG_END_API
#endif
