"""`segrid transform` and the reference implementation agree, field by field.

Every body of tests/data and several thousand generated elements, without a
source and with sources that opt into everything there is. Prints its seed;
`--seed` repeats a run. SEGRID_REFERENCE_BATCHES makes it longer: 60 batches of
500 elements are the full count.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/reference"))
import mapping  # noqa: E402
import nasty_events  # noqa: E402
import strict_json  # noqa: E402

ALL_EVENTS = [*mapping.DEFAULT_EVENTS, "deferred"]
SOURCES = [
    {"name": "everything", "events": ALL_EVENTS, "extra_properties": [*sorted(mapping.FIELDS), "suspected_bot"],
     "custom_args": "all", "user_id_from": "user", "spec_context": True,
     "email_subject_from": ["plan", "subject"]},
    {"name": "some", "events": ["click", "open", "bounce", "drop"], "email_hash": "as_received",
     "extra_properties": ["reason", "status", "tls", "pool", "category", "template_id"],
     "custom_args": ["plan", "ключ", "a.b"], "user_id_from": "subject"},
    {"name": "mapped", "events": ALL_EVENTS, "user_id_from": "user",
     "extra_properties": ["x_message_id", "suspected_bot", "ip", "url", "useragent", "email"],
     "custom_args": {"plan": "campaign_name", "subject": "tier", "user": "unsubscribe_group_id",
                     "a.b": "categories", "env": "email_type", "campaign_id": "automation_id"},
     "personal": {"email": "omit", "ip": "truncate", "user_agent": "omit", "link_query": "omit"},
     "email_subject_from": ["New Argument 1"], "spec_context": True},
    {"name": "owned", "events": ALL_EVENTS, "user_id_from": "plan", "email_subject_from": ["plan"],
     "custom_args": ["campaign_id", "campaign_name", "automation_id", "automation_step_id",
                     "categories", "unsubscribe_group_id", "email_type", "test_phase",
                     "link_url", "email_subject", "x_message_id"]},
    {"name": "prefixed", "events": ALL_EVENTS, "custom_args": "all", "custom_args_prefix": "campaign_",
     "extra_properties": ["x_message_id"], "personal": {"ip": "omit"}},
    {"name": "listed", "events": ALL_EVENTS, "custom_args": ["plan", "campaign_id", "user"],
     "custom_args_prefix": "arg \"", "spec_context": True},
    {"name": "routed", "events": ALL_EVENTS, "user_id_from": "user", "custom_args": "all",
     "only": [{"category": ["news", "5", "true"]}, {"sg_machine_open": [True]},
              {"custom_args": {"env": ["production", "0"], "user": ["1", "true"]}},
              {"tls": "true", "attempt": [5]}],
     "not": {"pool": ["pool"], "event": ["open", "click", "delivered"]}},
    {"name": "by_type", "events": ALL_EVENTS, "email_types": ["automation", "other"],
     "email_subject_from": ["New Argument 1"]},
]
CONFIG = {"sources": [{**source, "receiver": "file", "path": source["name"] + ".ndjson"}
                      for source in SOURCES]}
MAX_REPORTS = 5


def no_twins(pairs):
  """A JSON object as a dict; a Track must not have a key twice."""
  members = dict(pairs)
  if len(members) != len(pairs):
    raise ValueError(f"duplicate key among {[name for name, _ in pairs]}")
  return members


def canonical(value):
  return json.dumps(value, sort_keys=True, ensure_ascii=False)


class Comparison:
  """Runs the program and the reference on the same bodies and counts."""

  def __init__(self, segrid, config_path):
    self.segrid = segrid
    self.config_path = config_path
    self.elements = 0
    self.tracks = 0
    self.differences = []

  def transform(self, body, source):
    command = [self.segrid, "transform", "--format", "outcomes"]
    if source:
      command += ["--config", self.config_path, "--source", source]
    done = subprocess.run(command + ["-"], input=body, capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
      raise SystemExit(f"{' '.join(command)} gave {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8").split("\n")[:-1]

  def compare(self, name, body, source=""):
    settings = mapping.settings_of(CONFIG, source) if source else None
    wanted = mapping.outcomes(body, settings, source)
    lines = self.transform(body, source)
    self.elements += len(wanted)
    self.tracks += sum("track" in outcome for outcome in wanted)
    where = f"{name}, source '{source}'"
    if len(lines) != len(wanted):
      self.differences.append(f"{where}: {len(lines)} lines for {len(wanted)} elements")
      return
    for line, want in zip(lines, wanted):
      try:
        got = json.loads(line, object_pairs_hook=no_twins)
      except ValueError as error:
        self.report(where, want, body, f"not JSON ({error}): {line}")
        continue
      if canonical(got) != canonical(want):
        self.report(where, want, body, f"got  {canonical(got)}")
      elif mapping.compact(got) != line:
        self.report(where, want, body, f"not compact, or not the minimal escapes: {line}")

  def report(self, where, want, body, got):
    element = strict_json.parse(body)[want["index"]]
    shown = json.dumps(element, ensure_ascii=False, default=lambda number: {"#": number.text})
    self.differences.append(f"{where}, element {want['index']}: {shown[:3000]}\n"
                            f"  want {canonical(want)[:3000]}\n  {got[:3000]}")


def shipped_bodies():
  for folder in ("sendgrid", "bench"):
    for path in sorted((ROOT / "tests/data" / folder).glob("*.json")):
      body = path.read_bytes()
      if not body.lstrip().startswith(b"["):
        body = b"[" + body + b"]"  # Some files are one bare element.
      yield path.name, body


def main():
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--segrid", required=True)
  arguments.add_argument("--version", default=mapping.VERSION)
  arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
  arguments.add_argument("--batches", type=int, default=int(os.environ.get("SEGRID_REFERENCE_BATCHES", "6")))
  given = arguments.parse_args()
  mapping.VERSION = given.version
  sys.setrecursionlimit(10000)
  rng = random.Random(given.seed)
  print(f"seed {given.seed}")

  with tempfile.TemporaryDirectory() as folder:
    config_path = pathlib.Path(folder, "segrid.yaml")
    config_path.write_text(json.dumps(CONFIG), encoding="utf-8")
    comparison = Comparison(given.segrid, str(config_path))
    names = ["", *(source["name"] for source in SOURCES)]
    shipped = list(shipped_bodies())
    everything = b"[" + b",".join(body.strip()[1:-1] for _, body in shipped) + b"]"
    for name, body in shipped:
      comparison.compare(name, body)
    for source in names[1:]:
      comparison.compare("all shipped bodies", everything, source)
    for number in range(given.batches):
      body = nasty_events.body(rng, nasty_events.batch(rng, 500))
      for source in names:
        comparison.compare(f"generated batch {number}", body, source)
    for source in names:
      settings = mapping.settings_of(CONFIG, source) if source else None
      elements = nasty_events.near_the_limit(rng, settings, source)
      comparison.compare("near the limit", nasty_events.body(rng, elements), source)

  print(f"figure: {comparison.elements} elements, {comparison.tracks} Tracks, "
        f"{len(comparison.differences)} differences")
  for difference in comparison.differences[:MAX_REPORTS]:
    print(difference)
  return 1 if comparison.differences else 0


if __name__ == "__main__":
  sys.exit(main())
