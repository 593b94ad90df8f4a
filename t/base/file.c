/* Reading within limits, and replacing a file as one act. */
#include "base/file.h"

#include "base/memory.h"

#include "../tap.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int count_entries(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d));) n += e->d_name[0] != '.';
    if (d) closedir(d);
    return n;
}

static bool holds(const char *path, const char *want)
{
    char *text;
    size_t size;
    if (cg_file_read(path, 1000, &text, &size, NULL) != CG_OK) return false;
    bool is_same = size == strlen(want) && strcmp(text, want) == 0;
    cg_release(text);
    return is_same;
}

/* A folder is moved away while a file is replaced there: what is in its place is somebody else's.
 */
static void test_moved(const char *folder)
{
    char place[80], moved[90], path[90], temporary[100];
    cg_error e = { 0 };
    cg_replace r;
    snprintf(place, sizeof place, "%s/place", folder);
    snprintf(moved, sizeof moved, "%s.moved", place);
    snprintf(path, sizeof path, "%s/f", place);
    if (mkdir(place, 0777) != 0 || cg_replace_open(&r, path, &e) != CG_OK) abort();
    snprintf(temporary, sizeof temporary, "%s", r.temporary);
    fputs("ours", r.stream);
    if (rename(place, moved) != 0 || mkdir(place, 0777) != 0) abort();
    FILE *other = fopen(temporary, "w");
    fputs("theirs", other);
    fclose(other);
    cg_status status = cg_replace_commit(&r, &e);
    ok(status == CG_EIO && !cg_file_exists(path) && holds(temporary, "theirs"),
       "another's file does not take the place of one that was moved away: %s", e.message);
    ok(cg_file_move(temporary, path, &e) == CG_OK && holds(path, "theirs") &&
           cg_file_is_absent(temporary),
       "a file is moved");
    ok(cg_file_move(temporary, path, &e) == CG_EIO && strstr(e.message, temporary) &&
           holds(path, "theirs"),
       "and one that is not there is not: %s", e.message);
    unlink(path);
    ok(symlink("nowhere", path) == 0 && !cg_file_exists(path) && !cg_file_is_absent(path),
       "a link that leads nowhere is no file, "
       "but not absent");
    unlink(path);
    snprintf(temporary, sizeof temporary, "%s/f.tmp", moved);
    unlink(temporary);
    rmdir(place);
    rmdir(moved);
}

int main(void)
{
    char folder[] = "/tmp/cnngraph-file-XXXXXX", path[64], deep[80], other_path[64];
    char *text;
    size_t size;
    cg_error e;
    cg_replace r;
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/f", folder);
    snprintf(deep, sizeof deep, "%s/a/b/c", folder);

    ok(cg_replace_open(&r, path, &e) == CG_OK && fputs("old", r.stream) > 0 &&
           cg_replace_commit(&r, &e) == CG_OK,
       "a file is written");
    ok(holds(path, "old") && count_entries(folder) == 1, "it is there, and nothing beside it");
    cg_replace_open(&r, path, &e);
    fputs("new", r.stream);
    ok(holds(path, "old"), "until the commit the old contents stand");
    cg_replace_abort(&r);
    ok(holds(path, "old") && count_entries(folder) == 1, "aborting leaves no trace");
    cg_replace_open(&r, path, &e);
    fputs("new", r.stream);
    ok(cg_replace_commit(&r, &e) == CG_OK && holds(path, "new"), "after it the new ones do");
    struct stat s;
    ok(stat(path, &s) == 0 && (s.st_mode & 0400), "its owner can read it");

    ok(cg_file_read(path, 2, &text, &size, &e) == CG_ELIMIT && !text, "a limit holds: %s",
       e.message);
    ok(cg_file_read(deep, 10, &text, &size, &e) == CG_EIO && strstr(e.message, deep), "%s",
       e.message);
    ok(cg_file_read(folder, 10, &text, &size, &e) == CG_EIO, "a folder is not a file: %s",
       e.message);
    ok(cg_file_check(path, &e) == CG_OK && cg_file_check(folder, &e) == CG_EIO &&
           strstr(e.message, "not a file"),
       "which can be told before: %s", e.message);
    ok(cg_file_check(deep, &e) == CG_EIO && strstr(e.message, deep), "and what is not there: %s",
       e.message);
    const cg_budget small = { .limit = 4 }, large = { .limit = 5 };
    ok(cg_file_read_within(&small, path, 10, &text, &size, &e) == CG_ELIMIT && !text &&
           strstr(e.message, "--max-memory"),
       "a budget is asked first: %s", e.message);
    ok(cg_file_read_within(&large, path, 10, &text, &size, &e) == CG_OK && size == 3,
       "for what the file has, and two bytes %s", e.message);
    cg_release(text);
    test_moved(folder);
    snprintf(other_path, sizeof other_path, "%s/p", folder);
    ok(mkfifo(other_path, 0666) == 0 && cg_file_check(other_path, &e) == CG_EIO,
       "a pipe is not opened: %s", e.message);
    unlink(other_path);
    ok(cg_replace_open(&r, deep, &e) == CG_EIO, "no folder to write in: %s", e.message);
    ok(cg_make_folders(deep, &e) == CG_OK && cg_file_exists(deep), "folders on the way are made");
    ok(cg_make_folders(deep, &e) == CG_OK, "and may be there already");
    int lock, other;
    ok(cg_folder_lock(folder, &lock, &e) == CG_OK && lock >= 0, "a folder is locked");
    ok(cg_folder_lock(folder, &other, &e) == CG_EIO && strstr(e.message, folder), "once: %s",
       e.message);
    cg_folder_unlock(lock);
    ok(cg_folder_lock(folder, &lock, &e) == CG_OK, "and again when it was given back");
    cg_folder_unlock(lock);
    ok(cg_folder_lock(deep, &lock, &e) == CG_OK, "another is another's affair");
    char moved[120];
    snprintf(moved, sizeof moved, "%s.moved", deep);
    ok(cg_folder_held(deep, lock), "it is held");
    rename(deep, moved);
    ok(!cg_folder_held(deep, lock), "not when it was moved");
    mkdir(deep, 0777);
    ok(!cg_folder_held(deep, lock), "nor what takes its place");
    cg_folder_unlock(lock);
    ok(cg_folder_held(deep, -1), "where there are no locks nothing is asked");
    rmdir(moved);
    snprintf(deep, sizeof deep, "%s/none", folder);
    ok(cg_folder_lock(deep, &lock, &e) == CG_EIO, "one that is not there: %s", e.message);
    snprintf(deep, sizeof deep, "%s/f/g", folder);
    ok(cg_make_folders(deep, &e) == CG_EIO, "a file in the way: %s", e.message);

    unlink(path);
    static const char *const made[] = { "a/b/c", "a/b", "a", "" };
    for (int i = 0; i < 4; i++) {
        snprintf(deep, sizeof deep, "%s/%s", folder, made[i]);
        rmdir(deep);
    }
    ok(!cg_file_exists(folder), "all is tidied up");
    return done_testing();
}
