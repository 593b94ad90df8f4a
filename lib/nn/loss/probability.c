/* What the outputs of a model say as probabilities. */
#include "nn/nn.h"

#include <math.h>

static double sum_of(int k, const float *y)
{
    double sum = 0;
    for (int i = 0; i < k; i++) sum += (double)y[i];
    return sum;
}

/* exp(y[class]) / sum exp(y), from the largest down so that nothing overflows. */
static double softmax(int k, const float *y, int class)
{
    double largest = (double)y[0], sum = 0;
    for (int i = 1; i < k; i++) largest = fmax(largest, (double)y[i]);
    for (int i = 0; i < k; i++) sum += exp((double)y[i] - largest);
    return exp((double)y[class] - largest) / sum;
}

/* A loss over classes that exclude one another asks for two columns or more: its logits are those
 * of a softmax, those of the others each of a sigmoid. */
double cg_probability(const cg_loss *loss, int n_columns, const float *y, int class)
{
    double sum = sum_of(n_columns, y), value = (double)y[n_columns == 1 ? 0 : class];
    bool is_distribution = !loss->cuts_at_zero && (n_columns == 1 || fabs(sum - 1) < 1e-3);
    if (isnan(sum) || (loss->takes == CG_VALUES_ANY && !is_distribution)) return NAN;
    if (loss->takes == CG_VALUES_LOGITS)
        value = loss->least_columns > 1 ? softmax(n_columns, y, class) : 1 / (1 + exp(-value));
    if (!(value >= 0 && value <= 1 + 1e-6)) return NAN;
    value = fmin(value, 1);
    return n_columns == 1 && class == 0 ? 1 - value : value;
}
