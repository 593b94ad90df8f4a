/* cnngraph predict: what a trained model sees in an image of a split, or in an image file. */
#include "json.h"
#include "measure.h"

#include "base/text.h"
#include "nn/nn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct verb verb_predict;

enum { MAX_INDICES = 1000 };

typedef struct {
    const cg_model *model;
    cg_predictor *predictor;
    cg_dataset *set;  /* NULL: image files alone are asked about */
    float *x, *y, *t; /* one image, its outputs, its label or targets */
    bool draw;
    json_t *list; /* NULL: text is printed */
} session;

/* ---- printing ------------------------------------------------------------------------------ */
/* Of a depth of 0..1; a diverged model makes pixels that are no numbers, and stay empty. */
static char shade_of(float depth)
{
    static const char shades[] = " .:-=+*#%@";
    return shades[depth > 0 ? (int)fminf(depth * 9.999f, 9) : 0];
}

/* The first channel, a character a pixel, rows of two heights as terminals have them. */
static void draw_image(const session *s, const float *x)
{
    const cg_shape *shape = &cg_model_spec(s->model)->input;
    if (shape->rank != 3 || shape->dim[2] > 200) return;
    int64_t height = shape->dim[1], width = shape->dim[2];
    float low = x[0], high = x[0];
    for (int64_t i = 0; i < height * width; i++) {
        if (x[i] < low) low = x[i];
        if (x[i] > high) high = x[i];
    }
    for (int64_t row = 0; row < height; row += 2) {
        for (int64_t column = 0; column < width; column++) {
            float a = x[row * width + column],
                  b = row + 1 < height ? a + x[(row + 1) * width + column] : 2 * a;
            putchar(shade_of(high > low ? (b / 2 - low) / (high - low) : 0));
        }
        putchar('\n');
    }
}

/* As the weights call a class or a column, or else the data; NULL: it has a number. */
static const char *name_of(const session *s, int c)
{
    const char *name = cg_predictor_name(s->predictor, c);
    if (name || !s->set) return name;
    bool is_class = cg_model_spec(s->model)->n_targets == 0;
    return is_class ? cg_dataset_class_name(s->set, c) : cg_dataset_target_name(s->set, c);
}

/* Columns that are 0 or 1, each by itself. */
static bool has_marks(const cg_spec *spec)
{
    return cg_measured_as(spec->loss, spec->data.target) == CG_AS_MARKS;
}

/* t: the targets, or NULL. */
static void print_values(const session *s, const char *what, const float *t)
{
    const cg_spec *spec = cg_model_spec(s->model);
    if (s->draw && spec->data.target == CG_TARGET_INPUT) {
        printf("%s, and what the model makes of it:\n", what);
        draw_image(s, s->x);
        draw_image(s, s->y);
        return;
    }
    bool are_marks = has_marks(spec);
    printf("%s:  column  predicted%s%s\n", what, are_marks ? "  mark" : "", t ? "  target" : "");
    if (s->draw) draw_image(s, s->x);
    for (int c = 0; c < spec->n_outputs; c++) {
        char number[16], text[CLASS_TEXT];
        const char *name = name_of(s, c);
        snprintf(number, sizeof number, "%d", c);
        printf("  %6s  %9.6g", name_text(name ? name : number, text), (double)s->y[c]);
        if (are_marks) printf("  %4d", cg_predicted(spec->loss, 1, &s->y[c]));
        if (t) printf("  %9.6g", (double)t[c]);
        putchar('\n');
    }
}

static const char *text_of(const session *s, int c, char text[CLASS_TEXT])
{
    const char *name = name_of(s, c);
    return name ? name_text(name, text) : class_text(cg_model_spec(s->model), NULL, c, text);
}

/* The probabilities of the classes, or the outputs that are none. */
static void print_text(const session *s, const char *what, int label)
{
    const cg_spec *spec = cg_model_spec(s->model);
    char text[CLASS_TEXT];
    int best = cg_predicted(spec->loss, spec->n_outputs, s->y), width = 4;
    printf("%s: class %s", what, text_of(s, best, text));
    if (label >= 0)
        printf(", %s %s", label == best ? "as labelled" : "labelled", text_of(s, label, text));
    printf("\n");
    if (s->draw) draw_image(s, s->x);
    for (int c = 0; c < spec->n_outputs; c++) {
        int length = (int)strlen(text_of(s, c, text));
        if (length > width) width = length;
    }
    for (int c = 0; c < spec->n_outputs; c++) {
        int class = spec->n_outputs == 1 ? 1 : c;
        double p = cg_probability(spec->loss, spec->n_outputs, s->y, class);
        printf("  %*s  %9.6f  %.*s\n", width, text_of(s, class, text),
               isnan(p) ? (double)s->y[c] : p, isnan(p) ? 0 : (int)(40 * p + 0.5),
               "########################################");
    }
}

