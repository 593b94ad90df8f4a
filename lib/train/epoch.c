/* What an epoch has come to. */
#include "train/epoch.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double ratio(double a, int64_t n)
{
    return n > 0 ? a / (double)n : NAN;
}

double cg_mean_loss(const cg_tally *tally)
{
    return ratio(tally->loss, tally->n);
}

double cg_accuracy(const cg_tally *tally)
{
    return tally->rank ? ratio((double)tally->rank[0], tally->n) : NAN;
}

static const char *monitor_name(const cg_trainer *t)
{
    const cg_spec *spec = t->spec;
    if (spec->early_stopping.on && spec->early_stopping.monitor)
        return spec->early_stopping.monitor;
    return t->validation >= 0 ? "val_loss" : "loss";
}

/* Losses are better when smaller, all else when larger. */
static bool is_loss(const char *name)
{
    size_t length = strlen(name);
    return length >= 4 && strcmp(name + length - 4, "loss") == 0;
}

int cg_measure(const cg_spec *spec, const cg_tally *tally, cg_metric_value values[CG_MAX_METRICS])
{
    int n = 0;
    for (const char *const *name = spec->metrics; name && *name && n < CG_MAX_METRICS; name++) {
        const cg_metric *metric = cg_metric_find(*name);
        if (!metric || strcmp(*name, "accuracy") == 0 || strcmp(*name, "loss") == 0) continue;
        values[n++] = (cg_metric_value){ metric->name, metric->value(tally) };
    }
    return n;
}

/* The values of the epoch by name; those of the metrics the file asks for come last.  Returns how
 * many. */
static int gather(const cg_trainer *t, cg_epoch *e)
{
    const cg_tally *train = t->tally, *validation = t->evaluated;
    int n = 0;
    e->values[n++] = (cg_metric_value){ "loss", cg_mean_loss(train) };
    if (train->rank) e->values[n++] = (cg_metric_value){ "accuracy", cg_accuracy(train) };
    e->values[n++] = (cg_metric_value){ "lr", t->rate };
    if (t->spec->on_nonfinite == CG_NONFINITE_SKIP)
        e->values[n++] = (cg_metric_value){ "skipped", (double)t->standing.skipped };
    if (t->spec->on_nonfinite == CG_NONFINITE_ROLLBACK)
        e->values[n++] = (cg_metric_value){ "rollbacks", (double)t->standing.rollbacks };
    if (t->validation < 0) return n;
    e->values[n++] = (cg_metric_value){ "val_loss", cg_mean_loss(validation) };
    if (validation->rank)
        e->values[n++] = (cg_metric_value){ "val_accuracy", cg_accuracy(validation) };
    int end = n + cg_measure(t->spec, validation, e->values + n);
    for (; n < end; n++) {
        snprintf(e->names[n], sizeof e->names[n], "val_%s", e->values[n].name);
        e->values[n].name = e->names[n];
    }
    return n;
}

static cg_status find_value(const char *name, const cg_epoch *e, double *value, cg_error *error)
{
    for (int i = 0; i < e->n; i++)
        if (strcmp(e->values[i].name, name) == 0) {
            *value = e->values[i].value;
            return CG_OK;
        }
    return cg_fail(error, CG_EMODEL, "'%s' is watched, but this run does not measure it", name);
}

/* Tells the schedule, if it follows a measure, of this epoch's. */
static cg_status inform_schedule(cg_trainer *t, const cg_epoch *e, cg_error *error)
{
    const cg_spec *spec = t->spec;
    double value = NAN;
    if (!spec->schedule || !spec->schedule->observe) return CG_OK;
    CG_TRY(find_value(spec->schedule_monitor, e, &value, error));
    spec->schedule->observe(spec->schedule_attrs, value, !is_loss(spec->schedule_monitor),
                            t->standing.schedule);
    return CG_OK;
}

/* Notes a better value; returns whether it was one.  NaN is better than nothing alone. */
static bool note(cg_trainer *t, double value)
{
    cg_standing *s = &t->standing;
    double least = t->spec->early_stopping.on ? t->spec->early_stopping.min_delta : 0;
    bool is_better = s->best_epoch == 0 || (isnan(s->best) && !isnan(value)) ||
                     (is_loss(monitor_name(t)) ? value < s->best - least : value > s->best + least);
    s->stale = is_better ? 0 : s->stale + 1;
    if (is_better) {
        s->best = value;
        s->best_epoch = s->epoch + 1;
    }
    return is_better;
}

/* Asked of the standing alone, so that a resumed run stops where the first did.  `below` ends a run
 * whose loss is good enough. */
static bool is_stale(const cg_trainer *t)
{
    const cg_spec *spec = t->spec;
    const cg_standing *s = &t->standing;
    if (!spec->early_stopping.on || s->best_epoch == 0) return false;
    if (spec->early_stopping.below > 0 && is_loss(monitor_name(t)) &&
        s->best < spec->early_stopping.below)
        return true;
    return spec->early_stopping.patience > 0 && s->stale >= spec->early_stopping.patience;
}

cg_status cg_epoch_judge(cg_trainer *t, cg_epoch *epoch, cg_error *error)
{
    double monitored = NAN;
    epoch->n = gather(t, epoch);
    CG_TRY(find_value(monitor_name(t), epoch, &monitored, error));
    epoch->is_best = note(t, monitored);
    return inform_schedule(t, epoch, error);
}

void cg_epoch_next(cg_trainer *t)
{
    t->standing.epoch++;
    t->standing.position = 0;
    cg_tally_clear(t->tally);
}

bool cg_epoch_follows(const cg_trainer *t)
{
    return t->standing.epoch < t->spec->epochs && !is_stale(t);
}
