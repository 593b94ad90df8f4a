/* Measuring a trained model on a split, and refusing to where it would mislead. */
#include "measure.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

int64_t class_name(const cg_spec *spec, int c)
{
    return spec->data.classes && c < spec->data.n_classes ? spec->data.classes[c] : c;
}

const char *name_text(const char *name, char text[CLASS_TEXT])
{
    snprintf(text, CLASS_TEXT, "%s", name);
    cg_trim_utf8(text);
    cg_clean_line(text);
    return text;
}

const char *class_text(const cg_spec *spec, const cg_dataset *set, int c, char text[CLASS_TEXT])
{
    char number[CG_CLASS_TEXT];
    if (set) return name_text(cg_dataset_class_text(set, c, number), text);
    snprintf(text, CLASS_TEXT, "%lld", (long long)class_name(spec, c));
    return text;
}

bool is_other_data(const struct measurement *m)
{
    return m->trained_on[0] && m->data[0] && strcmp(m->trained_on, m->data) != 0;
}

/* Does the user choose the data, and not just find them changed? */
static bool chooses_data(const struct option_list *sets)
{
    for (int i = 0; i < sets->n; i++)
        if (strncmp(sets->values[i], "data", 4) == 0) return true;
    return false;
}

static int other_data(const struct verb *verb, const struct measurement *m)
{
    fprintf(stderr,
            "cnngraph %s: %s was trained on %s, but here %s serves\n"
            "help: to measure it on that all the same, give --set data.source=%s\n",
            verb->name, m->weights, m->trained_on, m->data, m->data);
    return EXIT_USAGE;
}

static int unknown_split(const struct verb *verb, const struct measurement *m)
{
    fprintf(stderr, "cnngraph %s: there is no split '%s'; there are:", verb->name, m->split);
    for (int i = 0; i < cg_dataset_splits(m->set); i++)
        fprintf(stderr, " %s", cg_dataset_split_name(m->set, i));
    fputc('\n', stderr);
    return EXIT_USAGE;
}

int measure(const struct verb *verb, struct measurement *m, const cg_model *model, int threads,
            const struct option_list *sets)
{
    cg_error error = { 0 };
    int code = load_data(&m->set, model, &m->data);
    if (code) return code;
    m->is_best = cg_ends_with(m->weights, "best.safetensors");
    m->which = cg_dataset_split(m->set, m->split);
    const cg_budget *budget = cg_model_spec(model)->data.budget;
    if (cg_weights_data(m->weights, budget, m->trained_on, &error) != CG_OK) return fail(&error);
    if (is_other_data(m) && !chooses_data(sets)) return other_data(verb, m);
    if (m->which < 0) return unknown_split(verb, m);
    if (cg_predictor_new(&m->predictor, model, m->weights, threads, &error) != CG_OK ||
        cg_evaluate(m->predictor, m->set, m->which, &m->evaluation, &error) != CG_OK)
        return fail(&error);
    return 0;
}

void measurement_free(struct measurement *m)
{
    cg_predictor_free(m->predictor);
    cg_dataset_free(m->set);
}
