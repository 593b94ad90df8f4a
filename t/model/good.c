/* What a model file means: values, names, shapes, merges, blocks, overrides, rendering. */
#include <cnngraph/model.h>
#include <cnngraph/ops.h>

#include "../tap.h"

#include "base/memory.h"
#include "nn/nn.h"
#include "optim/optim.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define HEAD  "cnngraph: 1\ndata: {source: digits}\n"
#define TAIL  "loss: cross_entropy\noptimizer: sgd\ntrain: {epochs: 1, batch: 4}\n"
#define INPUT "model:\n  input: {shape: [1, 28, 28]}\n  layers:\n"
#define DENSE "    - flatten\n    - dense: {units: 10}\n"

static cg_model *parse_with(const char *text, int n_sets, const char *const sets[])
{
    cg_model *model;
    cg_error error = { 0 };
    if (cg_model_parse(&model, "m.yaml", text, strlen(text), n_sets, sets, NULL, &error) != CG_OK)
        printf("# m.yaml:%d:%d: %s\n", error.line, error.column, error.message);
    return model;
}

static cg_model *parse(const char *text)
{
    return parse_with(text, 0, NULL);
}

/* "name:type:shape name:type:shape ..." of all layers but the input; free() it. */
static char *layers_text(const cg_model *model)
{
    char *text = calloc(1, 100000), shape[CG_SHAPE_TEXT];
    for (int i = 1; model && text && i < cg_model_layers(model); i++) {
        cg_layer_info l = cg_model_layer(model, i);
        size_t n = strlen(text);
        snprintf(text + n, 100000 - n, "%s%s:%s:%s", i > 1 ? " " : "", l.name, l.type,
                 cg_shape_text(&l.shape, shape));
    }
    return text;
}

static void has_layers(const char *what, const char *text, const char *expected)
{
    cg_model *model = parse(text);
    char *found = layers_text(model);
    if (!ok(found && !strcmp(found, expected), "%s", what)) printf("# found %s\n", found);
    free(found);
    cg_model_free(model);
}

static void test_values(void)
{
    cg_model *m =
        parse("cnngraph: 1\nname: no\nseed: 010\n"
              "data: {source: digits, classes: [7, 0x3], splits: {train: {from: train, slice: [2, "
              "9]}}}\n" INPUT "    - flatten\n    - dense: {units: 2}\n"
              "loss: {type: huber, delta: 0.5}\noptimizer: {type: adam, lr: 1e-2}\n"
              "schedule: {type: step, every: 3}\n"
              "train: {epochs: 2, batch: 5, shuffle: false, validation: 0.25, clip_norm: 1.5,\n"
              "        early_stopping: {patience: 2}, on_nonfinite: ignore,\n"
              "        checkpoint: {every: 7}}\n"
              "metrics: [f1, top2]\n");
    ok(m != NULL, "a file with every section is read");
    if (!m) return;
    const cg_spec *s = cg_model_spec(m);
    ok(!strcmp(s->name, "no"), "`no` is a text where a text is expected");
    ok(s->seed == 10, "010 is ten, as in YAML 1.2");
    ok(s->data.n_classes == 2 && s->data.classes[0] == 7 && s->data.classes[1] == 3,
       "classes are kept in order, hexadecimal included");
    ok(s->data.splits[0].slice[0] == 2 && s->data.splits[0].slice[1] == 9,
       "a slice is [begin, end)");
    ok(s->data.n_splits == 2 && s->data.splits[0].fraction == 0.75 &&
           s->data.splits[1].fraction == -0.25 && !strcmp(s->validation_split, "validation"),
       "a validation fraction cuts the end off the training split");
    ok(!s->test_split && !strcmp(s->train_split, "train"), "a split that is not there is NULL");
    ok(s->loss == cg_loss_find("huber") && *(const double *)s->loss_attrs == 0.5,
       "a loss has keys");
    ok(s->optimizer == cg_optimizer_find("adam") && s->lr == 0.01, "1e-2 is a learning rate");
    ok(s->schedule == cg_schedule_find("step"), "a schedule is found");
    ok(s->epochs == 2 && s->batch == 5 && s->keep_order && s->clip_norm == 1.5 &&
           s->on_nonfinite == CG_NONFINITE_IGNORE && s->checkpoint_every == 7,
       "train has its keys");
    ok(s->early_stopping.on && !strcmp(s->early_stopping.monitor, "val_loss") &&
           s->early_stopping.patience == 2,
       "early stopping looks at the validation loss when there is one");
    ok(!strcmp(s->metrics[0], "f1") && !strcmp(s->metrics[1], "top2") && !s->metrics[2],
       "metrics keep their order");
    ok(s->n_outputs == 2, "the number of outputs is that of the last layer");
    cg_model_free(m);
}

