/* Precision, recall, F1 and support, class by class. */
#include "report/report.h"

static void put_row(cg_page *page, const char *name, cg_scores s)
{
    cg_put(page, "<tr><th scope=\"row\">");
    cg_put_text(page, name);
    cg_put(page, "</th><td>%.4f</td><td>%.4f</td><td>%.4f</td><td>", s.precision, s.recall, s.f1);
    cg_put_count(page, s.support);
    cg_put(page, "</td></tr>\n");
}

static void draw(cg_page *page, const cg_report *r)
{
    char name[CG_CLASS_TEXT];
    const cg_evaluation *e = r->evaluation;
    cg_put(page,
           "<div class=\"wide\"><table class=\"scores\">\n<thead><tr><th scope=\"col\">class</th>"
           "<th scope=\"col\">precision</th><th scope=\"col\">recall</th>"
           "<th scope=\"col\">F1</th><th scope=\"col\">images</th></tr></thead>\n<tbody>\n");
    for (int c = 0; c < e->n_classes; c++)
        put_row(page, cg_dataset_class_text(r->set, c, name), cg_class_scores(e, c));
    cg_put(page, "</tbody>\n<tfoot>\n");
    put_row(page, "macro average", cg_mean_scores(e, false));
    put_row(page, "weighted average", cg_mean_scores(e, true));
    cg_put(page, "</tfoot>\n</table></div>\n");
}

const cg_figure cg_figure_classes = {
    .id = "classes", .title = "Classes", .of_classes = true, .draw = draw
};
