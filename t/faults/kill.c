/* A training run that is killed, at any moment and again while it resumes, comes to what it would
 * have come to; signals and streams that close end it as the manual says. */
#include "config.h"

#include "../tap.h"
#include "scene.h"

#include "base/file.h"
#include "base/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 12, ALL = 500, MOST_KILLS = 8 };
static const uint64_t seed = 1;

#define TRAIN  "train", "--threads", "1", "--runs", "work", "tiny.yaml"
#define RESUME "train", "--threads", "1", "--resume=work/tiny"
static const char *const train[] = { TRAIN, NULL };
static const char *const resume[] = { RESUME, NULL };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void wait_for(double seconds)
{
    struct timespec t = { (time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds)) };
    while (nanosleep(&t, &t) != 0 && errno == EINTR) {
    }
}

/* ---- killed --------------------------------------------------------------------------------- */
/* Starts it and kills it so much later, unless it has ended by then; what waitpid tells. */
static int killed_after(double seconds, const char *const words[])
{
    scene_process p = scene_start(NULL, words);
    wait_for(seconds);
    kill(p.id, SIGKILL);
    return scene_wait(p);
}

static bool has_run(void)
{
    return cg_file_exists("work/tiny/model.yaml");
}

/* Kills a run and then its resumptions, each after a part of the time that a whole one takes; then
 * lets it end.  *kills counts those that met it alive.  What is wrong, or NULL. */
static const char *survive(cg_rng *rng, double whole, int *kills)
{
    scene_copy("none");
    int n = 1 + (int)(3 * cg_rng_uniform(rng)), status = -1;
    for (int i = 0; i < n; i++) {
        status = killed_after(whole * cg_rng_uniform(rng), has_run() ? resume : train);
        *kills += WIFSIGNALED(status);
        if (!WIFSIGNALED(status) && WEXITSTATUS(status) != 0) return "it ends before it is killed";
        if (!has_run()) { /* nothing is there to go on with, and that is said */
            status = scene_run(NULL, resume);
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 4 ||
                !strstr(scene_said(), "work/tiny"))
                return "what is no run yet is not refused";
            scene_copy("none");
        }
    }
    status = scene_run(NULL, has_run() ? resume : train);
    if (status != 0) return "it does not go on";
    if (!scene_same_run("work", "full")) return "it comes to something else";
    return scene_damage("work");
}

static void kills(void)
{
    int n = scene_wants_all() ? ALL : SAMPLES, n_kills = 0, wrong = 0;
    cg_rng rng = cg_rng_new(seed, "kills", 0);
    double began = now();
    scene_copy("none");
    scene_run(NULL, train);
    double whole = now() - began;
    for (int i = 0; i < n; i++) {
        const char *mistake = survive(&rng, whole, &n_kills);
        if (!mistake) continue;
        wrong++;
        printf("# seed %d, run %d: %s: %s\n", (int)seed, i, mistake, scene_said());
    }
    ok(wrong == 0 && n_kills > 0,
       "%d runs, killed %d times at moments of seed %d, come to the same bits", n, n_kills,
       (int)seed);
}

/* ---- asked to stop -------------------------------------------------------------------------- */
#define ENDLESS \
    "train", "--threads", "1", "--set", "train.epochs=1000000", "--runs", "work", "tiny.yaml"
static const char *const endless[] = { ENDLESS, NULL };

