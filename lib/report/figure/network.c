/* The layers from top to bottom, with what each hands on; what passes layers by is drawn beside
 * them. */
#include "report/drawing.h"
#include "report/report.h"

#include "model/model.h"

/* Units of the view box. */
enum { WIDTH = 620, LEFT = 96, BOX = 250, HEIGHT = 30, STEP = 44, LANES = 6, LANE = 13 };

static int top_of(int i)
{
    return 8 + i * STEP;
}

static void put_layer(cg_page *page, const cg_layer_spec *layer, int i)
{
    char shape[CG_SHAPE_TEXT];
    int y = top_of(i);
    cg_put(page, "<rect class=\"layer%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>",
           layer->parameters ? " learns" : "", LEFT, y, BOX, HEIGHT);
    cg_put(page, "<text x=\"%d\" y=\"%d\">", LEFT + 12, y + 20);
    cg_put_text(page, layer->type);
    cg_put(page, "</text><text class=\"end faint\" x=\"%d\" y=\"%d\">", LEFT + BOX - 12, y + 20);
    cg_put_text(page, layer->name);
    cg_put(page, "</text><text x=\"%d\" y=\"%d\">%s</text>", LEFT + BOX + 18, y + 20,
           cg_shape_text(&layer->shape, shape));
    if (layer->parameters) {
        cg_put(page, "<text class=\"end faint\" x=\"%d\" y=\"%d\">", WIDTH - 8, y + 20);
        cg_put_count(page, layer->parameters);
        cg_put(page, " parameters</text>");
    }
    cg_put(page, "\n");
}

/* busy[lane]: the layer down to which a lane is taken. */
static int free_lane(int busy[LANES], int from, int to)
{
    int lane = 0;
    while (lane < LANES - 1 && busy[lane] > from) lane++;
    busy[lane] = to;
    return lane;
}

static void put_edge(cg_page *page, int from, int to, int busy[LANES])
{
    int begin = top_of(from) + HEIGHT, end = top_of(to);
    if (to == from + 1) {
        cg_put(page, "<path class=\"edge\" d=\"M%d %dV%d\" marker-end=\"url(#tip)\"/>\n",
               LEFT + BOX / 2, begin, end - 2);
        return;
    }
    int x = LEFT - 18 - LANE * free_lane(busy, from, to);
    cg_put(page,
           "<path class=\"edge\" d=\"M%d %dH%dQ%d %d %d %dV%dQ%d %d %d %dH%d\" "
           "marker-end=\"url(#tip)\"/>\n",
           LEFT, begin - 8, x + 6, x, begin - 8, x, begin - 2, end + 4, x, end + 10, x + 6,
           end + 10, LEFT - 2);
}

static void draw(cg_page *page, const cg_report *r)
{
    const cg_model *model = r->model;
    int busy[LANES] = { 0 };
    const cg_drawing drawing = { .name = "network",
                                 .class = "network",
                                 .label = "Layers and shapes",
                                 .width = WIDTH,
                                 .height = top_of(model->n_layers) - STEP + HEIGHT + 16 };
    cg_put(page, "<div class=\"wide\">");
    cg_drawing_begin(page, &drawing);
    cg_put(page, "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" "
                 "refX=\"6\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
                 "<path class=\"tip\" d=\"M0 0L8 4L0 8Z\"/></marker></defs>\n");
    for (int i = 0; i < model->n_layers; i++) {
        put_layer(page, &model->layer[i], i);
        for (int j = 0; j < model->layer[i].n_inputs; j++)
            put_edge(page, model->layer[i].input[j], i, busy);
    }
    cg_drawing_end(page, &drawing);
    cg_put(page, "</div>\n");
}

const cg_figure cg_figure_network = { .id = "network", .title = "Network", .draw = draw };
