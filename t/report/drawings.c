/* The drawings of a report as PNG files, read back. */
#include "base/memory.h"
#include "data/image.h"
#include "report/drawing.h"
#include "report/picture.h"
#include "report/raster.h"
#include "report/report.h"

#include "../tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/cnngraph-drawings-XXXXXX";

static const char yaml[] =
    "cnngraph: 1\n"
    "name: small\n"
    "data: {source: digits, digits: {train: 60, test: 40}}\n"
    "model:\n"
    "  input: {shape: [1, 28, 28]}\n"
    "  layers: [conv2d: {filters: 10, kernel: 5, stride: 2}, relu, flatten, dense: {units: 10}]\n"
    "loss: cross_entropy\n"
    "optimizer: {type: adam, lr: 0.01}\n"
    "train: {epochs: 3, batch: 20, validation: 0.2}\n";

/* A file of the folder; cg_release its pixels. */
static cg_picture picture(const char *name)
{
    char path[300];
    cg_picture read;
    cg_error error = { 0 };
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    if (cg_picture_load(&read, path, NULL, &error) != CG_OK) printf("# %s\n", error.message);
    return read;
}

/* The colour of a pixel as 0xRRGGBB. */
static unsigned colour(const cg_picture *p, int y, int x)
{
    unsigned rgb = 0;
    for (int c = 0; c < 3; c++)
        rgb = rgb << 8 | (unsigned)(255 * cg_picture_value(p, y * p->width + x, c, 3) + 0.5f);
    return rgb;
}

/* Up to `most` colours. */
static int count_colours(const cg_picture *p, int most)
{
    unsigned seen[16];
    int n = 0;
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width && n < most; x++) {
            unsigned found = colour(p, y, x);
            int i = 0;
            while (i < n && seen[i] != found) i++;
            if (i == n) seen[n++] = found;
        }
    return n;
}

/* ---- a drawing of known colours ------------------------------------------------------------- */
static void test_colours(void)
{
    static const cg_drawing tall = { "tall", "matrix", "Tall", 10, 20, 0 },
                            long_one = { "long", "matrix", "Long", 20000, 10, 0 };
    cg_page page;
    cg_error error = { 0 };
    ok(cg_page_open_folder(&page, folder, &error) == CG_OK, "drawings go to a folder");
    cg_put(&page, "<p>Words that are no part of it, more than the next drawing has itself.</p>");
    cg_drawing_begin(&page, &tall);
    cg_put(&page, "<path fill=\"#ff8000\" d=\"M0 10H10V20H0Z\"/><rect class=\"hit\" width=\"5\" "
                  "height=\"5\"/>");
    cg_drawing_end(&page, &tall);
    cg_drawing_begin(&page, &long_one);
    cg_drawing_end(&page, &long_one);
    ok(cg_page_close(&page) == CG_OK && page.n_files == 2, "as files %s", error.message);
    cg_picture p = picture("tall");
    ok(p.height == 40 && p.width == 20, "of two pixels a unit");
    ok(p.height == 40 && colour(&p, 30, 10) == 0xff8000 && colour(&p, 5, 5) == 0x2563a8 &&
           colour(&p, 15, 15) == 0xfdfdfb,
       "in the colours of their elements, of the light style and of paper");
    cg_release(p.pixels);
    p = picture("long");
    ok(p.width == 16000 && p.height == 8, "or of fewer where they are large");
    cg_release(p.pixels);
}

/* ---- what cannot be drawn ------------------------------------------------------------------- */
static void test_failure(void)
{
    static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    char path[300];
    cg_error error = { 0 };
    snprintf(path, sizeof path, "%s/flat.png", folder);
    ok(cg_rasterise(path, svg, strlen(svg), 10, 0, &error) == CG_EINTERNAL &&
           strstr(error.message, path) && access(path, F_OK) != 0,
       "a drawing that is no PNG is a failure and leaves no file: %s", error.message);
}

