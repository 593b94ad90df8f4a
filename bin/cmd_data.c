/* cnngraph data: looks at data sets, converts and fetches them. */
#include "data.h"

#include "base/budget.h"
#include "base/error.h"
#include "data/idx.h"
#include "data/write.h"

#include <stdio.h>
#include <string.h>

/* ---- convert ------------------------------------------------------------------------------- */
static cg_status convert(const cg_data_spec *spec, const char *to, int64_t *n, cg_error *error)
{
    cg_samples samples = { .budget = spec->budget };
    cg_status status = cg_source_find(spec->format, true)->load(&samples, spec, CG_TRAIN, error);
    if (status == CG_OK && samples.file) /* whose images are yet to be read */
        status = cg_budget_check(spec->budget, spec->images[0],
                                 samples.n * cg_shape_size(&samples.shape), error);
    if (status == CG_OK) status = cg_idx_read_images(&samples, samples.n, error);
    if (status == CG_OK && spec->shape.rank && !cg_shape_equal(&spec->shape, &samples.shape)) {
        char text[CG_SHAPE_TEXT];
        status = cg_fail(error, CG_EDATA, "%s: samples are %s, not of the shape that is asked for",
                         spec->images[0], cg_shape_text(&samples.shape, text));
    }
    if (status == CG_OK) status = cg_samples_write(&samples, to, error);
    *n = samples.n;
    cg_samples_free(&samples);
    return status;
}

static int data_convert(struct data_operand *from, const char *to)
{
    cg_error error = { 0 };
    int64_t n;
    if (from->model)
        return usage_error(&verb_data, "convert takes a file or a folder of samples, no model");
    if (convert(&from->spec, to, &n, &error) != CG_OK) return fail(&error);
    printf("%s: %lld samples\n", to, (long long)n);
    return 0;
}

/* ---- the verb ------------------------------------------------------------------------------ */
static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    struct data_operand o = { .model_options = &how };
    const char *to = NULL, *from = NULL;
    int format = 0;
    const struct option options[] = {
        { "labels", OPTION_TEXT, &o.labels, NULL },
        { "label", OPTION_TEXT, &o.label, NULL },
        { "shape", OPTION_TEXT, &o.shape, NULL },
        { "values", OPTION_FLAG, &o.are_values, NULL },
        MODEL_OPTIONS(&how),
        { "to", OPTION_TEXT, &to, NULL },
        { "from", OPTION_TEXT, &from, NULL },
        { "format", OPTION_CHOICE, &format, "text json" },
        { .name = NULL },
    };
    int n = options_parse(&verb_data, argc, argv, options, 2, 3);
    if (n < 0) return EXIT_USAGE;
    bool is_info = !strcmp(argv[1], "info"), is_convert = !strcmp(argv[1], "convert");
    bool is_fetch = !strcmp(argv[1], "fetch");
    if (!is_info && !is_convert && !is_fetch)
        return usage_error(&verb_data, "'%s' is none of info, convert, fetch", argv[1]);
    if (n != (is_convert ? 3 : 2))
        return usage_error(&verb_data, "%s takes %s", argv[1],
                           is_convert ? "two operands, FROM and TO" : "one operand");
    if (is_fetch) return data_fetch(argv[2], to, from);
    if (to || from) return usage_error(&verb_data, "--to and --from are options of fetch");
    o.path = argv[2];
    int code = data_operand_open(&o);
    if (code == 0) code = is_info ? data_info(&o, format == 1) : data_convert(&o, argv[3]);
    data_operand_close(&o);
    return code;
}

const struct verb verb_data = {
    .name = "data",
    .usage = "info MODEL|PATH | convert FROM TO | fetch SET [OPTION...]",
    .summary = "Look at data sets, convert and fetch them.",
    .help =
        "info tells of each split: samples of each class, range, mean and standard deviation of\n"
        "the channels, samples that are there twice, or in two splits.\n"
        "convert writes the samples of FROM to TO, which must not exist, by its ending: .csv,\n"
        ".npy, .npz, .idx or -ubyte (images, and a file of labels beside), or a folder of\n"
        "classes.\n"
        "fetch gets mnist, fashion-mnist, cifar10 or cifar100, and goes on where it was\n"
        "interrupted.\n"
        "\n"
        "  --labels FILE     of PATH or FROM: the labels, where they are in a file of their own\n"
        "                    that is not beside it (X-labels.npy, labels-idx1 for images-idx3)\n"
        "  --label COLUMN    of a CSV file: the column of labels, by name or number (-1: the "
        "last)\n"
        "  --shape C,H,W     of a sample, where the file has its values in one row\n"
        "  --values          what is to be learnt are real values, no classes\n" MODEL_HELP
        "  --to FOLDER       of fetch: where to ($CNNGRAPH_DATA/SET, else the cache)\n"
        "  --from URL        of fetch: the folder of the files, elsewhere than published\n"
        "  --format FORMAT   of info: text or json\n",
    .run = run,
};