static json_t *json_reals(int n, const float *values)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(list, number_json((double)values[i]));
    return list;
}

static void add_json_values(const session *s, const char *what, const float *t)
{
    const cg_spec *spec = cg_model_spec(s->model);
    int n = spec->n_outputs;
    json_t *names = json_array(), *marks = json_array();
    for (int c = 0; c < n; c++) {
        json_array_append_new(marks, json_integer(cg_predicted(spec->loss, 1, &s->y[c])));
        if (name_of(s, c)) json_array_append_new(names, text_json(name_of(s, c)));
    }
    json_t *entry = json_pack("{so so}", "image", text_json(what), "outputs", json_reals(n, s->y));
    if (t) json_object_set_new(entry, "targets", json_reals(n, t));
    if (has_marks(spec)) json_object_set(entry, "marks", marks);
    if (json_array_size(names) == (size_t)n) json_object_set(entry, "names", names);
    json_decref(marks);
    json_decref(names);
    json_array_append_new(s->list, entry);
}

/* Of the classes by their numbers; NULL where the outputs tell none. */
static json_t *json_probabilities(const session *s)
{
    const cg_spec *spec = cg_model_spec(s->model);
    int n = spec->n_outputs == 1 ? 2 : spec->n_outputs;
    if (isnan(cg_probability(spec->loss, spec->n_outputs, s->y, 0))) return NULL;
    json_t *list = json_array();
    for (int c = 0; c < n; c++)
        json_array_append_new(list,
                              number_json(cg_probability(spec->loss, spec->n_outputs, s->y, c)));
    return list;
}

static void add_json(const session *s, const char *what, int label)
{
    const cg_spec *spec = cg_model_spec(s->model);
    int best = cg_predicted(spec->loss, spec->n_outputs, s->y);
    json_t *entry =
        json_pack("{so sI so}", "image", text_json(what), "class",
                  (json_int_t)class_name(spec, best), "outputs", json_reals(spec->n_outputs, s->y));
    json_t *probabilities = json_probabilities(s);
    if (probabilities) json_object_set_new(entry, "probabilities", probabilities);
    if (name_of(s, best)) json_object_set_new(entry, "name", text_json(name_of(s, best)));
    if (label >= 0) json_object_set_new(entry, "label", json_integer(class_name(spec, label)));
    json_array_append_new(s->list, entry);
}

/* ---- predicting ---------------------------------------------------------------------------- */
/* t: the label or the targets, or NULL. */
static int predict(const session *s, const char *what, const float *t)
{
    cg_error error = { 0 };
    if (cg_predict(s->predictor, 1, s->x, s->y, &error) != CG_OK) return fail(&error);
    bool is_class = cg_model_spec(s->model)->n_targets == 0;
    int label = is_class && t ? (int)*t : -1;
    if (s->list && !is_class)
        add_json_values(s, what, t);
    else if (!is_class)
        print_values(s, what, t);
    else if (s->list)
        add_json(s, what, label);
    else
        print_text(s, what, label);
    return 0;
}

/* Value i of a picture, of 0..1, as the model is fed. */
static float normalized(const cg_spec *spec, int64_t i, double value)
{
    const cg_data_spec *d = &spec->data;
    int64_t channel = i / (cg_shape_size(&spec->input) / spec->input.dim[0]);
    double mean = d->n_channels ? d->channel_mean[channel] : d->mean;
    double std = d->n_channels ? d->channel_std[channel] : d->std != 0 ? d->std : 1;
    double scale = d->scale != 0 ? d->scale * 255 : 1;
    return (float)((value * scale - mean) / std);
}

static int predict_file(const session *s, const char *path)
{
    cg_error error = { 0 };
    cg_tensor *image;
    const cg_spec *spec = cg_model_spec(s->model);
    if (cg_image_load(&image, path, &spec->input, spec->data.budget, &error) != CG_OK)
        return fail(&error);
    const float *pixels = cg_tensor_f32(image);
    for (int64_t i = 0; i < cg_shape_size(&spec->input); i++)
        s->x[i] = normalized(spec, i, (double)pixels[i]);
    cg_tensor_free(image);
    return predict(s, path, NULL);
}