static void test_layers(void)
{
    has_layers("layers get numbers by their type", HEAD INPUT "    - relu\n    - relu\n" DENSE TAIL,
               "relu_1:relu:1x28x28 relu_2:relu:1x28x28 flatten_1:flatten:784 dense_1:dense:10");
    has_layers("a number that another layer has taken is left out",
               HEAD INPUT "    - relu: {name: relu_2}\n    - relu\n" DENSE TAIL,
               "relu_2:relu:1x28x28 relu_3:relu:1x28x28 flatten_1:flatten:784 dense_1:dense:10");
    has_layers(
        "same padding keeps the image, with a stride its ceiling",
        HEAD INPUT
        "    - conv2d: {filters: 2, kernel: 4, padding: same}\n"
        "    - conv2d: {filters: 3, kernel: [3, 1], stride: [3, 1], padding: same}\n" DENSE TAIL,
        "conv2d_1:conv2d:2x28x28 conv2d_2:conv2d:3x10x28 flatten_1:flatten:840 dense_1:dense:10");
    has_layers("two paddings are down and across",
               HEAD INPUT "    - conv2d: {filters: 2, kernel: 3, padding: [1, 0]}\n" DENSE TAIL,
               "conv2d_1:conv2d:2x28x26 flatten_1:flatten:1456 dense_1:dense:10");
    has_layers("branches are joined by name",
               HEAD INPUT "    - conv2d: {name: a, filters: 2, kernel: 3, padding: 1}\n"
                          "    - conv2d: {name: b, from: input, filters: 3, kernel: 1}\n"
                          "    - concat: {from: [a, b, input]}\n" DENSE TAIL,
               "a:conv2d:2x28x28 b:conv2d:3x28x28 concat_1:concat:6x28x28 flatten_1:flatten:4704 "
               "dense_1:dense:10");
    has_layers("a residual body is recorded before its sum",
               HEAD INPUT "    - residual: {name: r, body: [conv2d: {filters: 4, kernel: 3, "
                          "stride: 2, padding: 1}]}\n" DENSE TAIL,
               "conv2d_1:conv2d:4x14x14 r:residual:4x14x14 flatten_1:flatten:784 dense_1:dense:10");
    has_layers("reshape and transposed convolution",
               HEAD INPUT
               "    - flatten\n    - reshape: {shape: [4, 14, 14]}\n"
               "    - conv_transpose2d: {filters: 2, kernel: 2, stride: 2}\n    - global_avgpool\n"
               "    - dense: {units: 10}\n" TAIL,
               "flatten_1:flatten:784 reshape_1:reshape:4x14x14 "
               "conv_transpose2d_1:conv_transpose2d:2x28x28 global_avgpool_1:global_avgpool:2 "
               "dense_1:dense:10");
}

static void test_abbreviations(void)
{
    has_layers(
        "merged keys yield to explicit ones, and the first map wins",
        HEAD INPUT "    - conv2d: &c {filters: 2, kernel: 3}\n"
                   "    - conv2d: {<<: [*c, {kernel: 9, stride: 2}], filters: 7}\n" DENSE TAIL,
        "conv2d_1:conv2d:2x26x26 conv2d_2:conv2d:7x12x12 flatten_1:flatten:1008 dense_1:dense:10");
    has_layers("blocks have parameters, defaults and names of their own",
               HEAD "vars: {w: 3}\nblocks:\n"
                    "  cell:\n    parameters: {n: null, k: \"${w}\"}\n    layers:\n"
                    "      - conv2d: {name: c, filters: \"${n}\", kernel: \"${k}\"}\n"
                    "      - relu: {from: c}\n" INPUT
                    "    - cell: {n: 2}\n    - cell: {name: second, n: 4, k: 5}\n" DENSE TAIL,
               "cell_1.c:conv2d:2x26x26 relu_1:relu:2x26x26 second.c:conv2d:4x22x22 "
               "relu_2:relu:4x22x22 flatten_1:flatten:1936 dense_1:dense:10");
    has_layers(
        "repeat writes its block so many times",
        HEAD "blocks: {half: {parameters: [n], layers: [conv2d: {name: c, filters: \"${n}\", "
             "kernel: 2, stride: 2}]}}\n" INPUT
             "    - repeat: {times: 2, use: {half: {n: 3}}}\n" DENSE TAIL,
        "half_1.c:conv2d:3x14x14 half_2.c:conv2d:3x7x7 flatten_1:flatten:147 dense_1:dense:10");
    has_layers("repeat takes layers of its own",
               HEAD INPUT "    - repeat: {times: 3, layers: [relu]}\n" DENSE TAIL,
               "relu_1:relu:1x28x28 relu_2:relu:1x28x28 relu_3:relu:1x28x28 flatten_1:flatten:784 "
               "dense_1:dense:10");
    has_layers("a variable may be a list",
               HEAD "vars: {k: [3, 5]}\n" INPUT
                    "    - conv2d: {filters: 1, kernel: \"${k}\"}\n" DENSE TAIL,
               "conv2d_1:conv2d:1x26x24 flatten_1:flatten:624 dense_1:dense:10");
}

