/* JSON of what it has no word for: numbers that are not finite, texts that are no UTF-8. */
#ifndef CNNGRAPH_JSON_H
#define CNNGRAPH_JSON_H

#include <jansson.h>

json_t *number_json(double value);     /* null where it is not finite */
json_t *text_json(const char *text);   /* '?' for each byte beyond ASCII of what is no UTF-8 */
double number_of(const json_t *value); /* the way back: NaN for null */

#endif
