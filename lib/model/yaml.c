/* libyaml events to a tree, and back.
 *
 * libyaml resolves neither aliases nor merges, takes duplicate keys, and has no limit of its own:
 * 200 kB of '[' cost it minutes.  So depth and size are counted here, at the events, as they come.
 */
#include "model/tree.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct anchor {
    const char *name;
    cg_tree *tree; /* NULL while it is being read: an alias to it would be cyclic */
    struct anchor *next;
} anchor;

typedef struct {
    yaml_parser_t parser;
    cg_arena *arena;
    const cg_source *source;
    cg_diagnostics *diagnostics;
    int skip; /* characters of the first line before the text */
    int depth;
    int64_t budget; /* nodes that may still be made */
    anchor *anchors;
    int n_anchors;
} reader;

static cg_mark mark_of(const reader *r, yaml_mark_t mark)
{
    int column = (int)mark.column + 1;
    if (mark.line == 0) column += r->skip;
    return (cg_mark){ r->source, (int)mark.line + 1, column };
}

static cg_tree *no_memory(reader *r)
{
    cg_diagnostics_no_memory(r->diagnostics);
    return NULL;
}

static cg_tree *too_many(reader *r, cg_mark at)
{
    if (r->budget >= 0) return no_memory(r);
    cg_diagnose(r->diagnostics, at, NULL, NULL, "more than %d values once aliases are written out",
                CG_YAML_NODES);
    return NULL;
}

