/* The power goes.  Of what a run has written until then a disk keeps all that was synced; of the
 * rest nothing, the names alone, one of the names, or a part of the bytes.  strace tells what the
 * run writes, and from that each such disk is made: of each the run goes on to what it would have
 * come to, and so it does where the power goes again while it does so; or goes then, when it was
 * the process alone that was killed before. */
#include "config.h"

#include "../tap.h"
#include "scene.h"
#include "tree.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 1024, PATH = 128, SHOWN = 8, MOST_DISKS = 1 << 15 };

/* ---- a disk --------------------------------------------------------------------------------- */
typedef struct {
    char *bytes;
    size_t n;
} content;

/* Now, and as it is after the power went: as of the last time it was synced. */
typedef struct {
    content now, kept;
} file;

enum { NOTHING = -1, FOLDER = -2 };

/* What is there under a name: the number of a file, or one of these. */
typedef struct {
    char path[PATH];
    int now, kept;
} name;

typedef struct {
    file files[MOST];
    name names[MOST]; /* folders before what is in them */
    int n_files, n_names;
} disk;

static void set(content *c, const char *bytes, size_t n)
{
    char *room = cg_resize(c->bytes, n + 1, 1);
    if (!room) abort();
    if (n > 0) memcpy(room, bytes, n);
    *c = (content){ room, n };
}

static name *find(disk *d, const char *path)
{
    for (int i = 0; i < d->n_names; i++)
        if (!strcmp(d->names[i].path, path)) return &d->names[i];
    return NULL;
}

static name *named(disk *d, const char *path)
{
    name *found = find(d, path);
    if (found) return found;
    if (d->n_names == MOST || strlen(path) >= PATH) abort();
    name *new = &d->names[d->n_names++];
    *new = (name){ .now = NOTHING, .kept = NOTHING };
    memcpy(new->path, path, strlen(path) + 1);
    return new;
}

/* The file of that name, which is made where there is none. */
static file *opened(disk *d, const char *path)
{
    name *n = named(d, path);
    if (n->now == FOLDER || d->n_files == MOST) abort();
    if (n->now == NOTHING) n->now = d->n_files++;
    return &d->files[n->now];
}

static void append(disk *d, const char *path, const char *bytes, size_t n)
{
    content *c = &opened(d, path)->now;
    size_t before = c->n;
    char *room = cg_resize(c->bytes, before + n + 1, 1);
    if (!room) abort();
    memcpy(room + before, bytes, n);
    *c = (content){ room, before + n };
}

static bool is_in(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return !strncmp(path, folder, n) && path[n] == '/' && !strchr(path + n + 1, '/');
}

/* A file's bytes, or a folder's names. */
static void sync_path(disk *d, const char *path)
{
    if (named(d, path)->now == FOLDER) {
        for (int i = 0; i < d->n_names; i++)
            if (is_in(d->names[i].path, path)) d->names[i].kept = d->names[i].now;
    } else {
        file *f = opened(d, path);
        set(&f->kept, f->now.bytes, f->now.n);
    }
}

/* What is there at the beginning was synced. */
static void load(disk *d, const char *path)
{
    struct stat st;
    name *n = named(d, path);
    if (stat(path, &st) != 0) abort();
    if (S_ISDIR(st.st_mode)) {
        n->now = n->kept = FOLDER;
        DIR *folder = opendir(path);
        for (const struct dirent *e; folder && (e = readdir(folder));) {
            char inner[PATH + 256];
            snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
            if (e->d_name[0] != '.') load(d, inner);
        }
        if (folder) closedir(folder);
    } else {
        char *bytes;
        size_t size;
        if (cg_file_read(path, 1 << 26, &bytes, &size, NULL) != CG_OK) abort();
        append(d, path, bytes, size);
        sync_path(d, path);
        n->kept = n->now;
        cg_release(bytes);
    }
}

static void copy(disk *to, const disk *from)
{
    *to = *from;
    for (int i = 0; i < to->n_files; i++) {
        file *f = &to->files[i];
        const file old = *f;
        *f = (file){ .now = { 0 } };
        set(&f->now, old.now.bytes, old.now.n);
        set(&f->kept, old.kept.bytes, old.kept.n);
    }
}

