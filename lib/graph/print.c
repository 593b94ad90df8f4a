/* Graphs as text, one line a node, and as DOT for Graphviz. */
#include "graph/graph.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "%7", or "%7:conv1.weight" for a leaf with a name. */
static void print_reference(FILE *out, const cg_node *node)
{
    fprintf(out, "%%%d", node->id);
    if (node->name && *node->name) fprintf(out, ":%s", node->name);
}

static void print_leaf(FILE *out, const cg_node *node)
{
    static const char *const words[] = {
        [CG_NODE_INPUT] = "input",         [CG_NODE_PARAMETER] = "parameter",
        [CG_NODE_STATE] = "state",         [CG_NODE_CONSTANT] = "constant",
        [CG_NODE_SLAB] = "parameter_slab",
    };
    char number[32];
    fputs(words[node->kind], out);
    if (node->kind == CG_NODE_CONSTANT)
        fprintf(out, " %s", node->data ? "data" : cg_format_real(node->value, number));
}

static bool print_node(FILE *out, const cg_node *node, cg_arena *arena)
{
    char shape[CG_SHAPE_TEXT];
    print_reference(out, node);
    fputs(" = ", out);
    if (node->op) {
        const char *attrs = cg_attrs_text(node->op, node->attrs, arena);
        if (!attrs) return false;
        fprintf(out, "%s(", node->op->name);
        for (int i = 0; i < node->n_x; i++) {
            if (i) fputs(", ", out);
            print_reference(out, node->x[i]);
        }
        fprintf(out, ")%s", attrs);
    } else {
        print_leaf(out, node);
    }
    fprintf(out, " : %s", cg_shape_text(&node->shape, shape));
    if (*node->label) fprintf(out, "  # %s", node->label);
    if (node->place.line) fprintf(out, "%s line %d", *node->label ? "," : "  #", node->place.line);
    fputc('\n', out);
    return true;
}

static bool print_text(FILE *out, const cg_graph *graph, const bool needed[], cg_arena *arena)
{
    for (int id = 0; id < graph->n_nodes; id++)
        if (needed[id] && !print_node(out, graph->node[id], arena)) return false;
    for (int i = 0; i < graph->n_updates; i++) {
        if (!needed[graph->update[i].value->id]) continue;
        print_reference(out, graph->update[i].leaf);
        fputs(" <- ", out);
        print_reference(out, graph->update[i].value);
        fputc('\n', out);
    }
    return true;
}

static void print_quoted(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', out);
        fputc(*text, out);
    }
}

static bool print_dot(FILE *out, const cg_graph *graph, const bool needed[], cg_arena *arena)
{
    char shape[CG_SHAPE_TEXT];
    fputs("digraph cnngraph {\n  node [shape=box fontname=\"sans-serif\" fontsize=10];\n", out);
    for (int id = 0; id < graph->n_nodes; id++) {
        const cg_node *node = graph->node[id];
        if (!needed[id]) continue;
        const char *attrs = node->op ? cg_attrs_text(node->op, node->attrs, arena) : "";
        if (!attrs) return false;
        fprintf(out, "  n%d [label=\"", id);
        if (node->op)
            fprintf(out, "%s%s", node->op->name, attrs);
        else if (node->name && *node->name)
            print_quoted(out, node->name);
        else
            print_leaf(out, node);
        fprintf(out, "\\n%s\"%s", cg_shape_text(&node->shape, shape),
                node->op ? "" : " style=rounded");
        if (*node->label) {
            fputs(" tooltip=\"", out);
            print_quoted(out, node->label);
            fputc('"', out);
        }
        fputs("];\n", out);
        for (int i = 0; i < node->n_x; i++) fprintf(out, "  n%d -> n%d;\n", node->x[i]->id, id);
    }
    for (int i = 0; i < graph->n_updates; i++)
        if (needed[graph->update[i].value->id] && needed[graph->update[i].leaf->id])
            fprintf(out, "  n%d -> n%d [style=dashed label=\"update\"];\n",
                    graph->update[i].value->id, graph->update[i].leaf->id);
    fputs("}\n", out);
    return true;
}

typedef bool printer(FILE *out, const cg_graph *graph, const bool needed[], cg_arena *arena);

static char *print_with(printer *print, const cg_graph *graph, int n, cg_node *const outputs[])
{
    char *text = NULL;
    size_t size = 0;
    bool *needed = cg_graph_needed(graph, n, outputs);
    cg_arena *arena = cg_arena_new();
    FILE *out = needed && arena ? open_memstream(&text, &size) : NULL;
    bool is_whole = out && print(out, graph, needed, arena);
    if (out && fclose(out) != 0) is_whole = false;
    cg_arena_free(arena);
    cg_release(needed);
    if (is_whole) return text;
    free(text);
    return NULL;
}

char *cg_graph_text(const cg_graph *graph, int n, cg_node *const outputs[])
{
    return print_with(print_text, graph, n, outputs);
}

char *cg_graph_dot(const cg_graph *graph, int n, cg_node *const outputs[])
{
    return print_with(print_dot, graph, n, outputs);
}
