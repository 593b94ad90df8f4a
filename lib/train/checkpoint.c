/* A checkpoint is a safetensors file: a tensor for each parameter and state, the standing as
 * metadata. */
#include "train/checkpoint.h"

#include <cnngraph/train.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "formats/safetensors.h"
#include "train/average.h"
#include "train/update.h"
#include "train/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const schema = "1";
enum { VALUE_BYTES = 40 };

/* ---- metadata ------------------------------------------------------------------------------
 * One row for each number of a standing serves writing and reading. */
static const struct {
    const char *key;
    size_t offset;
    bool is_real;
} numbers[] = {
    { "epoch", offsetof(cg_standing, epoch), false },
    { "position", offsetof(cg_standing, position), false },
    { "step", offsetof(cg_standing, step), false },
    { "epoch_loss", offsetof(cg_standing, loss), true },
    { "epoch_images", offsetof(cg_standing, images), false },
    { "epoch_correct", offsetof(cg_standing, correct), false },
    { "best", offsetof(cg_standing, best), true },
    { "best_epoch", offsetof(cg_standing, best_epoch), false },
    { "stale_epochs", offsetof(cg_standing, stale), false },
    { "schedule_0", offsetof(cg_standing, schedule[0]), true },
    { "schedule_1", offsetof(cg_standing, schedule[1]), true },
    { "schedule_2", offsetof(cg_standing, schedule[2]), true },
    { "schedule_3", offsetof(cg_standing, schedule[3]), true },
    { "schedule_4", offsetof(cg_standing, schedule[4]), true },
    { "skipped", offsetof(cg_standing, skipped), false },
    { "missed", offsetof(cg_standing, missed), false },
    { "rollbacks", offsetof(cg_standing, rollbacks), false },
};
enum { N_NUMBERS = sizeof numbers / sizeof *numbers };

/* What must agree between a checkpoint and the run that takes it up. */
enum { SCHEMA, OPTIMIZER, SEED, DATA, MODEL, N_IDENTITY };
static const char *const identity_keys[N_IDENTITY] = { "cnngraph", "optimizer", "seed", "data",
                                                       "model" };

typedef struct {
    const char *text[N_IDENTITY];
    char seed[VALUE_BYTES], hash[VALUE_BYTES];
} identity;

/* A digest of what must not change: tells models apart. */
static cg_status hash_model(const cg_model *model, char hash[VALUE_BYTES], cg_error *error)
{
    char *text = cg_model_identity(model), sum[CG_DIGEST_TEXT];
    if (!text) return cg_fail_nomem(error, "the model's text");
    cg_digest digest;
    cg_digest_begin(&digest, CG_SHA256);
    cg_digest_add(&digest, text, strlen(text));
    cg_digest_end(&digest, sum);
    free(text);
    snprintf(hash, VALUE_BYTES, "%.16s", sum);
    return CG_OK;
}

static cg_status identify(const cg_model *model, const char *data, identity *id, cg_error *error)
{
    const cg_spec *spec = cg_model_spec(model);
    /* cppcheck-suppress ctuuninitvar ; this is where it is filled */
    snprintf(id->seed, sizeof id->seed, "%" PRIu64, spec->seed);
    CG_TRY(hash_model(model, id->hash, error));
    id->text[SCHEMA] = schema;
    id->text[OPTIMIZER] = spec->optimizer->name;
    id->text[SEED] = id->seed;
    id->text[DATA] = data;
    id->text[MODEL] = id->hash;
    return CG_OK;
}

static void write_number(const cg_standing *standing, int i, char text[VALUE_BYTES])
{
    const char *at = (const char *)standing + numbers[i].offset;
    if (numbers[i].is_real)
        cg_format_real(*(const double *)(const void *)at, text);
    else
        snprintf(text, VALUE_BYTES, "%" PRId64, *(const int64_t *)(const void *)at);
}

static cg_status read_number(const cg_safetensors *file, cg_standing *standing, int i,
                             cg_error *error)
{
    const char *text = cg_safetensors_metadata(file, numbers[i].key);
    char *at = (char *)standing + numbers[i].offset;
    bool is_read = text && (numbers[i].is_real ? cg_parse_real(text, (double *)(void *)at)
                                               : cg_parse_int(text, (int64_t *)(void *)at) &&
                                                     *(int64_t *)(void *)at >= 0);
    if (is_read) return CG_OK;
    return cg_fail(error, CG_ECHECKPOINT, "metadata '%s' is %s, not a number", numbers[i].key,
                   text ? text : "absent");
}

