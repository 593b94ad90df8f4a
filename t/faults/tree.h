/* Folders with all that is in them.  A fault is tried in milliseconds, of which a shell with its
 * cp, rm and diff would take more than all the rest. */
#ifndef FAULTS_TREE_H
#define FAULTS_TREE_H

#include <stdbool.h>

void tree_remove(const char *path);                 /* what is not there is removed */
void tree_copy(const char *from, const char *to);   /* in the place of what was there */
bool tree_same(const char *a, const char *b);       /* the same names, and bytes of files */
bool tree_same_file(const char *a, const char *b);  /* not if there are none */
bool tree_same_lines(const char *a, const char *b); /* up to "seconds", the time they took */

#endif
