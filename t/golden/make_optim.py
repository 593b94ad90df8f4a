#!/usr/bin/env python3
"""Writes t/golden/optim.h: what torch.optim does in 20 steps, in double precision.

Needs PyTorch 1.13 or later: t/golden/make_optim.py > t/golden/optim.h"""
import torch
from torch.optim import lr_scheduler

SIZE, STEPS, SHOWN = 6, 20, (1, 2, 10, 20)

# name, optimiser, keys, schedule, clip
CASES = [
    ("sgd", "SGD", dict(lr=0.1), None, None),
    ("sgd with momentum", "SGD", dict(lr=0.05, momentum=0.9), None, None),
    ("sgd with nesterov and weight decay", "SGD",
     dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01), None, None),
    ("adam", "Adam", dict(lr=0.01), None, None),
    ("adam with other betas and weight decay", "Adam",
     dict(lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1), None, None),
    ("adamw", "AdamW", dict(lr=0.01, weight_decay=0.2), None, None),
    ("sgd under a step schedule", "SGD", dict(lr=0.1), "step", None),
    ("adam under a cosine schedule", "Adam", dict(lr=0.01), "cosine", None),
    ("sgd clipped by norm", "SGD", dict(lr=0.1), None, ("norm", 1.5)),
    ("sgd clipped by value", "SGD", dict(lr=0.1), None, ("value", 0.5)),
]


def gradient(t):
    """Whole multiples of 1/4: the same number in C and in Python."""
    return torch.tensor([((7 * t + 3 * i) % 11 - 5) / 4 for i in range(SIZE)], dtype=torch.float64)


def scheduler(name, optimizer):
    if name == "step":
        return lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.5)
    if name == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS, eta_min=0.001)
    return None


def run(kind, keys, schedule, clip):
    theta = torch.tensor([(i - 2.5) / 2 for i in range(SIZE)], dtype=torch.float64)
    theta.requires_grad_()
    optimizer = getattr(torch.optim, kind)([theta], **keys)
    plan = scheduler(schedule, optimizer)
    seen = []
    for t in range(STEPS):
        theta.grad = gradient(t)
        if clip and clip[0] == "norm":
            torch.nn.utils.clip_grad_norm_([theta], clip[1])
        elif clip:
            torch.nn.utils.clip_grad_value_([theta], clip[1])
        optimizer.step()
        if plan:
            plan.step()
        if t + 1 in SHOWN:
            seen.append(theta.tolist())
    return seen


print("/* Written by t/golden/make_optim.py: do not edit. */")
print(f"enum {{ GOLDEN_SIZE = {SIZE}, GOLDEN_STEPS = {STEPS}, GOLDEN_SHOWN = {len(SHOWN)} }};")
print(f"static const int golden_shown[GOLDEN_SHOWN] = {{ {', '.join(map(str, SHOWN))} }};")
print("static const struct {\n    const char *name;\n    double theta[GOLDEN_SHOWN][GOLDEN_SIZE];\n} golden_optim[] = {")
for name, *case in CASES:
    print(f'    {{ "{name}",\n      {{')
    for row in run(*case):
        texts = [repr(v) for v in row]
        print("          { " + ", ".join(texts[:3]) + ",")
        print("            " + ", ".join(texts[3:]) + " },")
    print("      } },")
print("};")
