#!/usr/bin/env python3
"""Writes t/golden/optim.h: where optimisers go in 20 steps, in double precision.

Each case is a piece of a model file beside the same in PyTorch.  What PyTorch lacks is computed
here from the paper's formula.  Needs PyTorch 1.13 or later: t/golden/make_optim.py > t/golden/optim.h"""
import torch
from torch.optim import lr_scheduler

SIZE, STEPS, SHOWN = 6, 20, (1, 2, 10, 20)
WEIGHTS = 4  # theta is a weight of four elements and a bias of two


class Lion(torch.optim.Optimizer):
    """X. Chen et al., 2023, algorithm 2."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = torch.sign(b1 * m + (1 - b1) * p.grad)
                p.sub_(group["lr"] * (update + group["weight_decay"] * p))
                m.copy_(b2 * m + (1 - b2) * p.grad)


class NAdam(torch.optim.Optimizer):
    """torch.optim.NAdam as documented, and as PyTorch 2 computes it; 1.13 has mu_t twice in the
    product up to mu_{t+1}, and that product in single precision."""

    def __init__(self, params, lr, betas=(0.9, 0.999), momentum_decay=0.004, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, psi=momentum_decay, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(t=0, product=1.0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                t = state["t"]
                mu, following = (b1 * (1 - 0.5 * 0.96 ** (i * group["psi"])) for i in (t, t + 1))
                state["product"] *= mu
                g = p.grad + group["weight_decay"] * p
                m = state["m"] = b1 * state["m"] + (1 - b1) * g
                v = state["v"] = b2 * state["v"] + (1 - b2) * g * g
                ahead = following * m / (1 - state["product"] * following)
                ahead += (1 - mu) * g / (1 - state["product"])
                p.sub_(group["lr"] * ahead / ((v / (1 - b2 ** t)).sqrt() + 1e-8))


class AdagradMomentum(torch.optim.Optimizer):
    """A. Défossez et al., 2022: m = beta m + g, v = v + g^2, theta = theta - lr m / (sqrt(v) + eps)."""

    def __init__(self, params, lr, momentum):
        super().__init__(params, dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                v = self.state[p].setdefault("v", torch.zeros_like(p))
                m.copy_(group["momentum"] * m + p.grad)
                v.copy_(v + p.grad ** 2)
                p.sub_(group["lr"] * m / (v.sqrt() + 1e-10))


class L1(torch.optim.SGD):
    """SGD on a loss with lambda |theta|_1 beside it."""

    def __init__(self, params, lr, strength):
        super().__init__(params, lr=lr)
        self.strength = strength

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = p.grad + self.strength * torch.sign(p.detach())
        super().step()


class SGDW(torch.optim.SGD):
    """I. Loshchilov, F. Hutter, 2019, algorithm 1: the weights shrink by lr times the decay."""

    def __init__(self, params, lr, momentum, decay):
        super().__init__(params, lr=lr, momentum=momentum)
        self.decay = decay

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.data.mul_(1 - group["lr"] * self.decay)
        super().step()


optim = torch.optim

# the model file's optimizer, PyTorch's, its keys, and more: the model file's schedule, train and keys of
# the weight's layer beside PyTorch's plan, clip and keys of the weight; keys of the bias alone
CASES = [
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1), {}),
    ("{type: sgd, lr: 0.05, momentum: 0.9}", optim.SGD, dict(lr=0.05, momentum=0.9), {}),
    ("{type: sgd, lr: 0.05, momentum: 0.9, nesterov: true, weight_decay: 0.01}", optim.SGD,
     dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01), {}),
    ("{type: sgd, lr: 0.05, momentum: 0.9, dampening: 0.3}", optim.SGD,
     dict(lr=0.05, momentum=0.9, dampening=0.3), {}),
    ("{type: adam, lr: 0.01}", optim.Adam, dict(lr=0.01), {}),
    ("{type: adam, lr: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weight_decay: 0.1}", optim.Adam,
     dict(lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1), {}),
    ("{type: adam, lr: 0.02, beta2: 0.6, amsgrad: true}", optim.Adam,
     dict(lr=0.02, betas=(0.9, 0.6), amsgrad=True), {}),
    ("{type: adamw, lr: 0.01, weight_decay: 0.2}", optim.AdamW, dict(lr=0.01, weight_decay=0.2), {}),
    ("{type: adamw, lr: 0.01, amsgrad: true}", optim.AdamW, dict(lr=0.01, amsgrad=True), {}),
    ("{type: adamax, lr: 0.02, weight_decay: 0.05}", optim.Adamax, dict(lr=0.02, weight_decay=0.05), {}),
    ("{type: nadam, lr: 0.02}", NAdam, dict(lr=0.02), {}),
    ("{type: nadam, lr: 0.02, beta1: 0.8, momentum_decay: 0.3, weight_decay: 0.05}", NAdam,
     dict(lr=0.02, betas=(0.8, 0.999), momentum_decay=0.3, weight_decay=0.05), {}),
    ("{type: radam, lr: 0.02}", optim.RAdam, dict(lr=0.02), {}),
    ("{type: radam, lr: 0.02, beta2: 0.9, weight_decay: 0.05}", optim.RAdam,
     dict(lr=0.02, betas=(0.9, 0.9), weight_decay=0.05), {}),
    ("{type: rmsprop, lr: 0.01}", optim.RMSprop, dict(lr=0.01), {}),
    ("{type: rmsprop, lr: 0.01, alpha: 0.9, momentum: 0.8, weight_decay: 0.1}", optim.RMSprop,
     dict(lr=0.01, alpha=0.9, momentum=0.8, weight_decay=0.1), {}),
    ("{type: rmsprop, lr: 0.01, centered: true}", optim.RMSprop, dict(lr=0.01, centered=True), {}),
    ("{type: rmsprop, lr: 0.01, alpha: 0.9, centered: true, momentum: 0.8, epsilon: 1e-3}", optim.RMSprop,
     dict(lr=0.01, alpha=0.9, centered=True, momentum=0.8, eps=1e-3), {}),
    ("{type: adagrad, lr: 0.1}", optim.Adagrad, dict(lr=0.1), {}),
    ("{type: adagrad, lr: 0.1, lr_decay: 0.05, initial: 0.3, weight_decay: 0.01}", optim.Adagrad,
     dict(lr=0.1, lr_decay=0.05, initial_accumulator_value=0.3, weight_decay=0.01), {}),
    ("{type: adagrad, lr: 0.1, momentum: 0.9}", AdagradMomentum, dict(lr=0.1, momentum=0.9), {}),
    ("{type: adadelta}", optim.Adadelta, dict(lr=1.0), {}),
    ("{type: adadelta, lr: 0.5, rho: 0.8, epsilon: 1e-3, weight_decay: 0.1}", optim.Adadelta,
     dict(lr=0.5, rho=0.8, eps=1e-3, weight_decay=0.1), {}),
    ("{type: lion, lr: 0.02}", Lion, dict(lr=0.02), {}),
    ("{type: lion, lr: 0.02, beta1: 0.8, beta2: 0.95, weight_decay: 0.3}", Lion,
     dict(lr=0.02, betas=(0.8, 0.95), weight_decay=0.3), {}),
    ("{type: sgd, lr: 0.1, l1: 0.2}", L1, dict(lr=0.1, strength=0.2), {}),
    ("{type: sgd, lr: 0.1, momentum: 0.9, weight_decay: 0.2, decoupled: true}", SGDW,
     dict(lr=0.1, momentum=0.9, decay=0.2), {}),
    ("{type: sgd, lr: 0.1, weight_decay: 0.2, decay: weights}", optim.SGD,
     dict(lr=0.1, weight_decay=0.2), dict(bias=dict(weight_decay=0))),
    ("{type: adamw, lr: 0.1, weight_decay: 0.2, decay: weights}", optim.AdamW,
     dict(lr=0.1, weight_decay=0.2), dict(bias=dict(weight_decay=0))),
    ("{type: sgd, lr: 0.1, momentum: 0.9}", optim.SGD, dict(lr=0.1, momentum=0.9),
     dict(layer="lr: 0.25", weight=dict(lr=0.025))),
    ("{type: adamw, lr: 0.01, weight_decay: 0.5}", optim.AdamW, dict(lr=0.01, weight_decay=0.5),
     dict(layer="lr: 4", weight=dict(lr=0.04))),
    ("{type: lion, lr: 0.01, weight_decay: 0.5, decay: weights}", Lion, dict(lr=0.01, weight_decay=0.5),
     dict(layer="lr: 4", weight=dict(lr=0.04), bias=dict(weight_decay=0))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: step, every: 5, gamma: 0.5}",
          plan=lambda o: lr_scheduler.StepLR(o, step_size=5, gamma=0.5))),
    ("{type: adam, lr: 0.01}", optim.Adam, dict(lr=0.01),
     dict(schedule="{type: cosine, min: 0.1}",
          plan=lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=STEPS, eta_min=0.001))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: multistep, milestones: [3, 4, 11], gamma: 0.5}",
          plan=lambda o: lr_scheduler.MultiStepLR(o, [3, 4, 11], gamma=0.5))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: exponential, gamma: 0.8}",
          plan=lambda o: lr_scheduler.ExponentialLR(o, 0.8))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: inverse, gamma: 0.5, power: 0.75}",
          plan=lambda o: lr_scheduler.LambdaLR(o, lambda t: (1 + 0.5 * t) ** -0.75))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: polynomial, power: 2}",
          plan=lambda o: lr_scheduler.PolynomialLR(o, total_iters=STEPS, power=2))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: cosine, min: 0.2, period: 7}",
          plan=lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=7, eta_min=0.02))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: cosine, period: 3, growth: 2}",
          plan=lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2))),
    # PyTorch's phases end at their last step, so that 21 steps are 20 parts; it rises up to the sixth
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: onecycle, rise: 0.3}",
          plan=lambda o: lr_scheduler.OneCycleLR(o, 0.1, STEPS + 1, pct_start=7 / 21, cycle_momentum=False))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: plateau, patience: 1, gamma: 0.5, cooldown: 1, min: 0.2, threshold: 0.3}",
          plan=lambda o: lr_scheduler.ReduceLROnPlateau(o, "min", 0.5, 1, 0.3, cooldown=1, min_lr=0.02))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(schedule="{type: plateau, monitor: accuracy, patience: 2, gamma: 0.5}",
          plan=lambda o: lr_scheduler.ReduceLROnPlateau(o, "max", 0.5, 2))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(train="clip_norm: 1.5", clip=lambda p: torch.nn.utils.clip_grad_norm_(p, 1.5))),
    ("{type: sgd, lr: 0.1}", optim.SGD, dict(lr=0.1),
     dict(train="clip_value: 0.5", clip=lambda p: torch.nn.utils.clip_grad_value_(p, 0.5))),
]


def gradient(t):
    """Whole multiples of 1/4: the same number in C and in Python."""
    return torch.tensor([((7 * t + 3 * i) % 11 - 5) / 4 for i in range(SIZE)], dtype=torch.float64)


def metric(t):
    """What a schedule may watch: neither rising nor falling for long, and exact."""
    return (5 * t % 7 + 3) / 8 + 2.0 ** -t


def run(kind, keys, plan=None, clip=None, weight=None, bias=None, **_):
    theta = torch.tensor([(i - 2.5) / 2 for i in range(SIZE)], dtype=torch.float64)
    parts = [theta[:WEIGHTS].clone().requires_grad_(), theta[WEIGHTS:].clone().requires_grad_()]
    groups = [dict(params=parts[:1], **(weight or {})), dict(params=parts[1:], **(bias or {}))]
    optimizer = kind(groups, **keys)
    plan = plan(optimizer) if plan else None
    seen = []
    for t in range(STEPS):
        g = gradient(t)
        parts[0].grad, parts[1].grad = g[:WEIGHTS].clone(), g[WEIGHTS:].clone()
        if clip:
            clip(parts)
        optimizer.step()
        if isinstance(plan, lr_scheduler.ReduceLROnPlateau):
            plan.step(metric(t))
        elif plan:
            plan.step()
        if t + 1 in SHOWN:
            seen.append(torch.cat(parts).tolist())
    return seen


print("/* Written by t/golden/make_optim.py: do not edit. */")
print(f"enum {{\n    GOLDEN_SIZE = {SIZE},\n    GOLDEN_WEIGHTS = {WEIGHTS},")
print(f"    GOLDEN_STEPS = {STEPS},\n    GOLDEN_SHOWN = {len(SHOWN)}\n}};")
print(f"static const int golden_shown[GOLDEN_SHOWN] = {{ {', '.join(map(str, SHOWN))} }};")
print("/* Pieces of a model file, and where theta is after golden_shown steps. */")
print("static const struct {\n    const char *optimizer, *schedule, *train, *layer;")
print("    double theta[GOLDEN_SHOWN][GOLDEN_SIZE];\n} golden_optim[] = {")
for optimizer, kind, keys, more in CASES:
    print(f'    {{ "{optimizer}",')
    print(f'      "{more.get("schedule", "constant")}",')
    print(f'      "{more.get("train", "")}",')
    print(f'      "{more.get("layer", "")}",\n      {{')
    for row in run(kind, keys, **more):
        texts = [repr(v) for v in row]
        print("          { " + ", ".join(texts[:3]) + ",")
        print("            " + ", ".join(texts[3:]) + " },")
    print("      } },")
print("};")
