/* The command: finds the verb and runs it. */
#include "command.h"

#include "json.h"
#include "verb.h"

#include "base/text.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In the order in which the help tells them. */
#define VERBS(VERB) \
    VERB(train)     \
    VERB(eval)      \
    VERB(predict)   \
    VERB(report)    \
    VERB(diff)      \
    VERB(check)     \
    VERB(render)    \
    VERB(summary)   \
    VERB(augment)   \
    VERB(data)      \
    VERB(bench)     \
    VERB(gradcheck) \
    VERB(graph)     \
    VERB(ops)       \
    VERB(doctor)

#define DECLARE(name) extern const struct verb verb_##name;
VERBS(DECLARE)

#define LIST(name) &verb_##name,
static const struct verb *const verbs[] = { VERBS(LIST) };
enum { N_VERBS = sizeof verbs / sizeof *verbs };

int fail(const cg_error *error)
{
    /* What jansson 2.14 has no memory for it may take for a mistake in what it reads. */
    bool is_short = json_is_short() && error->status != CG_ENOMEM;
    fputs(is_short ? "cnngraph: out of memory: " : "cnngraph: ", stderr);
    if (error->file[0]) {
        fprintf(stderr, "%s:", error->file);
        if (error->line) fprintf(stderr, "%d:%d:", error->line, error->column);
        fputc(' ', stderr);
    }
    fprintf(stderr, "%s\n", error->message[0] ? error->message : cg_status_text(error->status));
    return cg_status_exit_code(is_short ? CG_ENOMEM : error->status);
}

int fail_memory(void)
{
    return fail(&(cg_error){ .status = CG_ENOMEM });
}

int usage_error(const struct verb *verb, const char *format, ...)
{
    fprintf(stderr, "cnngraph %s: ", verb->name);
    va_list ap;
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\nusage: cnngraph %s %s\nTry 'cnngraph %s --help'.\n", verb->name, verb->usage,
            verb->name);
    return EXIT_USAGE;
}

static void print_verb_help(const struct verb *verb)
{
    printf("usage: cnngraph %s %s\n\n%s\n", verb->name, verb->usage, verb->summary);
    if (verb->help && verb->help[0]) printf("\n%s", verb->help);
}

static void print_help(FILE *stream)
{
    fputs("usage: cnngraph VERB [OPTION...] [OPERAND...]\n\n"
          "Neural networks declared in YAML: trained, checked and explained.\n\n",
          stream);
    for (int i = 0; i < N_VERBS; i++)
        fprintf(stream, "  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    fputs("\n  cnngraph help VERB, or VERB --help, tells the options of a verb; --version the "
          "version.\n"
          "  Exit codes: 0 done, 1 internal, 2 usage, 3 model file, 4 data or files, 5 numeric,\n"
          "  6 gradient check, 7 checkpoint, 8 memory or limit, 9 not built in,\n"
          "  10 not reproducible, 130 interrupted.\n",
          stream);
}

static int unknown_verb(const char *word)
{
    const char *names[N_VERBS + 1] = { "help" };
    for (int i = 0; i < N_VERBS; i++) names[i + 1] = verbs[i]->name;
    const char *near = cg_nearest(word, names, N_VERBS + 1);
    fprintf(stderr, "cnngraph: unknown verb '%s'", word);
    if (near) fprintf(stderr, "; did you mean '%s'?", near);
    fputs("\nTry 'cnngraph --help'.\n", stderr);
    return EXIT_USAGE;
}

static bool is_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static bool asks_for_help(int argc, char *argv[])
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_help(argv[i])) return true;
    return false;
}

/* Output that did not reach its file (a full disk, a closed pipe) is a failure. */
static int flushed(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    perror("cnngraph: standard output");
    return code ? code : cg_status_exit_code(CG_EIO);
}

static const struct verb *find_verb(const char *word)
{
    for (int i = 0; i < N_VERBS; i++)
        if (strcmp(verbs[i]->name, word) == 0) return verbs[i];
    return NULL;
}

/* "help", "help VERB" */
static int help(int argc, char *argv[])
{
    const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;
    if (argc > 1 && !verb) return unknown_verb(argv[1]);
    if (verb)
        print_verb_help(verb);
    else
        print_help(stdout);
    return 0;
}

/* Of a stream that was closed before the start the next file would get the number, and what is said
 * to the one would be written into the other.  Writing to what is open for reading alone fails. */
static void hold_streams(void)
{
    int file;
    do file = open("/dev/null", O_RDONLY);
    while (file >= 0 && file <= STDERR_FILENO);
    if (file >= 0) close(file);
}

int command(int argc, char *argv[])
{
    hold_streams();
    json_watch();
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow fails to be written, as on a full disk */
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[1])) return flushed(help(1, argv));
    if (strcmp(argv[1], "help") == 0) return flushed(help(argc - 1, argv + 1));
    if (strcmp(argv[1], "--version") == 0) {
        puts("cnngraph " CNNGRAPH_VERSION);
        return flushed(0);
    }
    const struct verb *verb = find_verb(argv[1]);
    if (!verb) return unknown_verb(argv[1]);
    if (!asks_for_help(argc - 1, argv + 1)) {
        int code = verb->run(argc - 1, argv + 1);
        return flushed(code == 0 && json_is_short() ? fail_memory() : code);
    }
    print_verb_help(verb);
    return flushed(0);
}