static void test_overrides(void)
{
    static const char *const sets[] = { "vars.h=12", "model.layers[2].dense.units=11",
                                        "train.clip_norm=2", "metrics=[loss]" };
    cg_model *m = parse_with(
        HEAD "vars: {h: 5}\n" INPUT
             "    - flatten\n    - dense: {units: \"${h}\"}\n    - dense: {units: 10}\n" TAIL,
        4, sets);
    char *found = layers_text(m);
    ok(found && !strcmp(found, "flatten_1:flatten:784 dense_1:dense:12 dense_2:dense:11"),
       "overrides reach variables and layers");
    ok(m && cg_model_spec(m)->clip_norm == 2, "an override adds a key");
    ok(m && !strcmp(cg_model_spec(m)->metrics[0], "loss"), "an override may be a list");
    free(found);
    cg_model_free(m);
}

static void test_message(void)
{
    static const char text[] =
        HEAD INPUT "    - conv2d: {name: c2, filters: 16, kernel: 29}\n" DENSE TAIL;
    cg_diagnostics *d = cg_diagnostics_new();
    cg_model *m;
    cg_model_parse(&m, "models/x.yaml", text, sizeof text - 1, 0, NULL, d, NULL);
    static const char expected[] =
        "models/x.yaml:6:47: error: conv2d 'c2': kernel 29 exceeds its 28x28 input\n"
        "  6 |     - conv2d: {name: c2, filters: 16, kernel: 29}\n"
        "    |                                               ^\n"
        "  shapes: image 1x28x28 > c2\n"
        "  help: a kernel of at most 28, or padding of at least 1";
    const char *found = cg_diagnostics_text(d, 0);
    if (!ok(found && !strcmp(found, expected),
            "a mistake is shown with its line, caret, shapes and help"))
        printf("# %s\n", found);
    cg_diagnostics_free(d);
}

/* The layers, and the place-free part of the specification, survive rendering. */
static void check_model(const char *path)
{
    cg_model *model, *again = NULL;
    cg_error error = { 0 };
    cg_status status = cg_model_load(&model, path, 0, NULL, NULL, &error);
    if (!ok(status == CG_OK, "%s is read %s", path, error.message)) return;
    char *text = cg_model_render(model);
    if (text) cg_model_parse(&again, path, text, strlen(text), 0, NULL, NULL, &error);
    char *before = layers_text(model), *after = layers_text(again);
    char *text2 = again ? cg_model_render(again) : NULL;
    ok(again && !strcmp(before, after) && !strcmp(text, text2), "%s renders to itself", path);
    for (int mode = CG_TRAINING; mode <= CG_EVALUATION; mode++) {
        cg_graph *graph = cg_graph_new();
        cg_recording r;
        status = cg_model_record(model, graph, (cg_mode)mode, 2, &r, &error);
        ok(status == CG_OK && r.loss && cg_node_shape(r.loss)->rank == 0 &&
               cg_shape_equal(cg_node_shape(r.losses), &CG_SHAPE(2)),
           "%s is recorded for %s", path, mode == CG_TRAINING ? "training" : "evaluation");
        cg_graph_free(graph);
    }
    free(text), free(text2), free(before), free(after);
    cg_model_free(model);
    cg_model_free(again);
}

/* A path with what YAML would take for its own signs, written in quotes, or plain where it may be,
 * renders to the same model: a run in such a folder is taken up again. */
