/* What a model is made of, for the files of this floor. */
#ifndef CG_MODEL_MODEL_H
#define CG_MODEL_MODEL_H

#include <cnngraph/model.h>

#include "model/read.h"
#include "nn/nn.h"
#include "optim/optim.h"

enum { CG_MAX_LAYERS = 4096 };

/* A layer, with what it takes its input from: ids of earlier layers. */
typedef struct {
    const cg_layer *layer; /* or */
    const cg_op *op;       /* an op with the trait CG_LAYER     */
    const char *type, *name;
    void *attrs;
    const cg_tree *keys; /* its map in the file, or NULL       */
    cg_mark mark;        /* of its word                        */
    int n_inputs;
    int *input;
    int share;      /* the layer whose parameters it takes; 0: it has its own */
    int body;       /* of a residual: its first layer, the last is the one before it */
    bool is_used;   /* a later layer takes it          */
    double rate;    /* factor of the learning rate     */
    bool is_frozen; /* its parameters and states stay  */
    cg_shape shape; /* of one sample, once recorded    */
    int64_t parameters, macs;
} cg_layer_spec;

/* A loss, and the layer whose output it looks at. */
typedef struct {
    const cg_loss *loss;
    void *attrs;
    const cg_tree *keys; /* its map in the file, or NULL */
    double weight;
    bool of_input;     /* it compares with the model's input, not with the data's target */
    const cg_tree *of; /* the layer's name in the file; NULL: the last layer             */
    int layer;
    cg_mark mark;
} cg_head;

struct cg_model {
    cg_arena *arena;
    cg_tree *root; /* resolved */
    cg_spec spec;
    int n_heads;
    cg_head *head; /* the first is the prediction's: its loss is spec.loss */
    int n_layers;  /* the first stands for the input */
    cg_layer_spec *layer;
    cg_leaf_plan *leaves; /* parameters and states, and what they begin with */
};

/* Each reads its part of the tree and reports its mistakes to the reader's diagnostics. */
void cg_read_data(cg_reader *r, const cg_tree *tree, cg_data_spec *data);
void cg_read_augment(cg_reader *r, const cg_tree *tree, cg_data_spec *data);
/* Reports steps of `augment:` that an input of this shape has no use for. */
void cg_model_check_augment(const cg_model *model, cg_diagnostics *diagnostics);
void cg_read_training(cg_reader *r, const cg_tree *root, cg_model *model);
void cg_read_losses(cg_reader *r, const cg_tree *root, cg_model *model);
/* Finds the layers of the losses, once they are read. */
void cg_resolve_losses(cg_reader *r, cg_model *model);
void cg_read_optimizer(cg_reader *r, const cg_tree *tree, cg_spec *spec);
/* What is to be watched: the measure that the key `monitor` of the map names, NULL for the loss, of
 * validation where there is one.  Reports one that the run does not take. */
const char *cg_read_monitor(cg_reader *r, const cg_tree *map, const char *what, const char *monitor,
                            const cg_spec *spec);
/* After `train`, whose warm-up and validation it looks at. */
void cg_read_schedule(cg_reader *r, const cg_tree *tree, cg_spec *spec);
/* blocks: their names help with misspelt layers; may be NULL. */
void cg_read_layers(cg_reader *r, const cg_tree *model, const cg_tree *blocks, cg_model *result);

/* A word, or a map of one word and its keys; *keys NULL where there are none.  False after a
 * report. */
bool cg_read_word(cg_reader *r, const cg_tree *tree, const char *what, const cg_tree **word,
                  const cg_tree **keys);
/* The keys of a layer that are no cg_attr, into `out`. */
void cg_read_layer_keys(cg_reader *r, const cg_tree *map, const char *what,
                        const cg_layer_key *keys, void *out);
/* The keys `lr` and `frozen`, over those of the layer around it, into spec. */
void cg_read_learning(cg_reader *r, const char *what, const cg_layer_spec *around,
                      cg_layer_spec *spec);
/* The op that a model file may name as a layer, or NULL. */
const cg_op *cg_layer_op_find(const char *name);

/* The fewest values that a loss compares with a class; 0: none does. */
int cg_model_class_values(const cg_model *model);
/* The first head whose weights are `balanced` and not yet computed, or NULL. */
cg_head *cg_model_unbalanced(const cg_model *model);
/* The parameter or state of this name, or NULL. */
const cg_leaf_plan *cg_model_leaf(const cg_model *model, const char *name);
/* Records a model whose layers were read without a mistake.  outputs: n_layers nodes, which it
 * fills.  *at gets the layer that failed, n_layers and up for a head. */
cg_status cg_model_walk(const cg_model *model, cg_builder *b, int64_t batch, cg_node *outputs[],
                        cg_recording *recording, int *at);
/* Records both modes on graphs of its own: reports what does not fit, and notes shapes, parameters
 * and multiply-adds of the layers. */
void cg_model_check_shapes(cg_model *model, cg_diagnostics *diagnostics);
/* Reports a loss that is not made for what the last layers give, of a model whose shapes fit. */
void cg_model_check_loss(const cg_model *model, cg_diagnostics *diagnostics);
/* Reports what `lr`, `frozen` and `accumulate` mean nothing for, once parameters are counted. */
void cg_model_check_learning(const cg_model *model, cg_diagnostics *diagnostics);

#endif
