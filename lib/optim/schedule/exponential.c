/* The learning rate falls by the same factor in each epoch, a little with every step. */
#include "optim/optim.h"

#include <math.h>

typedef struct {
    double gamma;
} exponential_attrs;

static const cg_attr attrs[] = {
    CG_REAL(exponential_attrs, gamma, 0.95, 0, 1, "the factor of an epoch"),
    { .name = NULL },
};

static double factor(const void *attrs_, double epoch, double epochs, const double state[])
{
    const exponential_attrs *a = attrs_;
    (void)epochs;
    (void)state;
    return pow(a->gamma, epoch);
}

const cg_schedule cg_schedule_exponential = {
    .name = "exponential",
    .help = "times gamma in every epoch",
    .attrs = attrs,
    .attrs_size = sizeof(exponential_attrs),
    .factor = factor,
};
