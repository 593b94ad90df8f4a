/* The learning rate falls along half a cosine: I. Loshchilov, F. Hutter, "SGDR: stochastic gradient
 * descent with warm restarts", ICLR 2017, equation 5 with one period. */
#include "optim/optim.h"

#include <math.h>

typedef struct {
    double min;
} cosine_attrs;

static const cg_attr attrs[] = {
    CG_REAL(cosine_attrs, min, 0, 0, 1, "what is left at the end, as a part of lr"),
    { .name = NULL },
};

static double factor(const void *attrs_, double epoch, double epochs)
{
    const double pi = 3.14159265358979323846;
    const cosine_attrs *a = attrs_;
    return a->min + (1 - a->min) * (1 + cos(pi * epoch / epochs)) / 2;
}

const cg_schedule cg_schedule_cosine = {
    .name = "cosine",
    .help = "down along half a cosine",
    .attrs = attrs,
    .attrs_size = sizeof(cosine_attrs),
    .needs_end = true,
    .factor = factor,
};