static void forget(disk *d)
{
    for (int i = 0; i < d->n_files; i++) {
        cg_release(d->files[i].now.bytes);
        cg_release(d->files[i].kept.bytes);
    }
    *d = (disk){ .n_files = 0 };
}

/* ---- what is left of it --------------------------------------------------------------------- */
/* Torn is the end, never what is within: appended and new files are all there are.
 * SYNCED: what was synced.  NAMES: every name, of files that hold what was synced.  TORN: every
 * name, of files that hold half of what was not.  KILLED: everything, but the power is still there.
 * FIRST + i: what was synced, and name i. */
enum { SYNCED, NAMES, TORN, KILLED, FIRST };

static int left_name(const disk *d, int i, int how)
{
    bool is_now = how == NAMES || how == TORN || how == KILLED || how == FIRST + i;
    return is_now ? d->names[i].now : d->names[i].kept;
}

static content left_bytes(const file *f, int how)
{
    if (how == KILLED || (how == TORN && f->now.n <= f->kept.n)) return f->now;
    if (how != TORN) return f->kept;
    return (content){ f->now.bytes, f->kept.n + (f->now.n - f->kept.n) / 2 };
}

/* Makes work of it; sum: of all that is in there. */
static void lose_power(const disk *d, int how, char sum[CG_DIGEST_TEXT])
{
    cg_digest digest;
    cg_digest_begin(&digest, CG_SHA256);
    if (how == KILLED) cg_digest_add(&digest, &how, sizeof how);
    tree_remove("work");
    if (mkdir("work", 0777) != 0) abort();
    for (int i = 0; i < d->n_names; i++) {
        const char *path = d->names[i].path;
        int what = left_name(d, i, how);
        if (what == NOTHING || !strcmp(path, "work")) continue;
        if (what == FOLDER) {
            if (mkdir(path, 0777) == 0) cg_digest_add(&digest, path, strlen(path) + 1);
            continue;
        }
        content c = left_bytes(&d->files[what], how);
        FILE *to = fopen(path, "wb"); /* not where its folder is not there */
        if (!to) continue;
        if (c.n && fwrite(c.bytes, 1, c.n, to) != c.n) abort();
        if (fclose(to) != 0) abort();
        cg_digest_add(&digest, path, strlen(path) + 1);
        cg_digest_add(&digest, &c.n, sizeof c.n);
        if (c.n) cg_digest_add(&digest, c.bytes, c.n);
    }
    cg_digest_end(&digest, sum);
}

/* ---- what a run writes ---------------------------------------------------------------------- */
/* What stands between the marks, "\x77\x6f" or <\x2f\x74>, in its place; its length.  *line moves
 * behind it; NULL where there is none. */
static char *quoted(char **line, const char marks[2], size_t *n)
{
    char *begin = strchr(*line, marks[0]), *end = begin ? strchr(begin + 1, marks[1]) : NULL;
    if (!end) return NULL;
    char *to = ++begin;
    for (const char *from = begin; from < end; to++) {
        bool is_hex = end - from >= 4 && from[0] == '\\' && from[1] == 'x';
        *to = is_hex ? (char)strtoul((char[]){ from[2], from[3], '\0' }, NULL, 16) : *from;
        from += is_hex ? 4 : 1;
    }
    *n = (size_t)(to - begin);
    *to = '\0';
    *line = end + 1;
    return begin;
}

/* The path from here, of what lies in work; else NULL. */
static const char *inside(const char *path)
{
    char here[PATH_MAX];
    if (!path || !getcwd(here, sizeof here)) return NULL;
    size_t n = strlen(here);
    if (!strncmp(path, here, n) && path[n] == '/') path += n + 1;
    return strcmp(path, "work") && strncmp(path, "work/", 5) ? NULL : path;
}

static bool calls(const char *line, const char *call)
{
    return !strncmp(line, call, strlen(call));
}

