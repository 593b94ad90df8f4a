/* Without arguments: every file of corpus/TARGET goes through the target, as TAP.  With arguments:
 * libFuzzer, or where that is not built in, the files that are named. */
#include "config.h"

#include "fuzz.h"

#include "../tap.h"

#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, MOST_BYTES = 1 << 26 };

/* ---- what targets need ---------------------------------------------------------------------- */
static char folder[PATH_BYTES / 2];

static void remove_all(const char *path)
{
    char inner[PATH_BYTES];
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0) remove_all(inner);
    }
    if (dir) closedir(dir);
    rmdir(path);
}

static void remove_folder(void)
{
    remove_all(folder);
}

const char *fuzz_folder(void)
{
    const char *parent = getenv("TMPDIR");
    if (*folder) return folder;
    snprintf(folder, sizeof folder, "%s/cnngraph-fuzz-XXXXXX", parent && *parent ? parent : "/tmp");
    fuzz_expect(mkdtemp(folder) != NULL, "a folder of the program's own can be made");
    atexit(remove_folder);
    return folder;
}

const char *fuzz_file(const char *name, const void *data, size_t size)
{
    enum { N_PATHS = 4 }; /* that are in use at once */
    static char paths[N_PATHS][PATH_BYTES];
    static unsigned next;
    char *path = paths[next++ % N_PATHS], *slash;
    snprintf(path, PATH_BYTES, "%s/%s", fuzz_folder(), name);
    if ((slash = strrchr(path, '/')) > path + strlen(folder)) {
        *slash = '\0';
        cg_make_folders(path, NULL);
        *slash = '/';
    }
    FILE *file = fopen(path, "wb");
    fuzz_expect(file && fwrite(data, 1, size, file) == size && fclose(file) == 0,
                "a file can be written");
    return path;
}

void fuzz_expect(bool holds, const char *promise)
{
    if (holds) return;
    fprintf(stderr, "not so: %s\n", promise);
    abort();
}

/* ---- replaying ------------------------------------------------------------------------------ */
/* As the system hands it to libFuzzer's targets: of exactly this size, so that a byte beyond is
 * seen by a sanitizer. */
static bool replay(const char *path)
{
    char *text;
    size_t size;
    if (cg_file_read(path, MOST_BYTES, &text, &size, NULL) != CG_OK) return false;
    uint8_t *data = malloc(size ? size : 1);
    if (data) memcpy(data, text, size);
    cg_release(text);
    if (data) LLVMFuzzerTestOneInput(data, size);
    free(data);
    return data != NULL;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* "t/fuzz/model.t" (or ".libs/lt-model.t") to "model". */
static void target_name(const char *program, char name[64])
{
    const char *slash = strrchr(program, '/'), *base = slash ? slash + 1 : program;
    if (!strncmp(base, "lt-", 3)) base += 3;
    snprintf(name, 64, "%.*s", (int)strcspn(base, "."), base);
}

static int replay_corpus(const char *program)
{
    char target[64], corpus[PATH_BYTES], path[2 * PATH_BYTES];
    const char *top = getenv("top_srcdir");
    struct dirent **entries;
    target_name(program, target);
    snprintf(corpus, sizeof corpus, "%s/t/fuzz/corpus/%s", top ? top : ".", target);
    int n = scandir(corpus, &entries, NULL, by_name), n_files = 0;
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", corpus, entries[i]->d_name);
            n_files += ok(replay(path), "%s: %s does no harm", target, entries[i]->d_name);
        }
        free(entries[i]);
    }
    if (n >= 0) free(entries);
    ok(n_files > 0, "%s has a corpus", target);
    return done_testing();
}

#ifdef HAVE_FUZZER
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*target)(const uint8_t *, size_t));

static int fuzz(int argc, char *argv[])
{
    return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput);
}
#else
static int fuzz(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) ok(replay(argv[i]), "%s does no harm", argv[i]);
    return done_testing();
}
#endif

int main(int argc, char *argv[])
{
    return argc > 1 ? fuzz(argc, argv) : replay_corpus(argv[0]);
}
