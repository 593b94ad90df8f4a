/* The learning rate drops when what is watched no longer improves, as
 * torch.optim.lr_scheduler.ReduceLROnPlateau with a relative threshold. */
#include "optim/optim.h"

#include <math.h>

typedef struct {
    int64_t monitor, patience;
    double gamma, threshold;
    int64_t cooldown;
    double min;
} plateau_attrs;

static const cg_attr attrs[] = {
    CG_CHOICE(plateau_attrs, monitor, "auto loss accuracy val_loss val_accuracy",
              "what must improve; auto: val_loss, without validation loss"),
    CG_INT(plateau_attrs, patience, 10, 0, 1e9, "epochs without improvement that are let pass"),
    CG_REAL(plateau_attrs, gamma, 0.1, 0, 1, "the factor of a drop"),
    CG_REAL(plateau_attrs, threshold, 1e-4, 0, 1, "least improvement, as a part of the best value"),
    CG_INT(plateau_attrs, cooldown, 0, 0, 1e9, "epochs after a drop that do not count"),
    CG_REAL(plateau_attrs, min, 0, 0, 1, "where it stays, as a part of lr"),
    { .name = NULL },
};

enum { HAS_BEST, BEST, STALE, COOLDOWN, DROPS }; /* of the state */

static const char *monitor(const void *attrs_)
{
    static const char *const names[] = { NULL, "loss", "accuracy", "val_loss", "val_accuracy" };
    return names[((const plateau_attrs *)attrs_)->monitor];
}

static bool is_better(const plateau_attrs *a, double value, bool larger, const double state[])
{
    if (state[HAS_BEST] == 0) return isfinite(value);
    return larger ? value > state[BEST] * (1 + a->threshold)
                  : value < state[BEST] * (1 - a->threshold);
}

static void observe(const void *attrs_, double value, bool larger_is_better, double state[])
{
    const plateau_attrs *a = attrs_;
    if (is_better(a, value, larger_is_better, state)) {
        state[HAS_BEST] = 1;
        state[BEST] = value;
        state[STALE] = 0;
    } else {
        state[STALE]++;
    }
    if (state[COOLDOWN] > 0) {
        state[COOLDOWN]--;
        state[STALE] = 0;
    }
    if (state[STALE] <= (double)a->patience) return;
    state[DROPS]++;
    state[COOLDOWN] = (double)a->cooldown;
    state[STALE] = 0;
}

static double factor(const void *attrs_, double epoch, double epochs, const double state[])
{
    const plateau_attrs *a = attrs_;
    (void)epoch;
    (void)epochs;
    return fmax(a->min, pow(a->gamma, state[DROPS]));
}

const cg_schedule cg_schedule_plateau = {
    .name = "plateau",
    .help = "times gamma when what is watched no longer improves",
    .attrs = attrs,
    .attrs_size = sizeof(plateau_attrs),
    .factor = factor,
    .observe = observe,
    .monitor = monitor,
};
