#!/usr/bin/env python3
"""What the tests execute of lib/, from gcovr's JSON: a table by folder, the lines that nobody reached, and the bar.

coverage.py FILE.json
"""
import collections
import fnmatch
import json
import sys

LINES, BRANCHES = 95, 85  # per cent of lib/

# Every line of these: what reads model files and tells where they are wrong, what keeps runs, what makes gradients.
WHOLE = [
    "lib/model/*",
    "lib/formats/*",
    "lib/graph/gradient.c",
    "lib/ops/*",
    "lib/train/checkpoint.c",
    "lib/train/folder.c",
    "lib/train/history.c",
    "lib/train/keep.c",
    "lib/train/snapshot.c",
    "lib/train/transfer.c",
    "lib/train/weights.c",
]


class Count:
    """Of lines and of branches, how many there are and how many were executed."""

    def __init__(self):
        self.lines = self.executed = self.branches = self.taken = 0

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def of_lines(self):
        return 100 * self.executed / max(self.lines, 1)

    def of_branches(self):
        return 100 * self.taken / max(self.branches, 1)

    def __str__(self):
        return (f"{self.lines:6} {cut(self.of_lines()):6.2f} % "
                f"{self.branches:6} {cut(self.of_branches()):6.2f} %")


def cut(percent):
    """Never rounded up to what it is not."""
    return int(100 * percent) / 100


def count(lines):
    result = Count()
    for line in lines:
        branches = line["branches"]
        result.lines += 1
        result.executed += line["count"] > 0
        result.branches += len(branches)
        result.taken += sum(branch["count"] > 0 for branch in branches)
    return result


def ranges(numbers):
    """3 4 5 9 as "3-5 9"."""
    found = []
    for n in sorted(numbers):
        if found and found[-1][1] == n - 1:
            found[-1][1] = n
        else:
            found.append([n, n])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def main():
    folders, total, wanting = collections.defaultdict(Count), Count(), []
    with open(sys.argv[1]) as f:
        files = json.load(f)["files"]
    for file in sorted(files, key=lambda file: file["file"]):
        lines = [line for line in file["lines"] if not line["gcovr/noncode"]]
        name, here = file["file"], count(lines)
        folders["/".join(name.split("/")[:2])].add(here)
        total.add(here)
        is_whole = any(fnmatch.fnmatch(name, pattern) for pattern in WHOLE)
        if here.of_lines() < (100 if is_whole else LINES):
            missed = ranges(line["line_number"] for line in lines if not line["count"])
            wanting.append((is_whole, f"{name}: {cut(here.of_lines()):.2f} %, lines {missed}"))
    for is_whole in True, False:
        if any(file[0] == is_whole for file in wanting):
            print(f"below {100 if is_whole else LINES} % of lines")
        for file in wanting:
            if file[0] == is_whole:
                print("  " + file[1])
    print(f"{'':14} {'lines':>15} {'branches':>15}")
    for name in sorted(folders):
        print(f"{name:14} {folders[name]}")
    print(f"{'lib':14} {total}")
    is_met = total.of_lines() >= LINES and total.of_branches() >= BRANCHES and not any(w[0] for w in wanting)
    print(f"{LINES} % of lines, {BRANCHES} % of branches and all lines of {len(WHOLE)} parts: "
          + ("executed" if is_met else "NOT executed"))
    return not is_met


sys.exit(main())
