/* Archives that `data fetch` unpacks: nothing but the files that are wanted comes out. */
#include "fuzz.h"

#include "data/fetch.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = { "data_batch_1.bin", "test_batch.bin", NULL };

/* Files of the folder that are not wanted. */
static int count_others(const char *folder)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        n += entry->d_name[0] != '.' && strcmp(entry->d_name, names[0]) != 0 &&
             strcmp(entry->d_name, names[1]) != 0;
    if (dir) closedir(dir);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[256], path[300];
    cg_error error = { 0 };
    const char *archive = fuzz_file("a.tar.gz", data, size);
    snprintf(folder, sizeof folder, "%s/out", fuzz_folder());
    mkdir(folder, 0777);
    cg_status status = cg_unpack(archive, names, folder, &error);
    fuzz_expect(status == CG_OK || error.message[0], "a mistake is told");
    fuzz_expect(count_others(folder) == 0, "nothing else is written");
    for (int i = 0; names[i]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        bool is_there = unlink(path) == 0;
        fuzz_expect(status != CG_OK || is_there, "all that is wanted is there");
    }
    return 0;
}