/* Until it has finished an epoch. */
static void await_epoch(scene_process p)
{
    char text[4096];
    size_t n = 0;
    for (text[0] = '\0'; !strstr(text, "epoch 1/") && n < sizeof text - 1; text[n] = '\0') {
        ssize_t got = read(p.said, text + n, sizeof text - 1 - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
}

static void stopped_by(int signal_number, const char *name)
{
    scene_copy("none");
    scene_process p = scene_start(NULL, endless);
    await_epoch(p);
    kill(p.id, signal_number);
    int status = scene_wait(p);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 130 &&
           strstr(scene_said(), "--resume work/tiny") && !scene_damage("work"),
       "%s: the run is saved, exit code %d", name, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* The first asks, the second does not wait for an answer. */
static void interrupted_twice(int first, int second)
{
    scene_copy("none");
    scene_process p = scene_start(NULL, endless);
    scene_standstill(p);
    int status = 0, sent = 0;
    for (; sent < 50 && waitpid(p.id, &status, WNOHANG) == 0; sent++) {
        kill(p.id, sent ? second : first);
        wait_for(0.1);
    }
    close(p.said);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == second && sent >= 2,
       "signal %d after signal %d ends the run at once", second, first);
    status = SCENE_RUN("train", "--resume=work/tiny", "--set", "train.epochs=1000000",
                       "--max-steps", "2");
    ok(status == 0 && !scene_damage("work"), "and it is resumed: exit code %d %s",
       WEXITSTATUS(status), status ? scene_said() : "");
}

static void ignore(const void *context)
{
    signal(*(const int *)context, SIG_IGN);
}

/* nohup, and what a shell starts in the background, have signals ignored: so they remain. */
static void told_to_ignore(void)
{
    const int hang_up = SIGHUP;
    const scene_how how = { .prepare = ignore, .context = &hang_up };
    scene_copy("none");
    scene_process p = scene_start(&how, endless);
    await_epoch(p);
    kill(p.id, SIGHUP);
    scene_standstill(p); /* it goes on until nobody reads what it says */
    kill(p.id, SIGTERM);
    int status = scene_wait(p);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 130, "SIGHUP that is ignored stays ignored");
}

/* ---- streams that close --------------------------------------------------------------------- */
/* The terminal of a session, and with it standard error, is gone. */
static void hung_up(void)
{
    static const char name[] = "a terminal that vanishes: the run is saved, exit code 130";
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), status = -1;
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
        skip(name, "no terminal can be made here");
        return;
    }
    const char *other = ptsname(terminal);
    scene_copy("none");
    fflush(stdout);
    pid_t session = fork();
    if (session == 0) {
        setsid();
        int end = open(other, O_RDWR); /* becomes the terminal of the session */
        dup2(end, STDERR_FILENO);
        if (end > STDERR_FILENO) close(end);
        close(terminal);
        scene_exec(endless);
    }
    char text[256];
    for (int i = 0; i < 200 && !cg_file_exists("work/tiny/last.safetensors"); i++) {
        if (read(terminal, text, sizeof text) <= 0) break;
        wait_for(0.01);
    }
    close(terminal);
    waitpid(session, &status, 0);
    bool is_saved = WIFEXITED(status) && WEXITSTATUS(status) == 130 && !scene_damage("work");
    status = SCENE_RUN("train", "--resume=work/tiny", "--set", "train.epochs=1000000",
                       "--max-steps", "2");
    ok(is_saved && status == 0, "%s", name);
}

static void close_stream(const void *context)
{
    close(*(const int *)context);
}

/* A pipe that nobody reads in the place of a stream. */
static void break_stream(const void *context)
{
    int ends[2];
    if (pipe(ends) != 0) abort();
    dup2(ends[1], *(const int *)context);
    close(ends[0]);
    close(ends[1]);
}

static void streams(void)
{
    static const struct {
        const char *name;
        void (*prepare)(const void *context);
        int stream, code;
    } cases[] = {
        { "standard input that is closed", close_stream, STDIN_FILENO, 0 },
        { "standard output that is closed", close_stream, STDOUT_FILENO, 4 },
        { "standard error that is closed", close_stream, STDERR_FILENO, 0 },
        { "standard output that nobody reads", break_stream, STDOUT_FILENO, 4 },
        { "standard error that nobody reads", break_stream, STDERR_FILENO, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const scene_how how = { .prepare = cases[i].prepare, .context = &cases[i].stream };
        scene_copy("none");
        int status = scene_run(&how, train);
        bool is_told = cases[i].code == 0 || strstr(scene_said(), "standard output");
        bool is_whole = scene_same_run("work", "full");
        if (!ok(WIFEXITED(status) && WEXITSTATUS(status) == cases[i].code && is_told && is_whole,
                "%s: the run is whole, exit code %d", cases[i].name, cases[i].code))
            printf("# %s; wait status %d; it said %s\n", is_whole ? "it is" : "it is not", status,
                   scene_said());
    }
}

int main(void)
{
    if (!ok(scene_open("kill"), "a scene")) return 1;
    scene_uncounted();
    kills();
    stopped_by(SIGINT, "SIGINT");
    stopped_by(SIGTERM, "SIGTERM");
    stopped_by(SIGHUP, "SIGHUP");
    interrupted_twice(SIGINT, SIGINT);
    interrupted_twice(SIGINT, SIGTERM);
    told_to_ignore();
    hung_up();
    streams();
    scene_close();
    return done_testing();
}
