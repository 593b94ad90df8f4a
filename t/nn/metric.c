/* Metrics of a small table worked out by hand. */
#include "nn/nn.h"

#include "../tap.h"

#include <math.h>

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

static double value(const char *metric, const cg_tally *tally)
{
    return cg_metric_find(metric)->value(tally);
}

/* Classes 0 1 2; rows: the truth, then the predictions. */
static void test_three_classes(void)
{
    static const float y[] = { 0.7f, 0.2f, 0.1f, 0.1f, 0.5f, 0.4f, 0.3f, 0.3f, 0.4f,
                               0.6f, 0.3f, 0.1f, 0.5f, 0.5f, 0.0f, NAN,  0.9f, 0.05f };
    static const float labels[] = { 0, 1, 1, 2, 1, 1 }, losses[] = { 1, 2, 3, 4, 5, 6 };
    cg_tally *t;
    cg_tally_new(&t, cg_loss_find("cce"), CG_TARGET_CLASS, 3, NULL);
    cg_tally_add(t, 4, y, labels, losses);
    cg_tally_add(t, 2, y + 12, labels + 4, losses + 4);
    ok(t->n == 6 && near(value("loss", t), 3.5), "losses are averaged over all batches");
    ok(near(value("accuracy", t), 2.0 / 6), "a tie goes to the first class, a NaN row is wrong");
    ok(near(value("top2", t), 3.0 / 6), "the second place counts for top2");
    ok(near(value("top3", t), 1), "three of three are always right");
    ok(near(value("recall", t), (1.0 + 1.0 / 4 + 0) / 3), "recall is averaged over classes");
    ok(near(value("precision", t), (1.0 / 4 + 1.0 + 0) / 3), "precision too: %g",
       value("precision", t));
    ok(near(value("f1", t), (2 * 0.25 * 1 / 1.25 + 2 * 1 * 0.25 / 1.25 + 0) / 3),
       "F1 is 2 P R / (P + R) of each class");
    cg_tally_clear(t);
    ok(t->n == 0 && value("accuracy", t) == 0 && value("f1", t) == 0, "a cleared tally is empty");
    cg_tally_free(t);
}

/* Of five classes three are there or are predicted. */
static void test_absent_classes(void)
{
    static const float y[] = { 0, 0.9f, 0, 0, 0, 0, 0.9f, 0, 0, 0, 0, 0, 0, 0.9f, 0 };
    static const float labels[] = { 1, 2, 1 };
    cg_tally *t;
    cg_tally_new(&t, cg_loss_find("mse"), CG_TARGET_CLASS, 5, NULL);
    cg_tally_add(t, 3, y, labels, NULL);
    ok(near(value("recall", t), 0.5 / 3) && near(value("precision", t), 0.5 / 3) &&
           near(value("f1", t), 0.5 / 3),
       "a class that neither is nor is predicted is left out of macro averages");
    cg_tally_free(t);
}

/* Logits, and what is compared with -1 and 1. */
static void check_cut_at_zero(const char *loss)
{
    static const float y[] = { -0.2f, 0.2f, 0.4f, -3 }, labels[] = { 0, 1, 0, 0 };
    cg_tally *t;
    cg_tally_new(&t, cg_loss_find(loss), CG_TARGET_CLASS, 1, NULL);
    cg_tally_add(t, 4, y, labels, NULL);
    ok(near(value("accuracy", t), 0.75) && cg_predicted(cg_loss_find(loss), 1, y + 1) == 1,
       "one column of %s says class 1 where it is above 0", loss);
    cg_tally_free(t);
}

static void test_one_column(void)
{
    static const float y[] = { 0.2f, 0.8f, 0.5f, NAN }, labels[] = { 0, 1, 1, 0 };
    cg_tally *t;
    cg_tally_new(&t, cg_loss_find("bce"), CG_TARGET_CLASS, 1, NULL);
    cg_tally_add(t, 4, y, labels, NULL);
    ok(t->n_classes == 2 && near(value("accuracy", t), 0.5),
       "one column says class 1 where it is above a half");
    cg_tally_free(t);
}

/* Two columns, three images; expected values as scikit-learn's with variance_weighted. */
static void test_values(void)
{
    static const float y[] = { 1, 10, 2, 30, 4, 20 }, t_data[] = { 1, 12, 3, 30, 5, 21 },
                       constant[] = { 2, 7, 2, 7, 2, 7 };
    cg_tally *t;
    cg_tally_new(&t, cg_loss_find("huber"), CG_TARGET_VALUES, 2, NULL);
    cg_tally_add(t, 1, y, t_data, NULL);
    cg_tally_add(t, 2, y + 2, t_data + 2, NULL);
    ok(near(value("mae", t), (0 + 2 + 1 + 0 + 1 + 1) / 6.0), "mae is the mean over all columns");
    ok(near(value("rmse", t), sqrt((4 + 1 + 1 + 1) / 6.0)), "rmse is the root of the mean square");
    ok(near(value("r2", t), 1 - 7.0 / (8 + 162)), "r2 compares with each column's own mean");
    cg_tally_clear(t);
    cg_tally_add(t, 3, y, constant, NULL);
    ok(value("r2", t) == 0, "r2 of targets that are all alike is 0");
    cg_tally_free(t);
}

static void check_marks(const char *loss, float low, float high)
{
    const float y[] = { high, low, high, low, low, high, high, high, NAN }; /* NaN is wrong */
    static const float t_data[] = { 1, 0, 1, 0, 1, 1, 0, 1, 0 };
    cg_tally *t;
    cg_tally_new(&t, cg_loss_find(loss), CG_TARGET_VALUES, 3, NULL);
    cg_tally_add(t, 3, y, t_data, NULL);
    ok(near(value("hits", t), 6.0 / 9) && near(value("exact", t), 1.0 / 3) &&
           near(value("mark_f1", t), 2 * 4.0 / (6 + 5)),
       "%s: a column above %s is taken for 1", loss, low < 0 ? "0" : "a half");
    cg_tally_free(t);
}

int main(void)
{
    test_three_classes();
    test_absent_classes();
    test_one_column();
    check_cut_at_zero("bce_with_logits");
    check_cut_at_zero("binary_focal");
    check_cut_at_zero("hinge");
    test_values();
    check_marks("bce", 0.4f, 0.6f);
    check_marks("bce_with_logits", -0.1f, 0.1f);
    return done_testing();
}
