/* Where faults are tried: a folder with a tiny model and runs of it, and what tells whether a verb
 * left it in order. */
#ifndef FAULTS_SCENE_H
#define FAULTS_SCENE_H

#include <stdbool.h>
#include <sys/types.h>

/* Makes a folder and goes there.  It holds tiny.yaml and points.csv; full/tiny, a run that is
 * finished, half/tiny, one that was stopped in its second epoch; none, an empty folder; and server,
 * with a file that is another than its name says.  False where the command cannot even do that. */
bool scene_open(const char *name);
void scene_close(void);

/* How cnngraph is started, where that is not as usual. */
typedef struct {
    void (*prepare)(const void *context); /* is called in the child, or NULL */
    const void *context;
    const char *const *before; /* words before it, of a program that runs it, up to a NULL */
} scene_how;

/* Runs cnngraph on the words up to a NULL, with its output in the file out; what waitpid tells.
 * how: NULL as usual. */
int scene_run(const scene_how *how, const char *const words[]);
#define SCENE_RUN(...) scene_run(NULL, (const char *const[]){ __VA_ARGS__, NULL })

/* The two halves of it. */
typedef struct {
    pid_t id;
    int said; /* the other end of its standard error */
} scene_process;
scene_process scene_start(const scene_how *how, const char *const words[]);
int scene_wait(scene_process process);

/* Waits until the pipe to the reading end is full but for less than a line or two: nobody reads, so
 * it stands still where it tells how it goes. */
void scene_standstill(scene_process process);

/* In a child that is forked already: becomes cnngraph, with its output in the file out. */
_Noreturn void scene_exec(const char *const words[]);

/* What the last one that was waited for said on standard error, or the beginning of that. */
const char *scene_said(void);

/* From here on a build for coverage keeps no counts of what is run: what is killed, or cannot
 * write, while it adds its counts to those of others would spoil them; and it writes hundreds of
 * files. */
void scene_uncounted(void);

/* work becomes a copy of full, half or none. */
void scene_copy(const char *from);

/* What is wrong with folder/tiny after something failed in it, or NULL: a checkpoint that does not
 * load, a temporary file that was left. */
const char *scene_damage(const char *folder);

/* Is what the run in one folder came to what it came to in another: weights, history but for the
 * seconds, model?  What neither has is the same. */
bool scene_same_run(const char *a, const char *b);

bool scene_can_trace(void); /* strace is there, and may */

bool scene_wants_all(void); /* every fault there is, and not a sample of them */

#endif