static void test_quotes(void)
{
    static const char *const paths[] = {
        "'/a:b'",
        "/a:b",
        "\"/a:b\"",
        "'/a, b'",
        "'/a [b] {c}'",
        "'/it''s'",
        "'/a: b #c'",
        "\"/a\\tb\"",
        "\"/a\\nb\"",
        "\"/a\\n\\n b\"",
        "\"/a\\n\"",
        "'/a '",
        "'/é %&*!|>@`?-'",
        "\"/a  b\\\\c\"",
        "\"/a\\\"b\"",
        "'/a$${b} $$${c}'",
        "'/$${'",
        "'/0123456789 0123456789 0123456789 0123456789  0123456789 0123456789 0123456789 "
        "012345678'",
    };
    static const char *const styles[] = { "{train: %s, test: /t}",
                                          "\n    train: %s\n    test: /t" };
    for (size_t i = 0; i < 2 * sizeof paths / sizeof *paths; i++) {
        char files[256], text[512];
        snprintf(files, sizeof files, styles[i % 2], paths[i / 2]);
        snprintf(text, sizeof text,
                 "cnngraph: 1\ndata:\n  format: csv\n  files: %s\n  csv: {label: a}\n"
                 "model: {input: {shape: [2]}, layers: [dense: {units: 2}]}\n" TAIL,
                 files);
        cg_model *m = parse(text), *again = NULL;
        char *first = m ? cg_model_render(m) : NULL, *second = NULL;
        if (first) again = parse(first);
        if (again) second = cg_model_render(again);
        ok(second && !strcmp(first, second) &&
               !strcmp(cg_model_spec(m)->data.images[0], cg_model_spec(again)->data.images[0]),
           "%s in a %s map renders to itself", paths[i / 2], i % 2 ? "block" : "flow");
        free(first);
        free(second);
        cg_model_free(m);
        cg_model_free(again);
    }
}

/* "$${" is "${" itself. */
static void test_dollars(void)
{
    cg_model *m = parse("cnngraph: 1\nvars: {d: $, v: 7}\ndata:\n  format: csv\n"
                        "  files: {train: '/$${v} $$${v} $ ${v} ${d}{v}', test: '/$${'}\n"
                        "  csv: {label: a}\n"
                        "model: {input: {shape: [2]}, layers: [dense: {units: 2}]}\n" TAIL);
    const char *const *files = m ? cg_model_spec(m)->data.images : NULL;
    ok(files && !strcmp(files[0], "/${v} $${v} $ 7 ${v}") && !strcmp(files[1], "/${"),
       "a text may hold what looks like a variable: %s", files ? files[0] : "");
    cg_model_free(m);
}

static void test_models(void)
{
    char folder[400], path[800];
    const char *top = getenv("top_srcdir");
    snprintf(folder, sizeof folder, "%s/models", top ? top : ".");
    DIR *dir = opendir(folder);
    ok(dir != NULL, "models/ is there");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!strstr(entry->d_name, ".yaml")) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_model(path);
    }
    if (dir) closedir(dir);
}

static char *parameter_names(const cg_model *model, cg_mode mode)
{
    char *text = calloc(1, 10000);
    cg_graph *graph = cg_graph_new();
    cg_recording r;
    if (cg_model_record(model, graph, mode, 3, &r, NULL) != CG_OK) text[0] = '?';
    for (int i = 0; i < cg_graph_size(graph); i++) {
        const cg_node *node = cg_graph_node(graph, i);
        if (cg_node_kind_of(node) != CG_NODE_PARAMETER) continue;
        strcat(strcat(text, cg_node_name(node)), " ");
    }
    cg_graph_free(graph);
    return text;
}

static void test_recording(void)
{
    cg_model *m =
        parse(HEAD INPUT "    - conv2d: {filters: 2, kernel: 3, bias: untied}\n    - batch_norm\n"
                         "    - dropout\n    - residual: {body: [conv2d: {filters: 4, kernel: 1, "
                         "bias: none}]}\n" DENSE TAIL);
    ok(m != NULL, "layers with parameters are read");
    if (!m) return;
    char *training = parameter_names(m, CG_TRAINING),
         *evaluation = parameter_names(m, CG_EVALUATION);
    ok(!strcmp(training, "conv2d_1.weight conv2d_1.bias batch_norm_1.weight batch_norm_1.bias "
                         "conv2d_2.weight residual_1.projection dense_1.weight dense_1.bias "),
       "parameters are named after their layers: %s", training);
    ok(!strcmp(training, evaluation), "both modes have the same parameters in the same order");
    cg_layer_info conv = cg_model_layer(m, 1);
    ok(conv.parameters == 2 * 9 + 2 * 26 * 26, "an untied bias has a value for each output");
    ok(conv.macs == 2 * 26 * 26 * 9, "a convolution costs K P Q C R S multiply-adds");
    free(training), free(evaluation);
    cg_model_free(m);
}

