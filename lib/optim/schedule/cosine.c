/* The learning rate falls along half a cosine, once or again and again: I. Loshchilov, F. Hutter,
 * "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, equation 5. */
#include "optim/optim.h"

#include <math.h>

typedef struct {
    double min;
    int64_t period, growth;
} cosine_attrs;

static const cg_attr attrs[] = {
    CG_REAL(cosine_attrs, min, 0, 0, 1, "what is left at the end, as a part of lr"),
    CG_INT(cosine_attrs, period, 0, 0, 1e9, "epochs to the first restart; 0: no restart"),
    CG_INT(cosine_attrs, growth, 1, 1, 1000, "each period is so many times as long as the last"),
    { .name = NULL },
};

static cg_conflict conflict(const void *attrs_)
{
    const cosine_attrs *a = attrs_;
    if (a->growth != 1 && a->period == 0)
        return (cg_conflict){ "growth", "growth is of a period, but there is none", "period: 10" };
    return (cg_conflict){ 0 };
}

static double factor(const void *attrs_, double epoch, double epochs, const double state[])
{
    const double pi = 3.14159265358979323846;
    const cosine_attrs *a = attrs_;
    double period = a->period ? (double)a->period : epochs;
    (void)state;
    if (a->period && a->growth == 1) epoch = fmod(epoch, period);
    while (a->growth > 1 && epoch >= period) {
        epoch -= period;
        period *= (double)a->growth;
    }
    return a->min + (1 - a->min) * (1 + cos(pi * epoch / period)) / 2;
}

const cg_schedule cg_schedule_cosine = {
    .name = "cosine",
    .help = "down along half a cosine, and up again after each period",
    .attrs = attrs,
    .attrs_size = sizeof(cosine_attrs),
    .conflict = conflict,
    .needs_end = true,
    .factor = factor,
};
