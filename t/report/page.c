/* The page: what strangers write stays text; pictures, numbers, and the history it shows. */
#include "report/picture.h"
#include "report/plot.h"
#include "train/history.h"

#include "base/memory.h"

#include "../tap.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/cnngraph-report-XXXXXX";

static const char *in_folder(const char *name, char path[300])
{
    snprintf(path, 300, "%s/%s", folder, name);
    return path;
}

/* What `put` writes. */
static char *written(void (*put)(cg_page *page, const void *what), const void *what)
{
    char path[300], *text = NULL;
    size_t size;
    cg_page page;
    cg_error error = { 0 };
    if (cg_page_open(&page, in_folder("page", path), &error) != CG_OK) return NULL;
    put(&page, what);
    if (cg_page_close(&page) != CG_OK) return NULL;
    cg_file_read(path, 1 << 20, &text, &size, &error);
    return text;
}

static void is_written(void (*put)(cg_page *page, const void *what), const void *what,
                       const char *expected, const char *name)
{
    char *text = written(put, what);
    ok(text && strcmp(text, expected) == 0, "%s", name);
    if (text && strcmp(text, expected) != 0) printf("# %s\n", text);
    cg_release(text);
}

static void put_text(cg_page *page, const void *what)
{
    cg_put_text(page, what);
}

static void put_numbers(cg_page *page, const void *what)
{
    (void)what;
    cg_put_number(page, 0.25);
    cg_put(page, " ");
    cg_put_number(page, (double)NAN);
    cg_put(page, " %.1f ", 1.5);
    cg_put_count(page, 1234567);
    cg_put_count(page, -999);
}

static void put_base64(cg_page *page, const void *what)
{
    cg_put_base64(page, what, strlen(what));
}

static void test_text(void)
{
    is_written(put_text, "a <b onload='x'>\"&amp;", "a &lt;b onload=&#39;x&#39;&gt;&quot;&amp;amp;",
               "markup and quotes of strangers become text");
    is_written(put_text, "\x01z\x7f\n", "\xEF\xBF\xBDz\xEF\xBF\xBD\n",
               "control characters are replaced");
    is_written(put_text, "\xC3\xA4", "\xC3\xA4", "UTF-8 stays as it is");
    is_written(put_text, "a\xC3", "a\xEF\xBF\xBD", "what is no UTF-8 is replaced");
    is_written(put_base64, "", "", "nothing in base64");
    is_written(put_base64, "f", "Zg==", "base64 of one byte (RFC 4648)");
    is_written(put_base64, "fo", "Zm8=", "of two");
    is_written(put_base64, "foobar", "Zm9vYmFy", "of six");
    bool has_locale = setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
    is_written(put_numbers, NULL, "0.25 – 1.5 1\u202f234\u202f567-999",
               has_locale ? "numbers have a point in a German locale, too"
                          : "numbers have a point");
    setlocale(LC_ALL, "C");
}

static void test_pixels(void)
{
    ok(cg_pixel(-1) == 0 && cg_pixel(127.4f) == 127 && cg_pixel(127.5f) == 128 &&
           cg_pixel(1e9f) == 255,
       "pixels are rounded, and cut to what a byte holds");
    ok(cg_pixel(NAN) == 0 && cg_pixel(INFINITY) == 255, "of any weight, also of a diverged model");
}

static void put_plot(cg_page *page, const void *what)
{
    cg_put_plot(page, what);
}

static void test_plot(void)
{
    const double x[] = { 1, 2, 3, 4 }, a[] = { 1, NAN, 3, 2 }, none[] = { NAN, NAN, NAN, NAN };
    const cg_series series[] = { { "train", "a", a }, { "validation", "b", none } };
    cg_plot plot = { "loss", "Loss", "epoch", x, 4, 0, NAN, 2, series };
    char *text = written(put_plot, &plot);
    ok(text && strstr(text, "d=\"M60.0 154.0M284.0 34.0L396.0 94.0") && !strstr(text, "nan"),
       "a line has a gap where a value is missing");
    ok(text && !strstr(text, "validation"), "a series without a value is left out");
    cg_release(text);
    plot.series = &series[1], plot.n_series = 1, plot.low = NAN;
    text = written(put_plot, &plot);
    ok(text && strstr(text, "Loss: not recorded"), "a plot without any value says so");
    cg_release(text);
    plot.series = series, plot.n = 1;
    text = written(put_plot, &plot);
    ok(text && strstr(text, "<circle") && !strstr(text, "nan") && !strstr(text, "inf"),
       "a single epoch is a dot");
    cg_release(text);
    const double extremes[][4] = { { 1e308, -1e308, 0, 1 }, { 0, 5e-324, 0, 0 } };
    for (int i = 0; i < 2; i++) {
        const cg_series extreme = { "loss", "a", extremes[i] };
        plot.series = &extreme, plot.n_series = 1, plot.n = 4;
        text = written(put_plot, &plot);
        ok(text && strstr(text, "class=\"grid\"") && !strstr(text, "nan") && !strstr(text, "inf"),
           "losses of %g and %g have an axis", extremes[i][0], extremes[i][1]);
        cg_release(text);
    }
}

/* ---- metrics.jsonl ------------------------------------------------------------------------- */
/* A '#' of the lines is a byte of zero. */
static cg_status history_of(const char *lines, cg_history *h, cg_error *error)
{
    char path[300];
    FILE *f = fopen(in_folder("metrics.jsonl", path), "wb");
    for (const char *p = lines; *p; p++) fputc(*p == '#' ? '\0' : *p, f);
    fclose(f);
    return cg_history_read(h, folder, error);
}

static void test_history(void)
{
    cg_history h;
    cg_error error = { 0 };
    ok(cg_history_read(&h, folder, &error) == CG_EDATA && strstr(error.file, "metrics.jsonl"),
       "a folder without metrics.jsonl is told of: %s", error.message);
    cg_history_free(&h);
    cg_status status =
        history_of("{\"epoch\":1,\"loss\":2,\"lr\":0.5}\n{\"epoch\":2,\"loss\":null}\n"
                   "{\"epoch\":3,\"lo",
                   &h, &error);
    ok(status == CG_OK && h.n == 2 && h.is_torn, "a torn last line is left out, and told of");
    ok(h.n == 2 && h.column[CG_HISTORY_LOSS][0] == 2 && isnan(h.column[CG_HISTORY_LOSS][1]) &&
           h.column[CG_HISTORY_LR][0] == 0.5 && isnan(h.column[CG_HISTORY_VAL_LOSS][0]),
       "what a line does not tell is NaN");
    cg_history_free(&h);
    static const char *const bad[] = { "{\"epoch\":1}\n{\"epo\n{\"epoch\":3}\n",
                                       "[]\n",
                                       "{}\n",
                                       "{\"epoch\":2}\n{\"epoch\":2}\n",
                                       "{\"epoch\":\"1\"}\n",
                                       "{\"epoch\":1}#\n",
                                       "#\n" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        status = history_of(bad[i], &h, &error);
        ok(status == CG_EDATA && error.line > 0, "damaged line %d is told of: %s", error.line,
           error.message);
        cg_history_free(&h);
    }
    status = history_of("{\"epoch\":1", &h, &error);
    ok(status == CG_EDATA, "no whole line is no epoch: %s", error.message);
    cg_history_free(&h);
}

int main(void)
{
    if (!mkdtemp(folder)) return 1;
    test_text();
    test_pixels();
    test_plot();
    test_history();
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) | done_testing();
}
