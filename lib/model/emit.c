/* A tree as YAML text, through libyaml's emitter. */
#include "model/tree.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* Grows by doubling. */
typedef struct {
    char *data;
    size_t size, room;
} text;

static int append(void *context, unsigned char *buffer, size_t size)
{
    text *t = context;
    if (t->size + size + 1 > t->room) {
        size_t room = 2 * (t->size + size + 1);
        char *data = cg_resize(t->data, room, 1);
        if (!data) return 0;
        t->data = data;
        t->room = room;
    }
    memcpy(t->data + t->size, buffer, size);
    t->size += size;
    t->data[t->size] = '\0';
    return 1;
}

static bool emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
    return made && yaml_emitter_emit(emitter, event);
}

/* What must not be plain here, as "a:b" in a flow map, libyaml puts in single quotes, and in double
 * ones what must not be in those.  Asked for single quotes it ends with the same: so what is read
 * from a text that was written here is written alike, and a run knows its model again. */
static bool emit_text(yaml_emitter_t *emitter, const cg_tree *tree, const char *value)
{
    yaml_scalar_style_t style =
        tree->quoted ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
    yaml_event_t event;
    return emit(emitter, &event,
                yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)value,
                                             (int)strlen(value), 1, 1, style));
}

/* Variables are not looked for in keys. */
static bool emit_key(yaml_emitter_t *emitter, const cg_tree *tree)
{
    return emit_text(emitter, tree, cg_tree_is_null(tree) ? "null" : tree->text);
}

/* Here "${", which would be one, is written "$${". */
static bool emit_value(yaml_emitter_t *emitter, const cg_tree *tree)
{
    const char *from = tree->text, *open;
    if (!strstr(from, "${")) return emit_key(emitter, tree);
    char *escaped = cg_alloc(2 * strlen(from) + 1, 1), *to = escaped;
    if (!escaped) return false;
    for (; (open = strstr(from, "${")); from = open + 2) {
        memcpy(to, from, (size_t)(open - from));
        to += open - from;
        *to++ = '$', *to++ = '$', *to++ = '{';
    }
    strcpy(to, from);
    bool done = emit_text(emitter, tree, escaped);
    cg_release(escaped);
    return done;
}

static bool emit_tree(yaml_emitter_t *emitter, const cg_tree *tree)
{
    yaml_event_t event;
    if (tree->kind == CG_TREE_SCALAR) return emit_value(emitter, tree);
    bool is_map = tree->kind == CG_TREE_MAP;
    int made = is_map ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                                            tree->flow ? YAML_FLOW_MAPPING_STYLE
                                                                       : YAML_BLOCK_MAPPING_STYLE)
                      : yaml_sequence_start_event_initialize(
                            &event, NULL, NULL, 1,
                            tree->flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE);
    if (!emit(emitter, &event, made)) return false;
    for (int i = 0; i < tree->n; i++) {
        if (is_map && !emit_key(emitter, tree->key[i])) return false;
        if (!emit_tree(emitter, tree->item[i])) return false;
    }
    return emit(emitter, &event,
                is_map ? yaml_mapping_end_event_initialize(&event)
                       : yaml_sequence_end_event_initialize(&event));
}

static bool emit_document(yaml_emitter_t *emitter, const cg_tree *tree)
{
    yaml_event_t event;
    return emit(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
           emit(emitter, &event,
                yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
           emit_tree(emitter, tree) &&
           emit(emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
           emit(emitter, &event, yaml_stream_end_event_initialize(&event)) &&
           yaml_emitter_flush(emitter);
}

char *cg_yaml_write(const cg_tree *tree)
{
    yaml_emitter_t emitter;
    text t = { 0 };
    if (!yaml_emitter_initialize(&emitter)) return NULL;
    yaml_emitter_set_output(&emitter, append, &t);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, 100);
    bool done = emit_document(&emitter, tree);
    yaml_emitter_delete(&emitter);
    if (done) return t.data;
    free(t.data);
    return NULL;
}
