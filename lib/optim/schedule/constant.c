/* The learning rate stays. */
#include "optim/optim.h"

static double factor(const void *attrs, double epoch, double epochs, const double state[])
{
    (void)attrs;
    (void)epoch;
    (void)epochs;
    (void)state;
    return 1;
}

const cg_schedule cg_schedule_constant = {
    .name = "constant",
    .help = "the learning rate stays",
    .factor = factor,
};
