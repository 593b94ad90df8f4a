#!/usr/bin/env python3
"""Writes t/golden/losses.h: losses of rows and the gradient of their sum, in double precision.

Focal losses are Lin et al.'s formula over PyTorch's log_softmax and logsigmoid; all else is torch.nn.functional.
Needs PyTorch: t/golden/make_losses.py > t/golden/losses.h"""
import torch
import torch.nn.functional as F

torch.manual_seed(5)
N, K = 3, 4


def focal(y, c, gamma):
    log_p = F.log_softmax(y, 1)
    true = log_p.gather(1, c[:, None])[:, 0]
    others = log_p.masked_fill(F.one_hot(c, K).bool(), -torch.inf).logsumexp(1)  # log(1 - p)
    return -torch.exp(gamma * others) * true


def binary_focal(y, t, gamma, alpha):
    log_p = t * F.logsigmoid(y) + (1 - t) * F.logsigmoid(-y)
    log_wrong = t * F.logsigmoid(-y) + (1 - t) * F.logsigmoid(y)
    weight = alpha * t + (1 - alpha) * (1 - t) if alpha else 1
    return (-weight * torch.exp(gamma * log_wrong) * log_p).mean(1)


def rows(f, **keys):
    return lambda y, t: f(y, t, reduction="none", **keys).reshape(N, -1).mean(1)


classes, marks, values = torch.tensor([2, 0, 3]), (torch.rand(N, K) > 0.5).double(), torch.randn(N, K).double()
hot = F.one_hot(classes, K).double()
near, far = 2 * torch.randn(N, K).double(), (1e4 * (2 * torch.rand(N, K).double() - 1)).round()
cases = []


def case(name, attrs, f, t, shown=None, weights=None):
    """shown: what the loss is given where that is not t; weights: of classes or ones, which f knows."""
    for logits in [near, far]:
        y = logits.clone().requires_grad_()
        loss = f(y, t)
        loss.sum().backward()
        cases.append((name, attrs, weights, t if shown is None else shown, logits, loss, y.grad))
        if name == "cross_entropy" and weights is not None:  # that its mean is sum w l / sum w
            whole = F.cross_entropy(logits, t, weight=weights, label_smoothing=attrs[0])
            assert torch.allclose(whole, loss.sum() / weights[t].sum(), rtol=1e-12)


for smoothing in [0, 0.2]:
    case("cross_entropy", [smoothing], rows(F.cross_entropy, label_smoothing=smoothing), classes)
for gamma in [2, 0.5, 0]:
    case("focal", [gamma], lambda y, t: focal(y, t, gamma), classes)
for gamma, alpha in [(2, 0.25), (0.5, 0), (0, 0)]:
    case("binary_focal", [gamma, alpha], lambda y, t: binary_focal(y, t, gamma, alpha), marks)
case("binary_focal", [2, 0.25], lambda y, t: binary_focal(y, t, 2, 0.25), hot, classes)
case("bce_with_logits", [], rows(F.binary_cross_entropy_with_logits), marks)
case("bce_with_logits", [], rows(F.binary_cross_entropy_with_logits), hot, classes)
case("mse", [], rows(F.mse_loss), values)
case("mae", [], rows(F.l1_loss), values)
case("huber", [0.7], rows(F.huber_loss, delta=0.7), values)

of_classes, of_ones = torch.tensor([0.5, 2, 0.25, 3]).double(), torch.tensor([2, 0.5, 7, 0]).double()
for smoothing in [0, 0.2]:
    case("cross_entropy", [smoothing], rows(F.cross_entropy, weight=of_classes, label_smoothing=smoothing), classes,
         weights=of_classes)
case("focal", [2], lambda y, t: of_classes[t] * focal(y, t, 2), classes, weights=of_classes)
for weights in [of_ones, torch.tensor([4.0]).double()]:
    case("bce_with_logits", [], rows(F.binary_cross_entropy_with_logits, pos_weight=weights), marks, weights=weights)
case("bce_with_logits", [], rows(F.binary_cross_entropy_with_logits, pos_weight=of_ones), hot, classes, of_ones)


def row(v):
    return "{ " + ", ".join(f"{x:.17g}" for x in v.detach().double().flatten().tolist()) + " }"


print("/* Written by t/golden/make_losses.py: do not edit. */")
print(f"enum {{ LOSS_ROWS = {N}, LOSS_COLUMNS = {K} }};")
print("""static const struct {
    const char *name;
    double attrs[2];
    int n_weights;
    double weights[LOSS_COLUMNS];
    int n_targets; /* LOSS_ROWS classes, or as many values as y has */
    double t[LOSS_ROWS * LOSS_COLUMNS], y[LOSS_ROWS * LOSS_COLUMNS];
    double loss[LOSS_ROWS], dy[LOSS_ROWS * LOSS_COLUMNS]; /* dy: of the sum of the losses */
} golden_losses[] = {""")
for name, attrs, weights, t, y, loss, dy in cases:
    weights = torch.zeros(0) if weights is None else weights
    print(f'    {{ "{name}",\n      {row(torch.tensor((attrs + [0, 0])[:2], dtype=torch.double))},')
    print(f"      {weights.numel()},\n      {row(weights if len(weights) else torch.zeros(1))},\n      {t.numel()},")
    print(",\n".join(f"      {row(v)}" for v in (t, y, loss, dy)) + " },")
print("};")
