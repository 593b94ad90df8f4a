/* An initialiser with the attributes that a model file does not spell out. */
#include "nn/nn.h"

void cg_init_use_default(cg_init_use *use, const cg_init *init)
{
    *use = (cg_init_use){ .init = init };
    if (!init->attrs) return;
    for (const cg_attr *a = init->attrs; a->name; a++)
        use->attrs.real[a->offset / sizeof(double)] = a->value;
}
