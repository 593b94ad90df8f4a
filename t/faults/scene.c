#include "config.h"
#include "scene.h"

#include "tree.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/safetensors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[256], cnngraph[512];
static char said[1 << 17]; /* more than a pipe holds */

/* ---- the scene ----------------------------------------------------------------------------- */
static const char model[] =
    "cnngraph: 1\n"
    "name: tiny\n"
    "seed: 5\n"
    "data: {source: digits, digits: {train: 40, test: 12}}\n"
    "model:\n"
    "  input: {shape: [1, 28, 28]}\n"
    "  layers:\n"
    "    - conv2d: {filters: 2, kernel: 3, stride: 3, bias: none}\n"
    "    - batch_norm\n"
    "    - relu\n"
    "    - maxpool2d: {kernel: 3}\n"
    "    - flatten\n"
    "    - dense: {units: 10}\n"
    "loss: cross_entropy\n"
    "optimizer: {type: sgd, lr: 0.05, momentum: 0.9}\n"
    "train: {epochs: 3, batch: 8, validation: 0.2, checkpoint: {every: 3}}\n";

static const char points[] = "a,b,c,d,label\n"
                             "1,2,3,4,0\n"
                             "5,6,7,8,1\n"
                             "9,10,11,12,2\n"
                             "13,14,15,16,1\n";

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) abort();
}

/* In memory where that can be: tens of thousands of runs would wait for a disk to sync. */
static const char *parent(void)
{
    const char *asked = getenv("TMPDIR");
    return asked && *asked ? asked : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

bool scene_open(const char *name)
{
    const char *build = getenv("top_builddir");
    char here[256];
    if (!getcwd(here, sizeof here)) return false;
    snprintf(cnngraph, sizeof cnngraph, "%s/cnngraph", build ? build : here);
    int n = snprintf(folder, sizeof folder, "%s/cnngraph-%s-XXXXXX", parent(), name);
    if (n >= (int)sizeof folder) return false;
    if (!mkdtemp(folder) || chdir(folder) != 0 || !getcwd(folder, sizeof folder)) return false;
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    put("tiny.yaml", model);
    put("points.csv", points);
    if (mkdir("none", 0777) != 0 || mkdir("server", 0777) != 0) return false;
    put("server/train-images-idx3-ubyte.gz", points);
    for (int i = 0; i < 4; i++) {
        static const char *const to[] = { "points.npy", "points.npz", "points.idx", "points" };
        if (SCENE_RUN("data", "convert", "--label", "label", "--shape", "1,2,2", "points.csv",
                      to[i]) != 0)
            return false;
    }
    return SCENE_RUN("train", "--runs", "full", "tiny.yaml") == 0 &&
           SCENE_RUN("train", "--runs", "half", "--max-steps", "6", "tiny.yaml") == 0;
}

void scene_close(void)
{
    if (chdir("/") == 0) tree_remove(folder);
}

bool scene_wants_all(void)
{
    const char *asked = getenv("CNNGRAPH_FAULTS");
    return asked && strcmp(asked, "all") == 0;
}

bool scene_can_trace(void)
{
    return system("strace -f -qq -o log -e trace=write -e inject=write:error=EIO:when=1"
                  " true 2>/dev/null") == 0;
}

void scene_uncounted(void)
{
    setenv("GCOV_PREFIX", "/dev/null", 1);
    setenv("GCOV_ERROR_FILE", "/dev/null", 1);
}

/* ---- running ------------------------------------------------------------------------------- */
static void redirect(const char *path, int to)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || dup2(file, to) < 0) abort();
    close(file);
}

/* A build for coverage writes its counts before a call of execvp that the compiler knows: to
 * streams that are closed or broken by then. */
static int (*volatile const execute)(const char *, char *const[]) = execvp;

