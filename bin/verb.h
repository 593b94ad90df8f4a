/* A verb of the command line is one file with one descriptor, listed in command.c. */
#ifndef CNNGRAPH_VERB_H
#define CNNGRAPH_VERB_H

#include <cnngraph/cnngraph.h>

struct verb {
    const char *name;
    const char *usage;                  /* "[OPTION...] MODEL" */
    const char *summary;                /* one line */
    const char *help;                   /* the options, a line each */
    int (*run)(int argc, char *argv[]); /* argv[0] is the verb; returns the exit code */
};

enum { EXIT_USAGE = 2 };

/* Says on stderr what went wrong, with its place; returns the exit code of the status. */
int fail(const cg_error *error);
int fail_memory(void); /* the same of CG_ENOMEM */

/* "cnngraph VERB: " and the message, then where help is; returns EXIT_USAGE. */
int usage_error(const struct verb *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
