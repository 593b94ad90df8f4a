#include "data/labels.h"

#include "base/error.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ---- numbers ------------------------------------------------------------------------------- */
/* 2, and 2.0, which spreadsheets make of it. */
static bool is_label(const char *text, double *value)
{
    return cg_parse_real(text, value) && *value >= 0 && *value < CG_MAX_CLASSES &&
           *value == floor(*value);
}

static bool take_numbers(cg_samples *s, char *const texts[])
{
    double value;
    for (int64_t i = 0; i < s->n; i++) {
        if (!is_label(texts[i], &value)) return false;
        s->labels[i] = (uint8_t)value;
        if (s->labels[i] >= s->n_classes) s->n_classes = s->labels[i] + 1;
    }
    return true;
}

/* ---- names --------------------------------------------------------------------------------- */
static int find_name(char *const names[], int n, const char *name)
{
    char *const *found = bsearch(&name, names, (size_t)n, sizeof *names, by_bytes);
    return found ? (int)(found - names) : -1;
}

cg_status cg_check_class_name(const char *name, const char *file, cg_error *error)
{
    if (!cg_find_control(name)) return CG_OK;
    return cg_fail(error, CG_EDATA, "%s: the class '%.60s' has a control character in its name",
                   file, name);
}

/* Keeps the names in order as they come: there are few. */
static cg_status add_name(cg_samples *s, const char *text, const char *file, cg_error *error)
{
    int at = s->n_classes;
    if (find_name(s->names, s->n_classes, text) >= 0) return CG_OK;
    if (at == CG_MAX_CLASSES)
        return cg_fail(error, CG_EDATA,
                       "%s: more than %d classes: is the label a number to be learnt, then "
                       "`target: values`?",
                       file, CG_MAX_CLASSES);
    CG_TRY(cg_check_class_name(text, file, error));
    char *name = cg_copy_text(text);
    if (!name) return cg_fail_nomem(error, file);
    for (; at > 0 && strcmp(s->names[at - 1], text) > 0; at--) s->names[at] = s->names[at - 1];
    s->names[at] = name;
    s->n_classes++;
    return CG_OK;
}

cg_status cg_labels_from_texts(cg_samples *s, char *const texts[], const char *file,
                               cg_error *error)
{
    s->labels = cg_alloc((size_t)s->n, 1);
    if (!s->labels) return cg_fail_nomem(error, file);
    if (take_numbers(s, texts)) return CG_OK;
    s->n_classes = 0;
    s->names = cg_alloc(CG_MAX_CLASSES, sizeof *s->names);
    if (!s->names) return cg_fail_nomem(error, file);
    for (int64_t i = 0; i < s->n; i++) CG_TRY(add_name(s, texts[i], file, error));
    for (int64_t i = 0; i < s->n; i++)
        s->labels[i] = (uint8_t)find_name(s->names, s->n_classes, texts[i]);
    return CG_OK;
}

cg_status cg_labels_agree(const cg_samples *train, cg_samples *test, cg_error *error)
{
    int number[CG_MAX_CLASSES];
    if (!train->names && !test->names) return CG_OK;
    if (!train->names || !test->names)
        return cg_fail(error, CG_EDATA, "labels of '%s' are names, those of '%s' are numbers",
                       cg_part_names[!train->names], cg_part_names[!test->names]);
    for (int i = 0; i < test->n_classes; i++) {
        number[i] = find_name(train->names, train->n_classes, test->names[i]);
        if (number[i] < 0)
            return cg_fail(error, CG_EDATA, "class '%s' of 'test' is none of the %d of 'train'",
                           test->names[i], train->n_classes);
    }
    for (int64_t i = 0; i < test->n; i++) test->labels[i] = (uint8_t)number[test->labels[i]];
    for (int i = 0; i < test->n_classes; i++) cg_release(test->names[i]);
    cg_release(test->names);
    test->names = NULL;
    test->n_classes = train->n_classes;
    return CG_OK;
}
