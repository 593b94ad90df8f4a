#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- numbers ---------------------------------------------------------------------------------- */

bool cg_enter_c_locale(cg_locale_guard *guard)
{
    guard->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (guard->plain == (locale_t)0) return false;
    guard->before = uselocale(guard->plain);
    return true;
}

void cg_leave_c_locale(cg_locale_guard *guard)
{
    uselocale(guard->before);
    freelocale(guard->plain);
}

static const char *skip_digits(const char *p)
{
    while (*p >= '0' && *p <= '9') p++;
    return p;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_decimal(const char *p)
{
    p += *p == '-' || *p == '+';
    const char *whole = skip_digits(p), *end = whole;
    if (*whole == '.') end = skip_digits(whole + 1);
    if (end - p == 0 || (whole == p && end == p + 1)) return false; /* no digit at all */
    if (*end == 'e' || *end == 'E') {
        const char *digits = end + 1;
        digits += *digits == '-' || *digits == '+';
        end = skip_digits(digits);
        if (end == digits) return false;
    }
    return *end == '\0';
}

static bool is_one_of(const char *text, const char *lower, const char *title, const char *upper)
{
    return !strcmp(text, lower) || !strcmp(text, title) || !strcmp(text, upper);
}

bool cg_parse_real(const char *text, double *value)
{
    const char *unsigned_text = text + (*text == '-' || *text == '+');
    if (is_one_of(unsigned_text, ".inf", ".Inf", ".INF")) {
        *value = *text == '-' ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    if (is_one_of(text, ".nan", ".NaN", ".NAN")) {
        *value = (double)NAN;
        return true;
    }
    if (!is_decimal(text)) { /* 0x and 0o are numbers, too */
        int64_t whole = 0;
        bool is_whole = cg_parse_int(text, &whole);
        if (is_whole) *value = (double)whole;
        return is_whole;
    }
    cg_locale_guard guard;
    if (!cg_enter_c_locale(&guard)) return false;
    double read = strtod(text, NULL);
    cg_leave_c_locale(&guard);
    if (!isfinite(read)) return false;
    *value = read;
    return true;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

bool cg_parse_int(const char *text, int64_t *value)
{
    bool negative = *text == '-';
    int base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'o')) {
        base = text[1] == 'x' ? 16 : 8;
        text += 2;
    } else if (*text == '-' || *text == '+') {
        text++;
    }
    if (!*text) return false;
    int64_t n = 0; /* kept negative, for the negative range is the larger */
    for (; *text; text++) {
        int digit = digit_value(*text);
        if (digit >= base || __builtin_mul_overflow(n, base, &n) ||
            __builtin_sub_overflow(n, digit, &n))
            return false;
    }
    if (!negative && n == INT64_MIN) return false;
    *value = negative ? n : -n;
    return true;
}

char *cg_format_real(double value, char buffer[32])
{
    if (!isfinite(value))
        return strcpy(buffer, isnan(value) ? ".nan" : value < 0 ? "-.inf" : ".inf");
    cg_locale_guard guard;
    bool entered = cg_enter_c_locale(&guard);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, 32, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value) break;
    }
    if (entered) cg_leave_c_locale(&guard);
    return buffer;
}

/* --- words ------------------------------------------------------------------------------------ */

bool cg_ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);
    return n >= k && !strcmp(text + n - k, end);
}

enum { LONGEST_WORD = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Case counts for nothing: `CCE` is meant as `cce`. */
static bool is_same_letter(char a, char b)
{
    if (a >= 'A' && a <= 'Z') a = (char)(a - 'A' + 'a');
    if (b >= 'A' && b <= 'Z') b = (char)(b - 'A' + 'a');
    return a == b;
}

/* Edit distance in which two neighbours changing places is one edit (optimal string alignment). */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t rows[3][LONGEST_WORD + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n_b; j++) above[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1,
                           above[j - 1] + !is_same_letter(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && is_same_letter(a[i - 1], b[j - 2]) &&
                is_same_letter(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[n_b];
}

/* "kernel" of "kernel_size", "smoothing" of "label_smoothing". */
static bool is_end_of(const char *part, size_t n_part, const char *whole, size_t n_whole)
{
    enum { LEAST = 3 };
    if (n_part < LEAST || n_part >= n_whole) return false;
    return !strncmp(part, whole, n_part) || !strcmp(part, whole + n_whole - n_part);
}

const char *cg_nearest(const char *word, const char *const words[], size_t n_words)
{
    size_t length = strlen(word), nearest = 1 + length / 4 + 1;
    const char *found = NULL;
    if (length > LONGEST_WORD) return NULL;
    for (size_t i = 0; i < n_words; i++) {
        size_t n = strlen(words[i]);
        if (n > LONGEST_WORD) continue;
        size_t d = distance(word, length, words[i], n);
        if (d < nearest) {
            nearest = d;
            found = words[i];
        }
    }
    for (size_t i = 0; i < n_words && !found; i++) {
        size_t n = strlen(words[i]);
        if (is_end_of(word, length, words[i], n) || is_end_of(words[i], n, word, length))
            found = words[i];
    }
    return found;
}

/* --- UTF-8 (RFC 3629) ------------------------------------------------------------------------- */

/* The bytes of the character at s, 0 if there is no valid one. */
static size_t utf8_length(const unsigned char *s, size_t size)
{
    if (s[0] < 0x80) return 1;
    size_t n = s[0] >= 0xC2 && s[0] <= 0xDF   ? 2
               : (s[0] & 0xF0) == 0xE0        ? 3
               : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
                                              : 0;
    if (n == 0 || n > size) return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    bool is_overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool is_surrogate = s[0] == 0xED && s[1] >= 0xA0, is_beyond = s[0] == 0xF4 && s[1] >= 0x90;
    return is_overlong || is_surrogate || is_beyond ? 0 : n;
}

bool cg_utf8_valid(const char *text, size_t size)
{
    const unsigned char *s = (const unsigned char *)text;
    for (size_t i = 0; i < size;) {
        size_t n = utf8_length(s + i, size - i);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

/* U+2028 to U+202E and U+2066 to U+2069, as three bytes. */
static bool turns_lines(const unsigned char *p)
{
    return p[0] == 0xE2 && ((p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) ||
                            (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9));
}

const char *cg_find_control(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7f || (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0) ||
            turns_lines(p))
            return (const char *)p;
    return NULL;
}

void cg_trim_utf8(char *text)
{
    size_t n = strlen(text), start = n;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t tail = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (n - start < tail) text[start - 1] = '\0';
}

void cg_clean_line(char *text)
{
    bool is_utf8 = cg_utf8_valid(text, strlen(text));
    for (char *p = text; *p && !is_utf8; p++)
        if ((unsigned char)*p >= 0x80) *p = '?';
    for (const char *at; (at = cg_find_control(text));) {
        text += at - text;
        do *text++ = '?';
        while (((unsigned char)*text & 0xC0) == 0x80);
    }
}
