/* Checking gradients: recorded vjps against central differences, in float64 through the references.
 *
 * A check has a verdict.  PASS: analytic and numeric gradient agree.  FAIL: they do not.  KINK:
 * there is no derivative at any point that was tried (some step takes another branch of a
 * reference).  VACUOUS: both are zero everywhere, so nothing was proved. */
#ifndef CNNGRAPH_CHECK_H
#define CNNGRAPH_CHECK_H

#include <cnngraph/program.h>

CG_BEGIN_API

typedef enum { CG_PASS, CG_FAIL, CG_KINK, CG_VACUOUS } cg_verdict;
const char *cg_verdict_name(cg_verdict verdict); /* "PASS" */

/* What a verdict rests on.  f is the scalar <u, y> for an op with output y and random u, or the y
 * of a recording; g is <w, df/dx> with random w. */
typedef enum {
    CG_CHECK_ELEMENTS,        /* df/dx[i] against a difference along x[i]                       */
    CG_CHECK_PROJECTED,       /* <df/dx, v> against a difference along random v                 */
    CG_CHECK_SECOND_ELEMENTS, /* the same two of g, the gradient's gradient; 64 elements drawn  */
    CG_CHECK_SECOND_PROJECTED,
    CG_CHECK_TIED,   /* at tied inputs, along a direction that moves equal values alike */
    CG_CHECK_KERNEL, /* the float32 kernel against the reference                       */
    CG_N_CHECK_KINDS
} cg_check_kind;
const char *cg_check_kind_name(cg_check_kind kind); /* "by element" */

typedef struct {
    double eps;        /* step of the differences, the only one tried; 0: 3e-4 by element,
                          2e-3 projected, smaller ones at a kink; both in proportion to |x|
                          (at least 0.02)                                                   */
    double rtol, atol; /* 0: 1e-6 by element, 1e-8 projected, 2e-5 kernel; atol 1e-9        */
    uint64_t seed;
    int order; /* 1: leave out the second order; 0: both                            */
} cg_check_options;

typedef struct {
    const char *subject; /* the op, or the parameter or input of a recording; lent */
    int sample;          /* of the op's table; 0 for a recording                   */
    const char *input;   /* "x", "w", "dy" (second order); "y" of a kernel; lent   */
    cg_check_kind kind;
    cg_verdict verdict;
    double error;             /* worst |analytic - numeric| / scale of the gradient */
    double analytic, numeric; /* where it is worst                                  */
    int64_t element;          /* where it is worst; -1: along a direction           */
    int64_t n, n_kinks;       /* differences compared, and left out at kinks        */
    cg_place place;           /* of the model file                                  */
    const char *label;        /* of the layer                                       */
} cg_check_result;
typedef void cg_check_report(void *context, const cg_check_result *result);

/* Checks an op on its samples: each differentiable input by element and projected, the second
 * order for each of them and dy, tied values where the reference takes branches.  An op without a
 * vjp gives no result.  Results go to report; the status is CG_OK whatever they are, or what kept
 * a gradient from being recorded or run.  options may be NULL. */
cg_status cg_check_op(const cg_op *op, const cg_check_options *options, cg_check_report *report,
                      void *context, cg_error *error);

/* Compares an op's kernel for `isa` ("portable", "avx2", "avx512"; NULL: the best) with its
 * reference on its samples.  An op without a kernel gives no result. */
cg_status cg_check_kernel(const cg_op *op, const char *isa, const cg_check_options *options,
                          cg_check_report *report, void *context, cg_error *error);

/* Checks d(y)/d(wrt[i]) of any recording, each wrt a leaf.  feed fills the inputs, parameters and
 * states of a freshly compiled float64 program, always with the same values.  Projected, and by
 * element on `elements` drawn elements of each (0: 4).  Records the gradient into the graph. */
typedef void cg_check_feed(void *context, cg_program *program);
cg_status cg_check_graph(cg_graph *graph, cg_node *y, int n, cg_node *const wrt[],
                         cg_check_feed *feed, void *feed_context, int elements,
                         const cg_check_options *options, cg_check_report *report, void *context,
                         cg_error *error);

/* ---- checking the checker -----------------------------------------------------------------------
 * A mutant is a vjp with one mistake planted; the check by element must fail on it. */
typedef struct {
    const char *op, *input; /* lent                                                         */
    const char *mistake;    /* "sign", "shifted by one", "conv2d: stride ignored"; lent to the
                               callback only                                                */
    bool killed;            /* FAIL or VACUOUS on some sample                               */
    int sample;             /* the first that killed it, or -1                              */
    double error;           /* found there                                                  */
} cg_mutant;
typedef void cg_mutant_report(void *context, const cg_mutant *mutant);

/* Plants every mistake that fits into the op's vjp.  A mutant whose gradient is the same as the
 * right one on every sample (a symmetric thing transposed) is none and is not reported. */
cg_status cg_check_mutants(const cg_op *op, const cg_check_options *options,
                           cg_mutant_report *report, void *context, cg_error *error);

/* Mistakes that are made in practice, each planted into a copy of the right op. */
typedef struct {
    const char *name;   /* "Z2"; several demos may have one name                       */
    const char *title;  /* one line                                                    */
    const char *lesson; /* what happens and how it shows, in a few sentences           */
    const char *op;     /* of the table; NULL where the mistake is not in a gradient   */
    void (*plant)(cg_op *op);
} cg_demo;
extern const cg_demo cg_demos[]; /* ends with name NULL */
/* Runs cg_check_op, first order, on the broken op; CG_EUSAGE where there is none. */
cg_status cg_demo_run(const cg_demo *demo, const cg_check_options *options, cg_check_report *report,
                      void *context, cg_error *error);

CG_END_API
#endif
