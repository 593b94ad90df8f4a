/* Checkpoints and other files of weights, as they come and with a length and a sum that fit. */
#include "fuzz.h"

#include "base/digest.h"
#include "formats/safetensors.h"
#include "train/batch.h"
#include "train/checkpoint.h"

#include <cnngraph/train.h>

#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8 };

static const char yaml[] = "cnngraph: 1\n"
                           "data: {source: digits}\n"
                           "model:\n"
                           "  input: {shape: [1, 28, 28]}\n"
                           "  layers:\n"
                           "    - avgpool2d: {kernel: 14}\n"
                           "    - flatten\n"
                           "    - dense: {units: 10}\n"
                           "    - softmax\n"
                           "loss: cce\n"
                           "optimizer: {type: adam, lr: 0.1}\n"
                           "train: {epochs: 2, batch: 4}\n";

/* The run that a checkpoint would be taken up by; made once. */
static cg_model *model;
static cg_batch batch;

static void prepare(void)
{
    cg_error error;
    if (model) return;
    fuzz_expect(cg_model_parse(&model, "m.yaml", yaml, sizeof yaml - 1, 0, NULL, NULL, &error) ==
                        CG_OK &&
                    cg_batch_training(&batch, model, 4, NULL, NULL, &error) == CG_OK,
                "there is a run to go on with");
}

static void look_at(const cg_safetensors *file)
{
    const unsigned char *byte;
    volatile unsigned sum = 0; /* so that every byte is read */
    for (int i = 0; i < cg_safetensors_count(file); i++) {
        cg_named_tensor t = cg_safetensors_tensor(file, i);
        size_t bytes = (size_t)cg_shape_size(&t.shape) * (t.dtype == CG_F64 ? 8 : 4);
        byte = t.data;
        for (size_t k = 0; k < bytes; k++) sum += byte[k];
        fuzz_expect(cg_safetensors_find(file, t.name) == i, "names are unique");
    }
    (void)sum;
}

static void load(const uint8_t *data, size_t size)
{
    cg_safetensors *file;
    cg_standing standing;
    char name[CG_DATA_NAME];
    cg_error error = { 0 };
    const char *path = fuzz_file("a.safetensors", data, size);
    cg_status status = cg_safetensors_read(&file, path, &error);
    fuzz_expect(status == CG_OK || error.message[0], "a mistake is told");
    if (status != CG_OK) return;
    look_at(file);
    cg_safetensors_free(file);
    cg_checkpoint_load(path, model, "digits", batch.program, &standing, &error);
    cg_weights_load(path, model, batch.program, &error);
    fuzz_expect(cg_weights_data(path, NULL, name, &error) == CG_OK && strlen(name) < CG_DATA_NAME,
                "the data are told of in a short text");
}

/* A sum that the file states is made right, too. */
static void mend_sum(uint8_t *data, size_t size)
{
    char sum[CG_DIGEST_TEXT];
    cg_digest digest;
    char *at = cg_safetensors_sum((char *)data + LENGTH_BYTES, size - LENGTH_BYTES);
    if (!at) return;
    memset(at, '0', CG_SHA256_DIGITS);
    cg_digest_begin(&digest, CG_SHA256);
    cg_digest_add(&digest, data, size);
    cg_digest_end(&digest, sum);
    memcpy(at, sum, CG_SHA256_DIGITS);
}

/* The header ends with the last brace, and blanks. */
static void mend_length(uint8_t *data, size_t size)
{
    size_t end = size;
    while (end > LENGTH_BYTES && data[end - 1] != '}') end--;
    while (end < size && data[end] == ' ') end++;
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        data[i] = (uint8_t)((uint64_t)(end - LENGTH_BYTES) >> (8 * i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (!copy) return 0;
    prepare();
    load(data, size);
    memcpy(copy, data, size);
    if (size > LENGTH_BYTES) mend_length(copy, size);
    if (size > LENGTH_BYTES) mend_sum(copy, size);
    if (memcmp(copy, data, size) != 0) load(copy, size);
    free(copy);
    return 0;
}
