/* Operands that name a model: a file, or the folder of a run. */
#ifndef CNNGRAPH_LOAD_H
#define CNNGRAPH_LOAD_H

#include "options.h"

enum { PATH_BYTES = 512 };

/* What verbs take that read a model and what it names. */
struct model_options {
    struct option_list sets; /* --set */
    bool allow_paths;
    cg_budget budget; /* lent to the model */
};
#define MODEL_OPTIONS(m)                                         \
    { "set", OPTION_LIST, &(m)->sets, NULL },                    \
        { "allow-paths", OPTION_FLAG, &(m)->allow_paths, NULL }, \
    {                                                            \
        "max-memory", OPTION_BYTES, &(m)->budget.limit, NULL     \
    }
#define MODEL_HELP                                                               \
    "  --set PATH=VALUE  override a key of the model file; may be given again\n" \
    "  --allow-paths     read data files wherever the model file says\n"         \
    "  --max-memory SIZE of data and programs (three quarters of the machine's)\n"

/* Reads MODEL, or RUN/model.yaml, with the overrides; every mistake goes to stderr.  Returns the
 * exit code, 0 with *model to be freed, before the options. */
int load_model(cg_model **model, const char *operand, struct model_options *options);

/* The weights to use: `weights` if given, else best.safetensors or last.safetensors of the run
 * `run`, or of the operand, which is a run's folder then.  The exit code, after the error
 * has been told. */
int find_weights(const struct verb *verb, const char *operand, const char *run, const char *weights,
                 char path[PATH_BYTES]);

/* Exit codes after the error has been told: of a file or folder that is not there (0: it is), and
 * of a run's folder without weights. */
int check_exists(const char *path);
int no_weights(const char *folder);

/* What the model file leaves to the data is computed (cg_model_settle); the exit code. */
int settle(cg_model *model);

/* The data of the model; the fallback is announced on stderr.  *used (may be NULL) gets the name of
 * the set that serves, "" where the model file names files.  A set whose samples or targets are not
 * what the model takes is an error.  Returns the exit code. */
int load_data(cg_dataset **set, const cg_model *model, const char **used);

#endif