static int predict_index(const session *s, int split, int64_t index)
{
    char what[64];
    int64_t size = cg_dataset_size(s->set, split);
    if (index < 0 || index >= size)
        return usage_error(&verb_predict, "there is no image %lld: the split has %lld",
                           (long long)index, (long long)size);
    cg_dataset_batch(s->set, split, 1, &index, s->x, s->t);
    snprintf(what, sizeof what, "%.40s[%lld]", cg_dataset_split_name(s->set, split),
             (long long)index);
    return predict(s, what, s->t);
}

/* "3" or "0,5,7" */
static int predict_indices(session *s, const char *split_name, const char *indices)
{
    int code = load_data(&s->set, s->model, NULL), n = 0;
    if (code) return code;
    int split = cg_dataset_split(s->set, split_name);
    if (split < 0) code = usage_error(&verb_predict, "there is no split '%s'", split_name);
    for (const char *p = indices; *p && code == 0; p += *p == ',') {
        char word[32];
        int64_t index;
        size_t length = strcspn(p, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < 31 ? length : 31), p);
        if (!cg_parse_int(word, &index) || n++ >= MAX_INDICES)
            code = usage_error(&verb_predict, "--index takes numbers, as in 0,5,7");
        else
            code = predict_index(s, split, index);
        p += length;
    }
    return code;
}

/* ---- the verb ------------------------------------------------------------------------------ */
static int open_session(session *s, const char *weights)
{
    cg_error error = { 0 };
    const cg_spec *spec = cg_model_spec(s->model);
    if (cg_predictor_new(&s->predictor, s->model, weights, 1, &error) != CG_OK) return fail(&error);
    s->x = calloc((size_t)cg_shape_size(&spec->input), sizeof *s->x);
    s->y = calloc((size_t)spec->n_outputs, sizeof *s->y);
    s->t = calloc((size_t)(spec->n_targets ? spec->n_targets : 1), sizeof *s->t);
    return s->x && s->y && s->t ? 0 : fail_memory();
}

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    const char *weights = NULL, *from = NULL, *split = "test", *indices = NULL;
    char path[PATH_BYTES];
    session s = { 0 };
    int format = 0;
    const struct option options[] = {
        MODEL_OPTIONS(&how),
        { "weights", OPTION_TEXT, &weights, NULL },
        { "run", OPTION_TEXT, &from, NULL },
        { "split", OPTION_TEXT, &split, NULL },
        { "index", OPTION_TEXT, &indices, NULL },
        { "draw", OPTION_FLAG, &s.draw, NULL },
        { "format", OPTION_CHOICE, &format, "text json" },
        { .name = NULL },
    };
    int n = options_parse(&verb_predict, argc, argv, options, 1, 1000);
    if (n < 0) return EXIT_USAGE;
    if (n == 1 && !indices)
        return usage_error(&verb_predict, "name image files, or --index of the split");
    int code = find_weights(&verb_predict, argv[1], from, weights, path);
    if (code) return code;

    cg_model *model;
    code = load_model(&model, argv[1], &how);
    s.model = model;
    s.list = format == 1 ? json_array() : NULL;
    if (code == 0 && n > 1) code = settle(model);
    if (code == 0) code = open_session(&s, path);
    if (code == 0 && indices) code = predict_indices(&s, split, indices);
    for (int i = 2; i <= n && code == 0; i++) code = predict_file(&s, argv[i]);
    if (code == 0 && format == 1)
        code = json_print(s.list, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    else
        json_decref(s.list);
    free(s.x);
    free(s.y);
    free(s.t);
    cg_predictor_free(s.predictor);
    cg_dataset_free(s.set);
    cg_model_free(model);
    return code;
}

const struct verb verb_predict = {
    .name = "predict",
    .usage = "[OPTION...] MODEL|RUN [FILE.pgm|FILE.png|FILE.jpg]...",
    .summary = "Classify images of a split, or image files.",
    .help = "  --index I[,J...]  these images of the split\n"
            "  --split NAME      the split (test)\n"
            "  --run RUN         the run whose best (else last) weights are used\n"
            "  --weights FILE    these weights, a safetensors file\n" MODEL_HELP
            "  --draw            draw the image in characters\n"
            "  --format FORMAT   text or json\n",
    .run = run,
};
