/* Files and streams fail: each call that reads, writes or renames, a byte that is one too many, a
 * full disk, a folder that may not be written or is gone.  A verb ends with exit code 4 and names
 * what failed, or as if nothing had happened; what was there before is there, and training goes on
 * from it. */
#include "config.h"

#include "../tap.h"
#include "scene.h"
#include "verbs.h"

#include "base/file.h"
#include "base/memory.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES = 3, BYTE_SAMPLES = 24, ALL_BYTE_SAMPLES = 1000, SHOWN = 8 };

/* ---- calls that fail ------------------------------------------------------------------------ */
/* strace makes the nth call of the command's fail; its log tells which file that was. */
static const struct {
    const char *call, *error;
} faults[] = {
    /* clang-format off */
    { "write", "ENOSPC" },  { "write", "EIO" },      { "write", "EINTR" },
    { "fsync", "EIO" },     { "fsync", "EINTR" },    { "close", "EIO" },
    { "read", "EIO" },      { "openat", "EACCES" },  { "openat", "EMFILE" },
    { "rename", "EIO" },    { "renameat2", "EIO" },  { "unlink", "EIO" },
    { "mkdir", "ENOSPC" },  { "mkdirat", "ENOSPC" }, { "flock", "ENOLCK" },
    { "truncate", "EIO" },  { "ftruncate", "EIO" },
    /* clang-format on */
};
enum { N_FAULTS = sizeof faults / sizeof *faults };

/* The thread sanitizer needs a file of its own before it begins. */
#ifdef __SANITIZE_THREAD__
enum { LEAST_BYTES = 1 };
#else
enum { LEAST_BYTES = 0 };
#endif

typedef struct {
    int first, last; /* of the calls that the command itself makes, not the system to load it */
    char file[256];  /* of the call that was made to fail; "" if none was */
} trace;

/* "123  write(4</tmp/x/last.safetensors.tmp>, ..." or "... openat(AT_FDCWD</tmp>, "x/y", ..." */
static void note_file(const char *line, char file[256])
{
    const char *begin = strchr(line, '<'), *end;
    const char *quote = strchr(line, '"');
    if (strstr(line, "openat(") || !begin || (quote && quote < begin)) begin = quote;
    file[0] = '\0';
    if (!begin) return;
    end = strpbrk(begin + 1, "\">");
    const char *name = end ? end : begin;
    while (name > begin + 1 && name[-1] != '/') name--;
    snprintf(file, 256, "%.*s", end ? (int)(end - name) : 0, name);
    char *temporary = strstr(file, ".tmp");
    if (temporary) *temporary = '\0';
}

static trace read_log(const char *call)
{
    trace t = { .first = 0 };
    char *text = NULL, *next;
    size_t size, length = strlen(call);
    bool has_begun = false;
    int n = 0, id = 0;
    if (cg_file_read("log", 1 << 26, &text, &size, NULL) != CG_OK) return t;
    for (char *line = text; *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        int this = atoi(line);
        if (!id) id = this;
        if (this != id) continue;         /* of another thread */
        if (strstr(line, ".gcda")) break; /* counts of a build for coverage come last */
        const char *name = line + strcspn(line, " ");
        name += strspn(name, " ");
        if (strstr(name, "\"/dev/null\"")) has_begun = true;
        if (strstr(name, "(INJECTED)")) note_file(name, t.file);
        if (strncmp(name, call, length) != 0 || name[length] != '(') continue;
        n++;
        if (has_begun && !t.first) t.first = n;
        t.last = n;
    }
    cg_release(text);
    return t;
}

/* fault: "error=EIO"; nth: 0 to let all go well. */
static int run_traced(const fault_verb *v, const char *call, const char *fault, int nth)
{
    char set[64], inject[96];
    snprintf(set, sizeof set, "trace=?%s,openat", call);
    snprintf(inject, sizeof inject, "inject=?%s:%s:when=%d", call, fault, nth ? nth : 1);
    /* clang-format off */
    const char *const before[] = {
        "strace", "-f", "-qq", "-y", "-o", "log",
        "-E", "ASAN_OPTIONS=detect_leaks=0", /* which needs what strace has taken */
        "-e", set, nth ? "-e" : NULL, inject, NULL
    };
    /* clang-format on */
    verb_prepare(v);
    return scene_run(&(scene_how){ .before = before }, v->words);
}

