/* How training went: loss, accuracy and learning rate, epoch by epoch, and the time that
 * it took. */
#include "report/plot.h"
#include "report/report.h"

#include <math.h>

static void draw(cg_page *page, const cg_report *r)
{
    const cg_history *h = r->history;
    const cg_series loss[] = { { "train", "a", h->column[CG_HISTORY_LOSS] },
                               { "validation", "b", h->column[CG_HISTORY_VAL_LOSS] } };
    const cg_series accuracy[] = { { "train", "a", h->column[CG_HISTORY_ACCURACY] },
                                   { "validation", "b", h->column[CG_HISTORY_VAL_ACCURACY] } };
    const cg_series rate[] = { { "learning rate", "c", h->column[CG_HISTORY_LR] } };
    const cg_series time[] = { { "seconds", "c", h->column[CG_HISTORY_SECONDS] } };
    cg_plot plot = { .x_title = "epoch", .x = h->column[CG_HISTORY_EPOCH], .n = h->n };
    if (h->is_torn)
        cg_put(page, "<p class=\"none\">The last line of metrics.jsonl is torn: the run was killed "
                     "while writing it, and it is left out.</p>\n");
    cg_put(page, "<div class=\"plots\">\n");
    plot.name = "loss", plot.title = "Loss", plot.low = 0, plot.high = (double)NAN;
    plot.series = loss, plot.n_series = 2;
    cg_put_plot(page, &plot);
    plot.name = "accuracy", plot.title = "Accuracy", plot.low = (double)NAN, plot.high = 1;
    plot.series = accuracy;
    cg_put_plot(page, &plot);
    plot.name = "learning-rate", plot.title = "Learning rate", plot.low = 0,
    plot.high = (double)NAN;
    plot.series = rate, plot.n_series = 1;
    cg_put_plot(page, &plot);
    plot.name = "seconds", plot.title = "Seconds an epoch";
    plot.series = time;
    cg_put_plot(page, &plot);
    cg_put(page, "</div>\n");
}

const cg_figure cg_figure_curves = { .id = "curves", .title = "Training", .draw = draw };
