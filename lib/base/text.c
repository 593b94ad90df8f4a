/* Numbers as text, whatever the locale; nearest words; UTF-8. */
#include "base/text.h"

#include "base/memory.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers --------------------------------------------------------------------------------
 * strtod and printf write the decimal point of the locale.  So the grammar is checked here and the
 * point is exchanged on the way in and out. */

static const char *decimal_point(void)
{
    const char *point = localeconv()->decimal_point;
    return point && *point ? point : ".";
}

static const char *digits(const char *s)
{
    return s + strspn(s, "0123456789");
}

/* [-+]? ( digits [. digits*] | . digits ) ( [eE] [-+]? digits )? */
static bool is_real(const char *s)
{
    s += *s == '-' || *s == '+';
    const char *whole = digits(s), *end = whole;
    if (*end == '.') end = digits(end + 1);
    if (end == s || (whole == s && end == s + 1)) return false;
    if (*end == 'e' || *end == 'E') {
        const char *exponent = end + 1;
        exponent += *exponent == '-' || *exponent == '+';
        end = digits(exponent);
        if (end == exponent) return false;
    }
    return *end == '\0';
}

static bool is_word(const char *s, const char *lower, const char *title, const char *upper)
{
    return strcmp(s, lower) == 0 || strcmp(s, title) == 0 || strcmp(s, upper) == 0;
}

bool cg_parse_real(const char *text, double *value)
{
    const char *unsigned_ = text + (*text == '-' || *text == '+');
    char buffer[128];
    if (is_word(unsigned_, ".inf", ".Inf", ".INF")) {
        *value = *text == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (is_word(text, ".nan", ".NaN", ".NAN")) {
        *value = NAN;
        return true;
    }
    if (!is_real(text)) {
        int64_t whole; /* 0x and 0o */
        if (!cg_parse_int(text, &whole)) return false;
        *value = (double)whole;
        return true;
    }
    const char *dot = strchr(text, '.');
    int before = dot ? (int)(dot - text) : (int)strlen(text);
    int n = snprintf(buffer, sizeof buffer, "%.*s%s%s", before, text, dot ? decimal_point() : "",
                     dot ? dot + 1 : "");
    if (n < 0 || n >= (int)sizeof buffer) return false;
    *value = strtod(buffer, NULL);
    return true;
}

bool cg_parse_int(const char *text, int64_t *value)
{
    const char *s = text + (*text == '-' || *text == '+');
    int base = 10;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'o')) {
        if (s != text) return false; /* YAML: no sign before these */
        base = s[1] == 'x' ? 16 : 8;
        s += 2;
    }
    const char *allowed = base == 16 ? "0123456789abcdefABCDEF" : base == 8 ? "01234567" : "0123456789";
    if (!*s || s[strspn(s, allowed)]) return false;
    errno = 0;
    long long number = strtoll(base == 10 ? text : s, NULL, base);
    if (errno) return false;
    *value = number;
    return true;
}

char *cg_format_real(double value, char buffer[32])
{
    if (isnan(value)) return strcpy(buffer, ".nan");
    if (isinf(value)) return strcpy(buffer, value < 0 ? "-.inf" : ".inf");
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(buffer, 32, "%.*g", precision, value);
        if (precision == 17 || strtod(buffer, NULL) == value) break;
    }
    const char *point = decimal_point();
    char *at = strstr(buffer, point);
    size_t wide = strlen(point);
    if (at) {
        *at = '.';
        memmove(at + 1, at + wide, strlen(at + wide) + 1);
    }
    return buffer;
}

/* ---- words ---------------------------------------------------------------------------------- */

enum { LONGEST = 40 }; /* letters; a longer word has no neighbours */

static int min3(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edit distance in which exchanging two neighbours counts 1 (optimal string alignment). */
static int distance(const char *a, int na, const char *b, int nb)
{
    int d[LONGEST + 1][LONGEST + 1];
    for (int i = 0; i <= na; i++) d[i][0] = i;
    for (int j = 0; j <= nb; j++) d[0][j] = j;
    for (int i = 1; i <= na; i++)
        for (int j = 1; j <= nb; j++) {
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    return d[na][nb];
}

const char *cg_nearest(const char *word, const char *const words[], size_t n_words)
{
    size_t length = strlen(word);
    const char *best = NULL;
    int least = 2 + (int)(length < LONGEST ? length : LONGEST) / 4;
    for (size_t i = 0; i < n_words && length <= LONGEST; i++) {
        size_t other = strlen(words[i]);
        if (other > LONGEST) continue;
        int d = distance(word, (int)length, words[i], (int)other);
        if (d >= least) continue;
        least = d;
        best = words[i];
    }
    return best;
}

/* ---- UTF-8: RFC 3629, without overlong forms and surrogates ---------------------------------- */

static size_t sequence_length(const unsigned char *s, size_t left)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, length;
    } forms[] = {
        { 0x00, 0x7F, 0x00, 0x00, 1 }, { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (s[0] < forms[f].first_low || s[0] > forms[f].first_high || left < forms[f].length) continue;
        if (forms[f].length > 1 && (s[1] < forms[f].second_low || s[1] > forms[f].second_high)) return 0;
        for (size_t i = 2; i < forms[f].length; i++)
            if ((s[i] & 0xC0) != 0x80) return 0;
        return forms[f].length;
    }
    return 0;
}

bool cg_utf8_valid(const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t n = sequence_length((const unsigned char *)text + i, size - i);
        if (n == 0) return false;
        i += n;
    }
    return true;
}