/* Whether the call has changed something in work, or synced it. */
static bool apply(disk *d, char *line)
{
    size_t n;
    const char *result = strrchr(line, '='), *flags = strstr(line, "O_");
    const bool is_create = flags && strstr(flags, "O_CREAT"),
               is_new = flags && strstr(flags, "O_TRUNC");
    const bool is_write = calls(line, "write("), has_file = is_write || calls(line, "fsync(");
    long got = result ? atol(result + 1) : -1;
    char *rest = line;
    const char *path = inside(quoted(&rest, has_file ? "<>" : "\"\"", &n));
    if (!path || got < 0) return false;
    if (is_write) {
        const char *bytes = quoted(&rest, "\"\"", &n);
        if (!bytes || n < (size_t)got) abort();
        append(d, path, bytes, (size_t)got);
    } else if (has_file) {
        sync_path(d, path);
    } else if (calls(line, "open")) {
        if (!is_create) return false;
        file *f = opened(d, path);
        if (is_new) f->now.n = 0;
    } else if (calls(line, "mkdir")) {
        named(d, path)->now = FOLDER;
    } else if (calls(line, "unlink")) {
        named(d, path)->now = NOTHING;
    } else if (calls(line, "truncate")) {
        file *f = opened(d, path);
        size_t length = (size_t)atol(rest + strspn(rest, ", "));
        if (length > f->now.n) abort();
        f->now.n = length;
    } else if (calls(line, "rename")) {
        const char *to = inside(quoted(&rest, "\"\"", &n));
        if (!to) abort();
        named(d, to)->now = named(d, path)->now;
        named(d, path)->now = NOTHING;
    }
    return true;
}

/* ---- the run goes on ------------------------------------------------------------------------ */
typedef struct {
    const char *name, *from;
    const char *words[16], *more[4]; /* to begin with; and when it goes on */
} occasion;

typedef struct {
    const occasion *of;
    char (*sums[2])[CG_DIGEST_TEXT]; /* of the disks that were tried, first and then again */
    int n[2], wrong;
    int stride;         /* of so many disks of which a run goes on one loses the power again */
    bool must_have_one; /* a checkpoint: one was synced */
} account;

static bool is_known(account *a, int again, const char *sum)
{
    for (int i = 0; i < a->n[again]; i++)
        if (!strcmp(a->sums[again][i], sum)) return true;
    if (a->n[again] == MOST_DISKS) abort();
    memcpy(a->sums[again][a->n[again]++], sum, CG_DIGEST_TEXT);
    return false;
}

static bool has_checkpoint(void)
{
    return cg_file_exists("work/tiny/last.safetensors");
}

/* How the run ends, what it writes being told in the file log. */
static int run_traced(const char *const words[])
{
    /* clang-format off */
    static const char *const before[] = {
        "strace", "-qq", "-y", "-xx", "-s", "16777216", "-o", "log",
        "-E", "ASAN_OPTIONS=detect_leaks=0", /* which needs what strace has taken */
        "-e", "trace=?open,openat,write,fsync,?rename,?renameat,?renameat2,?unlink,?unlinkat,?mkdir,"
              "?mkdirat,?truncate,?truncate64", NULL
    };
    /* clang-format on */
    return scene_run(&(scene_how){ .before = before }, words);
}

static void follow(disk *d, account *a, int again);

/* What is wrong with work, which is what is left of d; or NULL. */
static const char *go_on(const disk *d, int how, account *a, int again)
{
    static disk next;
    const char *words[16] = { "train", "--threads", "1", "--resume=work/tiny" };
    const bool has_sequel = !again && a->n[0] % a->stride == 0;
    if (!cg_file_exists("work/tiny/model.yaml"))
        return has_checkpoint() ? "a checkpoint without its model" : NULL; /* it never began */
    for (int i = 0; a->of->more[i]; i++) words[4 + i] = a->of->more[i];
    if (has_sequel) {
        forget(&next);
        if (how == KILLED)
            copy(&next, d);
        else
            load(&next, "work");
    }
    if ((has_sequel ? run_traced(words) : scene_run(NULL, words)) != 0) return scene_said();
    if (!scene_same_run("work", "whole")) return "it comes to something else";
    const char *damage = scene_damage("work");
    if (cg_file_exists("work/tiny/epoch.safetensors")) damage = "epoch.safetensors stays";
    if (has_sequel && !damage) follow(&next, a, 1);
    return damage;
}

static void note(account *a, int again, const char *where, const char *mistake)
{
    if (mistake && ++a->wrong <= SHOWN)
        printf("# disk %d%s, %s: %s\n", a->n[0], again ? ", and again" : "", where, mistake);
}

