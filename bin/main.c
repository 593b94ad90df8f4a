#include "verb.h"

#include <stdio.h>

int main(void)
{
    puts("cnngraph " CNNGRAPH_VERSION);
    return 0;
}
