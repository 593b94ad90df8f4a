/* Numbers as YAML 1.2 writes them, in any locale; nearest words; UTF-8. */
#include "base/text.h"

#include "base/error.h"
#include "base/rng.h"

#include "../tap.h"

#include <locale.h>
#include <math.h>
#include <string.h>

static void reals(void)
{
    static const struct {
        const char *text;
        double value;
    } good[] = { { "0", 0 },
                 { "-1.5", -1.5 },
                 { "+2", 2 },
                 { "1e3", 1000 },
                 { ".5", 0.5 },
                 { "5.", 5 },
                 { "010", 10 },
                 { "0x10", 16 },
                 { "0o17", 15 },
                 { "1.25E-2", 0.0125 },
                 { "-.inf", -INFINITY },
                 { ".Inf", INFINITY } };
    static const char *const bad[] = { "",      "-",   ".",   "1e",  "e3",   "1,5", "1:30",
                                       "no",    "0x",  "1 ",  " 1",  "nan",  "inf", "1_000",
                                       "1.2.3", "0b1", "--1", "1e+", "+.nan" };
    double v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ok(cg_parse_real(good[i].text, &v) && v == good[i].value, "'%s' is a real number",
           good[i].text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(!cg_parse_real(bad[i], &v), "'%s' is none", bad[i]);
    ok(cg_parse_real(".nan", &v) && isnan(v), ".nan is NaN");
}

static void integers(void)
{
    static const char *const bad[] = { "",    "1.0", "1e3", "9223372036854775808", "-0x1", "0o8",
                                       "12a", "+",   "yes" };
    int64_t v;
    ok(cg_parse_int("-9223372036854775808", &v) && v == INT64_MIN, "the least integer");
    ok(cg_parse_int("010", &v) && v == 10, "010 is ten");
    ok(cg_parse_int("0o10", &v) && v == 8 && cg_parse_int("0xfF", &v) && v == 255,
       "octal and hexadecimal");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(!cg_parse_int(bad[i], &v), "'%s' is no integer", bad[i]);
}

static void round_trip(const char *locale)
{
    char text[32];
    cg_rng rng = cg_rng_new(11, "test", 0);
    int n_wrong = 0;
    for (int i = 0; i < 20000; i++) {
        double x = ldexp(cg_rng_normal(&rng), (int)cg_rng_below(&rng, 600) - 300), back;
        if (!cg_parse_real(cg_format_real(x, text), &back) || memcmp(&x, &back, sizeof x) != 0)
            n_wrong++;
    }
    ok(n_wrong == 0, "20,000 numbers come back to the bit, locale %s", locale);
    ok(strcmp(cg_format_real(0.1, text), "0.1") == 0, "the shortest text that will do, locale %s",
       locale);
}

static void words(void)
{
    static const char *const w[] = { "filters", "kernel", "stride", "padding", "bias" };
    static const char *const short_[] = { "lr", "ab" };
    ok(strcmp(cg_nearest("fliters", w, 5), "filters") == 0, "two letters exchanged");
    ok(strcmp(cg_nearest("kernal", w, 5), "kernel") == 0 &&
           strcmp(cg_nearest("pading", w, 5), "padding") == 0,
       "a wrong letter, a missing letter");
    ok(strcmp(cg_nearest("KERNEL", w, 5), "kernel") == 0, "case counts for nothing");
    ok(!strcmp(cg_nearest("kernel_size", w, 5), "kernel") &&
           !strcmp(cg_nearest("pad", w, 5), "padding"),
       "a longer name, and the beginning of one");
    ok(!cg_nearest("momentum", w, 5) && !cg_nearest("", w, 5), "nothing near");
    ok(strcmp(cg_nearest("rl", short_, 2), "lr") == 0 && !cg_nearest("xyz", short_, 2),
       "short words");
    ok(!cg_nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", w, 5),
       "a very long word");
}

static void utf8(void)
{
    static const char *const good[] = {
        "", "abc", "h\xC3\xBCllo", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"
    };
    static const char *const bad[] = {
        "\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80",         "\xF4\x90\x80\x80",
        "\xC3", "\xE2\x82", "\xFF",         "a\xF8\x88\x80\x80\x80"
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ok(cg_utf8_valid(good[i], strlen(good[i])), "valid UTF-8 %d", (int)i);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(!cg_utf8_valid(bad[i], strlen(bad[i])), "invalid UTF-8 %d", (int)i);
}

/* What a terminal obeys, or what makes a line read as another, at the ends of each range: a '?' for
 * each of its bytes. */
static void clean_lines(void)
{
    static const struct {
        const char *text, *clean;
    } lines[] = {
        { "plain, h\xC3\xBCllo, \xE2\x82\xAC", "plain, h\xC3\xBCllo, \xE2\x82\xAC" },
        { "\x1F\x1B[2J \x7F~", "??[2J ?~" },
        { "a\nb\tc", "a?b?c" },
        { "\xC2\x80\xC2\x9F\xC2\xA0", "????\xC2\xA0" },       /* U+0080, 9F, A0 */
        { "\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xAE\xE2\x80\xAF", /* U+2027, 28, 2E, 2F */
          "\xE2\x80\xA7??????\xE2\x80\xAF" },
        { "\xE2\x81\xA5\xE2\x81\xA6\xE2\x81\xA9\xE2\x81\xAA", /* U+2065, 66, 69, 6A */
          "\xE2\x81\xA5??????\xE2\x81\xAA" },
        { "h\xFCllo\xC2", "h?llo?" }, /* no UTF-8 */
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[40];
        snprintf(text, sizeof text, "%s", lines[i].text);
        cg_clean_line(text);
        ok(!strcmp(text, lines[i].clean), "line %d is clean: %s", (int)i, text);
    }
}

static void statuses(void)
{
    bool is_complete = true;
    for (int s = 0; s < CG_N_STATUS; s++)
        is_complete =
            is_complete && *cg_status_name((cg_status)s) == 'C' && *cg_status_text((cg_status)s);
    ok(is_complete, "every status has a name and a text");
    ok(cg_status_exit_code(CG_EMODEL) == 3 && cg_status_exit_code(CG_EINTERRUPTED) == 130 &&
           cg_status_exit_code((cg_status)99) == 1,
       "exit codes");
    cg_error e;
    ok(cg_fail_at(&e, CG_EDATA, (cg_place){ "f", 3, 4 }, "%d apples", 5) == CG_EDATA &&
           e.line == 3 && strcmp(e.message, "5 apples") == 0 && strcmp(e.file, "f") == 0,
       "an error has its message and place");
    ok(cg_fail(NULL, CG_EIO, "unheard") == CG_EIO, "nobody needs to listen");
}

int main(void)
{
    reals();
    integers();
    round_trip("C");
    if (setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "fr_FR.UTF-8"))
        round_trip("with a decimal comma");
    else
        skip("a locale with a decimal comma", "none is installed");
    words();
    utf8();
    clean_lines();
    statuses();
    return done_testing();
}