static cg_status compare_identity(const cg_safetensors *file, const identity *id, cg_error *error)
{
    for (int i = 0; i < N_IDENTITY; i++) {
        const char *found = cg_safetensors_metadata(file, identity_keys[i]);
        if (found && strcmp(found, id->text[i]) == 0) continue;
        return cg_fail(error, CG_ECHECKPOINT,
                       "the checkpoint is of another run: its %s is %.64s, this one's %s",
                       identity_keys[i], found ? found : "absent", id->text[i]);
    }
    return CG_OK;
}

/* ---- saving -------------------------------------------------------------------------------- */
cg_status cg_checkpoint_save(const char *path, const cg_model *model, const char *data,
                             const char *names, const cg_program *program,
                             const cg_standing *standing, cg_error *error)
{
    identity id;
    CG_TRY(identify(model, data, &id, error));
    enum { N_KEYS = N_IDENTITY + N_NUMBERS };
    cg_metadata metadata[N_KEYS + 1] = { [N_KEYS] = { CG_NAMES, names } };
    char values[N_NUMBERS][VALUE_BYTES];
    for (int i = 0; i < N_IDENTITY; i++)
        metadata[i] = (cg_metadata){ identity_keys[i], id.text[i] };
    for (int i = 0; i < N_NUMBERS; i++) {
        write_number(standing, i, values[i]);
        metadata[N_IDENTITY + i] = (cg_metadata){ numbers[i].key, values[i] };
    }
    int n = cg_weights_count(program);
    cg_named_tensor *tensors = cg_alloc((size_t)n + 1, sizeof *tensors);
    if (!tensors) return cg_fail_nomem(error, "a checkpoint");
    for (int i = 0; i < n; i++) {
        cg_leaf leaf = cg_weights_leaf(program, i);
        tensors[i] = (cg_named_tensor){ leaf.name, CG_F32, leaf.shape, leaf.data };
    }
    cg_status status =
        cg_safetensors_write(path, n, tensors, N_KEYS + (names != NULL), metadata, error);
    cg_release(tensors);
    return status;
}

/* ---- loading ------------------------------------------------------------------------------- */
bool cg_is_training_state(const char *name)
{
    if (strcmp(name, CG_AVERAGE) == 0 || strcmp(name, CG_ACCUMULATED) == 0) return true;
    for (const cg_optimizer *const *o = cg_optimizers; *o; o++) {
        size_t length = strlen((*o)->name);
        if (strncmp(name, (*o)->name, length) != 0 || name[length] != '.') continue;
        for (int i = 0; i < (*o)->n_slots; i++)
            if (strcmp(name + length + 1, (*o)->slots[i]) == 0) return true;
    }
    return false;
}

/* Each of the model's tensors is in the file; is_known: of those in the file, which are. */
static cg_status find_tensors(const cg_safetensors *file, const cg_program *program,
                              bool is_known[], cg_error *error)
{
    char found[CG_SHAPE_TEXT], expected[CG_SHAPE_TEXT];
    int n = cg_weights_count(program);
    for (int i = 0; i < n; i++) {
        cg_leaf leaf = cg_weights_leaf(program, i);
        int at = cg_safetensors_find(file, leaf.name);
        if (at < 0)
            return cg_fail(error, CG_ECHECKPOINT, "the model has '%s', the file has not",
                           leaf.name);
        cg_named_tensor tensor = cg_safetensors_tensor(file, at);
        if (!cg_shape_equal(&tensor.shape, &leaf.shape))
            return cg_fail(error, CG_ECHECKPOINT, "'%s' is %s in the file, %s in the model",
                           leaf.name, cg_shape_text(&tensor.shape, found),
                           cg_shape_text(&leaf.shape, expected));
        if (tensor.dtype != CG_F32)
            return cg_fail(error, CG_ECHECKPOINT, "'%s' is F64 in the file, F32 in the model",
                           leaf.name);
        is_known[at] = true;
    }
    return CG_OK;
}

/* All differences are found before anything is copied. */
static cg_status compare_tensors(const cg_safetensors *file, const cg_program *program,
                                 bool with_slots, cg_error *error)
{
    int n = cg_safetensors_count(file);
    bool *is_known = cg_alloc((size_t)n + 1, sizeof *is_known);
    if (!is_known) return cg_fail_nomem(error, "a list of tensors");
    cg_status status = find_tensors(file, program, is_known, error);
    for (int i = 0; i < n && status == CG_OK; i++) {
        const char *name = cg_safetensors_tensor(file, i).name;
        if (!is_known[i] && (with_slots || !cg_is_training_state(name)))
            status = cg_fail(error, CG_ECHECKPOINT, "the file has '%s', the model has not", name);
    }
    cg_release(is_known);
    return status;
}

