#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

cg_status cg_page_open(cg_page *page, const char *path, cg_error *error)
{
    *page = (cg_page){ .error = error };
    CG_TRY(cg_replace_open(&page->file, path, error));
    page->out = page->file.stream;
    if (cg_enter_c_locale(&page->locale)) return CG_OK;
    cg_replace_abort(&page->file);
    return cg_fail_nomem(error, "a locale");
}

cg_status cg_page_open_folder(cg_page *page, const char *folder, cg_error *error)
{
    *page = (cg_page){ .error = error, .folder = folder };
    page->out = open_memstream(&page->text, &page->size);
    if (!page->out) return cg_fail_nomem(error, "drawings");
    if (cg_enter_c_locale(&page->locale)) return CG_OK;
    fclose(page->out);
    free(page->text);
    return cg_fail_nomem(error, "a locale");
}

cg_status cg_page_close(cg_page *page)
{
    cg_leave_c_locale(&page->locale);
    if (page->folder) {
        fclose(page->out);
        free(page->text);
        return page->status;
    }
    if (page->status == CG_OK) return cg_replace_commit(&page->file, page->error);
    cg_replace_abort(&page->file);
    return page->status;
}

void cg_put(cg_page *page, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vfprintf(page->out, format, ap);
    va_end(ap);
}

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

static const char *escaped(unsigned char c, bool is_utf8)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
    case '\t':
        return NULL;
    default:
        return c < 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8) ? replacement : NULL;
    }
}

/* U+FFFE and U+FFFF, which XML has not, though UTF-8 has. */
static bool is_no_character(const char *text)
{
    return !strncmp(text, "\xEF\xBF\xBE", 3) || !strncmp(text, "\xEF\xBF\xBF", 3);
}

void cg_put_text(cg_page *page, const char *text)
{
    bool is_utf8 = cg_utf8_valid(text, strlen(text));
    for (; *text; text++) {
        bool is_none = is_utf8 && is_no_character(text);
        const char *instead = is_none ? replacement : escaped((unsigned char)*text, is_utf8);
        if (is_none) text += 2;
        if (instead)
            fputs(instead, page->out);
        else
            fputc(*text, page->out);
    }
}

void cg_put_number(cg_page *page, double value)
{
    if (!isfinite(value))
        cg_put(page, "%s", isnan(value) ? "–" : value > 0 ? "∞" : "−∞");
    else
        cg_put(page, "%.3g", value);
}

void cg_put_count(cg_page *page, int64_t n)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%" PRId64, n);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-') fputs("\u202f", page->out);
        fputc(digits[i], page->out);
    }
}
