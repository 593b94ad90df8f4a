#include "tree.h"

#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH = 512, LARGEST = 1 << 24 };

/* Calls it with the path of each thing in a folder, in no order, while it returns true. */
static bool each(const char *path, bool (*visit)(const char *name, const void *context),
                 const void *context)
{
    DIR *folder = opendir(path);
    bool goes_on = folder != NULL;
    for (const struct dirent *e; goes_on && (e = readdir(folder));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            goes_on = visit(e->d_name, context);
    if (folder) closedir(folder);
    return goes_on;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool remove_one(const char *name, const void *folder)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s", (const char *)folder, name);
    tree_remove(path);
    return true;
}

void tree_remove(const char *path)
{
    if (is_folder(path)) each(path, remove_one, path);
    remove(path);
}

typedef struct {
    const char *a, *b;
} pair;

static void copy(const char *from, const char *to);

static bool copy_one(const char *name, const void *context)
{
    const pair *p = context;
    char from[PATH], to[PATH];
    snprintf(from, sizeof from, "%s/%s", p->a, name);
    snprintf(to, sizeof to, "%s/%s", p->b, name);
    copy(from, to);
    return true;
}

static void copy_file(const char *from, const char *to)
{
    char *bytes;
    size_t size;
    FILE *file = fopen(to, "wb");
    if (!file || cg_file_read(from, LARGEST, &bytes, &size, NULL) != CG_OK) abort();
    if (fwrite(bytes, 1, size, file) != size || fclose(file) != 0) abort();
    cg_release(bytes);
}

static void copy(const char *from, const char *to)
{
    if (!is_folder(from)) {
        copy_file(from, to);
        return;
    }
    if (mkdir(to, 0777) != 0) abort();
    each(from, copy_one, &(pair){ from, to });
}

void tree_copy(const char *from, const char *to)
{
    tree_remove(to);
    copy(from, to);
}

static bool has_same(const char *name, const void *context)
{
    const pair *p = context;
    char a[PATH], b[PATH];
    snprintf(a, sizeof a, "%s/%s", p->a, name);
    snprintf(b, sizeof b, "%s/%s", p->b, name);
    return tree_same(a, b);
}

bool tree_same(const char *a, const char *b)
{
    if (!is_folder(a) || !is_folder(b)) return tree_same_file(a, b);
    return each(a, has_same, &(pair){ a, b }) && each(b, has_same, &(pair){ b, a });
}

static void cut_at_seconds(char *text, size_t *size)
{
    char *to = text;
    for (const char *from = text, *end = text + *size; from < end;) {
        const char *line = memchr(from, '\n', (size_t)(end - from));
        size_t whole = line ? (size_t)(line - from) + 1 : (size_t)(end - from);
        const char *seconds = strstr(from, "\"seconds\"");
        size_t n = seconds && seconds < from + whole ? (size_t)(seconds - from) : whole;
        memmove(to, from, n);
        to += n;
        from += whole;
    }
    *size = (size_t)(to - text);
}

static bool same_texts(const char *a, const char *b, void (*cut)(char *text, size_t *size))
{
    const char *paths[] = { a, b };
    char *text[2] = { NULL };
    size_t size[2] = { 0 };
    bool are_read = true;
    for (int i = 0; i < 2 && are_read; i++) {
        are_read = !is_folder(paths[i]) &&
                   cg_file_read(paths[i], LARGEST, &text[i], &size[i], NULL) == CG_OK;
        if (are_read && cut) cut(text[i], &size[i]);
    }
    bool same = are_read && size[0] == size[1] && memcmp(text[0], text[1], size[0]) == 0;
    cg_release(text[0]);
    cg_release(text[1]);
    return same;
}

bool tree_same_file(const char *a, const char *b)
{
    return same_texts(a, b, NULL);
}

bool tree_same_lines(const char *a, const char *b)
{
    return same_texts(a, b, cut_at_seconds);
}
