/* The allocator of the whole process: of the command, of the libraries it uses and of the system's.
 * It counts allocations, fails those it is told to, and knows what was not given back. */
#ifndef FAULTS_ALLOCATOR_H
#define FAULTS_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t allocations; /* while it watched, in all threads */
    int64_t lost;        /* blocks of them that are still there and not the system library's, ... */
    int64_t kept;        /* ... and those that are: buffers of streams, stacks of threads */
    int64_t first_lost;  /* the number of the first that was lost; 0: none */
} allocator_account;

/* From now on the allocation of number `failing`, from 1, fails, and each later one too if
 * `lasting`; none where it is 0. */
void allocator_watch(int64_t failing, bool lasting);
allocator_account allocator_rest(void);

#endif
