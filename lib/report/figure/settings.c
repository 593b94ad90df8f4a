/* What the run was asked to do, and with what the report was made. */
#include "report/report.h"

#include "base/cpu.h"
#include "optim/optim.h"
#include "nn/nn.h"

#include <cnngraph/cnngraph.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void put_name(cg_page *page, const char *name)
{
    cg_put(page, "<tr><th scope=\"row\">%s</th><td>", name);
}

static void put_row(cg_page *page, const char *name, const char *text)
{
    put_name(page, name);
    cg_put_text(page, text && text[0] ? text : "–");
    cg_put(page, "</td></tr>\n");
}

/* Rounded, for a glance: "3.2 s", "12 min", "1.5 h". */
static void put_time(cg_page *page, const char *name, double seconds)
{
    put_name(page, name);
    if (seconds < 100)
        cg_put(page, "%.1f&#8239;s", seconds);
    else if (seconds < 6000)
        cg_put(page, "%.1f&#8239;min", seconds / 60);
    else
        cg_put(page, "%.1f&#8239;h", seconds / 3600);
    cg_put(page, "</td></tr>\n");
}

static double training_seconds(const cg_history *h)
{
    double sum = 0;
    for (int i = 0; i < h->n; i++)
        if (isfinite(h->column[CG_HISTORY_SECONDS][i])) sum += h->column[CG_HISTORY_SECONDS][i];
    return sum;
}

static void draw_environment(cg_page *page, const cg_report *r)
{
    char cpu[128];
    cg_tier tier;
    const cg_spec *spec = cg_model_spec(r->model);
    cg_put(page, "<div class=\"wide\"><table class=\"settings\">\n<tbody>\n");
    put_row(page, "data", r->data[0] ? r->data : "files named in the model file");
    put_row(page, "loss", spec->loss->name);
    put_row(page, "optimiser", spec->optimizer->name);
    put_name(page, "seed");
    cg_put(page, "%" PRIu64 "</td></tr>\n", spec->seed);
    put_name(page, "batch");
    cg_put(page, "%" PRId64 "</td></tr>\n", spec->batch);
    put_time(page, "time of training", training_seconds(r->history));
    put_row(page, "weights", r->weights);
    put_row(page, "report made", r->made);
    put_row(page, "cnngraph", CNNGRAPH_VERSION);
    put_row(page, "processor", cg_cpu_model(cpu));
    if (cg_tier_choose(&tier, NULL) == CG_OK) put_row(page, "instructions", cg_tier_name(tier));
    put_name(page, "threads");
    cg_put(page, "%d</td></tr>\n</tbody>\n</table></div>\n", r->threads);
}

static void draw_model_file(cg_page *page, const cg_report *r)
{
    char *text = cg_model_render(r->model);
    if (!text) {
        page->status = cg_fail_nomem(page->error, "the model's text");
        return;
    }
    cg_put(page, "<pre>");
    cg_put_text(page, text);
    cg_put(page, "</pre>\n");
    free(text);
}

const cg_figure cg_figure_environment = { .id = "environment",
                                          .title = "Environment",
                                          .draw = draw_environment };
const cg_figure cg_figure_model_file = { .id = "model-file",
                                         .title = "Model file, as resolved",
                                         .draw = draw_model_file };
