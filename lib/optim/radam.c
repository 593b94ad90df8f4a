/* RAdam: L. Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020, as
 * torch.optim.RAdam: plain momentum until the mean square has seen enough. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

#include <math.h>

typedef struct {
    double lr, beta1, beta2, epsilon;
} radam_attrs;

static const cg_attr attrs[] = {
    CG_REAL(radam_attrs, lr, 0.001, 0, 1e38, "learning rate"),
    CG_REAL(radam_attrs, beta1, 0.9, 0, 0.9999999, "memory of the mean gradient"),
    CG_REAL(radam_attrs, beta2, 0.999, 0, 0.9999999, "memory of the mean squared gradient"),
    CG_REAL(radam_attrs, epsilon, 1e-8, 0, 1, "added to the root mean square"),
    { .name = NULL },
};

/* rho is the length of the moving average in effect, rho_all what it grows to; the rectification is
 * sqrt((rho - 4) (rho - 2) rho_all / ((rho_all - 4) (rho_all - 2) rho)). */
enum { PLAIN, ADAPTIVE };
static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    const radam_attrs *a = attrs_;
    double t = (double)step + 1, power = pow(a->beta2, t), rate = lr / (1 - pow(a->beta1, t));
    double rho_all = 2 / (1 - a->beta2) - 1, rho = rho_all - 2 * t * power / (1 - power);
    bool is_adaptive = rho > 5;
    double rectified = (rho - 4) * (rho - 2) * rho_all / ((rho_all - 4) * (rho_all - 2) * rho);
    scalars[PLAIN] = is_adaptive ? 0 : rate;
    scalars[ADAPTIVE] = is_adaptive ? rate * sqrt(rectified * (1 - power)) : 0;
}

/* m' (plain + adaptive / (sqrt(v') + epsilon)) */
static cg_node *record(const void *attrs_, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[])
{
    const radam_attrs *a = attrs_;
    cg_node *m = cg_running_mean(slots[0], gradient, a->beta1);
    cg_node *v = cg_running_mean(slots[1], cg_square(gradient), a->beta2);
    new_slots[0] = m;
    new_slots[1] = v;
    cg_node *root = cg_shift(cg_sqrt(v), a->epsilon);
    return cg_mul(m, cg_add(scalars[PLAIN], cg_div(scalars[ADAPTIVE], root)));
}

const cg_optimizer cg_optimizer_radam = {
    .name = "radam",
    .help = "Adam that begins as plain momentum, its variance rectified",
    .attrs = attrs,
    .attrs_size = sizeof(radam_attrs),
    .n_slots = 2,
    .slots = { "m", "v" },
    .n_scalars = 2,
    .scalars = { "plain", "adaptive" },
    .values = values,
    .record = record,
};
