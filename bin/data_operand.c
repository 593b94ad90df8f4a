/* What an operand of `cnngraph data` is: told by its name, as people name such files. */
#include "data.h"

#include "base/file.h"
#include "base/text.h"
#include "data/write.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool holds(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    return n < PATH_BYTES && cg_file_exists(path);
}

static const char *format_of(const char *path)
{
    struct stat st;
    if (is_folder(path)) return holds(path, "data_batch_1.bin") ? "cifar10" : "folder";
    if (cg_ends_with(path, ".npy")) return "npy";
    if (cg_ends_with(path, ".npz")) return "npz";
    if (cg_ends_with(path, ".csv") || cg_ends_with(path, ".tsv")) return "csv";
    if (!cg_ends_with(path, ".bin")) return "idx";
    bool is_ten = stat(path, &st) == 0 && st.st_size % 3073 == 0;
    return is_ten ? "cifar10" : "cifar100";
}

/* "1,28,28"; one axis is left for the samples. */
static bool read_shape(const char *text, cg_shape *shape)
{
    char word[24];
    for (shape->rank = 0; *text && shape->rank < CG_MAX_RANK - 1; shape->rank++) {
        size_t n = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        if (!cg_parse_int(word, &shape->dim[shape->rank])) return false;
        text += n + (text[n] == ',');
    }
    return !*text && cg_shape_check(shape, NULL) == CG_OK;
}

/* The exit code. */
static int describe_files(struct data_operand *o)
{
    cg_data_spec *d = &o->spec;
    d->format = format_of(o->path);
    d->images[0] = o->path;
    bool is_apart = !strcmp(d->format, "idx") || !strcmp(d->format, "npy");
    bool is_csv = !strcmp(d->format, "csv");
    if (is_apart) {
        const char *beside = o->labels ? o->labels : cg_labels_path(o->arena, o->path);
        if (!beside) return fail_memory();
        cg_error error = { 0 };
        if (!o->labels && cg_file_exists(beside) && cg_file_check(beside, &error) != CG_OK)
            return fail(&error); /* nobody waits for a pipe that was not named */
        d->labels[0] = o->labels || cg_file_exists(beside) ? beside : NULL;
    }
    if (is_csv && cg_ends_with(o->path, ".tsv")) d->csv.separator = '\t';
    if (is_csv && o->label) {
        d->csv.label = &o->label;
        d->csv.n_labels = 1;
    }
    bool is_bare = (is_apart && !d->labels[0]) || (is_csv && !o->label);
    d->target = is_bare ? CG_TARGET_INPUT : o->are_values ? CG_TARGET_VALUES : CG_TARGET_CLASS;
    o->split = (cg_split_spec){ .name = "all", .from = "train" };
    d->splits = &o->split;
    d->n_splits = 1;
    return 0;
}

/* An option that says nothing of such an operand was meant for something.  kind: NULL of a model.
 */
static int check_options(const struct data_operand *o, const cg_data_kind *kind)
{
    const struct {
        const char *name;
        bool is_given, has_use;
    } options[] = {
        { "labels", o->labels != NULL, kind && kind->labels_apart },
        { "label", o->label != NULL, kind && !strcmp(kind->name, "csv") },
        { "values", o->are_values, kind && kind->has_values },
        { "shape", o->shape != NULL, kind != NULL },
        { "set", o->model_options->sets.n > 0, !kind },
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].is_given && !options[i].has_use)
            return usage_error(&verb_data, "--%s says nothing of %s", options[i].name, o->path);
    return 0;
}

int data_operand_open(struct data_operand *o)
{
    o->arena = cg_arena_new();
    if (!o->arena) return fail_memory();
    bool is_model = cg_ends_with(o->path, ".yaml") || cg_ends_with(o->path, ".yml") ||
                    (is_folder(o->path) && holds(o->path, "model.yaml"));
    o->spec.budget = &o->model_options->budget;
    if (!is_model) {
        if (o->shape && !read_shape(o->shape, &o->spec.shape))
            return usage_error(&verb_data, "--shape takes sizes, as in 1,28,28");
        int code = describe_files(o);
        return code ? code : check_options(o, &cg_source_find(o->spec.format, true)->kind);
    }
    int code = check_options(o, NULL);
    if (code == 0) code = load_model(&o->model, o->path, o->model_options);
    if (code == 0) o->spec = cg_model_spec(o->model)->data;
    /* As the files have it. */
    o->spec.normalize_auto = false;
    o->spec.mean = o->spec.std = 0;
    o->spec.n_channels = 0;
    return code;
}

void data_operand_close(struct data_operand *o)
{
    cg_model_free(o->model);
    cg_arena_free(o->arena);
}
