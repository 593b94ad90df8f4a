/* The network of models/mnist3.yaml through the C interface: record it, differentiate it, train it.
 *     cc mnist3.c $(pkg-config --cflags --libs cnngraph) -lm && ./a.out */
#include <cnngraph/cnngraph.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 20, IMAGES = 300, EPOCHS = 40, N_PARAMETERS = 6 };

int main(void)
{
    cg_error error = { 0 };
    cg_graph *graph = cg_graph_new();
    cg_node *x = cg_input(graph, "x", CG_SHAPE(BATCH, 1, 28, 28)),
            *labels = cg_input(graph, "labels", CG_SHAPE(BATCH));
    cg_node *w[N_PARAMETERS] = { cg_parameter(graph, "w1", CG_SHAPE(5, 1, 3, 3)),
                                 cg_parameter(graph, "b1", CG_SHAPE(1, 5, 1, 1)),
                                 cg_parameter(graph, "w2", CG_SHAPE(3380, 100)),
                                 cg_parameter(graph, "b2", CG_SHAPE(1, 100)),
                                 cg_parameter(graph, "w3", CG_SHAPE(100, 3)),
                                 cg_parameter(graph, "b3", CG_SHAPE(1, 3)) };
    cg_node *h = cg_sigmoid(cg_add(cg_conv2d(x, w[0], NULL), w[1]));
    h = cg_sigmoid(cg_add(cg_matmul(cg_flatten(h), w[2], false, false), w[3]));
    cg_node *z = cg_add(cg_matmul(h, w[4], false, false), w[5]);
    cg_node *loss = cg_mean(cg_softmax_cross_entropy(z, cg_one_hot(labels, 3)), 0, false);
    cg_node *dw[N_PARAMETERS]; /* the gradient is more nodes of the graph, and so is the step */
    cg_gradient(loss, NULL, N_PARAMETERS, w, dw);
    for (int i = 0; i < N_PARAMETERS; i++) cg_update(w[i], cg_sub(w[i], cg_scale(dw[i], 0.1)));
    cg_program *step = NULL;
    if (cg_compile(&step, graph, 1, &loss, NULL, &error) != CG_OK) return puts(error.message), 1;
    for (int p = 0; p < N_PARAMETERS; p++) {
        float *data = cg_data_f32(step, w[p]);
        const cg_shape *shape = cg_node_shape(w[p]);
        int64_t size = cg_shape_size(shape), n_in = shape->rank > 2 ? size / 5 : shape->dim[0];
        for (int64_t i = 0; i < size; i++) /* uniform, variance 1 / n_in */
            data[i] = (float)((2.0 * rand() / RAND_MAX - 1) * sqrt(3.0 / (double)n_in));
    }

    cg_dataset *digits = NULL;
    int64_t order[BATCH];
    cg_split_spec train = { .name = "train", .from = "train", .limit = IMAGES };
    cg_data_spec spec = { .source = "digits", .splits = &train, .n_splits = 1 };
    spec.classes = (int64_t[]){ 0, 1, 2 }, spec.n_classes = 3;
    if (cg_dataset_load(&digits, &spec, NULL, &error) != CG_OK) return puts(error.message), 1;
    float *images = cg_data_f32(step, x), *classes = cg_data_f32(step, labels);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        double sum = 0;
        for (int64_t begin = 0; begin < IMAGES; begin += BATCH) {
            for (int i = 0; i < BATCH; i++) order[i] = begin + i;
            cg_dataset_batch(digits, 0, BATCH, order, images, classes);
            cg_run(step, 0, 0);
            sum += cg_data_f32(step, loss)[0] * BATCH / IMAGES;
        }
        if (epoch % 10 == 0 || epoch == 1) printf("epoch %2d  loss %.4f\n", epoch, sum);
    }
    cg_dataset_free(digits), cg_program_free(step), cg_graph_free(graph);
    return 0;
}
