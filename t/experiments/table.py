#!/usr/bin/env python3
"""Trains the experiments from several seeds and writes their figures into a page, beside those of the reports.

Only what stands between the marks <!-- NAME --> and <!-- /NAME --> of the page is written anew.  A figure is the
median of the seeds with the range in brackets; a time is that of one run on all cores, evaluation included."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

# What the reports say: training loss (first -> last epoch), share of training, validation, test images right, time.
REPORTED = {
    "A1": {"loss": "\"high\""},
    "A2": {"loss": "\"exceptionally low\""},
    "A2-code": {"loss": "0.3086 → 1e-12", "test": "40 of 40"},
    "A3": {},
    "A4": {"loss": "0.9126 → 0.0644"},
    "B1": {"train": "84.40 %", "test": "80.80 %"},
    "B2": {"train": "85.40 %", "test": "78.00 %"},
    "B3": {"train": "95.20 %", "test": "86.90 %"},
    "C1": {"loss": "0.960", "test": "3 of 20"},
    "C2": {"loss": "0.0428", "test": "39 of 40", "time": "2424 s"},
    "C3": {"loss": "0.0198", "test": "40 of 40", "time": "1903 s"},
    "D1": {"validation": "about 88.5 %"},
    "D2": {},
    "E1": {"loss": "2.3035 → 0.5872", "validation": "74 %", "test": "78 %", "time": "15 min"},
}
COLUMNS = ["loss", "train", "validation", "test", "time"]


def median(values):
    return sorted(values)[len(values) // 2]


def spread(values, form):
    values = [v for v in values if v is not None]
    if not values:
        return ""
    low, middle, high = (form(v) for v in (min(values), median(values), max(values)))
    return middle if low == high else "%s (%s to %s)" % (middle, low, high)


def percent(x):
    return "%.1f %%" % (100 * x)


def number(x):
    return "%.2g" % x if x < 0.01 else "%.3f" % x


def seconds(x):
    return "%.1f s" % x


class Runner:
    """Trains a model of a folder; the runs go to a temporary one."""

    def __init__(self, command, models, seeds):
        self.command, self.models, self.seeds = command, models, seeds
        self.folder = tempfile.TemporaryDirectory()

    def train(self, name, seed, changes=()):
        """The result, and the metrics of each epoch."""
        command = [self.command, "train", os.path.join(self.models, name + ".yaml"), "--runs", self.folder.name,
                   "--format", "json", "--set", "seed=%d" % seed]
        for change in changes:
            command += ["--set", change]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit("table.py: %s: %s" % (" ".join(command), done.stderr.strip()))
        result = json.loads(done.stdout)
        with open(os.path.join(result["folder"], "metrics.jsonl"), encoding="utf-8") as lines:
            return result, [json.loads(line) for line in lines]

    def all(self, name, changes=()):
        return [self.train(name, seed, changes) for seed in range(1, self.seeds + 1)]


def figures(runs):
    """One line of the table: ours."""
    results = [r for r, _ in runs]
    first = [m[0]["loss"] for _, m in runs]
    loss = "%s → %s" % (number(median(first)), spread([r["loss"] for r in results], number))
    return {"loss": loss,
            "train": spread([r["accuracy"] for r in results], percent),
            "validation": spread([r.get("val_accuracy") for r in results], percent),
            "test": spread([r.get("test_accuracy") for r in results], percent),
            "time": spread([r["seconds"] for r in results], seconds)}


def table_of_rows(runner):
    lines = ["| row | | training loss, first → last epoch | training | validation | test | time |",
             "|---|---|---|---|---|---|---|"]

    def line(row, who, cells):
        lines.append("| %s | %s | %s |" % (row, who, " | ".join(cells.get(c, "") for c in COLUMNS)))

    for row, reported in REPORTED.items():
        link = "[%s](../models/experiments/%s.yaml)" % (row, row)
        line(link, "report", reported)
        line("", "cnngraph", figures(runner.all(row)))
        better = row.split("-")[0] + "-improved"
        if os.path.exists(os.path.join(runner.models, better + ".yaml")) and row == better.split("-")[0]:
            line("", "[improved](../models/experiments/%s.yaml)" % better, figures(runner.all(better)))
        print("table.py: %s done" % row, file=sys.stderr)
    return lines


def epochs_to(metrics, loss):
    """Epochs until the training loss is below, None where it never is."""
    return next((m["epoch"] for m in metrics if m["loss"] < loss), None)


def table_of_last_layers(runner):
    """A1 against A2 on equal terms: the same initial values, order and learning rate."""
    lines = ["| learning rate | | loss after 20 epochs | epochs to a loss below 0.02 | test |", "|---|---|---|---|---|"]
    for lr in (0.01, 0.1, 0.5):
        for row, what in (("A1", "sigmoid"), ("A2", "softmax")):
            runs = runner.all(row, ["optimizer.lr=%g" % lr])
            when = [epochs_to(m, 0.02) for _, m in runs]
            epochs = "%d" % median(when) if all(when) else "%d of %d runs" % (sum(w is not None for w in when), len(when))
            lines.append("| %g | %s | %s | %s | %s |" % (lr, what, spread([r["loss"] for r, _ in runs], number), epochs,
                                                         spread([r["test_accuracy"] for r, _ in runs], percent)))
    return lines


def table_of_decay(runner):
    """B1 to B3 with an L2 penalty that is not multiplied by the learning rate: a decay of lambda / lr."""
    rates = {"B1": 0.005, "B2": 0.001, "B3": 0.002}
    lines = ["| λ | " + " | ".join(rates) + " |", "|---|" + "---|" * len(rates)]
    for strength in (0.0001, 0.0002, 0.0005):
        cells = []
        for row, lr in rates.items():
            runs = runner.all(row, ["optimizer.weight_decay=%g" % (strength / lr)])
            cells.append("%s, %s" % tuple(percent(median([r[k] for r, _ in runs])) for k in ("accuracy", "test_accuracy")))
        lines.append("| %g | %s |" % (strength, " | ".join(cells)))
    lines.append("| reported | " + " | ".join("%s, %s" % (REPORTED[r]["train"], REPORTED[r]["test"]) for r in rates) + " |")
    return lines


TABLES = {"rows": table_of_rows, "last-layers": table_of_last_layers, "decay": table_of_decay}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cnngraph", default="./cnngraph")
    parser.add_argument("--models", default="models/experiments")
    parser.add_argument("--page", default="doc/experiments.md")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(TABLES), help=" ".join(TABLES))
    a = parser.parse_args()
    runner = Runner(a.cnngraph, a.models, a.seeds)
    with open(a.page, encoding="utf-8") as f:
        page = f.read()
    for name in a.only:
        lines = "\n".join(TABLES[name](runner))
        page, n = re.subn(r"(<!-- %s -->\n).*?(<!-- /%s -->)" % (name, name),
                          lambda m: m.group(1) + lines + "\n" + m.group(2), page, flags=re.S)
        if n != 1:
            sys.exit("table.py: %s has no place for the table '%s'" % (a.page, name))
    with open(a.page + ".new", "w", encoding="utf-8") as f:
        f.write(page)
    os.replace(a.page + ".new", a.page)


if __name__ == "__main__":
    main()
