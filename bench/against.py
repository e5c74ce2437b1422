#!/usr/bin/env python3
"""Says whether the checkout is faster or slower than another commit: `./dev bench --against BASE`.

    against.py BIN_DIR BASE [--rounds 40] [--only NAME[,NAME]]

BASE is built in a worktree of its own below build/against, with ccache where that is installed. Then both are measured
in turn, A B B A, until the interval of every row is narrow or the rounds are over. A row is the CPU time (user + sys) that a
call costs the server; of the transform in process, where valgrind is installed, the instructions. Its verdict is

    same     the 99.9 % interval of B / A holds 1, or the difference is below 1 %
    faster   B needs less, slower: B needs more

Exit code 1 if a row is slower, 2 if something could not be built or measured.
"""

import argparse
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BODY = ROOT / "tests/data/bench/bench-events-100.json"
LEAST_CHANGE = 0.01
# The rounds end when the interval of every row is narrower than this, either way.
NARROW = 0.012
LEAST_ROUNDS = 8

# Student's t for 99.9 %, two-sided, by degrees of freedom; each holds up to the next.
QUANTILES = {2: 31.60, 3: 12.92, 4: 8.610, 5: 6.869, 6: 5.959, 7: 5.408, 8: 5.041, 9: 4.781, 10: 4.587, 12: 4.318, 14: 4.140,
             17: 3.965, 20: 3.850, 25: 3.725, 30: 3.646, 60: 3.460, 100: 3.390}

SERVER_ROWS = ["TransformRpc/json/1", "TransformRpc/json/100", "TransformRpc/typed/100", "ForwardRpc/8x100", "WebhookPost/100"]
MICRO_ROWS = ["BM_JsonToJson/100", "BM_JsonToWire/100", "BM_WireToWire/100", "BM_WireToJson/100"]
TRANSFORM = "segrid::pipeline::BatchTransformer::Transform("


class Unmeasured(Exception):
    """Something could not be built or measured; the text says what."""


class Change:
    """How B differs from A in one row: the ratio B / A and its interval."""

    def __init__(self, a, b):
        logs = [math.log(y / x) for x, y in zip(a, b)]
        mean = statistics.fmean(logs)
        if len(logs) < 3:
            half = math.inf
        else:
            factor = max((free, t) for free, t in QUANTILES.items() if free < len(logs))[1]
            half = factor * statistics.stdev(logs) / math.sqrt(len(logs))
        self.ratio, self.low, self.high = math.exp(mean), math.exp(mean - half), math.exp(mean + half)
        self.half = half

    def verdict(self):
        if self.low <= 1 <= self.high or abs(self.ratio - 1) < LEAST_CHANGE:
            return "same"
        return "slower" if self.ratio > 1 else "faster"

    def is_narrow(self):
        return self.half <= NARROW


def measure(a, b, rounds, tell=lambda text: None):
    """Calls `a` and `b`, which return {row: cost}, in turn. Returns {row: Change} of the rows that both have."""
    costs = {}
    changes = {}
    for number in range(rounds):
        tell(f"round {number + 1} of at most {rounds}")
        first, second = (a(), b()) if number % 2 == 0 else tuple(reversed((b(), a())))
        for row in first.keys() & second.keys():
            costs.setdefault(row, ([], []))
            costs[row][0].append(first[row])
            costs[row][1].append(second[row])
        changes = {row: Change(*pairs) for row, pairs in costs.items()}
        if number + 1 >= LEAST_ROUNDS and all(change.is_narrow() for change in changes.values()):
            break
    return changes