static cg_status copy_tensors(const cg_safetensors *file, cg_program *program, cg_error *error)
{
    int n = cg_weights_count(program);
    for (int i = 0; i < n; i++) {
        cg_leaf leaf = cg_weights_leaf(program, i);
        CG_TRY(cg_safetensors_copy(file, leaf.name, CG_F32, &leaf.shape, leaf.data, error));
    }
    return CG_OK;
}

static cg_status read_standing(const cg_safetensors *file, const identity *id, cg_program *program,
                               cg_standing *standing, cg_error *error)
{
    if (!cg_safetensors_metadata(file, CG_SAFETENSORS_SUM))
        return cg_fail(error, CG_ECHECKPOINT, "not written here: it has no " CG_SAFETENSORS_SUM);
    CG_TRY(compare_tensors(file, program, true, error));
    CG_TRY(compare_identity(file, id, error));
    for (int i = 0; i < N_NUMBERS; i++) CG_TRY(read_number(file, standing, i, error));
    return copy_tensors(file, program, error);
}

/* The cause, with the file's name before it. */
static cg_status in_file(const char *path, cg_status status, const cg_error *cause, cg_error *error)
{
    return status == CG_OK
               ? CG_OK
               : cg_fail_at(error, status, (cg_place){ .file = path }, "%s", cause->message);
}

cg_status cg_checkpoint_load(const char *path, const cg_model *model, const char *data,
                             cg_program *program, cg_standing *standing, cg_error *error)
{
    identity id;
    cg_safetensors *file;
    cg_error cause = { 0 };
    CG_TRY(identify(model, data, &id, error));
    CG_TRY(cg_safetensors_read_within(cg_model_spec(model)->data.budget, &file, path, error));
    cg_status status = read_standing(file, &id, program, standing, &cause);
    cg_safetensors_free(file);
    return in_file(path, status, &cause, error);
}

cg_status cg_weights_data(const char *path, const cg_budget *budget, char name[CG_DATA_NAME],
                          cg_error *error)
{
    cg_safetensors *file;
    CG_TRY(cg_safetensors_read_within(budget, &file, path, error));
    const char *data = cg_safetensors_metadata(file, "data");
    snprintf(name, CG_DATA_NAME, "%s", data ? data : "");
    cg_trim_utf8(name);
    cg_clean_line(name); /* it will be shown */
    cg_safetensors_free(file);
    return CG_OK;
}

/* What evaluations took in training is what predictions take: the averages, where there are any. */
static cg_status copy_averages(const cg_safetensors *file, cg_program *program, bool is_checked,
                               cg_error *error)
{
    cg_shape shape = CG_DIMS(cg_parameters_size(program));
    if (cg_safetensors_find(file, CG_AVERAGE) < 0) return CG_OK;
    float *values = cg_alloc((size_t)shape.dim[0], sizeof *values);
    if (!values) return cg_fail_nomem(error, "averaged weights");
    cg_status status = cg_safetensors_copy(file, CG_AVERAGE, CG_F32, &shape, values, error);
    if (status == CG_OK && is_checked)
        status = cg_values_check(CG_AVERAGE, values, shape.dim[0], error);
    if (status == CG_OK) cg_parameters_fill(program, values);
    cg_release(values);
    return status;
}

cg_status cg_weights_load(const char *path, const cg_model *model, cg_program *program,
                          cg_error *error)
{
    cg_safetensors *file;
    cg_error cause = { 0 };
    const cg_spec *spec = cg_model_spec(model);
    const bool is_checked = spec->on_nonfinite != CG_NONFINITE_IGNORE;
    CG_TRY(cg_safetensors_read_within(spec->data.budget, &file, path, error));
    cg_status status = compare_tensors(file, program, false, &cause);
    if (status == CG_OK) status = copy_tensors(file, program, &cause);
    if (status == CG_OK && is_checked) status = cg_weights_check(program, &cause);
    if (status == CG_OK) status = copy_averages(file, program, is_checked, &cause);
    cg_safetensors_free(file);
    return in_file(path, status, &cause, error);
}
