/* The learning rate rises along half a cosine and falls along another, below where it began: L. N.
 * Smith, N. Topin, "Super-convergence: very fast training of neural networks using large learning
 * rates", 2018, as torch.optim.lr_scheduler.OneCycleLR, the momentum as it is. */
#include "optim/optim.h"

#include <math.h>

typedef struct {
    double rise, start, end;
} onecycle_attrs;

static const cg_attr attrs[] = {
    CG_REAL(onecycle_attrs, rise, 0.3, 0, 0.99, "part of the run in which it rises"),
    CG_REAL(onecycle_attrs, start, 0.04, 0, 1, "where it begins, as a part of lr"),
    CG_REAL(onecycle_attrs, end, 4e-6, 0, 1, "where it ends, as a part of lr"),
    { .name = NULL },
};

/* From a to b along half a cosine; part: of the way. */
static double along(double a, double b, double part)
{
    const double pi = 3.14159265358979323846;
    return b + (a - b) * (1 + cos(pi * part)) / 2;
}

static double factor(const void *attrs_, double epoch, double epochs, const double state[])
{
    const onecycle_attrs *a = attrs_;
    double part = epoch / epochs;
    (void)state;
    return part < a->rise ? along(a->start, 1, part / a->rise)
                          : along(1, a->end, (part - a->rise) / (1 - a->rise));
}

const cg_schedule cg_schedule_onecycle = {
    .name = "onecycle",
    .help = "up along half a cosine, then down along another",
    .attrs = attrs,
    .attrs_size = sizeof(onecycle_attrs),
    .warms_up = true,
    .needs_end = true,
    .factor = factor,
};
