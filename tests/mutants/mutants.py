#!/usr/bin/env python3
"""Plants the small faults of faults.yaml, one at a time, and says which of them the tests notice.

The tree is copied to a folder of its own, so that the checkout stays as it is.
There, each fault changes one place of one file; only the tests that should
notice are built and run; then the place is changed back. First the tests run
without any fault, because a test that fails anyway notices nothing.

    mutants.py                   all faults (./dev check mutants)
    mutants.py --only ID…        those whose id begins so
    mutants.py --check           only whether each fault still fits; takes a second
"""
import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LIST = pathlib.Path(__file__).with_name("faults.yaml")
KEYS = ["id", "file", "old", "new", "tests", "why"]
MOST_MEMORY = 12 << 30  # Of a test: a fault may unpack or queue without end.
# Programs that tests in Python, and some others, run.
PROGRAMS = ["segrid", "segrid-server", "segrid-crash-child"]


def load():
    faults = yaml.safe_load(LIST.read_text())
    for fault in faults:
        if list(fault) != KEYS:
            sys.exit(f"{LIST.name}: {fault.get('id')}: wants {', '.join(KEYS)}, in this order")
    return faults


def mistakes_of(faults, root):
    """What of the list does not fit the tree any more."""
    mistakes, seen = [], set()
    tests = {path.stem for path in root.glob("tests/**/*_test.*")}
    for fault in faults:
        path = root / fault["file"]
        count = path.read_text().count(fault["old"]) if path.exists() else 0
        if count != 1:
            mistakes.append(f"{fault['id']}: {fault['file']} has its old text {count} times, not once")
        if fault["old"] == fault["new"]:
            mistakes.append(f"{fault['id']}: changes nothing")
        if fault["id"] in seen:
            mistakes.append(f"{fault['id']}: stands twice")
        seen.add(fault["id"])
        unknown = set(fault["tests"].split()) - tests
        mistakes += [f"{fault['id']}: there is no test {name}" for name in sorted(unknown)]
        if not fault["tests"].split() or not fault["why"]:
            mistakes.append(f"{fault['id']}: says not which test notices, or not why it matters")
    return mistakes


def copy_tree(tree):
    """The files as they are now. Unchanged ones keep their time, so that little is built again."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True).stdout.decode()
    names = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for old in [path for path in tree.glob("*/**/*") if path.is_file() and "build" not in path.relative_to(tree).parts]:
        if str(old.relative_to(tree)) not in names:
            old.unlink()
    for name in names:
        source, target = ROOT / name, tree / name
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(source.stat().st_mode)


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def quietly(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **more)


class Tree:
    """The copy, in which the faults are planted."""

    def __init__(self, path, jobs):
        self.path, self.jobs = path, jobs
        copy_tree(path)
        self.build = path / "build/release"
        if not (self.build / "build.ninja").exists():
            environment = dict(os.environ)
            if shutil.which("ccache"):
                environment.setdefault("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")
            done = quietly(["cmake", "--preset", "release", "-DSEGRID_BUILD_BENCH=OFF"], cwd=path, env=environment)
            if done.returncode != 0:
                sys.exit(done.stdout)
        listed = quietly(["ninja", "-C", self.build, "-t", "targets", "all"]).stdout
        self.targets = {line.split(":")[0] for line in listed.splitlines()}

    def make(self, tests):
        """What the compiler says when it does not build; "" when it does."""
        wanted = [test for test in tests if test in self.targets]
        if len(wanted) < len(tests):
            wanted += PROGRAMS
        done = quietly(["ninja", "-C", self.build, "-j", str(self.jobs), *wanted])
        if done.returncode == 0:
            return ""
        errors = [line for line in done.stdout.splitlines() if "error: " in line]
        return "\n".join(errors[:3]) or done.stdout[-1000:]

    def run(self, tests, stop=True):
        """What failed, as `test: Suite.Case`."""
        done = quietly(["ctest", "--test-dir", self.build, "-R", f"^({'|'.join(tests)})$", "--output-on-failure",
                        "--parallel", str(self.jobs), *(["--stop-on-failure"] if stop else [])],
                       preexec_fn=limit_memory)
        failed = re.findall(r"^\s*\d+ - (\S+) \((.+)\)$", done.stdout, re.MULTILINE)
        failed = [(test, how) for test, how in failed if how != "Not Run"]
        if done.returncode == 0:
            return []
        if not failed:
            sys.exit(f"the tests could not be run: {done.stdout[-2000:]}")
        cases = re.findall(r"^\[  FAILED  \] (\w[\w./]*)(?:,| \()", done.stdout, re.MULTILINE)
        if len(failed) == 1 and failed[0][1] == "Failed" and cases:
            return [f"{failed[0][0]}: {cases[0]}"]
        return [test if how == "Failed" else f"{test}: {how}" for test, how in failed]


def try_one(fault, tree, broken):
    """How it ended, and who noticed."""
    tests = [test for test in fault["tests"].split() if test not in broken]
    path = tree.path / fault["file"]
    original = path.read_text()
    if original.count(fault["old"]) != 1:
        return "does not fit", ""
    if not tests:
        return "not noticed", "all its tests fail without it"
    path.write_text(original.replace(fault["old"], fault["new"]))
    try:
        problem = tree.make(tests)
        if problem:
            return "does not build", problem
        failed = tree.run(tests)
        return ("noticed", ", ".join(failed)) if failed else ("not noticed", " ".join(tests))
    finally:
        path.write_text(original)


def run_without_faults(faults, tree):
    """The tests that fail on the tree as it is."""
    tests = sorted({test for fault in faults for test in fault["tests"].split()})
    print(f"{len(tests)} tests without a fault", flush=True)
    problem = tree.make(tests)
    if problem:
        sys.exit(f"the tree does not build:\n{problem}")
    broken = {each.split(":")[0] for each in tree.run(tests, stop=False)}
    # Once more, because some measure time.
    broken = {test for test in broken if tree.run([test])}
    for test in sorted(broken):
        print(f"fails without a fault, so it notices nothing: {test}", flush=True)
    return broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[""], metavar="ID", help="ids, or how they begin")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--tree", default=ROOT / "build/mutants", type=pathlib.Path, help="where the copy is kept")
    parser.add_argument("--jobs", default=os.cpu_count(), type=int)
    parser.add_argument("--least", default=95.0, type=float, metavar="PERCENT", help="what must be noticed")
    arguments = parser.parse_args()

    faults = load()
    mistakes = mistakes_of(faults, ROOT)
    if mistakes:
        print("\n".join(mistakes))
    if arguments.check:
        print(f"{len(faults)} faults, {len(mistakes)} mistakes in their list")
        sys.exit(1 if mistakes else 0)
    # By file, so that each is built once more than it has faults.
    faults = sorted((fault for fault in faults if fault["id"].startswith(tuple(arguments.only))),
                    key=lambda fault: fault["file"])
    if not faults:
        sys.exit("no fault has such an id")
    tree = Tree(arguments.tree.resolve(), arguments.jobs)
    broken = run_without_faults(faults, tree)
    ends = []
    for fault in faults:
        begin = time.monotonic()
        end, by = try_one(fault, tree, broken)
        ends.append(end)
        print(f"{end:14} {fault['id']:32} {time.monotonic() - begin:4.0f} s  {by}", flush=True)
    score = 100 * ends.count("noticed") / len(ends)
    print(f"{ends.count('noticed')} of {len(ends)} faults noticed: {score:.1f} %")
    sys.exit(0 if score >= arguments.least else 1)


if __name__ == "__main__":
    main()
