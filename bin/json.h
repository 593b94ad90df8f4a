/* JSON: what it has no word for, and that it is told whole or not at all. */
#ifndef CNNGRAPH_JSON_H
#define CNNGRAPH_JSON_H

#include <jansson.h>
#include <stdbool.h>

json_t *number_json(double value);     /* null where it is not finite */
json_t *text_json(const char *text);   /* '?' for each byte beyond ASCII of what is no UTF-8 */
double number_of(const json_t *value); /* the way back: NaN for null */

/* A list or an object of jansson's lacks what there was no memory for, and only the call that
 * should have added it says so.  Here its allocator is asked, once. */
void json_watch(void);    /* before jansson is used */
bool json_is_short(void); /* Was there ever too little memory for it? */

/* Prints `all`, which it takes, and ends the line.  The exit code: that of CG_ENOMEM, with a word
 * on stderr, where something of it is missing. */
int json_print(json_t *all, size_t flags);

#endif
