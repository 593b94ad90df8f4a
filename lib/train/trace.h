/* What a run did when: a trace that chrome://tracing and Perfetto show as a time line. */
#ifndef CG_TRAIN_TRACE_H
#define CG_TRAIN_TRACE_H

#include <cnngraph/program.h>

enum { CG_TRACE_STEPS = 200 /* traced stage by stage, the first of the run */ };

/* The rows of the time line; their numbers are the events' tid. */
typedef enum { CG_TRACE_TRAINING = 1, CG_TRACE_LOADER = 2 } cg_trace_row;

typedef struct cg_trace cg_trace;

/* Opens a temporary file beside `path`, so that a path that cannot be written is known at once. */
cg_status cg_trace_open(cg_trace **trace, const char *path, cg_error *error);

/* All of these take NULL for no trace.  Times are those of cg_seconds(); events that find no memory
 * are told of by cg_trace_commit. */
bool cg_trace_wants_step(const cg_trace *trace);

/* A step that began then and ends now, the stages of its run, and the fill of its batch.  The
 * program, which must be profiled, is read until the commit. */
typedef struct {
    const cg_program *program;
    uint64_t number;
    double began, fill_began, fill_ended;
} cg_trace_step;
void cg_trace_note_step(cg_trace *trace, const cg_trace_step *step);

/* Something else that began then and ends now; texts are lent until the commit. */
void cg_trace_note(cg_trace *trace, const char *category, const char *name, double began);

/* Writes the trace, renames it to its path, and frees it whatever happens. */
cg_status cg_trace_commit(cg_trace *trace, cg_error *error);

#endif
