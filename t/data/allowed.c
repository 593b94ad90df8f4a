/* Which paths a model file may name: those that stay, as texts, in its folders. */
#include "data/allowed.h"

#include "../tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const bool both[2] = { true, true };

static bool may(const char *base, const char *path, const char *allowed)
{
    const cg_data_spec spec = {
        .images = { path }, .images_place = { { "m.yaml", 2, 9 } }, .base = base, .allowed = allowed
    };
    return cg_check_allowed(&spec, both, NULL) == CG_OK;
}

/* m/x.csv, the secret e/x.csv and links; what they lead to counts as well as what they say. */
static void test_links(void)
{
    static const struct {
        const char *path, *to; /* to: NULL for a file, "/" for a folder, "|" for a pipe */
    } made[] = {
        { "m", "/" },
        { "m/x.csv", NULL },
        { "e", "/" },
        { "e/x.csv", NULL },
        { "m/file", "../e/x.csv" },
        { "m/folder", "../e" },
        { "m/near", "x.csv" },
        { "m/nowhere", "../e/none" },
        { "m/round", "round" },
        { "m/pipe", "|" },
        { "link", "m" },
    };
    static const struct {
        const char *base, *path, *allowed;
        bool may;
        const char *name;
    } cases[] = {
        { "m", "x.csv", NULL, true, "a file" },
        { "m", "near", NULL, true, "a link to it" },
        { "m", "file", NULL, false, "a link to a file elsewhere" },
        { "m", "file", "e", true, "a link to a folder that the user allows" },
        { "m", "file", "/", true, "any link, where the user allows any path," },
        { "m", "folder/x.csv", NULL, false, "a file behind a link" },
        { "m", "folder/../m/x.csv", NULL, true, "a path that a link leads back" },
        { "m", "folder/../e/x.csv", NULL, false, "one that is led out, whatever its text," },
        { "m", "folder/none.csv", NULL, true, "a file that is not there" },
        { "m", "nowhere", NULL, true, "a link to nothing" },
        { "m", "round", NULL, false, "a link to itself" },
        { "m", "pipe", NULL, false, "a pipe" },
        { "m", "pipe", "/", false, "a pipe, where the user allows any path," },
        { "link", "x.csv", NULL, true, "a file in a folder that is a link" },
        { "m", "../link/x.csv", "link", true, "one in such a folder that the user allows" },
    };
    char folder[] = "/tmp/cnngraph-allowed-XXXXXX";
    bool is_made = mkdtemp(folder) && chdir(folder) == 0;
    for (size_t i = 0; i < sizeof made / sizeof *made && is_made; i++) {
        const char *to = made[i].to;
        FILE *file = to ? NULL : fopen(made[i].path, "w");
        is_made = !to          ? file && fclose(file) == 0
                  : *to == '/' ? mkdir(made[i].path, 0777) == 0
                  : *to == '|' ? mkfifo(made[i].path, 0666) == 0
                               : symlink(to, made[i].path) == 0;
    }
    ok(is_made, "files, folders and links are made");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ok(may(cases[i].base, cases[i].path, cases[i].allowed) == cases[i].may, "%s %s",
           cases[i].name, cases[i].may ? "is read" : "is not read");
    for (size_t i = sizeof made / sizeof *made; i-- > 0;) remove(made[i].path);
    ok(chdir("/") == 0 && rmdir(folder) == 0, "nothing is left behind");
}

int main(void)
{
    static const struct {
        const char *base, *path, *allowed;
        bool may;
        const char *name;
    } cases[] = {
        { "/m", "x.csv", NULL, true, "a file beside the model" },
        { "/m/", "data/x.csv", NULL, true, "one below it" },
        { "/m", "/m/data/x.csv", NULL, true, "its full path" },
        { "/m", "data/.././/x.csv", NULL, true, "a path that comes back" },
        { "/m", "..x/..y..", NULL, true, "names with dots" },
        { "/m", "../x.csv", NULL, false, "a file above" },
        { "/m", "data/../../x.csv", NULL, false, "also by a detour" },
        { "/m", "/x.csv", NULL, false, "a full path elsewhere" },
        { "/m", "/mm/x.csv", NULL, false, "a folder that begins alike" },
        { "/m", "/m/../x.csv", NULL, false, "a full path that leads out" },
        { "/m", "../../../../etc/passwd", NULL, false, "up beyond the root" },
        { "/m", "/data/set/x.csv", NULL, true, "a file in $CNNGRAPH_DATA" },
        { "/m", "/data/x.csv", NULL, false, "one above it" },
        { "/m", "/e/x.csv", "/e", true, "one in the folder that the user allows" },
        { "/m", "/f/x.csv", "/e", false, "one beside it" },
        { "/m", "/f/x.csv", "/", true, "any, where the user allows any" },
        { "/", "/f/x.csv", NULL, true, "any, for a model in the root" },
        { "m/../n", "x.csv", NULL, true, "a base that is a detour" },
        { NULL, "x.csv", NULL, true, "no base: the current folder" },
        { NULL, "../x.csv", NULL, false, "and nothing above it" },
    };
    setenv("CNNGRAPH_DATA", "/data/set", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ok(may(cases[i].base, cases[i].path, cases[i].allowed) == cases[i].may, "%s %s",
           cases[i].name, cases[i].may ? "is read" : "is not read");
    setenv("CNNGRAPH_DATA", "", 1);
    ok(!may("/m", "/x.csv", NULL), "an empty $CNNGRAPH_DATA is none");

    test_links();

    cg_error error = { 0 };
    cg_data_spec spec = { .images = { "/i" }, .labels = { "/l" }, .base = "/m" };
    ok(cg_check_allowed(&spec, both, NULL) == CG_OK,
       "who gives paths without a place may give any");
    spec.labels_place[0] = (cg_place){ "m.yaml", 3, 7 };
    ok(cg_check_allowed(&spec, both, &error) == CG_EDATA && error.line == 3 && error.column == 7 &&
           strstr(error.message, "'/l' is outside") && strstr(error.message, "--allow-paths"),
       "labels are looked at, too, and the place is told: %s", error.message);
    ok(cg_check_allowed(&spec, (const bool[2]){ false, true }, NULL) == CG_OK,
       "unless no split needs them");
    return done_testing();
}