/* The mark of a byte of the text: libyaml gives the place of a bad character as an offset. */
static cg_mark mark_at(const reader *r, size_t offset)
{
    cg_mark at = { r->source, 1, 1 };
    for (size_t i = 0; i < offset && i < r->source->size; i++) {
        unsigned char c = (unsigned char)r->source->text[i];
        if (c == '\n') {
            at.line++;
            at.column = 1;
        } else if ((c & 0xC0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

/* What the parser's words are likely to mean. */
static const char *way_out(const char *problem)
{
    static const struct {
        const char *words, *help;
    } known[] = {
        { "expected ',' or", "a bracket is not closed, or a comma is missing" },
        { "expected key", "the keys of a map begin in one column" },
        { "expected '-'", "the entries of a list begin in one column" },
        { "expected ':'", "a key needs `: ` behind it, in brackets too" },
        { "could not find", "a key needs `: ` behind it" },
        { "mapping values",
          "a second `: ` in a line needs brackets, quotes, or a line of its own" },
        { "expected node content", "a value is missing, or the other half of a bracket" },
        { "end of stream", "a quote is not closed" },
        { "cannot start any token",
          "indent with blanks, no tabs; a text with @ ` or % needs quotes" },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(problem, known[i].words)) return known[i].help;
    return NULL;
}

static bool syntax_error(reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) return no_memory(r) != NULL;
    const char *problem = p->problem ? p->problem : "not YAML";
    cg_mark at = p->error == YAML_READER_ERROR ? mark_at(r, p->problem_offset + (size_t)r->skip)
                                               : mark_of(r, p->problem_mark);
    cg_diagnose(r->diagnostics, at, NULL, way_out(problem), "%s%s%s", p->context ? p->context : "",
                p->context ? ": " : "", problem);
    return false;
}

static bool next(reader *r, yaml_event_t *event)
{
    return yaml_parser_parse(&r->parser, event) ? true : syntax_error(r);
}

/* ---- nodes ------------------------------------------------------------------------------------*/

static cg_tree *read_event(reader *r, const yaml_event_t *event);

static anchor *new_anchor(reader *r, const yaml_char_t *name, cg_mark at)
{
    if (r->n_anchors++ == CG_YAML_ANCHORS) {
        cg_diagnose(r->diagnostics, at, NULL, NULL, "more than %d anchors", CG_YAML_ANCHORS);
        return NULL;
    }
    anchor *a = cg_arena_alloc(r->arena, 1, sizeof *a);
    if (a) a->name = cg_arena_text(r->arena, (const char *)name);
    if (!a || !a->name) {
        no_memory(r);
        return NULL;
    }
    a->next = r->anchors;
    return r->anchors = a;
}

static cg_tree *read_alias(reader *r, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    cg_mark at = mark_of(r, event->start_mark);
    const anchor *a = r->anchors;
    while (a && strcmp(a->name, name) != 0) a = a->next;
    if (!a) {
        cg_diagnose(r->diagnostics, at, NULL, "an anchor stands before its alias",
                    "alias *%s has no anchor &%s", name, name);
        return NULL;
    }
    if (!a->tree) {
        cg_diagnose(r->diagnostics, at, NULL, "an alias stands behind what its anchor holds",
                    "alias *%s lies within its own anchor", name);
        return NULL;
    }
    cg_tree *copy = cg_tree_copy(r->arena, a->tree, &r->budget);
    return copy ? copy : too_many(r, at);
}

static cg_tree *read_scalar(reader *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    cg_mark at = mark_of(r, event->start_mark);
    if (strlen(text) != event->data.scalar.length) {
        cg_diagnose(r->diagnostics, at, NULL, NULL, "a NUL character in a text");
        return NULL;
    }
    if (!cg_tree_may_hold(text)) { /* escapes in quotes can write them */
        cg_diagnose(r->diagnostics, at, NULL, "a text may hold tabs and ends of lines, no others",
                    "a control character in a text");
        return NULL;
    }
    cg_tree *tree = cg_tree_scalar(r->arena, at, text);
    if (!tree) return no_memory(r);
    tree->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return tree;
}

static cg_tree *read_list(reader *r, const yaml_event_t *start)
{
    cg_tree *list = cg_tree_new(r->arena, CG_TREE_LIST, mark_of(r, start->start_mark));
    if (!list) return no_memory(r);
    list->flow = start->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    for (;;) {
        yaml_event_t event;
        if (!next(r, &event)) return NULL;
        bool is_end = event.type == YAML_SEQUENCE_END_EVENT;
        cg_tree *item = is_end ? NULL : read_event(r, &event);
        yaml_event_delete(&event);
        if (is_end) return list;
        if (!item) return NULL;
        if (!cg_tree_append(r->arena, list, NULL, item)) return no_memory(r);
    }
}

static bool too_many_keys(reader *r, cg_mark at)
{
    cg_diagnose(r->diagnostics, at, NULL, NULL, "a map of more than %d keys", CG_YAML_KEYS);
    return false;
}

/* Takes over the entries of `from` whose keys `map` does not have; false after a report. */
static bool merge_map(reader *r, cg_tree *map, const cg_tree *from)
{
    if (from->kind != CG_TREE_MAP) {
        cg_diagnose(r->diagnostics, from->mark, NULL, "<<: *anchor, or <<: [*a, *b]",
                    "`<<` takes a map or a list of maps, found %s", cg_tree_kind_name(from));
        return true;
    }
    for (int i = 0; i < from->n; i++) {
        if (cg_tree_index(map, from->key[i]->text) >= 0) continue;
        if (map->n == CG_YAML_KEYS) return too_many_keys(r, from->mark);
        if (!cg_tree_append(r->arena, map, from->key[i], from->item[i]))
            return no_memory(r) != NULL;
    }
    return true;
}

/* Explicit keys win over merged ones, and of several maps the first wins. */
static bool merge(reader *r, cg_tree *map)
{
    int i = cg_tree_index(map, "<<");
    if (i < 0 || map->key[i]->quoted) return true;
    cg_tree *from = map->item[i];
    cg_tree_remove(map, i);
    if (from->kind != CG_TREE_LIST) return merge_map(r, map, from);
    for (int k = 0; k < from->n; k++)
        if (!merge_map(r, map, from->item[k])) return false;
    return true;
}

/* Adds an entry unless its key is there already. */
static bool add_entry(reader *r, cg_tree *map, cg_tree *key, cg_tree *item)
{
    if (key->kind != CG_TREE_SCALAR) {
        cg_diagnose(r->diagnostics, key->mark, NULL, NULL, "a key must be a word, found %s",
                    cg_tree_kind_name(key));
        return true;
    }
    int old = cg_tree_index(map, key->text);
    if (old >= 0) {
        cg_diagnose(r->diagnostics, key->mark, NULL, "take one of them out",
                    "duplicate key \"%s\", first given in line %d", key->text,
                    map->key[old]->mark.line);
        return true;
    }
    if (map->n == CG_YAML_KEYS) return too_many_keys(r, key->mark);
    return cg_tree_append(r->arena, map, key, item) ? true : no_memory(r) != NULL;
}

static cg_tree *read_map(reader *r, const yaml_event_t *start)
{
    cg_tree *map = cg_tree_new(r->arena, CG_TREE_MAP, mark_of(r, start->start_mark));
    if (!map) return no_memory(r);
    map->flow = start->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    for (cg_tree *key = NULL;;) {
        yaml_event_t event;
        if (!next(r, &event)) return NULL;
        bool is_end = event.type == YAML_MAPPING_END_EVENT;
        cg_tree *node = is_end ? NULL : read_event(r, &event);
        yaml_event_delete(&event);
        if (is_end) break;
        if (!node) return NULL;
        if (key && !add_entry(r, map, key, node)) return NULL;
        key = key ? NULL : node;
    }
    return merge(r, map) ? map : NULL;
}

static cg_tree *read_collection(reader *r, const yaml_event_t *event)
{
    if (r->depth == CG_YAML_DEPTH) {
        cg_diagnose(r->diagnostics, mark_of(r, event->start_mark), NULL, NULL,
                    "nested more than %d deep", CG_YAML_DEPTH);
        return NULL;
    }
    r->depth++;
    cg_tree *tree =
        event->type == YAML_SEQUENCE_START_EVENT ? read_list(r, event) : read_map(r, event);
    r->depth--;
    return tree;
}

static cg_tree *read_event(reader *r, const yaml_event_t *event)
{
    const yaml_char_t *name, *tag;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return read_alias(r, event);
    case YAML_SCALAR_EVENT:
        name = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        name = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    default:
        name = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    }
    cg_mark at = mark_of(r, event->start_mark);
    if (tag) {
        cg_diagnose(r->diagnostics, at, NULL, "take it out: a key knows what it expects",
                    "tags such as %s have no meaning here", (const char *)tag);
        return NULL;
    }
    if (--r->budget < 0) return too_many(r, at);
    anchor *a = name ? new_anchor(r, name, at) : NULL;
    if (name && !a) return NULL;
    cg_tree *tree =
        event->type == YAML_SCALAR_EVENT ? read_scalar(r, event) : read_collection(r, event);
    if (a) a->tree = tree;
    return tree;
}

/* ---- documents --------------------------------------------------------------------------------*/

/* Reads the next event and says whether it is of the type. */
static bool accept(reader *r, yaml_event_type_t type, bool *is_it, cg_mark *at)
{
    yaml_event_t event;
    if (!next(r, &event)) return false;
    *is_it = event.type == type;
    *at = mark_of(r, event.start_mark);
    yaml_event_delete(&event);
    return true;
}

static cg_tree *read_document(reader *r)
{
    bool is_it;
    cg_mark at;
    if (!accept(r, YAML_STREAM_START_EVENT, &is_it, &at)) return NULL;
    if (!accept(r, YAML_DOCUMENT_START_EVENT, &is_it, &at)) return NULL;
    if (!is_it) return cg_tree_scalar(r->arena, at, ""); /* an empty text */
    yaml_event_t event;
    if (!next(r, &event)) return NULL;
    cg_tree *tree = read_event(r, &event);
    yaml_event_delete(&event);
    if (!tree || !accept(r, YAML_DOCUMENT_END_EVENT, &is_it, &at)) return NULL;
    if (!accept(r, YAML_STREAM_END_EVENT, &is_it, &at)) return NULL;
    if (is_it) return tree;
    cg_diagnose(r->diagnostics, at, NULL, "take the `---` out, or make two files",
                "a second document: a model file holds one");
    return NULL;
}

/* The place of the first byte that is not UTF-8: the longest valid prefix ends there. */
static bool check_utf8(const reader *r)
{
    const cg_source *s = r->source;
    if (cg_utf8_valid(s->text, s->size)) return true;
    size_t low = 0;
    for (size_t end = 0; end < s->size; end++) { /* whole lines first, then bytes */
        if (s->text[end] != '\n') continue;
        if (!cg_utf8_valid(s->text + low, end + 1 - low)) break;
        low = end + 1;
    }
    size_t good = low;
    for (size_t end = low + 1; end <= s->size && end <= low + 4096; end++)
        if (cg_utf8_valid(s->text + low, end - low)) good = end;
    cg_diagnose(r->diagnostics, mark_at(r, good), NULL, NULL, "not UTF-8: byte 0x%02x",
                (unsigned)(unsigned char)s->text[good]);
    return false;
}

/* libyaml compares each %TAG with all others: a megabyte of them takes it many seconds. */
static bool check_directives(reader *r)
{
    static const char word[] = "%TAG";
    for (const char *p = r->source->text; p; p = strchr(p, '\n')) {
        p += *p == '\n';
        if (strncmp(p, word, sizeof word - 1) != 0) continue;
        cg_diagnose(r->diagnostics, mark_at(r, (size_t)(p - r->source->text)), NULL,
                    "take it out: a key knows what it expects", "tags have no meaning here");
        return false;
    }
    return true;
}

cg_tree *cg_yaml_read(cg_arena *arena, const cg_source *source, size_t skip,
                      cg_diagnostics *diagnostics)
{
    reader r = { .arena = arena,
                 .source = source,
                 .diagnostics = diagnostics,
                 .skip = (int)skip,
                 .budget = CG_YAML_NODES };
    if (!check_utf8(&r) || !check_directives(&r)) return NULL;
    if (!yaml_parser_initialize(&r.parser)) return no_memory(&r);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)source->text + skip,
                                 source->size - skip);
    cg_tree *tree = read_document(&r);
    yaml_parser_delete(&r.parser);
    return tree;
}
