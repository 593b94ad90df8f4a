/* The learning rate falls along a power of the time that is left, as
 * torch.optim.lr_scheduler.PolynomialLR; of power 1 it falls linearly. */
#include "optim/optim.h"

#include <math.h>

typedef struct {
    double power, min;
} polynomial_attrs;

static const cg_attr attrs[] = {
    CG_REAL(polynomial_attrs, power, 1, 0, 100, "of the part of the run that is left"),
    CG_REAL(polynomial_attrs, min, 0, 0, 1, "what is left at the end, as a part of lr"),
    { .name = NULL },
};

static double factor(const void *attrs_, double epoch, double epochs, const double state[])
{
    const polynomial_attrs *a = attrs_;
    (void)state;
    return a->min + (1 - a->min) * pow(fmax(0, 1 - epoch / epochs), a->power);
}

const cg_schedule cg_schedule_polynomial = {
    .name = "polynomial",
    .help = "down along a power of the time that is left",
    .attrs = attrs,
    .attrs_size = sizeof(polynomial_attrs),
    .needs_end = true,
    .factor = factor,
};
