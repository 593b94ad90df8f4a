/* metrics.jsonl of a run, and the curves that a report draws of it. */
#include "fuzz.h"

#include "report/page.h"
#include "report/report.h"
#include "train/history.h"

#include <string.h>

static const cg_figure *find_curves(void)
{
    const cg_figure *const *figure = cg_figures;
    while (*figure && strcmp((*figure)->id, "curves") != 0) figure++;
    fuzz_expect(*figure != NULL, "a report has curves");
    return *figure;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cg_history history;
    cg_error error = { 0 };
    cg_page page;
    fuzz_file("metrics.jsonl", data, size);
    cg_status status = cg_history_read(&history, fuzz_folder(), &error);
    fuzz_expect(status == CG_OK || error.message[0], "a mistake is told");
    if (status == CG_OK) {
        const char *path = fuzz_file("report.html", "", 0);
        fuzz_expect(cg_page_open(&page, path, &error) == CG_OK, "a page can be opened");
        find_curves()->draw(&page, &(cg_report){ .history = &history });
        fuzz_expect(cg_page_close(&page) == CG_OK, "and written");
    }
    cg_history_free(&history);
    return 0;
}
