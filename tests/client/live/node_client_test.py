"""A Node client made from the published .proto files gets the answers that `segrid transform` gives.

The same questions as python_client_test.py; here the calls are made by node_client.mjs. The packages
come from the npm registry when the test runs; without a way there the test is skipped.
"""

import argparse
import base64
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import cases
from running_server import running_server

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = cases.ROOT / "client/node/package.json"
SKIPPED = 77  # ctest's SKIP_RETURN_CODE.

GIVEN = None  # The command line.


def skip(why):
  print(f"SKIPPED: {why}")
  sys.exit(SKIPPED)


def run_npm(directory, *command, timeout):
  """Whether npm did it in time, and what it said."""
  npm = ["npm", "--prefix", str(directory), "--no-audit", "--no-fund", "--no-update-notifier", *command]
  try:
    done = subprocess.run(npm, capture_output=True, text=True, timeout=timeout, check=False)
  except subprocess.TimeoutExpired:
    return False, f"not done within {timeout} s"
  return done.returncode == 0, done.stderr


def install_packages(directory):
  """Installs what our package asks for, unless it is there."""
  for program in ("node", "npm"):
    if not shutil.which(program):
      skip(f"{program} is not installed")
  needed = json.loads(PACKAGE.read_text(encoding="utf-8"))["dependencies"]
  wanted = json.dumps({"private": True, "dependencies": needed})
  stamp = directory / "installed.json"
  if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
    return
  directory.mkdir(parents=True, exist_ok=True)
  (directory / "package.json").write_text(wanted, encoding="utf-8")
  installed, why = run_npm(directory, "install", "--fetch-retries=1", timeout=150)
  if not installed:
    if not run_npm(directory, "ping", "--fetch-retries=0", timeout=60)[0]:
      skip("the npm registry cannot be reached")
    raise SystemExit(f"npm install failed:\n{why}")
  stamp.write_text(wanted, encoding="utf-8")


class NodeClient(unittest.TestCase):

  @classmethod
  def setUpClass(cls):
    cls.address, cls.config = cls.enterClassContext(running_server(GIVEN.server))

  def ask(self, calls):
    """Makes all calls over one connection and gives an answer or error for each."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".ndjson") as file:
      for service, method, request, body in calls:
        encoded = {} if body is None else {"body": base64.b64encode(body).decode("ascii")}
        print(json.dumps({"service": service, "method": method, "request": request, **encoded}), file=file)
      file.flush()
      done = subprocess.run(
          ["node", str(HERE / "node_client.mjs"), GIVEN.modules, str(cases.ROOT / "proto"),
           str(HERE / "google_rpc.proto"), self.address, file.name],
          capture_output=True, timeout=120, check=False)
    self.assertEqual(done.returncode, 0, done.stderr.decode())
    answers = [json.loads(line) for line in done.stdout.decode("utf-8").split("\n")[:-1]]
    self.assertEqual(len(answers), len(calls))
    return answers

  def test_gets_the_same_tracks_on_all_ways(self):
    questions, calls = [], []
    def add(name, source, read, wanted, request, body=None):
      questions.append((name, source, read, wanted))
      calls.append(("Bridge", "Transform", {"source": source, **request}, body))
    for name, body in cases.bodies().items():
      for source in cases.SOURCES:
        wanted = cases.outcomes_of_program(GIVEN.segrid, body, self.config, source)
        add(name, source, cases.outcomes_of_answer, wanted, {}, body)
        add(name, source, cases.outcomes_of_batch, wanted, {"output": "OUTPUT_BATCH_JSON"}, body)
        events = cases.typed_events(body)
        if events:
          add(name, source, cases.outcomes_of_answer, wanted, {"events": events})
    self.assertGreater(len(calls), 600)
    for (name, source, read, wanted), reply in zip(questions, self.ask(calls)):
      with self.subTest(body=name, source=source, read=read.__name__):
        self.assertNotIn("error", reply)
        answer = {"event_count": 0, **reply["answer"]}
        self.assertEqual(read(answer), wanted)

  def test_reads_the_reason_of_each_error(self):
    expected = [
        ({}, None, 3, "NO_INPUT"),
        ({"events": [{"event": "open"}]}, b"[]", 3, "TWO_INPUTS"),
        ({}, b"[1", 3, "INVALID_JSON"),
        ({}, b"{}", 3, "NOT_AN_ARRAY"),
        ({}, b"[" + b"0," * 10_000 + b"0]", 3, "TOO_MANY_EVENTS"),
        ({"source": "nobody"}, b"[]", 5, "UNKNOWN_SOURCE"),
    ]
    calls = [("Bridge", "Transform", request, body) for request, body, _, _ in expected]
    for (_, _, code, reason), reply in zip(expected, self.ask(calls)):
      with self.subTest(reason=reason):
        error = reply["error"]
        self.assertEqual(error["code"], code)
        self.assertEqual(error["status"], {"code": code, "message": error["message"]})
        info = error["details"]["ErrorInfo"]
        self.assertEqual((info["reason"], info["domain"]), (reason, "segrid"))

  def test_reads_which_field_is_wrong_and_when_to_try_again(self):
    def batch(number):  # Of about 50 KB: the queue takes 1 MiB.
      return {"sources": ["plain"], "events": [
          {"event": "open", "email": "ada@example.com", "timestamp": "1591726752",
           "sg_event_id": f"full-{number}-{event}"} for event in range(120)]}
    too_many = {"events": [{"event": "open"}] * 10_001}
    replies = self.ask([
        ("Bridge", "Transform", too_many, None),
        ("Admin", "PauseSource", {"source": "plain"}, None),
        *[("Bridge", "Forward", batch(number), None) for number in range(60)],
        ("Admin", "ResumeSource", {"source": "plain"}, None)])
    violation, = replies[0]["error"]["details"]["BadRequest"]["field_violations"]
    self.assertEqual(violation["field"], "events")
    full = replies[-2]["error"]
    self.assertEqual(full["code"], 8)
    self.assertEqual(full["details"]["ErrorInfo"]["reason"], "QUEUE_FULL")
    delay = full["details"]["RetryInfo"]["retry_delay"]
    self.assertGreater(int(delay.get("seconds", 0)) + delay.get("nanos", 0), 0)


def main():
  global GIVEN
  arguments = argparse.ArgumentParser()
  for name in ("segrid", "server", "modules", "version"):
    arguments.add_argument(f"--{name}", required=True)
  GIVEN, rest = arguments.parse_known_args()
  cases.VERSION = GIVEN.version
  install_packages(pathlib.Path(GIVEN.modules))
  unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
  main()
