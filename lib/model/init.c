/* The values that parameters and states begin with. */
#include "model/model.h"

#include "base/rng.h"

#include <string.h>

const cg_leaf_plan *cg_model_leaf(const cg_model *model, const char *name)
{
    const cg_leaf_plan *p = model->leaves;
    while (p && strcmp(p->name, name) != 0) p = p->next;
    return p;
}

/* Values [from, from + n). */
static void store(const cg_leaf *leaf, cg_dtype dtype, int64_t from, int64_t n,
                  const double values[])
{
    for (int64_t i = 0; i < n; i++) {
        if (dtype == CG_F64)
            ((double *)leaf->data)[from + i] = values[i];
        else
            ((float *)leaf->data)[from + i] = (float)values[i];
    }
}

/* A few at a time: a copy of all in double would be the most memory that training ever takes. */
static void fill(const cg_leaf_plan *plan, const cg_leaf *leaf, cg_dtype dtype, cg_rng rng)
{
    enum { SOME = 512 };
    double values[SOME] = { 0 };
    int64_t size = cg_shape_size(&leaf->shape);
    for (int64_t i = 0, n; i < size; i += n) {
        n = size - i < SOME ? size - i : SOME;
        if (plan)
            plan->init.init->fill(&plan->init.attrs, &rng, plan->fan_in, plan->fan_out, n, values);
        store(leaf, dtype, i, n, values);
    }
}

/* A leaf that the model does not know belongs to the optimiser: it begins with 0.  The stream is
 * named after the parameter, so that adding a layer never changes another's numbers. */
static cg_status init_leaf(const cg_model *model, const cg_leaf *leaf, cg_dtype dtype,
                           uint64_t seed, cg_error *error)
{
    const cg_leaf_plan *plan = cg_model_leaf(model, leaf->name);
    if (plan && !cg_shape_equal(&plan->shape, &leaf->shape))
        return cg_fail(error, CG_EUSAGE, "%s of the program has another shape than the model's",
                       leaf->name);
    char *stream = cg_alloc(strlen(leaf->name) + sizeof "init:", 1);
    if (!stream) return cg_fail_nomem(error, leaf->name);
    strcat(strcpy(stream, "init:"), leaf->name);
    fill(plan, leaf, dtype, cg_rng_new(seed, stream, 0));
    cg_release(stream);
    return CG_OK;
}

cg_status cg_model_init(const cg_model *model, cg_program *program, uint64_t seed, cg_error *error)
{
    static const cg_node_kind kinds[] = { CG_NODE_PARAMETER, CG_NODE_STATE };
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < cg_program_leaves(program, kinds[k]); i++) {
            cg_leaf leaf = cg_program_leaf(program, kinds[k], i);
            CG_TRY(init_leaf(model, &leaf, cg_program_dtype(program), seed, error));
        }
    return CG_OK;
}
