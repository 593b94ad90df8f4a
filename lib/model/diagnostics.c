/* Collecting mistakes: ordered by place, bounded in number, rendered when they are added. */
#include "model/diagnostics.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    int order; /* of the source */
    cg_error error;
    const char *text;
} diagnostic;

typedef struct {
    const char *kind; /* "error", "warning" */
    int n;
    diagnostic entry[CG_MAX_DIAGNOSTICS];
} list;

struct cg_diagnostics {
    cg_arena *arena;
    bool out_of_memory;
    list errors, warnings;
};

cg_diagnostics *cg_diagnostics_new(void)
{
    cg_diagnostics *d = cg_alloc(1, sizeof *d);
    if (!d) return NULL;
    d->errors.kind = "error";
    d->warnings.kind = "warning";
    d->arena = cg_arena_new();
    if (d->arena) return d;
    cg_release(d);
    return NULL;
}

void cg_diagnostics_free(cg_diagnostics *d)
{
    if (!d) return;
    cg_arena_free(d->arena);
    cg_release(d);
}

static const diagnostic *entry(const list *l, int i)
{
    return i >= 0 && i < l->n ? &l->entry[i] : NULL;
}

int cg_diagnostics_count(const cg_diagnostics *d)
{
    return d->errors.n;
}

const char *cg_diagnostics_text(const cg_diagnostics *d, int i)
{
    const diagnostic *found = entry(&d->errors, i);
    return found ? found->text : NULL;
}

const cg_error *cg_diagnostics_error(const cg_diagnostics *d, int i)
{
    const diagnostic *found = entry(&d->errors, i);
    return found ? &found->error : NULL;
}

int cg_diagnostics_warnings(const cg_diagnostics *d)
{
    return d->warnings.n;
}

const char *cg_diagnostics_warning(const cg_diagnostics *d, int i)
{
    const diagnostic *found = entry(&d->warnings, i);
    return found ? found->text : NULL;
}

cg_status cg_diagnostics_status(const cg_diagnostics *d)
{
    return d->out_of_memory ? CG_ENOMEM : d->errors.n ? CG_EMODEL : CG_OK;
}

void cg_diagnostics_no_memory(cg_diagnostics *d)
{
    d->out_of_memory = true;
}

/* ---- the source line and its caret ------------------------------------------------------------*/

enum { SHOWN_BEFORE = 70, SHOWN = 110 }; /* characters of a long line: before the caret, in all */

static const char *line_start(const cg_source *source, int line)
{
    const char *p = source->text, *end = source->text + source->size;
    for (int i = 1; i < line; i++) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (!p) return NULL;
        p++;
    }
    return p;
}

/* The character after p: continuation bytes of UTF-8 are 10xxxxxx. */
static const char *next_character(const char *p, const char *end)
{
    do p++;
    while (p < end && ((unsigned char)*p & 0xC0) == 0x80);
    return p;
}

/* As it stands in the file, where a terminal would take it for no command. */
static bool is_shown(const char *p, size_t n)
{
    char character[5] = "";
    memcpy(character, p, n);
    return *p == '\t' || (cg_utf8_valid(character, n) && !cg_find_control(character));
}

/* Copies the line, or the part of a long one around the column, to `shown`, and to `caret` blanks
 * (tabs where the line has tabs, so that both are as wide) with a caret beneath the column. */
static void show_line(const char *p, const char *end, int column, char shown[4 * SHOWN + 1],
                      char caret[SHOWN + 2])
{
    int character = 1;
    for (; p < end && column - character > SHOWN_BEFORE; character++) p = next_character(p, end);
    char *s = shown, *c = caret;
    for (int n = 0; n < SHOWN && p < end; n++, character++) {
        const char *next = next_character(p, end);
        if (next - p > 4) break;
        if (character < column) *c++ = *p == '\t' ? '\t' : ' ';
        if (!is_shown(p, (size_t)(next - p)))
            *s++ = '?';
        else
            while (p < next) *s++ = *p++;
        p = next;
    }
    while (character < column && c < caret + SHOWN) *c++ = ' ', character++;
    *c++ = '^';
    *c = *s = '\0';
}

static const char *render(cg_arena *arena, const char *kind, const cg_error *e,
                          const cg_source *source, const char *shapes, const char *help)
{
    char shown[4 * SHOWN + 1] = "", caret[SHOWN + 2] = "";
    const char *p = line_start(source, e->line);
    if (p) {
        size_t left = (size_t)(source->text + source->size - p);
        const char *end = memchr(p, '\n', left);
        if (!end) end = p + left;
        if (end > p && end[-1] == '\r') end--;
        show_line(p, end, e->column, shown, caret);
    }
    char place[320], number[16] = "";
    snprintf(place, sizeof place, "%s:%d:%d", e->file, e->line, e->column);
    snprintf(number, sizeof number, "%d", e->line);
    const char *quoted = "";
    if (p)
        quoted = cg_arena_printf(arena, "\n  %s | %s\n  %*s | %s", number, shown,
                                 (int)strlen(number), "", caret);
    if (!quoted) return NULL;
    return cg_arena_printf(arena, "%s: %s: %s%s%s%s%s%s", place, kind, e->message, quoted,
                           shapes ? "\n  shapes: " : "", shapes ? shapes : "",
                           help ? "\n  help: " : "", help ? help : "");
}

/* ---- the list ---------------------------------------------------------------------------------*/

/* Order of two mistakes by place; equal places keep the order in which they were found. */
static bool comes_before(const diagnostic *a, const diagnostic *b)
{
    if (a->order != b->order) return a->order < b->order;
    if (a->error.line != b->error.line) return a->error.line < b->error.line;
    return a->error.column < b->error.column;
}

static bool is_known(const list *l, const diagnostic *new)
{
    for (int i = 0; i < l->n; i++) {
        const diagnostic *old = &l->entry[i];
        if (!comes_before(old, new) && !comes_before(new, old) &&
            !strcmp(old->error.message, new->error.message))
            return true;
    }
    return false;
}

static void add(cg_diagnostics *d, list *l, cg_mark at, const char *shapes, const char *help,
                const char *format, va_list ap)
{
    if (l->n == CG_MAX_DIAGNOSTICS) return;
    diagnostic new = { .order = at.source->order };
    cg_fail_va(&new.error, CG_EMODEL, cg_mark_place(at), format, ap);
    if (is_known(l, &new)) return;
    char *said = help ? cg_arena_text(d->arena, help) : NULL; /* it may quote what is in the file */
    if (said) cg_clean_line(said);
    bool has_help = said || !help;
    if (has_help) new.text = render(d->arena, l->kind, &new.error, at.source, shapes, said);
    if (!new.text) {
        d->out_of_memory = true;
        return;
    }
    int i = l->n++;
    for (; i > 0 && comes_before(&new, &l->entry[i - 1]); i--) l->entry[i] = l->entry[i - 1];
    l->entry[i] = new;
}

void cg_diagnose(cg_diagnostics *d, cg_mark at, const char *shapes, const char *help,
                 const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    add(d, &d->errors, at, shapes, help, format, ap);
    va_end(ap);
}

void cg_warn(cg_diagnostics *d, cg_mark at, const char *help, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    add(d, &d->warnings, at, NULL, help, format, ap);
    va_end(ap);
}
