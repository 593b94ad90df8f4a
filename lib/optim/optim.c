/* The lists of optimisers and schedules. */
#include "optim/optim.h"

#include <string.h>

extern const cg_optimizer cg_optimizer_sgd, cg_optimizer_adam, cg_optimizer_adamw;
extern const cg_schedule cg_schedule_constant, cg_schedule_step, cg_schedule_cosine;

const cg_optimizer *const cg_optimizers[] = {
    &cg_optimizer_sgd,
    &cg_optimizer_adam,
    &cg_optimizer_adamw,
    NULL,
};

const cg_schedule *const cg_schedules[] = {
    &cg_schedule_constant,
    &cg_schedule_step,
    &cg_schedule_cosine,
    NULL,
};

const cg_optimizer *cg_optimizer_find(const char *name)
{
    for (const cg_optimizer *const *o = cg_optimizers; *o; o++)
        if (strcmp((*o)->name, name) == 0) return *o;
    return NULL;
}

const cg_schedule *cg_schedule_find(const char *name)
{
    for (const cg_schedule *const *s = cg_schedules; *s; s++)
        if (strcmp((*s)->name, name) == 0) return *s;
    return NULL;
}

int cg_optimizer_slots(const cg_optimizer *optimizer, const void *attrs)
{
    return optimizer->n_used ? optimizer->n_used(attrs) : optimizer->n_slots;
}
