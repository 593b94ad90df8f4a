/* What main does, for tests to do it too. */
#ifndef CNNGRAPH_COMMAND_H
#define CNNGRAPH_COMMAND_H

int command(int argc, char *argv[]); /* the exit code */

#endif
