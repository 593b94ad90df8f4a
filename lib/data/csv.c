#include "data/csv.h"

#include "base/error.h"

#include <string.h>

cg_csv cg_csv_open(char *text, const char *file, char separator)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, which spreadsheets put first */
    if (!strncmp(text, mark, 3)) text += 3;
    return (cg_csv){ .at = text, .file = file, .begin = text, .separator = separator, .line = 1 };
}

static void count_line(cg_csv *c)
{
    c->line++;
    c->begin = c->at;
}

static bool is_end(const cg_csv *c, char byte)
{
    return byte == c->separator || byte == '\n' || byte == '\r' || byte == '\0';
}

bool cg_csv_begin_row(cg_csv *c)
{
    if (c->line_ended) count_line(c);
    c->row_ended = c->line_ended = false;
    while (*c->at == '\n' || *c->at == '\r')
        if (*c->at++ == '\n') count_line(c);
    return *c->at != '\0';
}

/* From behind the opening quote to behind the closing one; the cell shrinks as quotes go. */
static cg_status read_quoted(cg_csv *c, char **end, cg_error *error)
{
    char *to = c->at;
    cg_place opened = cg_csv_place(c);
    for (;; c->at++) {
        if (*c->at == '\0') return cg_fail_at(error, CG_EDATA, opened, "the quote is never closed");
        if (*c->at == '"' && *++c->at != '"') break;
        *to++ = *c->at;
        if (*c->at != '\n') continue;
        c->line++;
        c->begin = c->at + 1;
    }
    *end = to;
    while (*c->at == ' ') c->at++;
    return is_end(c, *c->at)
               ? CG_OK
               : cg_fail_at(error, CG_EDATA, opened, "'%.10s' follows the closing quote", c->at);
}

cg_status cg_csv_cell(cg_csv *c, char **cell, cg_error *error)
{
    char *end = NULL;
    while (*c->at == ' ') c->at++;
    c->cell_line = c->line;
    c->cell_column = (int)(c->at - c->begin) + 1;
    if (*c->at == '"') {
        *cell = ++c->at;
        CG_TRY(read_quoted(c, &end, error));
    } else {
        *cell = c->at;
        while (!is_end(c, *c->at)) c->at++;
        for (end = c->at; end > *cell && end[-1] == ' ';) end--;
    }
    char stop = *c->at;
    c->row_ended = stop != c->separator;
    c->line_ended = c->row_ended && stop;
    if (stop) c->at++;
    if (stop == '\r' && *c->at == '\n') c->at++;
    *end = '\0';
    return CG_OK;
}

cg_place cg_csv_place(const cg_csv *c)
{
    return (cg_place){ c->file, c->cell_line, c->cell_column };
}
