/* doc/models.md names every word of the tables that model files are read by. */
#include "data/augment/augment.h"
#include "nn/nn.h"
#include "optim/optim.h"

#include "../tap.h"

#include <stdlib.h>
#include <string.h>

static char text[100000];

static bool is_told(const char *word)
{
    char quoted[100];
    snprintf(quoted, sizeof quoted, "`%s`", word);
    return strstr(text, quoted) != NULL;
}

static void check(const char *kind, const char *name, const cg_attr *attrs)
{
    ok(is_told(name), "the %s %s is in doc/models.md", kind, name);
    for (const cg_attr *a = attrs; a && a->name; a++)
        if (!is_told(a->name))
            ok(false, "%s of the %s %s is in doc/models.md", a->name, kind, name);
}

int main(void)
{
    char path[400];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/doc/models.md", top ? top : ".");
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) fclose(file);
    ok(n > 0 && n < sizeof text - 1, "doc/models.md is read");
    for (const cg_layer *const *l = cg_layers; *l; l++) {
        check("layer", (*l)->name, (*l)->attrs);
        for (const cg_layer_key *k = (*l)->keys; k && k->name; k++)
            if (!is_told(k->name)) ok(false, "%s of %s is in doc/models.md", k->name, (*l)->name);
    }
    for (const cg_init *const *l = cg_inits; *l; l++) check("initialiser", (*l)->name, (*l)->attrs);
    for (const cg_loss *const *l = cg_losses; *l; l++) {
        check("loss", (*l)->name, (*l)->attrs);
        if ((*l)->weighs && !is_told(cg_weighing_keys[(*l)->weighs]))
            ok(false, "%s of %s is in doc/models.md", cg_weighing_keys[(*l)->weighs], (*l)->name);
    }
    for (const cg_metric *const *l = cg_metrics; *l; l++) check("metric", (*l)->name, NULL);
    for (const cg_optimizer *const *l = cg_optimizers; *l; l++)
        check("optimiser", (*l)->name, (*l)->attrs);
    check("key of every optimiser", "decay", cg_decay_attrs);
    for (const cg_schedule *const *l = cg_schedules; *l; l++)
        check("schedule", (*l)->name, (*l)->attrs);
    for (const cg_augment *const *l = cg_augments; *l; l++)
        check("augmentation", (*l)->name, (*l)->attrs);
    return done_testing();
}
