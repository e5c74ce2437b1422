"""`segrid` against a running server: `--server`, JSON and typed, says what it says alone; forwarded
Tracks arrive in the file; the other commands show them.

Prints its seed; `--seed` repeats a run.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import unittest

import cases
import nasty_events
import strict_json
from running_server import running_server

GIVEN = None  # The command line.


def comparable(text):
  """Lines of JSON in a form that does not depend on the order of members."""
  return cases.canonical(json.loads(line) for line in text.split("\n")[:-1])


def has_typed_time(element):
  raw, = strict_json.parse(f"[{element}]".encode("utf-8", "surrogateescape"))
  return not isinstance(raw, dict) or cases.has_typed_time(raw)


class Cli(unittest.TestCase):

  @classmethod
  def setUpClass(cls):
    cls.address, cls.config = cls.enterClassContext(running_server(GIVEN.server))

  def segrid(self, *words, body=b"", code=0):
    done = subprocess.run([GIVEN.segrid, *words], input=body, capture_output=True, timeout=60, check=False)
    self.assertEqual(done.returncode, code, done.stderr.decode())
    return done.stdout.decode("utf-8"), done.stderr.decode("utf-8")

  def on_all_ways(self, body, source):
    """Asserts that the three ways agree; gives the outcomes and the counts."""
    form = ["--format", "outcomes"]
    there = [*form, "--server", self.address, *(["--source", source] if source else [])]
    here = [*form, *(["--config", self.config, "--source", source] if source else [])]
    alone, counts = self.segrid("transform", *here, body=body)
    by_json, json_counts = self.segrid("transform", *there, body=body)
    by_types, _ = self.segrid("transform", *there, "--typed", body=body)
    self.assertEqual(by_json, alone)
    self.assertEqual(json_counts, counts)
    self.assertEqual(comparable(by_types), comparable(alone))
    return alone, counts

  def test_transforms_real_bodies_the_same_on_all_ways(self):
    inside = [body.strip()[1:-1] for body in cases.bodies().values()]
    body = b"[" + b",".join(elements for elements in inside if elements.strip()) + b"]"
    for source in cases.SOURCES:
      with self.subTest(source=source):
        outcomes, _ = self.on_all_ways(body, source)
        self.assertGreater(outcomes.count("\n"), 300)

  def test_transforms_nasty_events_the_same_on_all_ways(self):
    rng = random.Random(GIVEN.seed)
    for _ in range(20):
      body = nasty_events.body(rng, [element for element in nasty_events.batch(rng, 200) if has_typed_time(element)])
      for source in cases.SOURCES:
        with self.subTest(source=source):
          self.on_all_ways(body, source)

  def test_says_in_one_line_what_is_refused(self):
    for body, reason in [(b"7", "not an array"), (b"[", "not JSON"), (b'[\xff]', "not JSON"),
                         (b"[" + b" " * (5 << 20) + b"]", "RESOURCE_EXHAUSTED")]:
      for command in ("transform", "forward"):
        with self.subTest(reason=reason, command=command):
          output, error = self.segrid(command, "--server", self.address, body=body, code=1)
          self.assertEqual((output, error.count("\n")), ("", 1))
          self.assertIn(reason, error)
    _, error = self.segrid("transform", "--server", self.address, "--source", "nobody", body=b"[]", code=1)
    self.assertIn("NOT_FOUND (UNKNOWN_SOURCE)", error)

  def test_splits_what_is_over_the_limit_of_one_call(self):
    body = b"[" + b"0," * 10_000 + b"0]"
    for command, sources in (("transform", 1), ("forward", 2)):
      with self.subTest(command=command):
        output, error = self.segrid(command, "--server", self.address, body=body)
        self.assertIn("events=10001", output + error)
        self.assertIn(f"rejected={sources * 10_001}", output + error)

  def test_forwards_to_the_file_and_shows_it(self):
    body = (cases.ROOT / "tests/data/bench/bench-events-100.json").read_bytes()
    tracks, _ = self.segrid("transform", "--config", self.config, "--source", "plain", body=body)
    forward = ["forward", "--server", self.address, "--source", "plain", "--wait", "--json"]
    answer = json.loads(self.segrid(*forward, body=body)[0])
    unique = {json.loads(line)["messageId"] for line in tracks.splitlines()}
    self.assertEqual(answer["accepted_count"], len(unique))
    self.assertEqual(answer["delivered_count"], len(unique))
    self.assertEqual(answer["event_count"], answer["accepted_count"] + answer["duplicate_count"] +
                     answer["skipped_count"] + answer["rejected_count"])

    sources = json.loads(self.segrid("sources", "--server", self.address, "--json")[0])["sources"]
    self.assertEqual([source["name"] for source in sources], ["plain", "everything"])
    file = pathlib.Path(self.config).parent / "data" / "plain.ndjson"
    delivered = {json.loads(line)["messageId"] for line in file.read_text(encoding="utf-8").splitlines()}
    self.assertLessEqual(unique, delivered)

    again = json.loads(self.segrid(*forward, body=body)[0])
    self.assertEqual((again["accepted_count"], again["duplicate_count"]),
                     (0, answer["accepted_count"] + answer["duplicate_count"]))
    status = json.loads(self.segrid("status", "--server", self.address, "--json")[0])
    self.assertEqual((status["version"], status["ready"]), (GIVEN.version, True))
    plain = status["sources"][0]
    self.assertEqual(int(plain["delivered_count"]), len(unique))
    self.assertIn("plain", self.segrid("status", "--server", self.address)[0])
    self.assertIn("plain", self.segrid("sources", "--server", self.address)[0])

  def test_pauses_and_resumes_a_source(self):
    def state():
      status = json.loads(self.segrid("status", "--server", self.address, "--json")[0])
      return status["sources"][1]["state"]
    self.segrid("pause", "everything", "--server", self.address)
    self.assertEqual(state(), "SOURCE_STATE_PAUSED")
    self.segrid("resume", "everything", "--server", self.address)
    self.assertEqual(state(), "SOURCE_STATE_RUNNING")
    _, error = self.segrid("pause", "nobody", "--server", self.address, code=1)
    self.assertIn("UNKNOWN_SOURCE", error)

  def test_checks_the_health(self):
    self.assertEqual(self.segrid("healthcheck", "--server", self.address)[0], "SERVING\n")
    for service in ("segrid.v1.BridgeService", "segrid.v1.AdminService"):
      self.segrid("healthcheck", "--server", self.address, "--service", service)
    self.segrid("healthcheck", "--server", self.address, "--service", "bogus", code=1)

  def test_finds_no_dead_letters(self):
    which = ["--source", "plain", "--server", self.address]
    self.assertEqual(self.segrid("dead-letters", "list", *which)[0], "no dead letters\n")
    self.assertEqual(self.segrid("dead-letters", "export", *which)[0], "")


def main():
  global GIVEN
  arguments = argparse.ArgumentParser()
  for name in ("segrid", "server", "version"):
    arguments.add_argument(f"--{name}", required=True)
  arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
  GIVEN, rest = arguments.parse_known_args()
  print(f"seed {GIVEN.seed}", flush=True)
  unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
  main()
