/* cnngraph data fetch: gets a published set, and shows how far it is. */
#include "data.h"

#include "data/fetch.h"
#include "data/source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    bool is_terminal;
    int percent; /* that was shown last */
    char file[64];
} display;

/* A live line on a terminal, else a line for each file. */
static void show(void *context, const char *file, int64_t done, int64_t total)
{
    display *d = context;
    int percent = total > 0 ? (int)(100 * done / total) : 0;
    bool is_new = strcmp(d->file, file) != 0;
    if (is_new && d->is_terminal && d->file[0]) fputc('\n', stderr);
    if (is_new) snprintf(d->file, sizeof d->file, "%s", file);
    if (is_new && !d->is_terminal) fprintf(stderr, "%s\n", file);
    if (d->is_terminal && (is_new || percent != d->percent))
        fprintf(stderr, "\r\033[K%s  %.1f MB  %d %%", file, (double)done / 1e6, percent);
    d->percent = percent;
}

static int fetch_to(const char *to, const char *set, const char *from)
{
    cg_error error = { 0 };
    display d = { .is_terminal = isatty(STDERR_FILENO) };
    const cg_fetch_progress progress = { show, &d };
    if (!to) return usage_error(&verb_data, "there is no folder for it: give --to FOLDER");
    cg_status status = cg_fetch_set(set, to, from, &progress, &error);
    if (d.is_terminal && d.file[0]) fputc('\n', stderr);
    if (status == CG_EUSAGE) return usage_error(&verb_data, "%s", error.message);
    if (status != CG_OK) return fail(&error);
    printf("%s is in %s\n", set, to);
    return 0;
}

int data_fetch(const char *set, const char *to, const char *from)
{
    char folder[CG_SOURCE_PATH];
    return fetch_to(to ? to : cg_published_folder(set, folder) ? folder : NULL, set, from);
}