def run(words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Unmeasured(f"{words[0]} failed with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def build_base(commit, folder):
    """A release build of `commit` below `folder`; returns the folder of its programs."""
    tree = folder / commit[:12]
    if not tree.exists():
        folder.mkdir(parents=True, exist_ok=True)
        run(["git", "worktree", "prune"], cwd=ROOT)
        run(["git", "worktree", "add", "--detach", tree, commit], cwd=ROOT)
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    if not (tree / "build/release/build.ninja").exists():
        run(["cmake", "--preset", "release", *launcher], cwd=tree)
    run(["cmake", "--build", "build/release", "--parallel", os.cpu_count() or 1, "--target", "segrid-server",
         "segrid-micro-bench"], cwd=tree)
    return tree / "build/release/bin"


def server_costs(tool_bin, server_bin, rows):
    """CPU seconds of a call to the server in `server_bin`, loaded by the tool of the checkout."""
    if not rows:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "paths.json"
        run([tool_bin / "segrid-path-bench", "--server-binary", server_bin / "segrid-server", "--body", BODY, "--scale", 0.6,
             "--only", ",".join(rows), "--out", out])
        return {row["name"]: row["cpu_seconds"] for row in json.loads(out.read_text())["benchmarks"] if row["name"] in rows}


def micro_costs(bin_dir, rows):
    """CPU seconds of an event in the process of the micro bench."""
    if not rows:
        return {}
    names = "|".join(rows)
    text = run([bin_dir / "segrid-micro-bench", f"--benchmark_filter=^({names})$", "--benchmark_min_time=0.15",
                "--benchmark_format=json"])
    return {row["name"]: 1 / row["items_per_second"] for row in json.loads(text)["benchmarks"]}


def instructions(bin_dir, row):
    """Instructions of a batch, counted by callgrind: the same in every run, whatever else the machine does."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", f"--toggle-collect={TRANSFORM}*",
             bin_dir / "segrid-micro-bench", f"--benchmark_filter=^{row}$", "--benchmark_min_time=0.001"])
        tree = run(["callgrind_annotate", "--inclusive=yes", "--tree=caller", "--threshold=100", out])
    total = re.search(r"^\s*([\d,]+) .*PROGRAM TOTALS", tree, re.MULTILINE)
    calls = sum(int(count.replace(",", "")) for count in
                re.findall(r"^.*<.*?\(([\d,]+)x\).*$", callers_of(tree), re.MULTILINE))
    if total is None or calls == 0:
        raise Unmeasured("callgrind_annotate shows no calls of the transform")
    return int(total.group(1).replace(",", "")) / calls


def callers_of(tree):
    """The lines of callgrind_annotate about those who call the transform."""
    lines = []
    for line in tree.splitlines():
        if " * " in line:
            if TRANSFORM in line:
                return "\n".join(lines)
            lines = []
        elif " < " in line:
            lines.append(line)
        else:
            lines = []
    return ""


def show(name, change):
    wide = "" if change.is_narrow() or change.verdict() != "same" else f"  (less than {change.half:.1%} would not be seen)"
    print(f"  {name:42} B / A {change.ratio:.4f}  {change.low:.4f} to {change.high:.4f}  {change.verdict()}{wide}", flush=True)


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        found = re.search(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    return found.group(1) if found else "unknown processor"


def compare(bin_dir, base_bin, rounds, only):
    wanted = lambda rows: [row for row in rows if not only or row in only]
    changes = {}
    # The micro benches are counted where that is possible: their time depends on where the linker has put the code.
    micro = [] if shutil.which("valgrind") else wanted(MICRO_ROWS)
    sides = [lambda bin_=bin_: {**server_costs(bin_dir, bin_, wanted(SERVER_ROWS)), **micro_costs(bin_, micro)}
             for bin_ in (base_bin, bin_dir)]
    tell = (lambda text: print(text, file=sys.stderr)) if sys.stderr.isatty() else (lambda text: None)
    for row, change in sorted(measure(*sides, rounds, tell).items()):
        changes[f"{row}, CPU time"] = change
    if shutil.which("valgrind"):
        for row in wanted(MICRO_ROWS):
            # Three times, because addresses differ a little from run to run.
            pairs = [(instructions(base_bin, row), instructions(bin_dir, row)) for _ in range(3)]
            changes[f"{row}, instructions"] = Change(*zip(*pairs))
    else:
        print("  instructions: not counted, because valgrind is not installed")
    for name, change in changes.items():
        show(name, change)
    return changes


def main():
    parser = argparse.ArgumentParser(description="Compares the checkout with another commit.")
    parser.add_argument("bin_dir", type=Path, help="the programs of the checkout")
    parser.add_argument("base", help="the commit to compare with")
    parser.add_argument("--rounds", type=int, default=40, help="at most [40]")
    parser.add_argument("--only", default="", help="names of rows, separated by commas [all]")
    options = parser.parse_args()
    bin_dir = options.bin_dir.resolve()
    try:
        commit = run(["git", "rev-parse", "--verify", f"{options.base}^{{commit}}"], cwd=ROOT).strip()
        print(f"A = {commit[:12]}, B = this checkout; {processor()}", flush=True)
        base_bin = build_base(commit, ROOT / "build/against")
        changes = compare(bin_dir, base_bin, options.rounds, set(filter(None, options.only.split(","))))
    except Unmeasured as error:
        print(f"against: {error}", file=sys.stderr)
        return 2
    return 1 if any(change.verdict() == "slower" for change in changes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
