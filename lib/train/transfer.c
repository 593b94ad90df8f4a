/* Tensors find their places by name, so that a model may differ from the one that has learnt them:
 * another head, layers more or fewer. */
#include "train/transfer.h"

#include "base/error.h"
#include "base/text.h"
#include "data/allowed.h"
#include "formats/safetensors.h"
#include "model/model.h"
#include "train/average.h"
#include "train/checkpoint.h"
#include "train/folder.h"
#include "train/update.h"
#include "train/weights.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- what is told -------------------------------------------------------------------------- */
/* Items with commas between them: as many as there is room for, then how many more there are. */
enum { LIST = 200, LIST_END = 20, ITEM = 160 };
typedef struct {
    char text[LIST];
    size_t used;
    int n_more;
} list;

static void add(list *l, const char *item)
{
    if (l->n_more || l->used + 2 + strlen(item) + LIST_END > LIST)
        l->n_more++;
    else
        l->used +=
            (size_t)snprintf(l->text + l->used, LIST - l->used, "%s%s", l->used ? ", " : "", item);
}

static const char *ended(list *l)
{
    if (l->n_more) snprintf(l->text + l->used, LIST - l->used, " and %d more", l->n_more);
    l->n_more = 0;
    return l->text;
}

typedef struct {
    int n_taken, n;      /* parameters and states of the model */
    list without, spare; /* those that begin anew; tensors that the model has no place for */
} tally;

static void note_without(tally *t, const cg_leaf *leaf, const cg_named_tensor *there,
                         bool is_frozen)
{
    char item[ITEM], here[CG_SHAPE_TEXT], other[CG_SHAPE_TEXT];
    if (!there)
        snprintf(item, sizeof item, "%.60s%s", leaf->name, is_frozen ? " (though frozen)" : "");
    else
        snprintf(item, sizeof item, "%.60s (%s here, %s%s there%s)", leaf->name,
                 cg_shape_text(&leaf->shape, here), cg_shape_text(&there->shape, other),
                 there->dtype == CG_F32 ? "" : " of F64", is_frozen ? "; though frozen" : "");
    add(&t->without, item);
}

/* A file of strangers may call its tensors anything. */
static void describe(tally *t, const char *path, char text[CG_TRANSFER_TEXT])
{
    int n = snprintf(text, CG_TRANSFER_TEXT, "%d of %d parameters and states are from %.500s",
                     t->n_taken, t->n, path);
    if (t->without.used)
        n += snprintf(text + n, CG_TRANSFER_TEXT - (size_t)n, "; new: %s", ended(&t->without));
    if (t->spare.used)
        snprintf(text + n, CG_TRANSFER_TEXT - (size_t)n, "; left there: %s", ended(&t->spare));
    cg_clean_line(text);
}

/* ---- taking -------------------------------------------------------------------------------- */
/* A checkpoint holds parameters first, in the order of the slab, as the averages of them are: the
 * average of one lies as far from the beginning of all as it does itself.  Of another program's
 * file nobody knows that. */
static cg_status check_averages(const cg_safetensors *file, cg_error *error)
{
    if (cg_safetensors_find(file, CG_AVERAGE) < 0 || cg_safetensors_metadata(file, "cnngraph"))
        return CG_OK;
    return cg_fail(error, CG_ECHECKPOINT,
                   "has averaged weights, '%s', but not the metadata that cnngraph writes, and so "
                   "not whose they are",
                   CG_AVERAGE);
}

static const void *values_of(const cg_safetensors *file, int i)
{
    int64_t before = 0;
    cg_named_tensor tensor = cg_safetensors_tensor(file, i);
    int at = cg_safetensors_find(file, CG_AVERAGE);
    if (at < 0) return tensor.data;
    cg_named_tensor averages = cg_safetensors_tensor(file, at);
    for (int k = 0; k < i; k++) {
        cg_named_tensor earlier = cg_safetensors_tensor(file, k);
        before += cg_shape_size(&earlier.shape);
    }
    bool is_averaged = averages.dtype == CG_F32 &&
                       before + cg_shape_size(&tensor.shape) <= cg_shape_size(&averages.shape);
    return is_averaged ? (const char *)averages.data + (size_t)before * sizeof(float) : tensor.data;
}

static cg_status take(const cg_safetensors *file, int at, const cg_leaf *leaf, bool is_checked,
                      cg_error *error)
{
    const void *values = values_of(file, at);
    int64_t n = cg_shape_size(&leaf->shape);
    memcpy(leaf->data, values, (size_t)n * sizeof(float));
    return is_checked ? cg_values_check(leaf->name, values, n, error) : CG_OK;
}

