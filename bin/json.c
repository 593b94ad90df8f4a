#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
