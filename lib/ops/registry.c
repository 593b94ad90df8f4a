/* The table of operations, gathered from the op files at build time. */
#include <cnngraph/op.h>

#include <string.h>

#define CG_OP(name) extern const cg_op cg_op_##name;
#include "ops/registry.inc"
#undef CG_OP

const cg_op *const cg_ops[] = {
#define CG_OP(name) &cg_op_##name,
#include "ops/registry.inc"
#undef CG_OP
    NULL,
};

const cg_op *cg_op_find(const char *name)
{
    for (const cg_op *const *op = cg_ops; *op; op++)
        if (strcmp((*op)->name, name) == 0) return *op;
    return NULL;
}
