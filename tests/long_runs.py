#!/usr/bin/env python3
"""Runs the tests of long_runs.txt with their full counts and prints a table.

`./dev check long` calls it. It takes each test's command from ctest, but not
its time limit, because that is meant for the cut count. A test prints a figure
as a line that begins with "figure: "; such lines follow the test's row.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

LIST = pathlib.Path(__file__).with_name("long_runs.txt")
LIMIT_SECONDS = 2 * 3600


def rows():
    for number, line in enumerate(LIST.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = [column.strip() for column in line.split("|")]
        if len(columns) != 3:
            sys.exit(f"{LIST.name}:{number}: wants test | variables | promise")
        yield columns


def known_tests(build):
    shown = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True)
    return {test["name"]: test for test in json.loads(shown.stdout)["tests"]}


def environment_of(test, variables):
    result = dict(os.environ)
    for entry in test.get("properties", []):
        if entry["name"] == "ENVIRONMENT":
            result.update(pair.split("=", 1) for pair in entry["value"])
    result.update(pair.split("=", 1) for pair in variables.split())
    return result


def run(test, variables, log):
    begin = time.monotonic()
    with open(log, "w") as output:
        try:
            done = subprocess.run(test["command"], env=environment_of(test, variables), stdout=output,
                                  stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS)
            passed = done.returncode == 0
        except subprocess.TimeoutExpired:
            passed = False
    return passed, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--logs", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="", help="tests whose name has this")
    arguments = parser.parse_args()
    arguments.logs.mkdir(parents=True, exist_ok=True)
    tests = known_tests(arguments.build)
    table, failed = [], 0
    for name, variables, promise in rows():
        if not re.search(arguments.only, name):
            continue
        if name not in tests:
            sys.exit(f"{LIST.name}: there is no test {name}")
        log = arguments.logs / f"{name}.log"
        passed, seconds = run(tests[name], variables, log)
        failed += not passed
        row = [f"{name:28} {'passed' if passed else 'FAILED'} {seconds:7.0f} s  {promise} ({variables or 'always full'})"]
        row += [f"    {figure}" for figure in re.findall(r"^figure: (.*)$", log.read_text(errors="replace"), re.M)]
        print("\n".join(row), flush=True)
        table += row
    print(f"\n== full counts, logs in {arguments.logs}", *table, sep="\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
