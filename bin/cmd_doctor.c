/* cnngraph doctor: what this build is, what this machine offers, and what will be used. */
#include "config.h"

#include "json.h"
#include "options.h"

#include "base/cpu.h"
#include "base/file.h"
#include "base/pool.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>
#include <zlib.h>

extern const struct verb verb_doctor;

static bool is_built(cg_tier tier)
{
#ifdef HAVE_TIER_AVX2
    if (tier == CG_AVX2) return true;
#endif
#ifdef HAVE_TIER_AVX512
    if (tier == CG_AVX512) return true;
#endif
    return tier == CG_PORTABLE;
}

static void add_tiers(json_t *report, cg_tier chosen)
{
    json_t *tiers = json_array();
    for (int t = 0; t < CG_N_TIERS; t++)
        json_array_append_new(tiers, json_pack("{ss sb sb sb}", "name", cg_tier_name((cg_tier)t),
                                               "built", (int)is_built((cg_tier)t), "usable",
                                               (int)cg_tier_usable((cg_tier)t), "chosen",
                                               t == (int)chosen));
    json_object_set_new(report, "tiers", tiers);
}

/* The libraries that a build may lack. */
static const struct {
    const char *name;
    bool is_built;
} optional[] = {
#ifdef HAVE_PNG
    { "png", true },
#else
    { "png", false },
#endif
#ifdef HAVE_JPEG
    { "jpeg", true },
#else
    { "jpeg", false },
#endif
#ifdef HAVE_ZIP
    { "zip", true },
#else
    { "zip", false },
#endif
#ifdef HAVE_CURL
    { "curl", true },
#else
    { "curl", false },
#endif
#ifdef HAVE_RSVG
    { "rsvg", true },
#else
    { "rsvg", false },
#endif
};

static void add_libraries(json_t *report)
{
    int major, minor, patch;
    char yaml[32];
    yaml_get_version(&major, &minor, &patch);
    snprintf(yaml, sizeof yaml, "%d.%d.%d", major, minor, patch);
    json_t *libraries =
        json_pack("{ss ss ss}", "libyaml", yaml, "jansson", JANSSON_VERSION, "zlib", zlibVersion());
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
        json_object_set_new(libraries, optional[i].name, json_boolean(optional[i].is_built));
    json_object_set_new(report, "libraries", libraries);
}

/* Whether the named set loads without its fallback; CG_ENOMEM when that cannot be told. */
static cg_status add_data(json_t *report, const char *name, cg_error *error)
{
    cg_dataset *set = NULL;
    const char *used = NULL;
    const cg_data_spec spec = { .source = name, .digits = { 10, 10 } };
    cg_status status = cg_dataset_load(&set, &spec, &used, error);
    json_object_set_new(json_object_get(report, "data"), name,
                        json_string(status == CG_OK ? "found" : error->message));
    cg_dataset_free(set);
    return status == CG_ENOMEM ? status : CG_OK;
}

static void add_folder(json_t *report, const char *name, const char *path)
{
    json_object_set_new(
        json_object_get(report, "folders"), name,
        json_pack("{so sb}", "path", text_json(path), "writable", access(path, W_OK) == 0));
}

static json_t *examine(cg_tier chosen)
{
    char cpu[128];
    json_t *report = json_pack("{ss ss si s{} s{}}", "version", CNNGRAPH_VERSION, "cpu",
                               cg_cpu_model(cpu), "threads", cg_cpu_cores(), "data", "folders");
    add_tiers(report, chosen);
    add_libraries(report);
    add_folder(report, "here", ".");
    if (cg_file_exists("runs")) add_folder(report, "runs", "runs");
    return report;
}

/* ---- printing ------------------------------------------------------------------------------ */
static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static void print_text(json_t *report)
{
    const char *key;
    json_t *value;
    size_t i;
    printf("cnngraph %s\n", text_of(report, "version"));
    printf("cpu       %s, %lld threads\n", text_of(report, "cpu"),
           (long long)json_integer_value(json_object_get(report, "threads")));
    json_array_foreach(json_object_get(report, "tiers"), i, value)
        printf("tier      %-9s %s%s\n", text_of(value, "name"),
               !is_true(value, "built")   ? "not built"
               : is_true(value, "usable") ? "usable"
                                          : "not on this processor",
               is_true(value, "chosen") ? ", chosen" : "");
    json_object_foreach(json_object_get(report, "libraries"), key, value)
        printf("library   %-9s %s\n", key,
               json_is_string(value) ? json_string_value(value)
               : json_is_true(value) ? "yes"
                                     : "not built in");
    json_object_foreach(json_object_get(report, "data"), key, value)
        printf("data      %-9s %s\n", key, json_string_value(value));
    json_object_foreach(json_object_get(report, "folders"), key, value) printf(
        "folder    %-9s %s\n", key, is_true(value, "writable") ? "writable" : "NOT writable");
}

static int run(int argc, char *argv[])
{
    int format = 0;
    const struct option options[] = {
        { "format", OPTION_CHOICE, &format, "text json" },
        { .name = NULL },
    };
    if (options_parse(&verb_doctor, argc, argv, options, 0, 0) < 0) return EXIT_USAGE;
    cg_tier chosen;
    cg_error error = { 0 };
    if (cg_tier_choose(&chosen, &error) != CG_OK) return fail(&error);
    json_t *report = examine(chosen);
    if (add_data(report, "mnist", &error) != CG_OK || add_data(report, "digits", &error) != CG_OK) {
        json_decref(report);
        return fail(&error);
    }
    if (format == 1 || !report || json_is_short()) return json_print(report, JSON_INDENT(2));
    print_text(report);
    json_decref(report);
    return 0;
}

const struct verb verb_doctor = {
    .name = "doctor",
    .usage = "[--format text|json]",
    .summary = "Tell about this build and this machine.",
    .help = "  --format FORMAT  text or json\n"
            "\n"
            "CNNGRAPH_ISA=portable|avx2|avx512 lowers the tier.\n",
    .run = run,
};
