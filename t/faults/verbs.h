/* The verbs of the command that faults are tried on, and what they may leave behind. */
#ifndef FAULTS_VERBS_H
#define FAULTS_VERBS_H

#include <stdbool.h>

typedef enum {
    READS,    /* prints, and touches nothing */
    EXAMINES, /* the same, and it prints how the machine is, and what fails on it */
    WRITES,   /* something into work, or nothing at all */
    TRAINS,   /* work/tiny */
    REFUSES   /* what it gets, with exit code 4 */
} fault_kind;

typedef struct {
    const char *name;
    fault_kind kind;
    const char *from;      /* what work is a copy of before it begins */
    const char *words[12]; /* of the command line, then NULL */
} fault_verb;

extern const fault_verb fault_verbs[]; /* the last has no name */

int verb_code(const fault_verb *verb); /* that it exits with where nothing fails */

/* Makes work. */
void verb_prepare(const fault_verb *verb);

/* After a run without a fault: its results are what others are compared with. */
void verb_keep(const fault_verb *verb);

/* What is wrong after a run that met a fault and ended with `code`, or NULL: results must be those
 * without a fault if that is the verb's own.  Otherwise nothing is written, or what is written is
 * sound, and training goes on from there to what it comes to without. */
const char *verb_damage(const fault_verb *verb, int code);

#endif
