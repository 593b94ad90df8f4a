/* Every file of t/model/bad is a mistake, every one of t/model/warned is allowed with a warning.
 * The first line says what must be reported:
 *   # expect: LINE:COLUMN part of the message          (or --set_#K:LINE:COLUMN)
 *   # set: path=value                                  (an override; any number) */
#include <cnngraph/model.h>

#include "../tap.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_FILES = 1000, MAX_SETS = 4 };

/* Seconds of a processor.  What makes every instruction slower may ask for more. */
static double patience(void)
{
    const char *asked = getenv("CNNGRAPH_PATIENCE");
    return asked ? atof(asked) : 1;
}

struct expectation {
    char place[64], part[256];
    int n_sets;
    char sets[MAX_SETS][256];
};

static bool read_expectation(const char *path, struct expectation *e)
{
    char line[512];
    FILE *file = fopen(path, "r");
    bool found = file && fgets(line, sizeof line, file) &&
                 sscanf(line, "# expect: %63s %255[^\n]", e->place, e->part) == 2;
    e->n_sets = 0;
    while (found && e->n_sets < MAX_SETS && fgets(line, sizeof line, file) &&
           sscanf(line, "# set: %255[^\n]", e->sets[e->n_sets]) == 1)
        e->n_sets++;
    if (file) fclose(file);
    return found;
}

/* "8:22", or "--set_#2:1:7" for a place outside the file. */
static void place_text(const cg_error *error, const char *path, char text[400])
{
    if (strcmp(error->file, path) == 0)
        snprintf(text, 400, "%d:%d", error->line, error->column);
    else
        snprintf(text, 400, "%s:%d:%d", error->file, error->line, error->column);
    for (char *p = text; (p = strchr(p, ' '));) *p = '_';
}

static bool is_among(const cg_diagnostics *d, const char *path, const struct expectation *e)
{
    char place[400];
    for (int i = 0; i < cg_diagnostics_count(d); i++) {
        const cg_error *error = cg_diagnostics_error(d, i);
        place_text(error, path, place);
        if (!strcmp(place, e->place) && strstr(error->message, e->part) &&
            strstr(cg_diagnostics_text(d, i), error->message))
            return true;
    }
    return false;
}

static void check(const char *folder, const char *name)
{
    char path[512];
    struct expectation e;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!ok(read_expectation(path, &e), "%s says what is expected", name)) return;
    const char *sets[MAX_SETS];
    for (int i = 0; i < e.n_sets; i++) sets[i] = e.sets[i];
    cg_diagnostics *d = cg_diagnostics_new();
    cg_model *model;
    cg_error error = { 0 };
    clock_t begin = clock();
    cg_status status = cg_model_load(&model, path, e.n_sets, sets, d, &error);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    bool passed = status == CG_EMODEL && !model && is_among(d, path, &e);
    ok(passed, "%s is a mistake at %s: %s", name, e.place, e.part);
    for (int i = 0; !passed && i < cg_diagnostics_count(d); i++)
        printf("# %s\n", cg_diagnostics_text(d, i));
    ok(seconds < patience(), "%s is refused in time", name);
    ok(passed && !strcmp(error.message, cg_diagnostics_error(d, 0)->message),
       "%s: the error is the first mistake", name);
    cg_model_free(model);
    cg_diagnostics_free(d);
}

static void check_warned(const char *folder, const char *name)
{
    char path[512], place[700];
    struct expectation e;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!ok(read_expectation(path, &e), "%s says what is expected", name)) return;
    snprintf(place, sizeof place, "%s:%s: warning: ", path, e.place);
    cg_diagnostics *d = cg_diagnostics_new();
    cg_model *model;
    cg_status status = cg_model_load(&model, path, 0, NULL, d, NULL);
    const char *text = cg_diagnostics_warning(d, 0);
    ok(status == CG_OK && cg_diagnostics_warnings(d) == 1 && !strncmp(text, place, strlen(place)) &&
           strstr(text, e.part) && strstr(text, "\n  help: "),
       "%s is warned of at %s: %s", name, e.place, e.part);
    cg_model_free(model);
    cg_diagnostics_free(d);
}

static void check_text(const char *what, const char *text, size_t size, const char *part)
{
    cg_model *model;
    cg_error error = { 0 };
    clock_t begin = clock();
    cg_status status = cg_model_parse(&model, "x.yaml", text, size, 0, NULL, NULL, &error);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    ok(status == CG_EMODEL && strstr(error.message, part), "%s: %s", what, error.message);
    ok(seconds < patience(), "%s is refused in time", what);
}

/* What is too large to keep as a file. */
static void check_large(void)
{
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE + 1);
    if (!text) return;
    memset(text, '[', SIZE + 1);
    check_text("a megabyte of brackets", text, SIZE, "nested more than 64 deep");
    check_text("more than a megabyte", text, SIZE + 1, "more than 1048576 bytes");
    for (int i = 0; i + 1 < SIZE; i += 2) text[i] = '-', text[i + 1] = ' ';
    check_text("a megabyte of dashes", text, SIZE, "nested more than 64 deep");
    for (int i = 0; i + 4 <= SIZE; i += 4) memcpy(text + i, "- a\n", 4);
    check_text("a list of 262144 entries", text, SIZE, "more than 100000 values");
    for (int i = 0; i < SIZE / 8; i++) {
        char line[16];
        snprintf(line, sizeof line, "k%05d:\n", i % 100000);
        memcpy(text + 8 * i, line, 8);
    }
    check_text("a map of 131072 keys", text, SIZE / 16, "more than 1000 keys");
    for (int i = 0; i < SIZE / 16; i++) {
        char line[17];
        snprintf(line, sizeof line, "%%TAG !%06d! a\n", i);
        memcpy(text + 16 * i, line, 16);
    }
    check_text("a megabyte of tags", text, SIZE, "tags have no meaning here");
    free(text);
}

/* Calls a function for each file of t/model/NAME; their number. */
static int for_each(const char *name, void (*check_file)(const char *folder, const char *file))
{
    static char *names[MAX_FILES];
    char folder[400];
    const char *top = getenv("top_srcdir");
    snprintf(folder, sizeof folder, "%s/t/model/%s", top ? top : ".", name);
    DIR *dir = opendir(folder);
    int n = 0;
    for (struct dirent *entry; dir && n < MAX_FILES && (entry = readdir(dir));)
        if (strstr(entry->d_name, ".yaml")) names[n++] = strdup(entry->d_name);
    if (dir) closedir(dir);
    for (int i = 0; i < n; i++) {
        check_file(folder, names[i]);
        free(names[i]);
    }
    return n;
}

int main(void)
{
    ok(for_each("bad", check) >= 80, "there are bad files");
    ok(for_each("warned", check_warned) >= 7, "there are files to be warned of");
    check_large();
    return done_testing();
}