/* Does what it said name the file, or what is in the folder that cannot be synced? */
static bool is_named(const char *file)
{
    if (strstr(scene_said(), "cannot sync the folder that it is in")) return true;
    if (!strcmp(file, "out")) return strstr(scene_said(), "standard output");
    return strstr(scene_said(), file);
}

/* Standard output and images are written by stdio and libpng. */
static bool is_ours(const char *file)
{
    return strcmp(file, "out") && !strstr(file, ".png");
}

static const char *judge(const fault_verb *v, int status, const char *file)
{
    static char text[80];
    int code = WEXITSTATUS(status);
    if (!WIFEXITED(status) || (code != 0 && code != 4)) {
        snprintf(text, sizeof text, "%s %d", WIFEXITED(status) ? "exit code" : "signal",
                 WIFEXITED(status) ? code : WTERMSIG(status));
        return text;
    }
    if (code && file && !is_named(file)) {
        snprintf(text, sizeof text, "'%.40s' is not named", file);
        return text;
    }
    return verb_damage(v, code);
}

/* One kind of fault, at each call of the verb or at some. */
static int try_calls(const fault_verb *v, int f, int *n_tried)
{
    int wrong = 0;
    char fault[32];
    snprintf(fault, sizeof fault, "error=%s", faults[f].error);
    run_traced(v, faults[f].call, fault, 0);
    trace sound = read_log(faults[f].call);
    int n = sound.first ? sound.last - sound.first + 1 : 0;
    int tried = scene_wants_all() || n < SAMPLES ? n : SAMPLES;
    for (int i = 0; i < tried; i++) {
        int status = run_traced(v, faults[f].call, fault, sound.first + i * n / tried);
        trace t = read_log(faults[f].call);
        /* A report does without the processor's name. */
        if (!t.file[0] || (v->kind == WRITES && !strcmp(t.file, "cpuinfo"))) continue;
        char said[4096];
        snprintf(said, sizeof said, "%s", scene_said());
        const char *mistake = judge(v, status, t.file);
        if (!mistake && !strcmp(faults[f].error, "EINTR") && status && is_ours(t.file))
            mistake = "it does not try again";
        ++*n_tried;
        if (mistake && ++wrong <= SHOWN)
            printf("# %s of %s, call %d: %s: %s; it said %s\n", faults[f].call, t.file,
                   sound.first + i * n / tried, faults[f].error, mistake, said);
    }
    return wrong;
}

static void calls(const fault_verb *v)
{
    int wrong = 0, tried = 0;
    for (int f = 0; f < N_FAULTS; f++) wrong += try_calls(v, f, &tried);
    ok(wrong == 0 && tried > 0, "%s: %d calls fail, each alone", v->name, tried);
}

/* The number of the last write of the command's into a file of that name, and how many bytes it
 * took. */
static int last_write(const char *name, long *n_bytes)
{
    char *text = NULL, *next, file[256];
    size_t size;
    int n = 0, found = 0;
    if (cg_file_read("log", 1 << 26, &text, &size, NULL) != CG_OK) return 0;
    const int id = atoi(text);
    for (char *line = text; *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        const char *result = strstr(line, ") = ");
        if (atoi(line) != id || !strstr(line, " write(") || !result) continue;
        n++;
        note_file(line, file);
        if (strcmp(file, name) != 0) continue;
        found = n;
        *n_bytes = atol(result + 4);
    }
    cg_release(text);
    return found;
}

/* The system takes the bytes of a checkpoint and loses them: it is looked at before it takes the
 * place of the one before. */
static void lost_bytes(void)
{
    const fault_verb *v = fault_verbs;
    while (strcmp(v->name, "train --resume") != 0) v++;
    char fault[32];
    long n_bytes = 0;
    run_traced(v, "write", "error=EIO", 0);
    int nth = last_write("last.safetensors", &n_bytes);
    snprintf(fault, sizeof fault, "retval=%ld", n_bytes);
    int status = nth ? run_traced(v, "write", fault, nth) : -1;
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 4 &&
           strstr(scene_said(), "not written as it should be"),
       "a checkpoint of which %ld bytes were lost is told of: %s", n_bytes, scene_said());
    const char *damage = verb_damage(v, 4);
    ok(!damage, "and the one before is there %s", damage ? damage : "");
}

