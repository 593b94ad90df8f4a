/* Errors, numbers as text, shapes and tiers. */
#include <cnngraph/tensor.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/text.h"

#include "../tap.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void errors(void)
{
    cg_error error = { 0 };
    cg_place place = { "a.yaml", 3, 7 };
    ok(cg_fail_at(&error, CG_EDATA, place, "%d of %d", 1, 2) == CG_EDATA && error.line == 3 &&
           error.column == 7 && !strcmp(error.message, "1 of 2") && !strcmp(error.file, "a.yaml"),
       "a failure carries status, message and place");
    ok(cg_fail(NULL, CG_EIO, "unseen") == CG_EIO, "nobody need look at it");
    ok(cg_status_exit_code(CG_EMODEL) == 3 && cg_status_exit_code(CG_EINTERRUPTED) == 130 &&
           cg_status_exit_code((cg_status)99) == 1,
       "statuses have their exit codes");
    errno = ENOENT;
    ok(cg_fail_errno(&error, CG_EIO, "%s", "x") == CG_EIO &&
           !strcmp(error.message, "x: No such file or directory"),
       "a failure of the system has its reason");
    char euros[2 * sizeof error.message];
    for (size_t i = 0; i + 3 < sizeof euros; i += 3) memcpy(euros + i, "\xE2\x82\xAC", 4);
    cg_fail(&error, CG_EIO, "x%s", euros);
    ok(strlen(error.message) > 500 && cg_utf8_valid(error.message, strlen(error.message)),
       "a message that is cut stays UTF-8");
    cg_fail(&error, CG_EDATA, "'%s'",
            "\xC3\xA9\xC2\x9B"
            "2J");
    ok(!strcmp(error.message, "'\xC3\xA9??2J'"), "the controls of Latin-1 do not stay in it");
    cg_fail(&error, CG_EDATA, "'%s'", "a\nz\x1b[2J \x7f \xE9 ");
    ok(!strcmp(error.message, "'a?z?[2J ? ? '"), "what it quotes stays on its line and in UTF-8");
}

static void numbers(void)
{
    static const char *const wrong[] = { "",   ".",  "-",     "1e",  "1,5",  " 1",
                                         "1 ", "0x", "1e999", "nan", "+.nan" };
    double x = 0;
    int64_t n = 0;
    int refused = 1;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused &= !cg_parse_real(wrong[i], &x);
    ok(refused, "what is no number is refused");
    ok(cg_parse_real("-.5e1", &x) && x == -5 && cg_parse_real("0x10", &x) && x == 16 &&
           cg_parse_real("-.inf", &x) && x == -(double)INFINITY && cg_parse_real("010", &x) &&
           x == 10,
       "reals are read as YAML 1.2 says");
    ok(cg_parse_int("-9223372036854775808", &n) && n == INT64_MIN &&
           !cg_parse_int("9223372036854775808", &n) && cg_parse_int("0o17", &n) && n == 15 &&
           !cg_parse_int("1.0", &n) && !cg_parse_int("0o8", &n),
       "integers are read to the last that fits");
    static const struct {
        double value;
        const char *text;
    } pairs[] = { { 0.1, "0.1" },      { 100, "100" },
                  { -0.0, "-0" },      { 1. / 3, "0.3333333333333333" },
                  { 1e300, "1e+300" }, { (double)INFINITY, ".inf" } };
    int same = 1;
    char buffer[32];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        same &= !strcmp(cg_format_real(pairs[i].value, buffer), pairs[i].text) &&
                cg_parse_real(buffer, &x) && x == pairs[i].value;
    ok(same, "reals are written short and read back the same");
}

static void shapes(void)
{
    char text[CG_SHAPE_TEXT];
    ok(!strcmp(cg_shape_text(&CG_SHAPE(2, 3, 4), text), "2x3x4") &&
           cg_shape_size(&CG_SHAPE(2, 3, 4)) == 24,
       "a shape has a text and a size");
    ok(cg_shape_size(&(cg_shape){ 0 }) == 1 &&
           !strcmp(cg_shape_text(&(cg_shape){ 0 }, text), "scalar"),
       "a scalar is one element");
    int64_t most = INT64_C(1) << (sizeof(size_t) > 4 ? 43 : 27);
    ok(cg_shape_check(&CG_SHAPE(most), NULL) == CG_OK &&
           cg_shape_check(&CG_SHAPE(most, 2), NULL) == CG_ESHAPE &&
           cg_shape_check(&CG_SHAPE(INT64_MAX, INT64_MAX), NULL) == CG_ESHAPE &&
           cg_shape_check(&CG_SHAPE(2, 0), NULL) == CG_ESHAPE &&
           cg_shape_check(&(cg_shape){ .rank = 9 }, NULL) == CG_ESHAPE,
       "shapes that cannot be are refused");
    cg_tensor *tensor;
    ok(cg_tensor_new(&tensor, CG_F64, &CG_SHAPE(2, 3), NULL) == CG_OK && cg_tensor_f64(tensor) &&
           !cg_tensor_f32(tensor) && cg_tensor_f64(tensor)[5] == 0,
       "a tensor holds what it says");
    cg_tensor_free(tensor);
}

static void tiers(void)
{
    cg_tier tier;
    cg_error error;
    setenv("CNNGRAPH_ISA", "portable", 1);
    ok(cg_tier_choose(&tier, &error) == CG_OK && tier == CG_PORTABLE, "the tier can be lowered");
    setenv("CNNGRAPH_ISA", "sse", 1);
    ok(cg_tier_choose(&tier, &error) == CG_EUSAGE && strstr(error.message, "portable, avx2"),
       "to one that exists");
}

int main(void)
{
    errors();
    numbers();
    shapes();
    tiers();
    return done_testing();
}
