/* The lists of optimisers and schedules. */
#include "optim/optim.h"

#include <string.h>

extern const cg_optimizer cg_optimizer_sgd, cg_optimizer_adagrad, cg_optimizer_rmsprop,
    cg_optimizer_adadelta, cg_optimizer_adam, cg_optimizer_adamw, cg_optimizer_adamax,
    cg_optimizer_nadam, cg_optimizer_radam, cg_optimizer_lion;
extern const cg_schedule cg_schedule_constant, cg_schedule_step, cg_schedule_multistep,
    cg_schedule_exponential, cg_schedule_inverse, cg_schedule_polynomial, cg_schedule_cosine,
    cg_schedule_onecycle, cg_schedule_plateau;

const cg_optimizer *const cg_optimizers[] = {
    &cg_optimizer_sgd,
    &cg_optimizer_adagrad,
    &cg_optimizer_rmsprop,
    &cg_optimizer_adadelta,
    &cg_optimizer_adam,
    &cg_optimizer_adamw,
    &cg_optimizer_adamax,
    &cg_optimizer_nadam,
    &cg_optimizer_radam,
    &cg_optimizer_lion,
    NULL,
};

const cg_schedule *const cg_schedules[] = {
    &cg_schedule_constant,  &cg_schedule_step,
    &cg_schedule_multistep, &cg_schedule_exponential,
    &cg_schedule_inverse,   &cg_schedule_polynomial,
    &cg_schedule_cosine,    &cg_schedule_onecycle,
    &cg_schedule_plateau,   NULL,
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

bool cg_optimizer_uses(const cg_optimizer *optimizer, const void *attrs, int slot)
{
    return slot < optimizer->n_slots && (!optimizer->uses || optimizer->uses(attrs, slot));
}