/* ---- bytes that are too many ---------------------------------------------------------------- */
/* Beyond the limit a write is short, then fails. */
static void limit_size(const void *context)
{
    const rlim_t bytes = *(const rlim_t *)context;
    if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){ bytes, bytes }) != 0) _exit(127);
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
}

/* Of what a verb writes. */
static off_t largest(const fault_verb *v)
{
    static const char *const paths[] = {
        "out",
        "work/tiny/last.safetensors",
        "work/tiny/report.html",
        "work/trace",
        "work/p.npy",
        "work/p.npz",
        "work/p.csv",
        "work/p.idx",
        "work/sheet",
        "work/tiny/best.safetensors",
        "work/tiny/model.yaml",
    };
    off_t most = size_of("out");
    if (v->kind == READS) return most;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (size_of(paths[i]) > most) most = size_of(paths[i]);
    return most;
}

static void bytes(const fault_verb *v)
{
    int wrong = 0, n = (int)largest(v) + 1;
    int most = scene_wants_all() ? ALL_BYTE_SAMPLES : BYTE_SAMPLES, tried = n < most ? n : most;
    for (int i = 0; i < tried; i++) {
        const rlim_t limit = (rlim_t)((long)i * n / tried) + LEAST_BYTES;
        verb_prepare(v);
        int status = scene_run(&(scene_how){ .prepare = limit_size, .context = &limit }, v->words);
        bool is_named = strstr(scene_said(), "work") || strstr(scene_said(), "standard output");
        const char *mistake = judge(v, status, NULL);
        if (!mistake && status && !is_named) mistake = "no file is named";
        if (mistake && ++wrong <= SHOWN)
            printf("# files of at most %d bytes: %s; it said %s\n", (int)limit, mistake,
                   scene_said());
    }
    ok(wrong == 0, "%s: files may have at most so many bytes, %d limits up to %d", v->name, tried,
       n - 1);
}

static void each_verb(bool is_traced)
{
    for (const fault_verb *v = fault_verbs; v->name; v++) {
        if (v->kind == REFUSES) continue;
        verb_prepare(v);
        ok(scene_run(NULL, v->words) == 0, "%s: without a fault", v->name);
        verb_keep(v);
        bytes(v);
        if (is_traced)
            calls(v);
        else
            skip(v->name, "strace cannot trace here");
    }
}

/* ---- disks and folders ---------------------------------------------------------------------- */
/* Mounts of this process alone. */
static bool can_mount(void)
{
    return unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 && mkdir("disk", 0777) == 0;
}

static const char *const resume[] = { "train", "--threads", "1", "--resume=disk/tiny", NULL };
static const char *const train[] = {
    "train", "--threads", "1", "--runs", "disk", "tiny.yaml", NULL
};
static const char *const report[] = { "report", "disk/tiny", NULL };

/* What is wrong after a verb that could not write to the disk, or NULL. */
static const char *judge_disk(int status)
{
    if (!WIFEXITED(status) || (status && WEXITSTATUS(status) != 4)) return "exit code";
    if (status && !strstr(scene_said(), "disk")) return "no file is named";
    scene_copy("disk");
    if (scene_damage("work")) return scene_damage("work");
    if (!cg_file_exists("work/tiny/last.safetensors"))
        return cg_file_exists("work/tiny") ? "what never began is left" : NULL;
    if (SCENE_RUN("train", "--resume=work/tiny") != 0) return "it is not resumed";
    return scene_same_run("work", "full") ? NULL : "resumed, it comes to something else";
}

static void full_disk(const char *name, const char *from, const char *const words[])
{
    enum { PAGE = 4, MOST = 64 }; /* kilobytes */
    int wrong = 0, refused = 0;
    for (int size = PAGE; size <= MOST; size += PAGE) {
        char option[32], copy[64];
        snprintf(option, sizeof option, "size=%dk", size);
        if (mount("disk", "disk", "tmpfs", 0, option) != 0) abort();
        snprintf(copy, sizeof copy, "cp -r %s/. disk 2>/dev/null", from);
        if (system(copy) == 0) {
            int status = scene_run(NULL, words);
            const char *mistake = judge_disk(status);
            refused += status != 0;
            wrong += mistake != NULL;
            if (mistake) printf("# %d KB: %s; it said %s\n", size, mistake, scene_said());
        }
        umount("disk");
    }
    ok(wrong == 0 && refused > 0, "a full disk: %s: %d sizes are too small", name, refused);
}

