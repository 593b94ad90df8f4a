/* Image files of every kind, as `predict` and folders of classes read them; of PNG also with sums
 * that are right. */
#include "data.h"

#include "base/memory.h"
#include "data/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Behind the signature: length, name, contents and CRC of each chunk, big-endian. */
static void mend_png(uint8_t *png, size_t size)
{
    for (size_t at = 8; at + 12 <= size;) {
        uint8_t *p = png + at;
        size_t length = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (length > size - at - 12) return;
        uint32_t sum = (uint32_t)crc32(0, p + 4, (uInt)length + 4);
        for (int i = 0; i < 4; i++) p[8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += length + 12;
    }
}

static void load(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file("classes/one/a", data, size);
    cg_picture picture;
    cg_tensor *image;
    cg_error error = { 0 };
    cg_status status = cg_picture_load(&picture, path, NULL, &error);
    fuzz_expect(status == CG_OK || error.message[0], "a mistake is told");
    if (status == CG_OK) {
        cg_shape shape = CG_SHAPE(4 - picture.channels, picture.height, picture.width);
        fuzz_expect(cg_image_load(&image, path, &shape, NULL, &error) == CG_OK,
                    "what was read is read again, grey or in colour");
        cg_tensor_free(image);
    }
    cg_release(picture.pixels);
    char folder[256];
    snprintf(folder, sizeof folder, "%s/classes", fuzz_folder());
    fuzz_dataset((cg_data_spec){ .format = "folder", .images = { folder } });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (!copy) return 0;
    load(data, size);
    memcpy(copy, data, size);
    if (size > 8 && data[0] == 0x89) mend_png(copy, size);
    if (memcmp(copy, data, size) != 0) load(copy, size);
    free(copy);
    return 0;
}
