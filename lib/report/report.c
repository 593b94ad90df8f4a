/* The page: its head, the figures in their order, its foot. */
#include "report/report.h"

#include <cnngraph/cnngraph.h>

#include <math.h>

extern const cg_figure cg_figure_curves, cg_figure_classes, cg_figure_confusion,
    cg_figure_calibration, cg_figure_mistakes, cg_figure_filters, cg_figure_network,
    cg_figure_environment, cg_figure_model_file;
const cg_figure *const cg_figures[] = { &cg_figure_curves,     &cg_figure_classes,
                                        &cg_figure_confusion,  &cg_figure_calibration,
                                        &cg_figure_mistakes,   &cg_figure_filters,
                                        &cg_figure_network,    &cg_figure_environment,
                                        &cg_figure_model_file, NULL };

/* Nothing but what the page itself holds may be shown, whatever a name says. */
static void put_head(cg_page *page, const cg_report *r)
{
    cg_put(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                 "img-src data:; style-src 'unsafe-inline'\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    cg_put_text(page, cg_model_spec(r->model)->name);
    cg_put(page, " – cnngraph</title>\n<style>\n%s</style>\n</head>\n<body>\n", cg_report_style);
}

static void put_fact(cg_page *page, const char *name, const char *format, double value)
{
    char text[40];
    snprintf(text, sizeof text, format, value);
    cg_put(page, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, isfinite(value) ? text : "–");
}

static int64_t n_parameters(const cg_model *model)
{
    int64_t n = 0;
    for (int i = 0; i < cg_model_layers(model); i++) n += cg_model_layer(model, i).parameters;
    return n;
}

static void put_measures(cg_page *page, const cg_evaluation *e)
{
    if (e->n_classes) put_fact(page, "accuracy", "%.2f&#8239;%%", 100 * e->accuracy);
    put_fact(page, "loss", "%.4f", e->loss);
    for (int i = 0; i < e->n_metrics; i++)
        put_fact(page, e->metrics[i].name, "%.4f", e->metrics[i].value);
    if (e->n_classes == 0) return;
    put_fact(page, "macro F1", "%.4f", cg_mean_scores(e, false).f1);
    put_fact(page, "calibration error", "%.2f&#8239;%%", 100 * e->calibration_error);
}

static void put_summary(cg_page *page, const cg_report *r)
{
    const cg_evaluation *e = r->evaluation;
    cg_put(page, "<header>\n<p class=\"kind\">Training run</p>\n<h1>");
    cg_put_text(page, cg_model_spec(r->model)->name);
    cg_put(page, "</h1>\n<p>");
    cg_put_text(page, r->folder);
    cg_put(page, ", measured on ");
    cg_put_count(page, e->n);
    cg_put(page, " images of ‘");
    cg_put_text(page, cg_dataset_split_name(r->set, r->split));
    cg_put(page, "’</p>\n<dl class=\"facts\">\n");
    put_measures(page, e);
    put_fact(page, "epochs", "%.0f", r->history->n);
    cg_put(page, "<div><dt>parameters</dt><dd>");
    cg_put_count(page, n_parameters(r->model));
    cg_put(page, "</dd></div>\n</dl>\n</header>\n");
}

static bool is_shown(const cg_figure *figure, const cg_report *r)
{
    return !figure->of_classes || r->evaluation->n_classes > 0;
}

cg_status cg_report_write(const char *path, const cg_report *r, cg_error *error)
{
    cg_page page;
    CG_TRY(cg_page_open(&page, path, error));
    put_head(&page, r);
    put_summary(&page, r);
    cg_put(&page, "<main>\n");
    for (const cg_figure *const *f = cg_figures; *f; f++) {
        if (!is_shown(*f, r)) continue;
        cg_put(&page, "<section id=\"%s\">\n<h2>%s</h2>\n", (*f)->id, (*f)->title);
        (*f)->draw(&page, r);
        cg_put(&page, "</section>\n");
    }
    cg_put(&page, "</main>\n<footer>cnngraph " CNNGRAPH_VERSION ", ");
    cg_put_text(&page, r->made);
    cg_put(&page, "</footer>\n</body>\n</html>\n");
    return cg_page_close(&page);
}

cg_status cg_report_write_drawings(const char *folder, const cg_report *r, int *n, cg_error *error)
{
    cg_page page;
    CG_TRY(cg_make_folders(folder, error));
    CG_TRY(cg_page_open_folder(&page, folder, error));
    for (const cg_figure *const *f = cg_figures; *f; f++)
        if (is_shown(*f, r)) (*f)->draw(&page, r);
    *n = page.n_files;
    return cg_page_close(&page);
}