/* A program whose layers are not those of the model that is to fill it. */
static void test_init(void)
{
    cg_model *m = parse(HEAD INPUT DENSE TAIL);
    cg_graph *g = cg_graph_new();
    cg_node *y = cg_sum(cg_parameter(g, "dense_1.weight", CG_SHAPE(10, 7)), 0, false);
    cg_program *p = NULL;
    cg_error error = { 0 };
    cg_compile(&p, g, 1, &y, NULL, NULL);
    ok(m && p && cg_model_init(m, p, 1, &error) == CG_EUSAGE &&
           strstr(error.message, "dense_1.weight of the program has another shape"),
       "parameters of another shape are not filled: %s", error.message);
    cg_program_free(p);
    cg_graph_free(g);
    cg_model_free(m);
}

static bool has_parameters(const char *text, const char *expected)
{
    cg_model *m = parse(text);
    char *names = m ? parameter_names(m, CG_TRAINING) : NULL;
    bool same = names && !strcmp(names, expected);
    if (!same) printf("# found %s\n", names ? names : "a mistake");
    free(names);
    cg_model_free(m);
    return same;
}

static void test_sharing(void)
{
    static const char twice[] =
        HEAD INPUT "    - conv2d: {name: a, filters: 1, kernel: 3}\n"
                   "    - conv2d: {name: b, share: a, filters: 1, kernel: 3, stride: 2}\n"
                   "    - conv2d: {share: b, filters: 1, kernel: 3, bias: none}\n" DENSE TAIL;
    ok(has_parameters(twice, "a.weight a.bias dense_1.weight dense_1.bias "),
       "shared parameters are there once, also by way of another that shares");
    cg_model *m = parse(twice);
    ok(m && cg_model_layer(m, 1).parameters == 10 && cg_model_layer(m, 2).parameters == 0 &&
           cg_model_layer(m, 2).macs == 12 * 12 * 9,
       "they count where they are made, the work counts in every layer");
    cg_model_free(m);
    ok(has_parameters(HEAD "blocks:\n  pair:\n    layers:\n"
                           "      - conv2d: {name: c, filters: 1, kernel: 3}\n"
                           "      - conv2d: {share: c, filters: 1, kernel: 3}\n"
                           "      - prelu: {share: slope}\n" INPUT "    - prelu: {name: slope}\n"
                           "    - pair\n    - pair\n" DENSE TAIL,
                      "slope.weight pair_1.c.weight pair_1.c.bias pair_2.c.weight pair_2.c.bias "
                      "dense_1.weight dense_1.bias "),
       "a block shares its own layers' parameters, or those of a layer outside");
    m = parse(HEAD INPUT
              "    - batch_norm: {name: a}\n    - batch_norm: {name: b, share: a}\n" DENSE TAIL);
    cg_graph *graph = cg_graph_new();
    cg_recording r;
    ok(m && cg_model_record(m, graph, CG_TRAINING, 2, &r, NULL) == CG_OK &&
           cg_graph_find(graph, "a.running_var") && cg_graph_find(graph, "b.running_var") &&
           !cg_graph_find(graph, "b.weight"),
       "running statistics are each layer's own");
    cg_graph_free(graph);
    cg_model_free(m);
    has_layers("a gate of one value a channel is repeated over its image",
               HEAD INPUT "    - conv2d: {name: a, filters: 3, kernel: 3}\n    - global_maxpool\n"
                          "    - reshape: {name: g, shape: [3, 1, 1]}\n"
                          "    - mul: {from: [g, a]}\n" DENSE TAIL,
               "a:conv2d:3x26x26 global_maxpool_1:global_maxpool:3 g:reshape:3x1x1 "
               "mul_1:mul:3x26x26 flatten_1:flatten:2028 dense_1:dense:10");
}

/* Every allocation of the library fails once, and all after it; what was taken is given back (run
 * under valgrind). */
