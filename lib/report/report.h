/* One HTML file that shows a run: it needs no script, no network and no other file.  Its drawings,
 * as PNG files. */
#ifndef CG_REPORT_REPORT_H
#define CG_REPORT_REPORT_H

#include "data/dataset.h"
#include "report/page.h"
#include "train/history.h"

#include <cnngraph/train.h>

/* What is shown; all lent. */
typedef struct {
    const cg_model *model;
    const cg_history *history;
    const cg_evaluation *evaluation;
    const cg_dataset *set; /* that was evaluated, ... */
    int split;
    const char *folder, *weights; /* of the run; a safetensors file */
    const char *data;             /* name of the set, "" where the model file names files */
    int threads;                  /* of the evaluation */
    const char *made;             /* when: "2026-01-31 12:00 UTC" */
} cg_report;

/* Replaces the file at `path`.  The same report gives the same bytes.  CG_EIO, CG_ENOMEM, or
 * CG_ECHECKPOINT when the weights cannot be read; the file is left as it was then. */
cg_status cg_report_write(const char *path, const cg_report *report, cg_error *error);

/* The figures' drawings as PNG files in a folder, which is made: loss.png, confusion.png, ...;
 * those that the run has something for.  *n gets how many.  CG_ENOTBUILT without librsvg. */
cg_status cg_report_write_drawings(const char *folder, const cg_report *report, int *n,
                                   cg_error *error);

/* ---- figures: one a file in figure/, in the order of the list in report.c ------------------- */
typedef struct {
    const char *id, *title; /* of the section */
    bool of_classes;        /* left out where the target is no class */
    void (*draw)(cg_page *page, const cg_report *report);
} cg_figure;
extern const cg_figure *const cg_figures[]; /* NULL-terminated */

extern const char cg_report_style[];  /* the page's style sheet */
extern const char cg_drawing_style[]; /* that of a drawing by itself, in light colours */

#endif
