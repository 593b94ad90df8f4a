/* The options of a verb: a table of names and where their values go. */
#ifndef CNNGRAPH_OPTIONS_H
#define CNNGRAPH_OPTIONS_H

#include "verb.h"

enum { OPTIONS_MAX_LIST = 64 };
struct option_list {
    int n;
    const char *values[OPTIONS_MAX_LIST];
};

enum option_kind {
    OPTION_FLAG,     /* --name;            value: bool *                        */
    OPTION_TEXT,     /* --name TEXT;       value: const char **                 */
    OPTION_INT,      /* --name N, N >= 0;  value: int64_t *                     */
    OPTION_COUNT,    /* --name N, N >= 1;  value: int64_t *, 0 where it is not given */
    OPTION_BYTES,    /* --name SIZE, "512M"; value: int64_t *, 0 where it is not given */
    OPTION_CHOICE,   /* --name WORD;       value: int *, an index in `choices`  */
    OPTION_LIST,     /* --name TEXT, again and again; value: struct option_list * */
    OPTION_OPTIONAL, /* --name[=FOLDER], or --name FOLDER if that is a folder; value: const char **,
                        "" without an argument                                  */
};

struct option {
    const char *name; /* without the dashes; NULL ends the table */
    enum option_kind kind;
    void *value;
    const char *choices; /* of OPTION_CHOICE: "text json" */
};

/* Fills the values from argv and moves the operands to argv[1..]; "--" ends the options.  Returns
 * the number of operands, which lies in [least, most], or -1 after a mistake that has been
 * reported: return EXIT_USAGE then. */
int options_parse(const struct verb *verb, int argc, char *argv[], const struct option options[],
                  int least, int most);

bool is_folder(const char *path); /* NULL is none */

#endif
