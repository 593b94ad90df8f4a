/* Good pictures: the pixels that a PGM or PNG file holds, exactly. */
#include "config.h"

#include <cnngraph/data.h>

#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/cnngraph-image-XXXXXX";

/* Reads the file as c x 2 x 3 and compares with values of 0..255. */
static void expect(const char *what, int c, const double values[])
{
    cg_tensor *image = NULL;
    cg_error error = { 0 };
    cg_shape shape = CG_SHAPE(c, 2, 3);
    bool same = cg_image_load(&image, path, &shape, NULL, &error) == CG_OK;
    for (int i = 0; same && i < c * 6; i++)
        same = fabs(cg_tensor_f32(image)[i] - values[i] / 255) < 1e-6;
    if (!ok(same, "%s", what)) printf("# %s\n", error.message);
    cg_tensor_free(image);
}

static void write_text(const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file) return;
    fwrite(text, 1, size, file);
    fclose(file);
}

static const double grey[] = { 0, 1, 2, 100, 254, 255 };

static void pgm(void)
{
    static const char ascii[] = "P2\n# a comment\n3 2\n255\n0 1 2\n100 254 255\n";
    static const char binary[] = "P5 3 2 255\n\0\1\2\144\376\377";
    static const char coarse[] = "P2 3 2 5 0 1 2 3 4 5";
    write_text(ascii, sizeof ascii - 1);
    expect("a PGM in digits", 1, grey);
    write_text(binary, sizeof binary - 1);
    expect("a PGM in bytes", 1, grey);
    write_text(coarse, sizeof coarse - 1);
    expect("a PGM of six shades", 1, (double[]){ 0, 51, 102, 153, 204, 255 });
}

#ifdef HAVE_PNG
#include <png.h>

static void write_png(png_uint_32 format, const void *pixels, const void *colours, int n_colours)
{
    png_image png = { .version = PNG_IMAGE_VERSION,
                      .width = 3,
                      .height = 2,
                      .format = format,
                      .colormap_entries = (png_uint_32)n_colours };
    if (!png_image_write_to_file(&png, path, 0, pixels, 0, colours)) printf("# %s\n", png.message);
}

static void portable_network_graphics(void)
{
    static const unsigned char bytes[] = { 0, 1, 2, 100, 254, 255 };
    write_png(PNG_FORMAT_GRAY, bytes, NULL, 0);
    expect("a grey PNG", 1, grey);

    static const unsigned char rgb[] = {
        255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9, 7, 8, 6, 1, 2, 3
    };
    static const double planes[] = { 255, 0, 0, 9, 7, 1, 0, 255, 0, 9, 8, 2, 0, 0, 255, 9, 6, 3 };
    write_png(PNG_FORMAT_RGB, rgb, NULL, 0);
    expect("a coloured PNG, plane by plane", 3, planes);

    static const unsigned char alpha[] = { 0, 255, 1, 255, 2, 255, 100, 255, 254, 255, 77, 0 };
    static const double on_black[] = { 0, 1, 2, 100, 254, 0 };
    write_png(PNG_FORMAT_GA, alpha, NULL, 0);
    expect("a transparent pixel is black", 1, on_black);

    static const unsigned char same[] = { 0,   0,   0,   1,   1,   1,   2,   2,   2,
                                          100, 100, 100, 254, 254, 254, 255, 255, 255 };
    write_png(PNG_FORMAT_RGB, same, NULL, 0);
    expect("grey in colours is grey", 1, grey);

    static const unsigned char index[] = { 0, 1, 2, 2, 1, 0 };
    static const unsigned char palette[] = { 10, 20, 30, 40, 50, 60, 70, 80, 90 };
    static const double mapped[] = { 10, 40, 70, 70, 40, 10, 20, 50, 80,
                                     80, 50, 20, 30, 60, 90, 90, 60, 30 };
    write_png(PNG_FORMAT_RGB_COLORMAP, index, palette, 3);
    expect("a PNG with a palette", 3, mapped);
}
#endif

int main(void)
{
    int file = mkstemp(path);
    if (file >= 0) close(file);
    pgm();
#ifdef HAVE_PNG
    portable_network_graphics();
#else
    skip("PNG", "left out of this build");
#endif
    unlink(path);
    return done_testing();
}
