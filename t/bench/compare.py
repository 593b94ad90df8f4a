#!/usr/bin/env python3
"""Times the benchmark models with cnngraph and, where it is installed, PyTorch, in turns; prints a table in Markdown.

Every figure is the median of three rounds; a round runs ours, PyTorch in both of its memory formats (the better one
counts), ours.  The ratio is ours / PyTorch's of the same round, its median."""
import argparse
import json
import os
import subprocess
import sys

MODELS = ["mnist3", "simplecnn", "deeper", "lenet5", "cifar-vgg", "cifar-resnet20"]
CASES = {"train-1": ("train", 64, 1), "train-2": ("train", 64, 2), "infer-1": ("infer", 1, 1), "infer-64": ("infer", 64, 2)}
HERE = os.path.dirname(os.path.abspath(__file__))


def median(values):
    return sorted(values)[len(values) // 2]


def images_per_s(command):
    """The median a benchmark reports, or None where it does not run."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(done.stdout)["images_per_s"]["median"] if done.returncode == 0 else None


def find_torch():
    for python in ("/usr/bin/python3", sys.executable):
        if subprocess.run([python, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def time_round(a, python, model, case):
    mode, batch, threads = CASES[case]
    common = ["--mode", mode, "--batch", str(batch), "--threads", str(threads), "--seconds", str(a.seconds)]
    ours = [a.cnngraph, "bench", os.path.join(a.models, model + ".yaml"), "--format", "json"] + common
    peer = [python, os.path.join(HERE, "peer_torch.py"), "--model", model] + common
    before = images_per_s(ours)
    theirs = [images_per_s(peer + ["--format", layout]) for layout in ("nhwc", "nchw")] if python else []
    after = images_per_s(ours)
    if before is None or after is None:
        sys.exit("compare.py: %s does not run" % " ".join(ours))
    best = max([t for t in theirs if t] or [0])
    return (before + after) / 2, best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cnngraph", default="./cnngraph")
    parser.add_argument("--models", default="models", help="the folder of the model files")
    parser.add_argument("--only", nargs="*", default=MODELS, metavar="MODEL")
    parser.add_argument("--cases", nargs="*", default=list(CASES), metavar="CASE", help=" ".join(CASES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each of seven repeats")
    a = parser.parse_args()
    python = find_torch()
    if not python:
        print("PyTorch is not installed (python3-torch): figures of cnngraph alone\n")
    for case in a.cases:
        mode, batch, threads = CASES[case]
        print("**%s, batch %d, %d thread%s**, images/s\n" % (mode, batch, threads, "s" if threads > 1 else ""))
        print("| model | cnngraph | PyTorch | ratio |\n|---|---|---|---|")
        for model in a.only:
            rounds = [time_round(a, python, model, case) for _ in range(a.rounds)]
            ratio = "%.2f" % median([o / t for o, t in rounds]) if all(t for _, t in rounds) else "-"
            print("| %s | %.0f | %.0f | %s |" % (model, median([o for o, _ in rounds]), median([t for _, t in rounds]), ratio),
                  flush=True)
        print()


if __name__ == "__main__":
    main()
