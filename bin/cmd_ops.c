/* cnngraph ops: the operations, as their descriptors tell them. */
#include "json.h"
#include "options.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct verb verb_ops;

static const struct {
    unsigned trait;
    const char *name;
} trait_names[] = {
    { CG_ELEMENTWISE, "elementwise" },
    { CG_VIEW, "view" },
    { CG_LAYER, "layer" },
};
enum { N_TRAITS = sizeof trait_names / sizeof *trait_names };

static const char *type_name(cg_attr_type type)
{
    switch (type) {
    case CG_ATTR_INT:
        return "integer";
    case CG_ATTR_REAL:
        return "number";
    case CG_ATTR_BOOL:
        return "true or false";
    case CG_ATTR_CHOICE:
        return "word";
    case CG_ATTR_INTS:
    case CG_ATTR_LIST:
        return "integers";
    case CG_ATTR_AXES:
        return "axes";
    case CG_ATTR_SHAPE:
        return "shape";
    }
    return "";
}

/* "0.9", "zero", "false", or "" where a default has no meaning. */
static const char *default_text(const cg_attr *attr, char buffer[32])
{
    switch (attr->type) {
    case CG_ATTR_BOOL:
        return attr->value != 0 ? "true" : "false";
    case CG_ATTR_CHOICE:
        snprintf(buffer, 32, "%.*s", (int)strcspn(attr->choices, " "), attr->choices);
        return buffer;
    case CG_ATTR_AXES:
        return "all";
    case CG_ATTR_SHAPE:
        return "";
    default:
        return cg_format_real(attr->value, buffer);
    }
}

static void range_text(const cg_attr *attr, char buffer[80])
{
    char low[32], high[32];
    buffer[0] = '\0';
    if (attr->type == CG_ATTR_CHOICE)
        snprintf(buffer, 80, "%s", attr->choices);
    else if (attr->type == CG_ATTR_INT || attr->type == CG_ATTR_REAL || attr->type == CG_ATTR_INTS)
        snprintf(buffer, 80, "%s to %s", cg_format_real(attr->min, low),
                 cg_format_real(attr->max, high));
}

static bool has_attrs(const cg_op *op)
{
    return op->attrs && op->attrs->name;
}

/* ---- text ---------------------------------------------------------------------------------- */
static void print_line(const cg_op *op)
{
    printf("%-22s %-16s %s\n", op->name, op->inputs, op->formula);
}

static void print_text(const cg_op *op)
{
    printf("%s(%s)\n  %s\n", op->name, op->inputs, op->formula);
    if (op->help && op->help[0]) printf("  %s\n", op->help);
    if (op->onnx[0]) printf("  ONNX: %s\n", op->onnx);
    for (const cg_attr *a = op->attrs; a && a->name; a++) {
        char value[32], range[80];
        range_text(a, range);
        printf("  %-14s %-13s default %-8s %-22s %s\n", a->name, type_name(a->type),
               default_text(a, value), range, a->help);
    }
}

/* ---- Markdown: doc/ops.md ------------------------------------------------------------------ */
static void print_markdown(const cg_op *op)
{
    printf("## %s\n\n`%s`, inputs `%s`", op->name, op->formula, op->inputs);
    for (int i = 0; i < N_TRAITS; i++)
        if (op->traits & trait_names[i].trait) printf(", %s", trait_names[i].name);
    if (op->onnx[0]) printf(", ONNX `%s`", op->onnx);
    printf(".\n\n%s", op->help && op->help[0] ? op->help : "");
    if (op->help && op->help[0]) printf("\n\n");
    if (!has_attrs(op)) return;
    printf("| attribute | type | default | range | meaning |\n|---|---|---|---|---|\n");
    for (const cg_attr *a = op->attrs; a->name; a++) {
        char value[32], range[80];
        range_text(a, range);
        printf("| `%s` | %s | %s | %s | %s |\n", a->name, type_name(a->type),
               default_text(a, value), range, a->help);
    }
    printf("\n");
}

/* ---- JSON ---------------------------------------------------------------------------------- */
static json_t *as_json(const cg_op *op)
{
    json_t *attrs = json_array();
    for (const cg_attr *a = op->attrs; a && a->name; a++) {
        char value[32], range[80];
        range_text(a, range);
        json_array_append_new(
            attrs, json_pack("{ss ss ss ss ss}", "name", a->name, "type", type_name(a->type),
                             "default", default_text(a, value), "range", range, "help", a->help));
    }
    return json_pack("{ss ss ss ss ss so}", "name", op->name, "formula", op->formula, "help",
                     op->help ? op->help : "", "inputs", op->inputs, "onnx", op->onnx, "attributes",
                     attrs);
}

static int print_json(const cg_op *const ops[], int n)
{
    if (n == 1) return json_print(as_json(ops[0]), JSON_INDENT(2));
    json_t *list = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(list, as_json(ops[i]));
    return json_print(list, JSON_INDENT(2));
}

/* ---- the verb ------------------------------------------------------------------------------ */
static int by_name(const void *a, const void *b)
{
    return strcmp((*(const cg_op *const *)a)->name, (*(const cg_op *const *)b)->name);
}

static int unknown_op(const char *name, const cg_op *const ops[], int n)
{
    const char **names = calloc((size_t)n + 1, sizeof *names);
    for (int i = 0; names && i < n; i++) names[i] = ops[i]->name;
    const char *near = names ? cg_nearest(name, names, (size_t)n) : NULL;
    free(names);
    if (near) return usage_error(&verb_ops, "unknown op '%s'; did you mean '%s'?", name, near);
    return usage_error(&verb_ops, "unknown op '%s'", name);
}

static int print_ops(const cg_op *const ops[], int n, int format, bool brief)
{
    enum { TEXT, MARKDOWN, JSON };
    if (format == JSON) return print_json(ops, n);
    if (format == MARKDOWN && brief)
        printf("# The operations\n\nWritten by `cnngraph ops --format markdown`.\n\n");
    for (int i = 0; i < n; i++) {
        if (format == MARKDOWN)
            print_markdown(ops[i]);
        else if (brief)
            print_line(ops[i]);
        else
            print_text(ops[i]);
    }
    return 0;
}

static int run(int argc, char *argv[])
{
    int format = 0;
    const struct option options[] = {
        { "format", OPTION_CHOICE, &format, "text markdown json" },
        { .name = NULL },
    };
    int n_operands = options_parse(&verb_ops, argc, argv, options, 0, 1);
    if (n_operands < 0) return EXIT_USAGE;

    int n = 0;
    while (cg_ops[n]) n++;
    if (n_operands == 1) {
        const cg_op *op = cg_op_find(argv[1]);
        return op ? print_ops(&op, 1, format, false) : unknown_op(argv[1], cg_ops, n);
    }
    const cg_op **ops = calloc((size_t)n + 1, sizeof *ops);
    if (!ops) return fail_memory();
    memcpy(ops, cg_ops, (size_t)n * sizeof *ops);
    qsort(ops, (size_t)n, sizeof *ops, by_name);
    int code = print_ops(ops, n, format, true);
    free(ops);
    return code;
}

const struct verb verb_ops = {
    .name = "ops",
    .usage = "[--format text|markdown|json] [NAME]",
    .summary = "List the operations, or describe one.",
    .help = "  --format FORMAT  text, markdown (as in doc/ops.md) or json\n",
    .run = run,
};