static void read_only(void)
{
    static const struct {
        const char *name;
        const char *const *words;
    } verbs[] = { { "train", train }, { "train --resume", resume }, { "report", report } };
    if (mount("disk", "disk", "tmpfs", 0, NULL) != 0 || system("cp -r full/. half/. disk") != 0 ||
        mount("none", "disk", "none", MS_REMOUNT | MS_RDONLY, NULL) != 0)
        abort();
    for (int i = 0; i < 3; i++) {
        int status = scene_run(NULL, verbs[i].words);
        ok(WIFEXITED(status) && WEXITSTATUS(status) == 4 && strstr(scene_said(), "disk"),
           "a folder that may not be written: %s: %s", verbs[i].name, scene_said());
    }
    umount("disk");
}

static void disks(void)
{
    if (!can_mount()) {
        skip("a full disk", "mounting one is not allowed here");
        skip("a folder that may not be written", "mounting one is not allowed here");
        return;
    }
    full_disk("train", "none", train);
    full_disk("train --resume", "half", resume);
    full_disk("report", "full", report);
    read_only();
}

/* It is moved away while the run is at work in it, and another takes its place. */
static void folder_that_goes(void)
{
    static const char *const words[] = { "train", "--threads",           "1",
                                         "--set", "train.epochs=100000", "--runs",
                                         "work",  "tiny.yaml",           NULL };
    scene_copy("none");
    scene_process p = scene_start(NULL, words);
    scene_standstill(p);
    rename("work/tiny", "gone");
    mkdir("work/tiny", 0777);
    int status = scene_wait(p);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 4 && strstr(scene_said(), "work/tiny"),
       "a folder that goes: exit code %d", WEXITSTATUS(status));
    ok(rmdir("work/tiny") == 0, "nothing is written into what has taken its place");
    rename("gone", "work/tiny");
    status = SCENE_RUN("train", "--resume=work/tiny", "--set", "train.epochs=100000", "--max-steps",
                       "2");
    ok(status == 0 && !scene_damage("work"), "and the run goes on from where it went: %s",
       status ? scene_said() : "");
}

/* ---- standard output ------------------------------------------------------------------------ */
static void full_output(const void *context)
{
    if (!freopen(context, "w", stdout) || dup2(fileno(stdout), STDOUT_FILENO) < 0) _exit(127);
}

static void unread_output(const void *context)
{
    int ends[2];
    (void)context;
    if (pipe(ends) != 0 || dup2(ends[1], STDOUT_FILENO) < 0) _exit(127);
    close(ends[0]);
    close(ends[1]);
    signal(SIGPIPE, SIG_IGN); /* as many programs start others */
}

static void output(void)
{
    const struct {
        const char *name;
        scene_how how;
    } cases[] = { { "a full disk", { .prepare = full_output, .context = "/dev/full" } },
                  { "a pipe that nobody reads", { .prepare = unread_output } } };
    for (int i = 0; i < 2; i++) {
        int wrong = 0;
        for (const fault_verb *v = fault_verbs; v->name; v++) {
            if (v->kind == REFUSES) continue;
            verb_prepare(v);
            if (scene_run(NULL, v->words) == 0 && size_of("out") == 0)
                continue; /* it says nothing */
            verb_prepare(v);
            int status = scene_run(&cases[i].how, v->words);
            bool is_told = WIFEXITED(status) && WEXITSTATUS(status) == 4 &&
                           strstr(scene_said(), "standard output");
            wrong += !is_told;
            if (!is_told) printf("# %s: %d; it said %s\n", v->name, status, scene_said());
        }
        ok(wrong == 0, "standard output to %s: each verb ends with 4", cases[i].name);
    }
}

int main(void)
{
    if (!ok(scene_open("io"), "a scene")) return 1;
    scene_uncounted();
    each_verb(scene_can_trace());
    if (scene_can_trace())
        lost_bytes();
    else
        skip("bytes that are lost", "strace cannot trace here");
    output();
    folder_that_goes();
    disks();
    scene_close();
    return done_testing();
}
