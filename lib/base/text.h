/* Text: numbers that do not depend on the locale, and the nearest word to a misspelt one. */
#ifndef CG_BASE_TEXT_H
#define CG_BASE_TEXT_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole text as a decimal number (YAML 1.2 core: optional sign, digits, fraction, exponent,
 * .inf, .nan for reals; digits, 0x and 0o for integers); false if it is anything else, or finite
 * digits beyond what the type holds. */
bool cg_parse_real(const char *text, double *value);
bool cg_parse_int(const char *text, int64_t *value);

/* The first of 15, 16 or 17 significant digits that reads back as the same double ("0.1"), with
 * '.' in every locale; ".inf", "-.inf", ".nan" for the rest.  Returns buffer. */
char *cg_format_real(double value, char buffer[32]);

/* From enter to leave printf and strtod of the calling thread have '.' as the decimal point. */
typedef struct {
    locale_t plain, before;
} cg_locale_guard;
bool cg_enter_c_locale(
    cg_locale_guard *guard); /* false: no memory; then there is nothing to leave */
void cg_leave_c_locale(cg_locale_guard *guard);

bool cg_ends_with(const char *text, const char *end);

/* The word of `words` nearest to `word` by edit distance with transpositions, regardless of case,
 * when it is near enough to be meant (distance <= 1 + length / 4); else one that begins or ends
 * with it, or that it begins or ends with; else NULL. */
const char *cg_nearest(const char *word, const char *const words[], size_t n_words);

/* The first control character, U+0001 to U+001F or U+007F to U+009F: on a terminal it would be a
 * command; or one that breaks a line or turns what follows it, U+2028 to U+202E and U+2066 to
 * U+2069: it would be read as what it is not.  NULL: there is none. */
const char *cg_find_control(const char *text);

bool cg_utf8_valid(const char *text, size_t size);
/* Ends a text that was cut at the end of its buffer before the character that lost its tail. */
void cg_trim_utf8(char *text);
/* Makes one line of UTF-8 of what is quoted, for bytes of a file might else command the terminal:
 * what is no part of one becomes '?'. */
void cg_clean_line(char *text);

#endif
