/* Reading a verb's options.  getopt_long would do but for three things: what is misspelt gets a
 * "did you mean", values are checked where they are read, and an optional value may follow a
 * space. */
#include "options.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_OPTIONS = 24, MAX_WORD = 64 };

static const struct option *find(const struct option options[], const char *name, size_t length)
{
    for (const struct option *o = options; o->name; o++)
        if (strlen(o->name) == length && memcmp(o->name, name, length) == 0) return o;
    return NULL;
}

static int unknown(const struct verb *verb, const struct option options[], const char *argument)
{
    const char *names[MAX_OPTIONS];
    size_t n = 0;
    for (const struct option *o = options; o->name && n < MAX_OPTIONS - 1; o++)
        names[n++] = o->name;
    names[n++] = "help";

    char word[MAX_WORD];
    const char *name = argument + strspn(argument, "-");
    snprintf(word, sizeof word, "%.*s", (int)strcspn(name, "="), name);
    const char *near = cg_nearest(word, names, n);
    if (near)
        usage_error(verb, "unknown option '%s'; did you mean '--%s'?", argument, near);
    else
        usage_error(verb, "unknown option '%s'", argument);
    return -1;
}

static int choose(const struct verb *verb, const struct option *option, const char *value)
{
    int i = 0;
    for (const char *word = option->choices; *word; i++) {
        size_t length = strcspn(word, " ");
        if (strlen(value) == length && memcmp(word, value, length) == 0) {
            *(int *)option->value = i;
            return 0;
        }
        word += length + strspn(word + length, " ");
    }
    usage_error(verb, "--%s is one of '%s', not '%s'", option->name, option->choices, value);
    return -1;
}

static int assign_int(const struct verb *verb, const struct option *option, const char *value)
{
    int64_t least = option->kind == OPTION_COUNT ? 1 : 0, found;
    bool is_whole = cg_parse_int(value, &found);
    if (is_whole && found >= least) {
        *(int64_t *)option->value = found;
        return 0;
    }
    if (is_whole)
        usage_error(verb, "--%s must be at least %d, not %s", option->name, (int)least, value);
    else
        usage_error(verb, "--%s takes a whole number, not '%s'", option->name, value);
    return -1;
}

/* "4096", "100K", "512M", "4G": by 1024. */
static int assign_bytes(const struct verb *verb, const struct option *option, const char *value)
{
    static const char units[] = "KMGT";
    char digits[32];
    int64_t bytes = 0;
    size_t n = strspn(value, "0123456789");
    const char *unit = value[n] ? strchr(units, value[n]) : NULL;
    bool is_size = n && n < sizeof digits && (unit ? !value[n + 1] : !value[n]);
    snprintf(digits, sizeof digits, "%.*s", (int)n, value);
    is_size = is_size && cg_parse_int(digits, &bytes) && bytes > 0;
    for (const char *u = units; is_size && unit && u <= unit; u++)
        is_size = cg_mul_ok(bytes, 1024, &bytes);
    *(int64_t *)option->value = bytes;
    if (is_size) return 0;
    usage_error(verb, "--%s takes a size, as in 512M or 4G, not '%s'", option->name, value);
    return -1;
}

static int assign(const struct verb *verb, const struct option *option, const char *value)
{
    struct option_list *list = option->value;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->value = true;
        return 0;
    case OPTION_TEXT:
    case OPTION_OPTIONAL:
        *(const char **)option->value = value;
        return 0;
    case OPTION_CHOICE:
        return choose(verb, option, value);
    case OPTION_BYTES:
        return assign_bytes(verb, option, value);
    case OPTION_INT:
    case OPTION_COUNT:
        return assign_int(verb, option, value);
    case OPTION_LIST:
        if (list->n < OPTIONS_MAX_LIST) {
            list->values[list->n++] = value;
            return 0;
        }
        usage_error(verb, "--%s may be given %d times", option->name, OPTIONS_MAX_LIST);
        return -1;
    }
    return -1;
}

bool is_folder(const char *path)
{
    struct stat status;
    return path && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Reads the option at argv[i]; returns the index of the last argument it took, or -1. */
static int read_option(const struct verb *verb, const struct option options[], char *argv[], int i)
{
    const char *name = argv[i] + 2;
    size_t length = strcspn(name, "=");
    const struct option *option =
        strncmp(argv[i], "--", 2) == 0 ? find(options, name, length) : NULL;
    if (!option) return unknown(verb, options, argv[i]);

    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    if (option->kind == OPTION_FLAG) {
        if (value) {
            usage_error(verb, "--%s takes no value", option->name);
            return -1;
        }
    } else if (option->kind == OPTION_OPTIONAL) {
        if (!value) value = is_folder(argv[i + 1]) ? argv[++i] : "";
    } else if (!value) {
        value = argv[++i];
        if (!value) {
            usage_error(verb, "--%s needs a value", option->name);
            return -1;
        }
    }
    return assign(verb, option, value) == 0 ? i : -1;
}

int options_parse(const struct verb *verb, int argc, char *argv[], const struct option options[],
                  int least, int most)
{
    int n = 0;
    bool ended = false;
    for (int i = 1; i < argc; i++) {
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0')
            argv[++n] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            ended = true;
        else if ((i = read_option(verb, options, argv, i)) < 0)
            return -1;
    }
    if (n < least)
        usage_error(verb, "an operand is missing");
    else if (n > most)
        usage_error(verb, "'%s' is one operand too many", argv[most + 1]);
    else
        return n;
    return -1;
}
