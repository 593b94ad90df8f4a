/* Recording and compiling a step of training, and an evaluation. */
#include "train/batch.h"

#include "base/error.h"
#include "base/memory.h"

#include <cnngraph/ops.h>

/* ---- the gradient -------------------------------------------------------------------------- */
static int find_parameters(const cg_graph *graph, cg_node *parameters[])
{
    int n = 0;
    for (int id = 0; id < cg_graph_size(graph); id++) {
        cg_node *node = cg_graph_node(graph, id);
        if (cg_node_kind_of(node) == CG_NODE_PARAMETER) parameters[n++] = node;
    }
    return n;
}

/* d(loss)/d(parameters) as one vector in the order of the slab. */
static cg_node *record_gradient(cg_graph *graph, cg_node *loss)
{
    size_t most = (size_t)cg_graph_size(graph) + 1;
    cg_node **parameters = cg_alloc(most, sizeof *parameters),
            **gradients = cg_alloc(most, sizeof *gradients);
    cg_node *vector = NULL;
    if (parameters && gradients) {
        int n = find_parameters(graph, parameters);
        if (n == 0)
            cg_graph_fail(graph, CG_EMODEL, "the model has no parameters to train");
        else if (cg_gradient(loss, NULL, n, parameters, gradients) == CG_OK) {
            for (int i = 0; i < n; i++)
                gradients[i] =
                    cg_reshape(gradients[i], CG_SHAPE(cg_shape_size(cg_node_shape(parameters[i]))));
            vector = n == 1 ? gradients[0] : cg_concat(n, gradients, 0);
        }
    } else {
        cg_graph_fail(graph, CG_ENOMEM, "out of memory for the gradient");
    }
    cg_release(parameters);
    cg_release(gradients);
    return vector;
}

/* ---- recordings ---------------------------------------------------------------------------- */
static cg_status result_of(const cg_graph *graph, cg_error *error)
{
    if (cg_graph_status(graph) != CG_OK && error) *error = *cg_graph_error(graph);
    return cg_graph_status(graph);
}

/* The losses in a form that neither overflows nor cancels, whatever the file wrote. */
static void stabilise(cg_recording *r)
{
    r->losses = cg_stabilise(r->losses);
    r->loss = cg_mean(r->losses, 0, false);
}

static cg_status record_training(const cg_model *model, cg_graph *graph, int64_t batch,
                                 bool is_last, cg_training *t, cg_error *error)
{
    *t = (cg_training){ 0 };
    CG_TRY(cg_model_record(model, graph, CG_TRAINING, batch, &t->forward, error));
    stabilise(&t->forward);
    cg_graph_at(graph, cg_model_spec(model)->optimizer_place, "update");
    t->gradient = record_gradient(graph, t->forward.loss);
    cg_node *gradient = t->gradient;
    if (cg_model_spec(model)->accumulate > 1)
        gradient = cg_record_accumulation(graph, gradient, is_last, t->scalars);
    /* Clipped by an infinite length nothing would be left of a gradient that is finite. */
    const bool is_clipped = is_last && cg_model_spec(model)->clip_norm > 0;
    t->spill = cg_sum(is_clipped ? cg_square(gradient) : t->gradient, 0, false);
    if (is_last) t->theta = cg_record_update(model, graph, gradient, t->scalars);
    return result_of(graph, error);
}

cg_status cg_record_training(const cg_model *model, cg_graph *graph, int64_t batch, cg_training *t,
                             cg_error *error)
{
    return record_training(model, graph, batch, true, t, error);
}

static cg_status bind(cg_batch *b, const cg_recording *r, cg_error *error)
{
    b->x = cg_data_f32(b->program, r->x);
    b->labels = cg_data_f32(b->program, r->labels);
    b->partners = r->partners ? cg_data_f32(b->program, r->partners) : NULL;
    b->shares = r->shares ? cg_data_f32(b->program, r->shares) : NULL;
    b->norms = r->norms ? cg_data_f32(b->program, r->norms) : NULL;
    b->y = cg_data_f32(b->program, r->y);
    b->losses = cg_data_f32(b->program, r->losses);
    b->loss = cg_data_f32(b->program, r->loss);
    if (!b->x || !b->labels)
        return cg_fail(error, CG_EMODEL, "the loss does not depend on the data");
    return CG_OK;
}

static cg_status compile_training(cg_batch *b, const cg_model *model, cg_graph *graph, bool is_last,
                                  const cg_compile_options *options, cg_error *error)
{
    cg_training t;
    CG_TRY(record_training(model, graph, b->batch, is_last, &t, error));
    /* What must not reach the parameters: a gradient can overflow where the loss did not. */
    cg_node *const guards[] = { t.forward.loss, t.spill };
    cg_node *const outputs[] = { t.forward.loss, t.forward.losses, t.forward.y };
    cg_compile_options guarded = *options;
    if (cg_model_spec(model)->on_nonfinite != CG_NONFINITE_IGNORE) {
        guarded.guards = guards;
        guarded.n_guards = 2;
    }
    CG_TRY(cg_compile(&b->program, graph, 3, outputs, &guarded, error));
    for (int i = 0; i < CG_UPDATE_SCALARS; i++)
        b->scalars[i] = t.scalars[i] ? cg_data_f32(b->program, t.scalars[i]) : NULL;
    return bind(b, &t.forward, error);
}

static cg_status compile_evaluation(cg_batch *b, const cg_model *model, cg_graph *graph,
                                    const cg_compile_options *options, cg_error *error)
{
    cg_recording r;
    CG_TRY(cg_model_record(model, graph, CG_EVALUATION, b->batch, &r, error));
    stabilise(&r);
    CG_TRY(result_of(graph, error));
    CG_TRY(
        cg_compile(&b->program, graph, 3, (cg_node *[]){ r.loss, r.losses, r.y }, options, error));
    return bind(b, &r, error);
}

typedef enum { UPDATES, GATHERS, EVALUATES } batch_role;
static cg_status build(cg_batch *b, const cg_model *model, int64_t batch, batch_role role,
                       cg_pool *pool, cg_program *share, cg_error *error)
{
    cg_compile_options options = { .pool = pool,
                                   .share = share,
                                   .is_frozen = role == EVALUATES,
                                   .budget = cg_model_spec(model)->data.budget };
    *b = (cg_batch){ .batch = batch };
    cg_graph *graph = cg_graph_new();
    if (!graph) return cg_fail_nomem(error, "a graph");
    cg_status status = role == EVALUATES
                           ? compile_evaluation(b, model, graph, &options, error)
                           : compile_training(b, model, graph, role == UPDATES, &options, error);
    cg_graph_free(graph);
    if (status != CG_OK) cg_batch_free(b);
    return status;
}

cg_status cg_batch_training(cg_batch *b, const cg_model *model, int64_t batch, cg_pool *pool,
                            cg_program *share, cg_error *error)
{
    return build(b, model, batch, UPDATES, pool, share, error);
}

cg_status cg_batch_gathering(cg_batch *b, const cg_model *model, int64_t batch, cg_pool *pool,
                             cg_program *share, cg_error *error)
{
    return build(b, model, batch, GATHERS, pool, share, error);
}

cg_status cg_batch_evaluation(cg_batch *b, const cg_model *model, int64_t batch, cg_pool *pool,
                              cg_program *share, cg_error *error)
{
    return build(b, model, batch, EVALUATES, pool, share, error);
}

void cg_batch_free(cg_batch *b)
{
    cg_program_free(b->program);
    *b = (cg_batch){ 0 };
}
