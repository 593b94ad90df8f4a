/* Mistakes in a model file, each shown with its source line, a caret and the way out. */
#ifndef CG_MODEL_DIAGNOSTICS_H
#define CG_MODEL_DIAGNOSTICS_H

#include <cnngraph/model.h>

#include "base/error.h"

/* A text that marks point into: the model file, or one --set argument. */
typedef struct {
    const char *name; /* "models/x.yaml", "--set #2" */
    const char *text;
    size_t size;
    int order; /* 0: the file; k: the k-th --set */
} cg_source;

/* 1-based; the column counts characters, not bytes. */
typedef struct {
    const cg_source *source;
    int line, column;
} cg_mark;

enum { CG_MAX_DIAGNOSTICS = 20 }; /* later ones are dropped */

/* Adds a mistake; shapes and help may be NULL, all texts are copied.  The list is kept in the order
 * of the places; an equal message at an equal place is kept once. */
void cg_diagnose(cg_diagnostics *diagnostics, cg_mark at, const char *shapes, const char *help,
                 const char *format, ...) CG_PRINTF(5, 6);

/* Adds a warning, in the same way to a list of its own. */
void cg_warn(cg_diagnostics *diagnostics, cg_mark at, const char *help, const char *format, ...)
    CG_PRINTF(4, 5);

/* CG_OK while there is none, then CG_EMODEL; CG_ENOMEM when one could not be kept. */
cg_status cg_diagnostics_status(const cg_diagnostics *diagnostics);
void cg_diagnostics_no_memory(cg_diagnostics *diagnostics);

/* The place of a mark, for messages and nodes; lends the source's name. */
static inline cg_place cg_mark_place(cg_mark at)
{
    return (cg_place){ .file = at.source ? at.source->name : NULL,
                       .line = at.line,
                       .column = at.column };
}

/* Is it in a --set, the user's own word? */
static inline bool cg_mark_is_users(cg_mark at)
{
    return at.source && at.source->order > 0;
}

#endif
