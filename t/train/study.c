/* Calibration, confident mistakes and scores of small tables worked out by hand. */
#include "train/study.h"

#include "../tap.h"

#include <math.h>

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

static cg_study study(const char *loss, int n_columns)
{
    return cg_study_of(&(cg_spec){ .loss = cg_loss_find(loss), .n_outputs = n_columns });
}

/* 15 bins: 0.5 falls into the eighth (7/15 to 8/15), 0.8 as a float, a little more than 12/15, into
 * the thirteenth, 1 into the last. */
static void test_calibration(void)
{
    static const float y[] = { 0.5f, 0.3f, 0.2f, 0.25f, 0.5f, 0.25f, 0.1f, 0.1f,
                               0.8f, 0.8f, 0.1f, 0.1f,  0.0f, 1.0f,  0.0f };
    static const float labels[] = { 0, 2, 2, 2, 1 };
    cg_calibration_bin bins[CG_CALIBRATION_BINS];
    cg_study s = study("cce", 3);
    cg_study_add(&s, 0, 5, y, labels);
    double error = cg_study_calibration(&s, bins);
    /* (|1 - 2 * 0.5| + |1 - 2 * 0.8| + |1 - 1|) / 5 */
    ok(near(error, 0.6 / 5), "the calibration error is the mean distance of the bins: %g", error);
    ok(bins[7].n == 2 && near(bins[7].confidence, 0.5) && near(bins[7].accuracy, 0.5),
       "a bin tells its images, mean probability and share of hits");
    ok(bins[11].n == 0 && bins[12].n == 2, "a bin's upper bound is its own, no more");
    ok(bins[14].n == 1 && near(bins[14].accuracy, 1), "a probability of 1 is in the last bin");
    ok(bins[0].n == 0 && bins[0].confidence == 0 && bins[0].accuracy == 0, "an empty bin has none");
}

static void test_mistakes(void)
{
    static const float y[] = { 0.6f, 0.4f, 0.9f, 0.1f, 0.9f, 0.1f, 0.7f, 0.3f };
    static const float labels[] = { 1, 1, 1, 0 };
    cg_study s = study("cce", 2);
    cg_study_add(&s, 10, 4, y, labels);
    ok(s.n_mistakes == 3 && s.mistake[0].image == 11 && s.mistake[1].image == 12 &&
           s.mistake[2].image == 10,
       "mistakes are ranked by probability, then as they lie in the split");
    ok(s.mistake[0].label == 1 && s.mistake[0].predicted == 0 &&
           near(s.mistake[0].probability, 0.9) && near(s.mistake[0].label_probability, 0.1),
       "a mistake tells both classes with their probabilities");
    for (int i = 0; i < 3 * CG_MISTAKES; i++)
        cg_study_add(&s, 100 + i, 1, (const float[]){ 0.5f + 0.005f * (float)i, 0.2f },
                     (const float[]){ 1 });
    bool is_falling = s.n_mistakes == CG_MISTAKES;
    for (int i = 1; i < CG_MISTAKES; i++)
        is_falling &= s.mistake[i - 1].probability >= s.mistake[i].probability;
    ok(is_falling && s.mistake[2].image == 100 + 3 * CG_MISTAKES - 1,
       "of more mistakes than are kept the most confident stay");
}

static void test_probabilities(void)
{
    const float logits[] = { 1000, 999, -1000 }, shares[] = { 0.9f, 0.8f, 0.1f }, p[] = { 0.3f },
                bad[] = { NAN, 0.5f, 0.5f };
    ok(near(cg_probability(cg_loss_find("cross_entropy"), 3, logits, 0), 1 / (1 + exp(-1))),
       "large logits have the probabilities of their softmax");
    ok(near(cg_probability(cg_loss_find("bce_with_logits"), 1, p, 1), 1 / (1 + exp(-(double)p[0]))),
       "a logit by itself has that of its sigmoid");
    ok(near(cg_probability(cg_loss_find("bce"), 3, shares, 1), 0.8), "shares stand for themselves");
    ok(near(cg_probability(cg_loss_find("bce"), 1, p, 0), 0.7),
       "one column leaves the rest to class 0");
    ok(isnan(cg_probability(cg_loss_find("mse"), 3, shares, 0)) &&
           isnan(cg_probability(cg_loss_find("cce"), 3, bad, 0)),
       "what is no probability is told as none");
    ok(isnan(cg_probability(cg_loss_find("hinge"), 1, p, 1)),
       "nor is what is compared with -1 and 1, wherever it lies");
    ok(isnan(cg_probability(cg_loss_find("cce"), 3, bad, 1)), "nor what has a NaN beside it");
    cg_calibration_bin bins[CG_CALIBRATION_BINS];
    cg_study s = study("mse", 3);
    cg_study_add(&s, 0, 1, shares, (const float[]){ 1 });
    ok(isnan(cg_study_calibration(&s, bins)) && s.n_mistakes == 0,
       "without probabilities there is no calibration and no confident mistake");
}

/* rows: the truth; class 2 is never predicted */
static void test_scores(void)
{
    static const int64_t confusion[] = { 3, 1, 0, 2, 4, 0, 1, 1, 0 }, rank[] = { 7, 3, 2 };
    const cg_evaluation e = {
        .n_classes = 3, .n = 12, .accuracy = 7.0 / 12, .confusion = confusion, .rank = rank
    };
    cg_scores s = cg_class_scores(&e, 1);
    ok(near(s.precision, 4.0 / 6) && near(s.recall, 4.0 / 6) && near(s.f1, 4.0 / 6) &&
           s.support == 6,
       "a class has its precision, recall, F1 and support");
    s = cg_class_scores(&e, 2);
    ok(s.precision == 0 && s.recall == 0 && s.f1 == 0 && s.support == 2,
       "a class that is never predicted scores 0");
    cg_scores macro = cg_mean_scores(&e, false), weighted = cg_mean_scores(&e, true);
    ok(near(macro.recall, (3.0 / 4 + 4.0 / 6) / 3) && macro.support == 12,
       "the macro average weighs classes alike");
    ok(near(weighted.recall, e.accuracy) && near(weighted.precision, (4 * 0.5 + 6 * 4.0 / 6) / 12),
       "weighted by support, recall is the accuracy");
    static const int64_t wider[] = { 3, 0, 1, 0, 0, 0, 2, 0, 4 };
    const cg_evaluation absent = { .n_classes = 3, .n = 10, .confusion = wider };
    ok(near(cg_mean_scores(&absent, false).recall, (3.0 / 4 + 4.0 / 6) / 2),
       "the macro average leaves a class out that neither is nor is predicted");
    ok(near(cg_top(&e, 2), 10.0 / 12) && cg_top(&e, 5) == 1, "top k counts the first k ranks");
}

int main(void)
{
    test_calibration();
    test_mistakes();
    test_probabilities();
    test_scores();
    return done_testing();
}
