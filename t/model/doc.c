/* doc/models.md and the manual page name every word of the tables that model files are read by. */
#include "data/augment/augment.h"
#include "nn/nn.h"
#include "optim/optim.h"

#include "../tap.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *path, *quote;
} pages[] = { { "doc/models.md", "`" }, { "doc/cnngraph-model.5", NULL } };
enum { N_PAGES = sizeof pages / sizeof *pages };
static char text[N_PAGES][100000];

static bool is_part(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* In quotes, or as a word that is not a part of another. */
static bool is_told(int page, const char *word)
{
    size_t n = strlen(word);
    const char *quote = pages[page].quote;
    for (const char *p = text[page]; (p = strstr(p, word)); p++)
        if (p > text[page] &&
            (quote ? p[-1] == *quote && p[n] == *quote : !is_part(p[-1]) && !is_part(p[n])))
            return true;
    return false;
}

static void check_key(const char *kind, const char *name, const char *key)
{
    for (int i = 0; i < N_PAGES; i++)
        if (!is_told(i, key)) ok(false, "%s of the %s %s is in %s", key, kind, name, pages[i].path);
}

static void check(const char *kind, const char *name, const cg_attr *attrs)
{
    for (int i = 0; i < N_PAGES; i++)
        ok(is_told(i, name), "the %s %s is in %s", kind, name, pages[i].path);
    for (const cg_attr *a = attrs; a && a->name; a++) check_key(kind, name, a->name);
}

static void read_page(int i)
{
    char path[400];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/%s", top ? top : ".", pages[i].path);
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text[i], 1, sizeof text[i] - 1, file) : 0;
    if (file) fclose(file);
    ok(n > 0 && n < sizeof text[i] - 1, "%s is read", pages[i].path);
}

int main(void)
{
    for (int i = 0; i < N_PAGES; i++) read_page(i);
    for (const cg_layer *const *l = cg_layers; *l; l++) {
        check("layer", (*l)->name, (*l)->attrs);
        for (const cg_layer_key *k = (*l)->keys; k && k->name; k++)
            check_key("layer", (*l)->name, k->name);
    }
    for (const cg_init *const *l = cg_inits; *l; l++) check("initialiser", (*l)->name, (*l)->attrs);
    for (const cg_loss *const *l = cg_losses; *l; l++) {
        check("loss", (*l)->name, (*l)->attrs);
        if ((*l)->weighs) check_key("loss", (*l)->name, cg_weighing_keys[(*l)->weighs]);
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
