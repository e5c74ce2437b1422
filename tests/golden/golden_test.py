"""Each folder here is one fact of the mapping that `segrid transform` must keep.

`body.json` is a webhook body, `expected.ndjson` what `--format outcomes` says
about it, compared as JSON; `config.yaml` (written as JSON, which is YAML, too)
has one source whose settings apply.

`--update` writes expected.ndjson anew from the reference implementation; read
the difference against the specification before you commit it.
"""

import argparse
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "reference"))
import mapping  # noqa: E402


def cases():
  return sorted(path.parent for path in HERE.glob("*/body.json"))


def source_of(case):
  """The name of the case's source and the configuration, or ("", None)."""
  path = case / "config.yaml"
  if not path.exists():
    return "", None
  config = json.loads(path.read_text(encoding="utf-8"))
  return config["sources"][0]["name"], config


def reference_outcomes(case):
  source, config = source_of(case)
  settings = mapping.settings_of(config, source) if config else None
  return mapping.outcomes((case / "body.json").read_bytes(), settings, source)


def program_outcomes(segrid, case):
  command = [segrid, "transform", str(case / "body.json"), "--format", "outcomes"]
  source, _ = source_of(case)
  if source:
    command += ["--config", str(case / "config.yaml"), "--source", source]
  done = subprocess.run(command, capture_output=True, timeout=30, check=False)
  if done.returncode != 0:
    raise ValueError(f"exit {done.returncode}: {done.stderr.decode()}")
  return [json.loads(line) for line in done.stdout.decode("utf-8").split("\n")[:-1]]


def canonical(outcomes):
  """Comparable: in Python `True == 1`, as JSON they differ."""
  return [json.dumps(outcome, sort_keys=True, ensure_ascii=False) for outcome in outcomes]


def check(segrid, case, version):
  text = (case / "expected.ndjson").read_text(encoding="utf-8")
  text = text.replace('"version":"0.1.0"', f'"version":"{version}"')
  wanted = canonical(json.loads(line) for line in text.split("\n")[:-1])
  got = canonical(program_outcomes(segrid, case))
  if got == wanted:
    return True
  print(f"{case.name}:")
  for want, have in zip(wanted + [""] * len(got), got + [""] * (len(wanted) - len(got))):
    if want != have:
      print(f"  want {want}\n  got  {have}")
  return False


def main():
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--segrid", help="the program to test")
  arguments.add_argument("--version", default=mapping.VERSION)
  arguments.add_argument("--update", action="store_true")
  given = arguments.parse_args()
  found = cases()
  if given.update:
    for case in found:
      lines = [mapping.compact(outcome) + "\n" for outcome in reference_outcomes(case)]
      (case / "expected.ndjson").write_text("".join(lines), encoding="utf-8")
    print(f"{len(found)} cases written")
    return 0
  failed = [case.name for case in found if not check(given.segrid, case, given.version)]
  print(f"{len(found)} cases, {len(failed)} failed")
  return 1 if failed or not found else 0


if __name__ == "__main__":
  sys.exit(main())
