/* Comma-separated values (RFC 4180): cells in rows; a cell in quotes may hold separators, ends of
 * lines and, doubled, quotes. */
#ifndef CG_DATA_CSV_H
#define CG_DATA_CSV_H

#include <cnngraph/status.h>

#include <stdbool.h>

typedef struct {
    char *at;          /* the next byte of a text that ends with a NUL and is written to */
    const char *file;  /* for messages */
    const char *begin; /* of the line under way */
    char separator;
    int line;                   /* under way, from 1 */
    bool row_ended, line_ended; /* behind the cell that was read last */
    int cell_line, cell_column; /* where it begins, from 1 */
} cg_csv;

/* The text is lent, and changed: cells are cut out of it where they are. */
cg_csv cg_csv_open(char *text, const char *file, char separator);

/* Skips empty lines; false at the end. */
bool cg_csv_begin_row(cg_csv *csv);

/* The next cell of the row, without quotes, or blanks around it. */
cg_status cg_csv_cell(cg_csv *csv, char **cell, cg_error *error);

/* The place of the cell that was read last. */
cg_place cg_csv_place(const cg_csv *csv);

#endif
