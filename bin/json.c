#include "json.h"

#include "verb.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what JSON has no word for -------------------------------------------------------------- */
json_t *number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *text_json(const char *text)
{
    json_t *string = json_string(text);
    char *copy = string ? NULL : strdup(text);
    for (char *p = copy; p && *p; p++)
        if ((unsigned char)*p >= 0x80) *p = '?';
    if (copy) string = json_string(copy);
    free(copy);
    return string;
}

double number_of(const json_t *value)
{
    return json_is_real(value) ? json_real_value(value) : (double)NAN;
}

/* ---- memory --------------------------------------------------------------------------------- */
static atomic_bool is_short;

static void *allocate(size_t size)
{
    void *p = malloc(size);
    if (!p) atomic_store(&is_short, true);
    return p;
}

void json_watch(void)
{
    json_set_alloc_funcs(allocate, free);
}

bool json_is_short(void)
{
    return atomic_load(&is_short);
}

/* In ASCII, since names in it may be a stranger's, and it a terminal's.  A stream that cannot be
 * written is told of when the command ends. */
int json_print(json_t *all, size_t flags)
{
    if (all && !json_is_short()) {
        json_dumpf(all, stdout, flags | JSON_ENSURE_ASCII);
        putchar('\n');
    }
    json_decref(all);
    return all && !json_is_short() ? 0 : fail_memory();
}
