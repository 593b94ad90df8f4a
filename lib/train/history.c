#include "train/history.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "train/folder.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

enum { MAX_EPOCHS = 1 << 20 };
static const char *const names[CG_HISTORY_COLUMNS] = { "epoch",    "loss",         "accuracy",
                                                       "val_loss", "val_accuracy", "lr",
                                                       "seconds" };

static int count_lines(const char *text, size_t size)
{
    int n = 0;
    for (const char *p = text; (p = memchr(p, '\n', size - (size_t)(p - text))); p++)
        if (n < MAX_EPOCHS) n++;
    return n;
}

static bool read_line(cg_history *h, const char *line, size_t size)
{
    errno = 0;
    bool is_short = size <= CG_METRICS_LINE;
    json_t *object = is_short ? json_loadb(line, size, JSON_DECODE_INT_AS_REAL, NULL) : NULL;
    bool is_sound = json_is_object(object) && json_is_real(json_object_get(object, "epoch"));
    for (int c = 0; is_sound && c < CG_HISTORY_COLUMNS; c++) {
        const json_t *value = json_object_get(object, names[c]);
        h->column[c][h->n] = json_is_real(value) ? json_real_value(value) : (double)NAN;
    }
    json_decref(object);
    double *epoch = h->column[CG_HISTORY_EPOCH];
    is_sound = is_sound && epoch[h->n] < 0x1p53 &&
               (h->n == 0 ? epoch[0] >= 1 : epoch[h->n] > epoch[h->n - 1]);
    h->n += is_sound;
    return is_sound;
}

static cg_status read_lines(cg_history *h, const char *path, const char *text, size_t size,
                            cg_error *error)
{
    int n = count_lines(text, size);
    for (int c = 0; c < CG_HISTORY_COLUMNS; c++) {
        h->column[c] = cg_alloc((size_t)n + 1, sizeof *h->column[c]);
        if (!h->column[c]) return cg_fail_nomem(error, path);
    }
    for (int i = 0; i < n; i++) {
        size_t length = (size_t)((const char *)memchr(text, '\n', size) - text);
        bool is_sound = read_line(h, text, length);
        if (!is_sound && errno == ENOMEM) return cg_fail_nomem(error, path);
        if (!is_sound)
            return cg_fail_at(error, CG_EDATA, (cg_place){ path, i + 1, 1 },
                              "no line of metrics: expected a JSON object of the next epoch");
        text += length + 1;
        size -= length + 1;
    }
    h->is_torn = size > 0;
    if (h->n > 0) return CG_OK;
    return cg_fail_at(error, CG_EDATA, (cg_place){ .file = path },
                      "the run has finished no epoch: train it first");
}

cg_status cg_history_read(cg_history *h, const char *folder, cg_error *error)
{
    char path[CG_PATH_BYTES], *text;
    size_t size;
    *h = (cg_history){ 0 };
    if (strlen(folder) >= CG_FOLDER_BYTES)
        return cg_fail(error, CG_ELIMIT, "the folder's name is too long");
    cg_folder_file(folder, "metrics.jsonl", path);
    if (!cg_file_exists(path))
        return cg_fail_at(error, CG_EDATA, (cg_place){ .file = path },
                          "missing: the run has finished no epoch, or is no run's folder");
    CG_TRY(cg_file_check(path, error));
    CG_TRY(cg_file_read(path, CG_METRICS_BYTES, &text, &size, error));
    cg_status status = read_lines(h, path, text, size, error);
    cg_release(text);
    return status;
}

void cg_history_free(cg_history *h)
{
    for (int c = 0; c < CG_HISTORY_COLUMNS; c++) cg_release(h->column[c]);
    *h = (cg_history){ 0 };
}