static cg_status take_leaves(const cg_safetensors *file, const cg_model *model, cg_program *program,
                             cg_node_kind kind, tally *t, cg_error *error)
{
    const bool is_checked = cg_model_spec(model)->on_nonfinite != CG_NONFINITE_IGNORE;
    for (int i = 0; i < cg_program_leaves(program, kind); i++) {
        cg_leaf leaf = cg_program_leaf(program, kind, i);
        const cg_leaf_plan *plan = cg_model_leaf(model, leaf.name);
        if (!plan) continue; /* the optimiser's */
        int at = cg_safetensors_find(file, leaf.name);
        cg_named_tensor there = { 0 };
        if (at >= 0) there = cg_safetensors_tensor(file, at);
        t->n++;
        if (at >= 0 && there.dtype == CG_F32 && cg_shape_equal(&there.shape, &leaf.shape)) {
            CG_TRY(take(file, at, &leaf, is_checked, error));
            t->n_taken++;
        } else {
            note_without(t, &leaf, at < 0 ? NULL : &there,
                         plan->is_parameter && kind == CG_NODE_STATE);
        }
    }
    return CG_OK;
}

static void note_spare(const cg_safetensors *file, const cg_model *model, tally *t)
{
    for (int i = 0; i < cg_safetensors_count(file); i++) {
        const char *name = cg_safetensors_tensor(file, i).name;
        char item[ITEM];
        if (cg_model_leaf(model, name) || cg_is_training_state(name)) continue;
        snprintf(item, sizeof item, "%.60s", name);
        cg_trim_utf8(item);
        add(&t->spare, item);
    }
}

static cg_status find_weights(const char *from, const char **path, size_t room, char buffer[],
                              cg_error *error)
{
    struct stat st;
    *path = from;
    if (stat(from, &st) != 0 || !S_ISDIR(st.st_mode)) return CG_OK;
    *path = buffer;
    if (cg_folder_weights(from, room, buffer) && cg_ends_with(buffer, CG_BEST)) return CG_OK;
    return cg_fail(error, CG_ECHECKPOINT,
                   "%.300s has no weights that are the best: an epoch that ends leaves " CG_BEST
                   "; name the file of others",
                   from);
}

cg_status cg_transfer(cg_program *program, const cg_model *model, const char *from,
                      char text[CG_TRANSFER_TEXT], cg_error *error)
{
    char buffer[1024];
    const char *path;
    cg_safetensors *file;
    tally t = { 0 };
    const cg_spec *spec = cg_model_spec(model);
    CG_TRY(find_weights(from, &path, sizeof buffer, buffer, error));
    if (!spec->from_is_users) CG_TRY(cg_check_link(&spec->data, path, spec->from_place, error));
    CG_TRY(cg_safetensors_read_within(spec->data.budget, &file, path, error));
    cg_error cause = { 0 };
    cg_status status = check_averages(file, &cause);
    if (status == CG_OK) status = take_leaves(file, model, program, CG_NODE_PARAMETER, &t, &cause);
    if (status == CG_OK) status = take_leaves(file, model, program, CG_NODE_STATE, &t, &cause);
    note_spare(file, model, &t);
    cg_safetensors_free(file);
    if (status != CG_OK)
        return cg_fail_at(error, status, (cg_place){ .file = path }, "%s", cause.message);
    describe(&t, path, text);
    return t.n_taken
               ? CG_OK
               : cg_fail_at(error, CG_ECHECKPOINT, (cg_place){ .file = path },
                            "nothing in it is a parameter of this model, by name and shape; "
                            "here: %s%s%s",
                            ended(&t.without), t.spare.used ? "; there: " : "", ended(&t.spare));
}

cg_status cg_transfer_begin(cg_program *program, const cg_model *model, char text[CG_TRANSFER_TEXT],
                            cg_error *error)
{
    cg_error cause = { 0 };
    const cg_spec *spec = cg_model_spec(model);
    text[0] = '\0';
    if (!spec->from) return CG_OK;
    if (!spec->from_is_users)
        CG_TRY(cg_check_path(&spec->data, spec->from, spec->from_place, error));
    cg_status status = cg_transfer(program, model, spec->from, text, &cause);
    if (status == CG_OK && spec->ema > 0) status = cg_average_begin(program, &cause);
    if (status == CG_OK) return CG_OK;
    return cg_fail_at(error, status, spec->from_place, "train: from: %s%s%s", cause.file,
                      cause.file[0] ? ": " : "", cause.message);
}