static void each_may_fail(const char *what, const char *text, int n_sets, const char *const sets[],
                          cg_status expected)
{
    cg_status status = CG_ENOMEM;
    cg_error error;
    bool is_told = true;
    int64_t n = 0;
    for (; status == CG_ENOMEM && n < 10000; n++) {
        cg_model *m;
        error = (cg_error){ 0 };
        cg_fail_allocation_after(n);
        status = cg_model_parse(&m, "at/m.yaml", text, strlen(text), n_sets, sets, NULL, &error);
        char *again = m ? cg_model_identity(m) : NULL;
        if (status == CG_OK && !again) status = error.status = CG_ENOMEM;
        cg_fail_allocation_after(-1);
        is_told &= (status == CG_OK) == (again != NULL) && error.status == status;
        free(again);
        cg_model_free(m);
    }
    ok(status == expected && n > 50 && is_told, "%s: each of %d allocations may fail %s", what,
       (int)n - 1, error.message);
}

static void test_no_memory(void)
{
    static const char data[] =
        "cnngraph: 1\nname: \"null\"\ndata:\n  format: csv\n  files: {train: x.csv, test: /y.csv}\n"
        "  csv: {label: [a, b], ignore: c, separator: ';', header: true}\n  target: values\n"
        "  splits: {train: {from: train, fraction: 0.5}, rest: {from: train, fraction: -0.5}}\n"
        "  normalize: {mean: [1, 2], std: [1, 1]}\n  augment: [flip]\n"
        "model:\n  input: {shape: [2, 2, 2]}\n  layers: [flatten, dense: {units: 2, lr: 0.5}]\n"
        "losses: [{loss: mse, of: dense_1}, {loss: {type: huber, delta: 2}, of: dense_1}]\n"
        "optimizer: {type: sgd, lr: 0.1}\n"
        "schedule: {type: multistep, milestones: [2, 3]}\n"
        "train: {epochs: 4, batch: 2, validation: rest}\nmetrics: [mae]\n";
    static const char idx[] =
        "cnngraph: 1\ndata: {format: idx, images: {train: x, test: y}, labels: {train: /t, test: "
        "u}, classes: [1, 2]}\n" INPUT "    - flatten\n    - dense: {units: 2}\n" TAIL;
    static const char layers[] =
        HEAD "vars: {k: 3, l: [1, 1], s: \"a ${k}\"}\nblocks:\n"
             "  c: {parameters: {n: 2, d: null}, layers: [conv2d: &c {name: a, filters: \"${n}\", "
             "kernel: \"${k}\", stride: \"${l}\", padding: \"${d}\"}, add: {from: [a, a]}]}\n"
             "  d: {parameters: [m], layers: [c: {n: \"${m}\", d: 0}, relu]}\n"
             "name: \"${s}-${k}\"\n" INPUT
             "    - c: {d: 1, name: first}\n    - d: {m: 2}\n    - conv2d: &p {filters: 3, kernel: "
             "3, stride: 1, padding: 1}\n    - conv2d: {<<: [*p, {groups: 1}], "
             "kernel: 1, dilation: 1, groups: 1}\n"
             "    - repeat: {times: 2, use: {c: {d: 1}}}\n"
             "    - repeat: {times: 2, layers: [relu: {name: r}, relu: {from: r}]}\n"
             "    - repeat: {times: 1, use: plain}\n"
             "    - residual: {body: [relu, c: {n: 4, d: 1}]}\n"
             "    - batch_norm\n    - prelu: {name: p}\n    - prelu: {share: p}\n" DENSE TAIL;
    static const char mistakes[] = HEAD
        "vars: {k: 3, unused: 4}\nblocks:\n"
        "  c: {parameters: [n], layers: [relu], layer: 1}\n  relu: {layers: [relu]}\n" INPUT
        "    - c\n    - c: {m: 1}\n    - conv2d: {filters: \"${j}\", kernel: \"x${k}\"}\n"
        "    - repeat: {times: 2, use: d}\n    - rely\n    - dense: {units: 2, unit: 3}\n" TAIL;
    static const char *const sets[] = { "train.epochs=2", "train.checkpoint.every=2",
                                        "blocks.plain.layers=[relu]", "model.layers[0].c.d=1" };
    each_may_fail("data and training", data, 1, sets, CG_OK);
    each_may_fail("files of images", idx, 1, sets, CG_OK);
    each_may_fail("variables, blocks and overrides", layers, 4, sets, CG_OK);
    each_may_fail("mistakes", mistakes, 0, NULL, CG_EMODEL);
}

int main(void)
{
    test_no_memory();
    test_values();
    test_layers();
    test_abbreviations();
    test_overrides();
    test_message();
    test_recording();
    test_init();
    test_sharing();
    test_quotes();
    test_dollars();
    test_models();
    return done_testing();
}