static void power_goes(const disk *d, int how, account *a, int again)
{
    static const char *const names[FIRST] = { "what was synced", "all names", "half of the bytes",
                                              "killed" };
    char sum[CG_DIGEST_TEXT];
    const char *mistake = NULL;
    lose_power(d, how, sum);
    if (how == SYNCED && has_checkpoint()) a->must_have_one = true;
    if (a->must_have_one && !has_checkpoint())
        mistake = "the checkpoint is lost";
    else if (!is_known(a, again, sum))
        mistake = go_on(d, how, a, again);
    note(a, again, how < FIRST ? names[how] : d->names[how - FIRST].path, mistake);
}

static void after_call(const disk *d, account *a, int again)
{
    for (int how = SYNCED; how < FIRST; how++) power_goes(d, how, a, again);
    for (int i = 0; i < d->n_names; i++)
        if (d->names[i].now != d->names[i].kept) power_goes(d, FIRST + i, a, again);
}

/* The power goes after each call in the log, beginning with the disk d, which is forgotten. */
static void follow(disk *d, account *a, int again)
{
    char *log, sum[CG_DIGEST_TEXT];
    size_t size;
    const bool had_one = a->must_have_one;
    const name *last = find(d, "work/tiny/last.safetensors");
    if (cg_file_read("log", 1 << 28, &log, &size, NULL) != CG_OK) abort();
    a->must_have_one = last && last->kept != NOTHING;
    for (char *line = log, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        if (apply(d, line)) after_call(d, a, again);
    }
    lose_power(d, SYNCED, sum);
    note(a, again, "at the end", scene_same_run("work", "whole") ? NULL : "not all is synced");
    forget(d);
    a->must_have_one = had_one;
    cg_release(log);
}

static void try_all(const occasion *o)
{
    static disk d;
    account a = { .of = o, .stride = scene_wants_all() ? 1 : 24 };
    for (int i = 0; i < 2; i++)
        if (!(a.sums[i] = cg_alloc(MOST_DISKS, sizeof *a.sums[i]))) abort();
    scene_copy(o->from);
    load(&d, "work");
    int status = run_traced(o->words);
    ok(status == 0, "%s: without a fault %s", o->name, status ? scene_said() : "");
    tree_copy("work", "whole");
    follow(&d, &a, 0);
    ok(a.wrong == 0 && a.n[0] > 1 && a.n[1] > 1,
       "%s: the power goes, and it goes on from each of %d disks, and of %d where it goes again",
       o->name, a.n[0], a.n[1]);
    for (int i = 0; i < 2; i++) cg_release(a.sums[i]);
}

int main(void)
{
    static const occasion occasions[] = {
        { .name = "train",
          .from = "none",
          .words = { "train", "--threads", "1", "--runs", "work", "tiny.yaml" } },
        { .name = "train, saved when an epoch ends alone",
          .from = "none",
          .words = { "train", "--threads", "1", "--set", "train.checkpoint.every=100", "--runs",
                     "work", "tiny.yaml" } },
        { .name = "train, beginning with weights",
          .from = "none",
          .words = { "train", "--threads", "1", "--set", "train.checkpoint.every=100", "--set",
                     "train.from=full/tiny", "--runs", "work", "tiny.yaml" } },
        { .name = "train, with averages of accumulated batches, which stops early",
          .from = "none",
          .words = { "train", "--threads", "1", "--set", "train.ema=0.9", "--set",
                     "train.accumulate=2", "--set",
                     "train.early_stopping={patience: 1, min_delta: 1}", "--runs", "work",
                     "tiny.yaml" } },
        { .name = "train --resume",
          .from = "half",
          .words = { "train", "--threads", "1", "--resume=work/tiny" } },
        { .name = "train --resume, for longer",
          .from = "half",
          .words = { "train", "--threads", "1", "--set", "train.epochs=4", "--resume=work/tiny" },
          .more = { "--set", "train.epochs=4" } },
        { .name = "train, with what a rollback needs",
          .from = "none",
          .words = { "train", "--threads", "1", "--set", "train.on_nonfinite=rollback", "--runs",
                     "work", "tiny.yaml" } },
    };
    if (!ok(scene_open("power"), "a scene")) return 1;
    scene_uncounted();
    for (size_t i = 0; i < sizeof occasions / sizeof *occasions; i++)
        if (scene_can_trace())
            try_all(&occasions[i]);
        else
            skip(occasions[i].name, "strace cannot trace here");
    scene_close();
    return done_testing();
}
