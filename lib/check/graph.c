/* Checking the gradient of any recording: a user's own model on the user's own data. */
#include <cnngraph/check.h>
#include <cnngraph/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "check/differential.h"
#include "check/sample.h"

/* <u, y> with random u; y itself where it is a scalar. */
static cg_node *scalar(cg_node *y, uint64_t seed)
{
    if (!y || cg_node_shape(y)->rank == 0) return y;
    int64_t n = cg_shape_size(cg_node_shape(y));
    double *u = cg_alloc((size_t)n, sizeof *u);
    if (!u) {
        cg_graph_fail(cg_node_graph(y), CG_ENOMEM, "a gradient check: out of memory");
        return NULL;
    }
    cg_weights_fill(seed, "weights", 0, n, u);
    cg_node *weights = cg_constant_data(cg_node_graph(y), *cg_node_shape(y), u);
    cg_release(u);
    return cg_sum(cg_mul(weights, y), 0, false);
}

static cg_check_result blank(const cg_node *wrt, cg_check_kind kind)
{
    return (cg_check_result){ .subject = cg_node_name(wrt),
                              .input = cg_node_name(wrt),
                              .kind = kind,
                              .place = cg_node_place(wrt),
                              .label = cg_node_label(wrt) };
}

static cg_status check(cg_graph *graph, cg_node *y, int n, cg_node *const wrt[], cg_node *grad[],
                       cg_check_result result[], cg_check_feed *feed, void *feed_context,
                       int elements, const cg_check_options *options, cg_error *error)
{
    cg_node *f = scalar(y, options->seed);
    cg_gradient(f, NULL, n, wrt, grad);
    if (cg_graph_status(graph) != CG_OK) {
        if (error) *error = *cg_graph_error(graph);
        return cg_graph_status(graph);
    }
    for (int i = 0; i < n; i++) {
        result[i] = blank(wrt[i], CG_CHECK_ELEMENTS);
        result[n + i] = blank(wrt[i], CG_CHECK_PROJECTED);
    }
    cg_differential d = { .graph = graph,
                          .f = f,
                          .n = n,
                          .wrt = wrt,
                          .grad = grad,
                          .feed = feed,
                          .feed_context = feed_context,
                          .seed = options->seed,
                          .elements = elements > 0 ? elements : 4 };
    return cg_differential_check(&d, options, result, result + n, error);
}

cg_status cg_check_graph(cg_graph *graph, cg_node *y, int n, cg_node *const wrt[],
                         cg_check_feed *feed, void *feed_context, int elements,
                         const cg_check_options *options, cg_check_report *report, void *context,
                         cg_error *error)
{
    if (n <= 0) return CG_OK;
    cg_check_options none = { 0 };
    cg_node **grad = cg_alloc((size_t)n, sizeof *grad);
    cg_check_result *result = cg_alloc((size_t)n, 2 * sizeof *result);
    cg_status status = grad && result ? check(graph, y, n, wrt, grad, result, feed, feed_context,
                                              elements, options ? options : &none, error)
                                      : cg_fail_nomem(error, "a gradient check");
    for (int i = 0; i < n && status == CG_OK; i++) {
        report(context, &result[i]);
        report(context, &result[n + i]);
    }
    cg_release(grad);
    cg_release(result);
    return status;
}
