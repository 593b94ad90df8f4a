/* cnngraph augment: one image of the training split as the epochs will see it, to be looked at. */
#include "load.h"

#include "base/file.h"
#include "data/augment/augment.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct verb verb_augment;

enum { COLUMNS = 8, GREY = 128 };

/* Rows of tiles with a line of grey behind and below each. */
typedef struct {
    int64_t channels, height, width, n; /* of a tile; n: tiles */
    uint8_t *bytes;
    const double *mean, *std; /* of each channel */
    double black, white;      /* before these    */
} sheet;

static int64_t sheet_width(const sheet *s)
{
    return (s->n < COLUMNS ? s->n : COLUMNS) * (s->width + 1);
}

static int64_t sheet_height(const sheet *s)
{
    return (s->n + COLUMNS - 1) / COLUMNS * (s->height + 1);
}

static size_t sheet_bytes(const sheet *s)
{
    return (size_t)(sheet_width(s) * sheet_height(s) * s->channels);
}

/* Back from what the model is fed. */
static double value_of(const sheet *s, int64_t channel, float x)
{
    return (double)x * s->std[channel] + s->mean[channel];
}

/* The least and the largest value of the image as it is. */
static void find_black_and_white(sheet *s, const float *x)
{
    int64_t plane = s->height * s->width;
    s->black = s->white = value_of(s, 0, *x);
    for (int64_t i = 0; i < s->channels * plane; i++) {
        double value = value_of(s, i / plane, x[i]);
        s->black = fmin(s->black, value);
        s->white = fmax(s->white, value);
    }
}

static uint8_t byte_of(const sheet *s, int64_t channel, float x)
{
    double range = s->white > s->black ? s->white - s->black : 1;
    double share = (value_of(s, channel, x) - s->black) / range;
    return (uint8_t)(255 * fmin(fmax(share, 0), 1) + 0.5);
}

static void put_tile(const sheet *s, int64_t tile, const float *x)
{
    int64_t top = tile / COLUMNS * (s->height + 1), left = tile % COLUMNS * (s->width + 1);
    for (int64_t c = 0; c < s->channels; c++)
        for (int64_t row = 0; row < s->height; row++)
            for (int64_t column = 0; column < s->width; column++) {
                int64_t pixel = (top + row) * sheet_width(s) + left + column;
                s->bytes[pixel * s->channels + c] = byte_of(s, c, *x++);
            }
}

static int write_sheet(const sheet *s, const char *path)
{
    cg_error error = { 0 };
    cg_replace file;
    if (cg_replace_open(&file, path, &error) != CG_OK) return fail(&error);
    fprintf(file.stream, "P%d\n%" PRId64 " %" PRId64 "\n255\n", s->channels == 3 ? 6 : 5,
            sheet_width(s), sheet_height(s));
    fwrite(s->bytes, 1, sheet_bytes(s), file.stream);
    return cg_replace_commit(&file, &error) == CG_OK ? 0 : fail(&error);
}

/* The image as it is, then as it is in epochs 0, 1, ... */
static int fill_sheet(sheet *s, const cg_data_spec *data, const cg_dataset *set, int split,
                      int64_t image)
{
    cg_error error = { 0 };
    cg_augmenter *augmenter = NULL;
    cg_shape shape = cg_dataset_shape(set);
    float *x = calloc((size_t)cg_shape_size(&shape), sizeof *x);
    float *target = calloc((size_t)cg_dataset_targets(set) + 1, sizeof *target);
    cg_status status = x && target
                           ? cg_augmenter_new(&augmenter, data, &shape, s->mean, s->std, &error)
                           : CG_ENOMEM;
    for (int64_t tile = 0; tile < s->n && status == CG_OK; tile++) {
        cg_dataset_batch(set, split, 1, &image, x, target);
        if (tile)
            cg_augmenter_apply(augmenter, tile - 1, 1, &image, x);
        else
            find_black_and_white(s, x);
        put_tile(s, tile, x);
    }
    cg_augmenter_free(augmenter);
    free(x);
    free(target);
    error.status = status;
    return status == CG_OK ? 0 : fail(&error);
}

static int draw(const cg_spec *spec, const cg_dataset *set, int64_t image, int64_t epochs,
                const char *path)
{
    int split = cg_dataset_split(set, spec->train_split);
    cg_shape shape = cg_dataset_shape(set);
    int64_t size = cg_dataset_size(set, split);
    if (shape.rank != 3 || (shape.dim[0] != 1 && shape.dim[0] != 3))
        return usage_error(&verb_augment, "samples are no images of 1 or 3 channels");
    if (image >= size)
        return usage_error(&verb_augment, "there is no image %" PRId64 ": the split has %" PRId64,
                           image, size);
    sheet s = {
        .channels = shape.dim[0], .height = shape.dim[1], .width = shape.dim[2], .n = epochs + 1
    };
    cg_dataset_normalization(set, &s.mean, &s.std);
    s.bytes = malloc(sheet_bytes(&s));
    if (!s.bytes) return fail_memory();
    for (size_t i = 0; i < sheet_bytes(&s); i++) s.bytes[i] = GREY;
    int code = fill_sheet(&s, &spec->data, set, split, image);
    if (code == 0) code = write_sheet(&s, path);
    free(s.bytes);
    return code;
}

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    int64_t image = 0, epochs = 0;
    const char *path = NULL;
    const struct option options[] = {
        MODEL_OPTIONS(&how),
        { "image", OPTION_INT, &image, NULL },
        { "epochs", OPTION_COUNT, &epochs, NULL },
        { "out", OPTION_TEXT, &path, NULL },
        { .name = NULL },
    };
    if (options_parse(&verb_augment, argc, argv, options, 1, 1) < 0) return EXIT_USAGE;
    if (!path) return usage_error(&verb_augment, "--out FILE says where to");
    if (epochs > 1000) return usage_error(&verb_augment, "--epochs must be at most 1000");
    cg_model *model;
    cg_dataset *set = NULL;
    int code = load_model(&model, argv[1], &how);
    if (code) return code;
    code = load_data(&set, model, NULL);
    if (code == 0) code = draw(cg_model_spec(model), set, image, epochs ? epochs : 31, path);
    cg_dataset_free(set);
    cg_model_free(model);
    return code;
}

const struct verb verb_augment = {
    .name = "augment",
    .usage = "[--image N] [--epochs N] [--set PATH=VALUE]... --out FILE MODEL",
    .summary = "Draw a training image as the epochs will see it.",
    .help =
        "  --out FILE        gets a PGM, or a PPM of coloured images: first the image as it is\n"
        "  --image N         of the training split, from 0 (0)\n"
        "  --epochs N        how many of them, from the first (31)\n"
        "  --set PATH=VALUE  change a key first, as in 'data.augment=[elastic]'\n"
        "  --allow-paths     read data files wherever the model file says\n"
        "  --max-memory SIZE of data (three quarters of the machine's)\n",
    .run = run,
};
