/* Events are kept in memory while the run lasts, so that tracing costs little between its stages,
 * and written when it ends.  The format: Google, "Trace Event Format", complete events. */
#include "train/trace.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/program.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>

typedef struct {
    const char *category, *name;
    const cg_program *program; /* of a stage, or NULL */
    int stage;
    int64_t step; /* -1: not of a step */
    double began, seconds;
    cg_trace_row row;
} event;

struct cg_trace {
    cg_replace file;
    double opened;
    event *events;
    int64_t n_events, room;
    int64_t n_steps;
    bool is_short_of_memory;
};

cg_status cg_trace_open(cg_trace **trace, const char *path, cg_error *error)
{
    struct stat st;
    *trace = NULL;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return cg_fail(error, CG_EIO, "%s: a folder, expected a file", path);
    cg_trace *t = cg_alloc(1, sizeof *t);
    if (!t) return cg_fail_nomem(error, "a trace");
    cg_status status = cg_replace_open(&t->file, path, error);
    if (status != CG_OK) {
        cg_release(t);
        return status;
    }
    t->opened = cg_seconds();
    *trace = t;
    return CG_OK;
}

/* ---- events -------------------------------------------------------------------------------- */
static void add(cg_trace *t, const event *e)
{
    if (t->n_events == t->room) {
        int64_t room = t->room ? 2 * t->room : 1024;
        event *more = cg_resize(t->events, (size_t)room, sizeof *more);
        if (!more) {
            t->is_short_of_memory = true;
            return;
        }
        t->events = more;
        t->room = room;
    }
    t->events[t->n_events++] = *e;
}

bool cg_trace_wants_step(const cg_trace *t)
{
    return t && t->n_steps < CG_TRACE_STEPS;
}

void cg_trace_note_step(cg_trace *t, const cg_trace_step *step)
{
    if (!cg_trace_wants_step(t)) return;
    event e = { .category = "loader",
                .name = "fill",
                .step = (int64_t)step->number,
                .began = step->fill_began,
                .seconds = step->fill_ended - step->fill_began,
                .row = CG_TRACE_LOADER };
    t->n_steps++;
    add(t, &e);
    e.row = CG_TRACE_TRAINING;
    e.category = e.name = "step";
    e.began = step->began;
    e.seconds = cg_seconds() - step->began;
    add(t, &e);
    e.category = "stage";
    e.program = step->program;
    for (e.stage = 0; e.stage < cg_program_stages(step->program); e.stage++) {
        cg_stage_time time = cg_program_stage(step->program, e.stage);
        e.name = time.label && time.label[0] ? time.label : time.ops;
        e.began = time.began;
        e.seconds = time.last;
        add(t, &e);
    }
}

void cg_trace_note(cg_trace *t, const char *category, const char *name, double began)
{
    if (!t) return;
    add(t, &(event){ .category = category,
                     .name = name,
                     .step = -1,
                     .began = began,
                     .seconds = cg_seconds() - began,
                     .row = CG_TRACE_TRAINING });
}

/* ---- writing ------------------------------------------------------------------------------- */
/* What a click on the event shows; NULL without memory. */
static json_t *arguments(const event *e)
{
    if (e->step < 0) return json_object();
    if (!e->program) return json_pack("{sI}", "step", (json_int_t)e->step);
    char shape[CG_SHAPE_TEXT];
    cg_stage_time time = cg_program_stage(e->program, e->stage);
    json_t *line = time.place.line > 0 ? json_integer(time.place.line) : NULL;
    if (time.place.line > 0 && !line) return NULL;
    return json_pack("{sI ss ss ss sI so*}", "step", (json_int_t)e->step, "layer",
                     time.label ? time.label : "", "ops", time.ops, "shape",
                     cg_shape_text(&time.shape, shape), "flops", (json_int_t)time.flops, "line",
                     line);
}

/* One line; times in microseconds since the trace was opened. */
static bool write_event(const cg_trace *t, const event *e, bool is_last)
{
    json_t *object =
        json_pack("{ss ss ss sf sf si si so}", "name", e->name, "cat", e->category, "ph", "X", "ts",
                  1e6 * (e->began - t->opened), "dur", 1e6 * e->seconds, "pid", 1, "tid",
                  (int)e->row, "args", arguments(e));
    FILE *stream = t->file.stream;
    bool is_written = object && json_dumpf(object, stream, JSON_REAL_PRECISION(12)) == 0 &&
                      fputs(is_last ? "\n" : ",\n", stream) >= 0;
    json_decref(object);
    return is_written;
}

cg_status cg_trace_commit(cg_trace *t, cg_error *error)
{
    if (!t) return CG_OK;
    bool is_whole = !t->is_short_of_memory && fputs("[\n", t->file.stream) >= 0;
    for (int64_t i = 0; i < t->n_events && is_whole; i++)
        is_whole = write_event(t, &t->events[i], i == t->n_events - 1) || ferror(t->file.stream);
    fputs("]\n", t->file.stream);
    cg_status status = CG_OK;
    if (is_whole) {
        status = cg_replace_commit(&t->file, error); /* tells of what could not be written */
    } else {
        cg_replace_abort(&t->file);
        status = cg_fail_nomem(error, "the trace");
    }
    cg_release(t->events);
    cg_release(t);
    return status;
}
