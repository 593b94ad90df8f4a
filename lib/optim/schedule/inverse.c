/* The learning rate falls like one over the time, or a power of it: of power 1 the sum of all rates
 * diverges while that of their squares does not, as H. Robbins, S. Monro, "A stochastic
 * approximation method", 1951, ask for. */
#include "optim/optim.h"

#include <math.h>

typedef struct {
    double gamma, power;
} inverse_attrs;

static const cg_attr attrs[] = {
    CG_REAL(inverse_attrs, gamma, 1, 0, 1e38, "how much an epoch counts"),
    CG_REAL(inverse_attrs, power, 1, 0, 10, "0.5: like one over the root of time"),
    { .name = NULL },
};

static double factor(const void *attrs_, double epoch, double epochs, const double state[])
{
    const inverse_attrs *a = attrs_;
    (void)epochs;
    (void)state;
    return pow(1 + a->gamma * epoch, -a->power);
}

const cg_schedule cg_schedule_inverse = {
    .name = "inverse",
    .help = "(1 + gamma epoch) to the power -power",
    .attrs = attrs,
    .attrs_size = sizeof(inverse_attrs),
    .factor = factor,
};
