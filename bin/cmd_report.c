/* cnngraph report: a run as one HTML file. */
#include "measure.h"

#include "base/pool.h"
#include "base/text.h"
#include "report/raster.h"
#include "report/report.h"
#include "train/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const struct verb verb_report;

/* SOURCE_DATE_EPOCH (reproducible-builds.org) stands in for the clock; false if it is no time. */
static bool time_text(char text[32])
{
    int64_t seconds;
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    if (fixed && (!cg_parse_int(fixed, &seconds) || seconds < 0)) return false;
    time_t now = fixed ? (time_t)seconds : time(NULL);
    struct tm parts;
    return gmtime_r(&now, &parts) && strftime(text, 32, "%Y-%m-%d %H:%M UTC", &parts) > 0;
}

static int not_built(void)
{
    cg_error error = { .status = CG_ENOTBUILT,
                       .message =
                           "--png is left out of this build: it needs librsvg (librsvg2-dev) "
                           "when configure runs" };
    return fail(&error);
}

/* drawings: a folder for PNG files, or NULL. */
static int write_report(const char *path, const char *drawings, const struct measurement *m,
                        const cg_model *model, const char *folder, const char *made, int threads)
{
    int n = 0;
    cg_error error = { 0 };
    cg_history history;
    cg_report report = { .model = model,
                         .history = &history,
                         .evaluation = &m->evaluation,
                         .set = m->set,
                         .split = m->which,
                         .folder = folder,
                         .weights = m->weights,
                         .data = m->data,
                         .threads = threads ? threads : cg_cpu_cores(),
                         .made = made };
    cg_status status = cg_history_read(&history, folder, &error);
    if (status == CG_OK) status = cg_report_write(path, &report, &error);
    if (status == CG_OK && drawings)
        status = cg_report_write_drawings(drawings, &report, &n, &error);
    if (status == CG_OK && history.is_torn)
        fprintf(stderr, "%s/metrics.jsonl: its last line is torn and left out\n", folder);
    cg_history_free(&history);
    if (status != CG_OK) return fail(&error);
    printf("report: %s\n", path);
    if (drawings) printf("drawings: %s  (%d PNG files)\n", drawings, n);
    return 0;
}

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    struct measurement m = { .split = "test" };
    const char *output = NULL, *drawings = NULL;
    char weights[PATH_BYTES], path[PATH_BYTES], made[32];
    char long_output[] = "--output";
    int64_t threads = 0;
    const struct option options[] = {
        { "output", OPTION_TEXT, &output, NULL }, /* or -o */
        { "png", OPTION_TEXT, &drawings, NULL },
        { "split", OPTION_TEXT, &m.split, NULL },
        MODEL_OPTIONS(&how),
        { "threads", OPTION_COUNT, &threads, NULL },
        { .name = NULL },
    };
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-o") == 0) argv[i] = long_output;
    if (options_parse(&verb_report, argc, argv, options, 1, 1) < 0) return EXIT_USAGE;
    const char *folder = argv[1];
    if (threads > 1024) return usage_error(&verb_report, "--threads is at most 1024");
    int code = check_exists(folder);
    if (code) return code;
    if (!is_folder(folder)) return usage_error(&verb_report, "%s is no run's folder", folder);
    if (!time_text(made))
        return usage_error(&verb_report, "SOURCE_DATE_EPOCH is not the seconds since 1970");
    if (!output && snprintf(path, sizeof path, "%s/report.html", folder) >= PATH_BYTES)
        return usage_error(&verb_report, "the path is too long");
    if (drawings && !cg_can_rasterise()) return not_built();
    if (!cg_folder_weights(folder, sizeof weights, weights)) return no_weights(folder);
    cg_model *model;
    code = load_model(&model, folder, &how);
    m.weights = weights;
    if (code == 0) code = settle(model);
    if (code == 0) code = measure(&verb_report, &m, model, (int)threads, &how.sets);
    if (code == 0)
        code =
            write_report(output ? output : path, drawings, &m, model, folder, made, (int)threads);
    measurement_free(&m);
    cg_model_free(model);
    return code;
}

const struct verb verb_report = {
    .name = "report",
    .usage = "[OPTION...] RUN",
    .summary = "Show a run as one HTML file.",
    .help =
        "  -o, --output FILE  the file to write (RUN/report.html)\n"
        "  --png FOLDER       its drawings as PNG files, too: loss.png, confusion.png, ...\n"
        "  --split NAME       the split to measure on (test)\n"
        "  --set PATH=VALUE   override a key of the model file; may be given again\n"
        "  --allow-paths      read data files wherever the model file says\n"
        "  --max-memory SIZE  of data and programs (three quarters of the machine's)\n"
        "  --threads N        threads (all cores)\n"
        "\n"
        "Curves, scores of the classes, confusion, calibration, the most confident mistakes,\n"
        "filters, the network, the resolved model file and the environment; no script, nothing\n"
        "from the network. SOURCE_DATE_EPOCH stands in for the time that it tells.\n"
        "Exit codes: 4 without a finished epoch or with a damaged line in metrics.jsonl, 7\n"
        "without weights. A torn last line, as a kill leaves it, is told of and left out.\n",
    .run = run,
};
