"""`segrid transform` takes what is JSON and refuses what is not, in one line.

Each document of documents.py is tried as a body and as the element of an array
body. An object is a lone event, and values one after the other are taken one by
one; that a webhook's body must be one array is tested with the reader. A refusal is exit code 1 with one readable line on stderr and nothing on
stdout, in bounded time and memory.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "reference"))
import documents  # noqa: E402
import strict_json  # noqa: E402

MAX_SECONDS = 20
MAX_GROWTH_KIB = 64 * 1024  # Over the program's size on an empty array.


class Run:
  """One run of the program: how it ended, what it said, what it took."""

  def __init__(self, segrid, body):
    with tempfile.TemporaryFile() as stdin:
      stdin.write(body)
      stdin.seek(0)
      process = subprocess.Popen([segrid, "transform", "--format", "outcomes", "-"], stdin=stdin,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
      try:
        stdout, stderr = process.communicate(timeout=MAX_SECONDS)
        self.timed_out = False
      except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        self.timed_out = True
    self.exit_code = process.returncode
    self.stdout = stdout
    self.stderr = stderr.decode("utf-8", "replace")


def refusal_problem(run):
  if run.timed_out:
    return f"still running after {MAX_SECONDS} s"
  if run.exit_code != 1:
    return f"exit {run.exit_code} instead of 1: {run.stderr[:200]}"
  if run.stdout:
    return f"wrote to stdout: {run.stdout[:200]}"
  lines = run.stderr.splitlines()
  if len(lines) != 1 or not lines[0].strip() or len(lines[0]) > 300 or not lines[0].isprintable():
    return f"not one clear line: {run.stderr[:400]!r}"
  return None


def must_reject(run):
  return refusal_problem(run)


def must_accept(run):
  if run.timed_out or run.exit_code != 0:
    return f"exit {run.exit_code}: {run.stderr[:200]}"
  return None


def must_be_no_array(run):
  problem = refusal_problem(run)
  if problem is None and "array" not in run.stderr:
    problem = f"does not say that it is no array: {run.stderr[:200]}"
  return problem


def checks():
  """(name, body, check) of everything."""
  for name, document in documents.ACCEPT:
    yield f"accept '{name}' as an element", b"[" + document + b"]", must_accept
    is_taken = document.strip()[:1] in (b"[", b"{")
    yield f"'{name}' as a body", document, must_accept if is_taken else must_be_no_array
  for name, document in documents.REJECT:
    is_taken = name in documents.SEVERAL_AS_ELEMENT
    yield f"no JSON: '{name}' as an element", b"[" + document + b"]", must_accept if is_taken else must_reject
    is_taken = name in documents.SEVERAL_AS_BODY
    yield f"no JSON: '{name}' as a body", document, must_accept if is_taken else must_reject
  for name, document in documents.REJECT_BODIES:
    yield f"no body: '{name}'", document, must_accept if name in documents.SEVERAL_AS_BODY else must_reject


def table_problems():
  """The tables against the reference's own JSON reader."""
  rows = [(n, b"[" + d + b"]", True) for n, d in documents.ACCEPT]
  rows += [(n, b"[" + d + b"]", False) for n, d in documents.REJECT]
  rows += [(n, d, False) for n, d in documents.REJECT + documents.REJECT_BODIES]
  for name, body, wanted in rows:
    try:
      strict_json.parse(body)
      accepted = True
    except strict_json.NotJson:
      accepted = False
    if accepted != wanted:
      yield f"the table's '{name}': the reference {'accepts' if accepted else 'rejects'} it"
  names = [name for name, _, _ in checks()]
  yield from (f"two rows have the name {name}" for name in set(names) if names.count(name) > 1)


def peak_kib(segrid, body):
  """The program's peak memory on a body."""
  with tempfile.TemporaryFile() as stdin, open(os.devnull, "wb") as nowhere:
    stdin.write(body)
    stdin.seek(0)
    process = subprocess.Popen([segrid, "transform", "-"], stdin=stdin, stdout=nowhere,
                               stderr=nowhere)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0  # Reaped here, not by subprocess.
  return usage.ru_maxrss


def memory_problems(segrid):
  empty = peak_kib(segrid, b"[]")
  for name, document in documents.REJECT_BODIES:
    growth = peak_kib(segrid, document) - empty if len(document) > 50_000 else 0
    if growth > MAX_GROWTH_KIB:
      yield f"'{name}' took {growth} KiB more than an empty array"


def main():
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--segrid", required=True)
  given = arguments.parse_args()
  sys.setrecursionlimit(10000)
  problems = list(table_problems())
  everything = list(checks())
  with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as executor:
    runs = executor.map(lambda row: row[2](Run(given.segrid, row[1])), everything)
    problems += [f"{row[0]}: {found}" for row, found in zip(everything, runs) if found]
  problems += memory_problems(given.segrid)
  print(f"{len(documents.ACCEPT)} documents to accept, "
        f"{len(documents.REJECT) + len(documents.REJECT_BODIES)} to reject, "
        f"{len(everything)} runs, {len(problems)} problems")
  print("\n".join(problems[:40]))
  return 1 if problems else 0


if __name__ == "__main__":
  sys.exit(main())
