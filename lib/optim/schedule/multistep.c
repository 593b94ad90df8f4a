/* The learning rate drops at given epochs, as torch.optim.lr_scheduler.MultiStepLR. */
#include "optim/optim.h"

enum { MOST = 16 };
typedef struct {
    int64_t milestones[MOST];
    double gamma;
} multistep_attrs;

static const cg_attr attrs[] = {
    CG_LIST(multistep_attrs, milestones, MOST, 1, 1e9, "the epochs after which it drops"),
    CG_REAL(multistep_attrs, gamma, 0.1, 0, 1, "the factor of a drop"),
    { .name = NULL },
};

static double factor(const void *attrs_, double epoch, double epochs, const double state[])
{
    const multistep_attrs *a = attrs_;
    double product = 1;
    (void)epochs;
    (void)state;
    for (int i = 0; i < MOST && a->milestones[i]; i++)
        if (epoch >= (double)a->milestones[i]) product *= a->gamma;
    return product;
}

const cg_schedule cg_schedule_multistep = {
    .name = "multistep",
    .help = "times gamma at each of some epochs",
    .attrs = attrs,
    .attrs_size = sizeof(multistep_attrs),
    .factor = factor,
};