/* XML has no U+FFFE and no U+FFFF, though UTF-8 has. */
static void test_text(void)
{
    static const cg_drawing drawing = { "text", "matrix", "Text", 10, 10, 0 };
    cg_page page;
    cg_error error = { 0 };
    cg_page_open_folder(&page, folder, &error);
    cg_drawing_begin(&page, &drawing);
    cg_put(&page, "<text>");
    cg_put_text(&page, "\x01<\xEF\xBF\xBE\xEF\xBF\xBF\r>");
    cg_put(&page, "</text>");
    cg_drawing_end(&page, &drawing);
    ok(cg_page_close(&page) == CG_OK && page.n_files == 1, "any text can be drawn %s",
       error.message);
}

/* ---- those of a run ------------------------------------------------------------------------- */
static cg_status report_run(cg_model *model, const cg_history *history, cg_predictor *predictor,
                            const char *weights, int *n, cg_error *error)
{
    cg_evaluation evaluation;
    cg_report report = { .model = model,
                         .history = history,
                         .evaluation = &evaluation,
                         .folder = "",
                         .weights = weights,
                         .data = "digits",
                         .made = "" };
    cg_dataset *set = NULL;
    cg_status status = cg_dataset_load(&set, &cg_model_spec(model)->data, NULL, error);
    report.set = set;
    if (status == CG_OK) {
        report.split = cg_dataset_split(set, "test");
        status = cg_evaluate(predictor, set, report.split, &evaluation, error);
    }
    if (status == CG_OK) status = cg_report_write_drawings(folder, &report, n, error);
    cg_dataset_free(set);
    return status;
}

static cg_status run_and_report(int *n, cg_error *error)
{
    char weights[300];
    cg_model *model = NULL;
    cg_train_result result;
    cg_history history = { .n = 0 };
    cg_predictor *predictor = NULL;
    cg_status status =
        cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), 0, NULL, NULL, error);
    if (status == CG_OK)
        status = cg_train(model, &(cg_train_options){ .folder = folder }, &result, error);
    if (status == CG_OK) status = cg_history_read(&history, result.folder, error);
    if (status == CG_OK) {
        snprintf(weights, sizeof weights, "%s/best.safetensors", result.folder);
        status = cg_predictor_new(&predictor, model, weights, 1, error);
    }
    if (status == CG_OK) status = report_run(model, &history, predictor, weights, n, error);
    cg_predictor_free(predictor);
    cg_history_free(&history);
    cg_model_free(model);
    return status;
}

static void test_run(void)
{
    static const struct {
        const char *name;
        int height, width;
    } files[] = {
        { "loss", 500, 840 },     { "accuracy", 500, 840 },    { "learning-rate", 500, 840 },
        { "seconds", 500, 840 },  { "confusion", 1000, 1000 }, { "calibration", 792, 728 },
        { "network", 460, 1240 }, { "filters", 240, 912 },
    };
    enum { N = sizeof files / sizeof *files, COLOURS = 8 };
    int n = 0;
    cg_error error = { 0 };
    cg_status status = run_and_report(&n, &error);
    ok(status == CG_OK && n == N, "a run has %d drawings %s", n, error.message);
    for (int i = 0; i < N; i++) {
        cg_picture p = picture(files[i].name);
        ok(p.height == files[i].height && p.width == files[i].width &&
               count_colours(&p, COLOURS) == COLOURS,
           "%s.png is %d x %d, of %d colours or more", files[i].name, p.width, p.height, COLOURS);
        cg_release(p.pixels);
    }
}

int main(void)
{
    char command[64];
    cg_error error = { 0 };
    if (!mkdtemp(folder)) return 1;
    if (!cg_can_rasterise()) {
        ok(cg_rasterise("x.png", "", 0, 1, 1, &error) == CG_ENOTBUILT &&
               strstr(error.message, "librsvg2-dev"),
           "a build without librsvg names the package: %s", error.message);
        skip("drawings as PNG", "built without librsvg");
    } else if (!cg_can_draw_pictures()) {
        skip("drawings as PNG", "built without libpng");
    } else {
        test_colours();
        test_failure();
        test_text();
        test_run();
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) | done_testing();
}
