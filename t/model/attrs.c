/* Keys of each type, as tables of attributes describe them. */
#include "model/read.h"

#include "base/memory.h"

#include "../tap.h"

#include <string.h>

typedef struct {
    int64_t whole, flag, word, four[4], list[3], axes;
    double real;
    cg_shape shape;
} keys;

static const cg_attr table[] = {
    CG_INT(keys, whole, 5, 1, 9, "from 1 to 9"),
    CG_REAL(keys, real, 0.5, 0, 1, "a share"),
    CG_BOOL(keys, flag, "yes or no"),
    CG_CHOICE(keys, word, "one two three", "a word"),
    CG_INTS(keys, four, 4, 1, 0, 9, "above, left, below, right"),
    CG_LIST(keys, list, 3, 1, 9, "up to three"),
    CG_AXES_ATTR(keys, axes, "some axes"),
    CG_SHAPE_ATTR(keys, shape, "a shape"),
    { .name = NULL },
};

/* What the text says; its mistakes go to `d`. */
static keys read_text(const char *text, cg_diagnostics *d)
{
    keys found;
    cg_arena *arena = cg_arena_new();
    cg_reader r = { .arena = arena, .diagnostics = d };
    const cg_source source = { .name = "keys.yaml", .text = text, .size = strlen(text) };
    const cg_tree *tree = cg_yaml_read(arena, &source, 0, d);
    memset(&found, 0, sizeof found);
    cg_read_attrs(&r, tree, tree->mark, "thing", table, NULL, &found);
    cg_arena_free(arena);
    return found;
}

static keys read_sound(const char *text)
{
    cg_diagnostics *d = cg_diagnostics_new();
    keys found = read_text(text, d);
    ok(cg_diagnostics_count(d) == 0, "%s is read", text);
    cg_diagnostics_free(d);
    return found;
}

static void test_values(void)
{
    keys k =
        read_sound("{whole: 3, real: 0.25, flag: true, word: three, four: [1, 2], list: [7, 8], "
                   "axes: [0, 2], shape: [2, 3]}");
    ok(k.whole == 3 && k.real == 0.25 && k.flag == 1 && k.word == 2, "single values");
    ok(k.four[0] == 1 && k.four[1] == 2 && k.four[2] == 1 && k.four[3] == 2,
       "two of four are repeated");
    ok(k.list[0] == 7 && k.list[1] == 8 && k.list[2] == 0, "a list may be short");
    ok(k.axes == 5, "axes are bits");
    ok(cg_shape_equal(&k.shape, &CG_SHAPE(2, 3)), "a shape");
    k = read_sound("{four: 6, list: 4, axes: 1, shape: 7}");
    ok(k.whole == 5 && k.real == 0.5 && k.flag == 0 && k.word == 0,
       "what is left out takes its default");
    ok(k.four[0] == 6 && k.four[3] == 6, "one of four is for all");
    ok(k.list[0] == 4 && k.axes == 2 && cg_shape_equal(&k.shape, &CG_SHAPE(7)),
       "a list may be one number");
}

static void test_mistakes(void)
{
    static const char *const cases[][2] = {
        { "{shape: 1, list: 1, word: [one]}", "thing: word: expected a word, found a list" },
        { "{shape: 1, list: 1, word: }", "thing: word: expected a word, found nothing" },
        { "{shape: 1, list: 1, word: tow}",
          "thing: word: unknown word \"tow\", did you mean \"two\"?" },
        { "{shape: 1, list: 1, four: [1, 2, 3]}",
          "thing: four: expected 4 whole numbers, found 3" },
        { "{shape: 1, list: 1, four: []}", "thing: four: expected 1 to 4 whole numbers, found 0" },
        { "{shape: 1, list: [1, 2, 3, 4]}", "thing: list: expected 1 to 3 whole numbers, found 4" },
        { "{shape: 1, list: [1, x]}", "thing: list: expected a whole number, found \"x\"" },
        { "{shape: 1, list: 1, axes: [0, 8]}", "thing: axes: must be from 0 to 7, found 8" },
        { "{shape: 1, list: 1, whole: 10}", "thing: whole: must be from 1 to 9, found 10" },
        { "{shape: 1, list: 1, real: 2}", "thing: real: must be from 0 to 1, found 2" },
        { "{shape: 1, list: 1, flag: yes}", "thing: flag: expected true or false, found \"yes\"" },
        { "{list: 1, shape: [1099511627776, 1099511627776]}", "thing: shape: " },
        { "{list: 1}", "thing: \"shape\" is missing" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cg_diagnostics *d = cg_diagnostics_new();
        read_text(cases[i][0], d);
        const char *found = cg_diagnostics_count(d) == 1 ? cg_diagnostics_text(d, 0) : "";
        ok(strstr(found, cases[i][1]) != NULL, "%s", cases[i][1]);
        cg_diagnostics_free(d);
    }
}

/* Of many words some are named. */
static void test_many_words(void)
{
    cg_arena *arena = cg_arena_new();
    cg_diagnostics *d = cg_diagnostics_new();
    cg_reader r = { .arena = arena, .diagnostics = d };
    const cg_source source = { .name = "keys.yaml", .text = "zzz", .size = 3 };
    const cg_tree *word = cg_yaml_read(arena, &source, 0, d);
    cg_words words = { .n = 0 };
    for (int i = 0; i < 60; i++)
        cg_words_add(&words, cg_arena_printf(arena, "a_word_of_many_%d", i));
    cg_read_unknown(&r, word, "thing", "word", &words);
    const char *text = cg_diagnostics_text(d, 0);
    ok(text && strstr(text, "one of: a_word_of_many_0, ") && strstr(text, ", ...") &&
           !strstr(text, "a_word_of_many_59"),
       "of sixty words some are named");
    cg_diagnostics_free(d);
    cg_arena_free(arena);
}

int main(void)
{
    test_values();
    test_mistakes();
    test_many_words();
    return done_testing();
}
