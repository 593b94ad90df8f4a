"""Draws friedman-train.csv and friedman-test.csv beside this file, the same on every machine.

J. H. Friedman, "Multivariate adaptive regression splines", Annals of Statistics 19 (1991), section 4.3:
ten inputs, uniform on 0..1, of which five matter:
    y = 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + N(0, 1)
One training row in twenty is off by N(0, 15^2), as if it had been written down wrongly."""
import math
import os
import random

INPUTS, TRAIN, TEST = 10, 800, 200


def row(rng, wrong):
    x = [round(rng.random(), 4) for _ in range(INPUTS)]
    y = 10 * math.sin(math.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4]
    return x + [round(y + rng.gauss(0, 1) + (rng.gauss(0, 15) if wrong else 0), 3)]


def write(name, rows):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "w", encoding="ascii") as file:
        file.write(",".join([f"x{i + 1}" for i in range(INPUTS)] + ["y"]) + "\n")
        for r in rows:
            file.write(",".join(f"{v:g}" for v in r) + "\n")


rng = random.Random(1991)
write("friedman-train.csv", [row(rng, i % 20 == 0) for i in range(TRAIN)])
write("friedman-test.csv", [row(rng, False) for _ in range(TEST)])
