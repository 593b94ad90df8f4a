/* The learning rate drops every so many epochs, as torch.optim.lr_scheduler.StepLR. */
#include "optim/optim.h"

#include <math.h>

typedef struct {
    int64_t every;
    double gamma;
} step_attrs;

static const cg_attr attrs[] = {
    CG_INT(step_attrs, every, 10, 1, 1e9, "epochs from one drop to the next"),
    CG_REAL(step_attrs, gamma, 0.1, 0, 1, "the factor of a drop"),
    { .name = NULL },
};

static double factor(const void *attrs_, double epoch, double epochs, const double state[])
{
    const step_attrs *a = attrs_;
    (void)epochs;
    (void)state;
    return pow(a->gamma, floor(epoch / (double)a->every));
}

const cg_schedule cg_schedule_step = {
    .name = "step",
    .help = "times gamma every so many epochs",
    .attrs = attrs,
    .attrs_size = sizeof(step_attrs),
    .factor = factor,
};