/* The words `before`, if any, then the command and its words. */
_Noreturn static void become(const char *const before[], const char *const words[])
{
    enum { MOST = 32 };
    const char *argv[MOST + 2] = { NULL };
    int n = 0;
    for (int i = 0; before && before[i] && n < MOST; i++) argv[n++] = before[i];
    argv[n++] = cnngraph;
    for (int i = 0; words[i] && n < MOST; i++) argv[n++] = words[i];
    execute(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Tests that run in the background or under nohup have these ignored, and programs inherit that. */
static void listen_to_signals(void)
{
    static const int asked[] = { SIGHUP, SIGINT, SIGTERM };
    for (int i = 0; i < 3; i++) signal(asked[i], SIG_DFL);
}

void scene_exec(const char *const words[])
{
    listen_to_signals();
    redirect("out", STDOUT_FILENO);
    become(NULL, words);
}

scene_process scene_start(const scene_how *how, const char *const words[])
{
    static const scene_how usual = { .prepare = NULL };
    int ends[2];
    if (!how) how = &usual;
    if (pipe(ends) != 0) abort();
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) {
        listen_to_signals();
        redirect("out", STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (how->prepare) how->prepare(how->context);
        become(how->before, words);
    }
    close(ends[1]);
    return (scene_process){ child, ends[0] };
}

void scene_standstill(scene_process process)
{
    enum { LINES = 256 };
    int before = -1, waiting = 0, room = 65536;
#ifdef F_SETPIPE_SZ
    fcntl(process.said, F_SETPIPE_SZ, 4096);
    room = fcntl(process.said, F_GETPIPE_SZ);
#endif
    struct pollfd said_all = { .fd = process.said };
    for (; waiting < room - LINES || waiting != before; sleep(1)) {
        before = waiting;
        if (ioctl(process.said, FIONREAD, &waiting) != 0) abort();
        if (poll(&said_all, 1, 0) == 1) return; /* it has ended */
    }
}

int scene_wait(scene_process process)
{
    int status = -1;
    size_t n = 0;
    char rest[256];
    for (;;) {
        bool has_room = n < sizeof said - 1;
        ssize_t got = read(process.said, has_room ? said + n : rest,
                           has_room ? sizeof said - 1 - n : sizeof rest);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        if (has_room) n += (size_t)got;
    }
    said[n] = '\0';
    close(process.said);
    while (waitpid(process.id, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

int scene_run(const scene_how *how, const char *const words[])
{
    return scene_wait(scene_start(how, words));
}

const char *scene_said(void)
{
    return said;
}

void scene_copy(const char *from)
{
    tree_copy(from, "work");
}

/* ---- looking ------------------------------------------------------------------------------- */
static bool loads(const char *path)
{
    cg_safetensors *file;
    bool is_sound = !cg_file_exists(path) || cg_safetensors_read(&file, path, NULL) == CG_OK;
    if (is_sound && cg_file_exists(path)) cg_safetensors_free(file);
    return is_sound;
}

static bool has_temporary(const char *path)
{
    DIR *d = opendir(path);
    bool found = false;
    for (const struct dirent *e; d && (e = readdir(d));) found |= strstr(e->d_name, ".tmp") != NULL;
    if (d) closedir(d);
    return found;
}

const char *scene_damage(const char *run)
{
    char path[256];
    snprintf(path, sizeof path, "%s/tiny/best.safetensors", run);
    if (!loads(path)) return "best.safetensors does not load";
    snprintf(path, sizeof path, "%s/tiny/last.safetensors", run);
    if (!loads(path)) return "last.safetensors does not load";
    snprintf(path, sizeof path, "%s/tiny", run);
    return has_temporary(path) || has_temporary(run) ? "a temporary file is left" : NULL;
}

bool scene_same_run(const char *a, const char *b)
{
    static const char *const names[] = { "model.yaml", "best.safetensors", "last.safetensors",
                                         "metrics.jsonl" };
    bool same = true;
    for (int i = 0; i < 4 && same; i++) {
        char path[2][256];
        snprintf(path[0], sizeof path[0], "%s/tiny/%s", a, names[i]);
        snprintf(path[1], sizeof path[1], "%s/tiny/%s", b, names[i]);
        if (!cg_file_exists(path[0]) && !cg_file_exists(path[1])) continue;
        same = (i == 3 ? tree_same_lines : tree_same)(path[0], path[1]);
    }
    return same;
}
