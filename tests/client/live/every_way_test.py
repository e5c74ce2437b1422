"""The bodies of tests/golden and tests/data/field on every way into Segrid, compared with the reference.

Ways that deliver (webhook, Forward, backfill of bodies and of lines): each into a new server whose receivers write files, and
what stands in the files counts. Ways that answer: Transform as JSON and typed, explain, listen. Each body is sent with
the settings of its golden case; those of tests/data/field with all of them.
"""

import argparse
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import cases
import mapping
import strict_json

GIVEN = None  # The command line.
SECONDS = 60
MAX_WEBHOOKS = 100  # Of a configuration.
START = re.compile(r'"http":"([^"]+)"')

# With the settings that the inputs of tests/data/field speak of.
FIELD_SOURCES = [
    {"custom_args": "all", "user_id_from": "user_id", "extra_properties": ["reason", "status", "sg_message_id"]},
    {"custom_args": ["campaign_id", "campaign_name", "automation_id", "categories", "unsubscribe_group_id", "test_phase",
                     "email_type", "link_url"], "user_id_from": "userId"},
    {"custom_args": {"campaign_name": "campaign_id", "order id": "order", "event_id": "automation_name"}},
]


class Case:
  """A body and the source whose settings apply to it."""

  def __init__(self, name, path, settings):
    self.name = name
    self.path = path
    self.body = path.read_bytes()
    self.source = {**settings, "name": name, "receiver": "file", "path": name + ".ndjson"}

  def outcomes(self):
    config = {"sources": [self.source]}
    return mapping.outcomes(self.body, mapping.settings_of(config, self.name), self.name)

  def delivered(self):
    """The Tracks that arrive: of several with one id, the first."""
    first = {}
    for outcome in self.outcomes():
      if "track" in outcome:
        first.setdefault(outcome["track"]["messageId"], outcome["track"])
    return cases.canonical(first.values())


def all_cases():
  for path in sorted(cases.ROOT.glob("tests/golden/*/body.json")):
    config = path.parent / "config.yaml"
    settings = json.loads(config.read_text(encoding="utf-8"))["sources"][0] if config.exists() else {}
    yield Case(path.parent.name, path, settings)
  for path in sorted(cases.ROOT.glob("tests/data/field/*.json")):
    for number, settings in enumerate(FIELD_SOURCES):
      yield Case(f"field-{path.stem}-{number}", path, settings)


def with_unlike_tags(found):
  """Two sources with one tag are a configuration error: the later one gets another name."""
  tags = set()
  for case in found:
    while (tag := mapping.sha256(case.name)[:4]) in tags:
      case.name += "-x"
    tags.add(tag)
    case.source.update(name=case.name, path=case.name + ".ndjson")
  return found


CASES = with_unlike_tags(list(all_cases()))
# For ways that take a process for each event or post.
FEW_CASES = [case for number, case in enumerate(CASES) if number % 3 == 0 or case.name.startswith("field-")]


def config_of(folder, found, level="info"):
  """A configuration with a source for each case, and a webhook where there may be so many."""
  path = folder / "segrid.yaml"
  webhooks = [{"name": "default"}] if len(found) == 1 else [
      {"name": case.name, "sources": [case.name]} for case in found[:MAX_WEBHOOKS]]
  path.write_text(json.dumps({
      "data_dir": str(folder / "data"), "grpc": {"listen": ["127.0.0.1:0"]}, "http": {"listen": ["127.0.0.1:0"]},
      "queue": {"store": "memory"}, "logging": {"level": level}, "admin": {"listen": []}, "webhooks": webhooks,
      "sources": [case.source for case in found]}), encoding="utf-8")
  return path


class Server:
  """A server with a source for each case, and what it has delivered when it has ended."""

  def __init__(self, folder, found, level="info"):
    self.folder = folder
    config = config_of(folder, found, level)
    self.process = subprocess.Popen([GIVEN.server, "--config", config, "--port-file", folder / "port"],
                                    stderr=subprocess.PIPE, text=True)
    self.http = None
    for line in self.process.stderr:
      self.http = self.http or (START.search(line) or [None, None])[1]
      if '"message":"ready"' in line:
        break
    self.grpc = f"127.0.0.1:{(folder / 'port').read_text().strip()}"

  def stop(self):
    """Ends it, which delivers what is queued."""
    self.process.terminate()
    log = self.process.stderr.read()
    self.process.stderr.close()
    return self.process.wait(SECONDS), log

  def delivered(self, case):
    path = self.folder / "data" / case.source["path"]
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    return cases.canonical(json.loads(line) for line in lines)


def segrid(*words, body=b""):
  return subprocess.run([GIVEN.segrid, *words], input=body, capture_output=True, timeout=SECONDS, check=False)


class EveryWay(unittest.TestCase):
  maxDiff = None

  def setUp(self):
    self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

  def deliver(self, send, found):
    """Sends each case to a new server and compares what the receivers got."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
    server = Server(folder, found)
    try:
      for case in found:
        send(server, case)
    finally:
      code, log = server.stop()
    self.assertEqual(code, 0, log)
    for case in found:
      with self.subTest(case=case.name):
        self.assertEqual(server.delivered(case), case.delivered())

  def test_webhook(self):
    def send(server, case):
      url = f"http://{server.http}/v1/webhook/{case.name}"
      request = urllib.request.Request(url, case.body, {"Content-Type": "application/json"})
      with urllib.request.urlopen(request, timeout=SECONDS) as response:
        self.assertEqual(response.status, 200, case.name)
    for start in range(0, len(CASES), MAX_WEBHOOKS):
      self.deliver(send, CASES[start:start + MAX_WEBHOOKS])

  def test_forward(self):
    def send(server, case):
      done = segrid("forward", "--server", server.grpc, "--source", case.name, case.path)
      self.assertEqual(done.returncode, 0, f"{case.name}: {done.stderr.decode()}")
    self.deliver(send, CASES)

  def test_backfill(self):
    def send(server, case):
      done = segrid("backfill", "--rate", "1000000", "--server", server.grpc, "--source", case.name, case.path)
      self.assertEqual(done.returncode, 0, f"{case.name}: {done.stderr.decode()}")
    self.deliver(send, CASES)

  def test_backfill_of_lines(self):
    """Each body as an archive of lines, one of them cut off."""
    bad = b'{"email": "a@example.com", "event": "ope\n'
    for case in CASES:
      body = case.body.removeprefix(b"\xef\xbb\xbf").strip()
      lines = [line for line in body[1:-1].split(b"\n") if line.strip()]
      case.lines = b"\n".join(line.strip().rstrip(b",") for line in lines)
    whole = [case for case in CASES if case.lines and all(is_json(line) for line in case.lines.split(b"\n"))]
    self.assertGreater(len(whole), 60)

    def send(server, case):
      path = self.folder / "lines"
      path.write_bytes(bad + case.lines + b"\n" + bad)
      done = segrid("backfill", "--json", "--rate", "1000000", "--server", server.grpc, "--source", case.name, path)
      self.assertEqual(json.loads(done.stdout)["bad"], 2, f"{case.name}: {done.stderr.decode()}")
      self.assertIn("line 1, byte 0 ", done.stderr.decode())
    self.deliver(send, whole)

  def test_transform_by_a_server(self):
    server = Server(self.folder, CASES)
    try:
      for case in CASES:
        wanted = cases.canonical(case.outcomes())
        ways = [[], ["--typed"]] if has_typed_times(case.body) else [[]]
        for way in ways:
          done = segrid("transform", "--format", "outcomes", "--server", server.grpc, "--source", case.name, *way, case.path)
          got = cases.canonical(json.loads(line) for line in done.stdout.decode("utf-8").split("\n")[:-1])
          with self.subTest(case=case.name, way=way):
            self.assertEqual(got, wanted, done.stderr.decode())
    finally:
      server.stop()

  def test_explain(self):
    config = config_of(self.folder, CASES)
    for case in FEW_CASES:
      outcomes = case.outcomes()
      for outcome in outcomes if case.name.startswith("field-") else outcomes[-1:]:
        index = str(outcome["index"])
        done = segrid("explain", "--json", "--config", config, "--source", case.name, "--index", index, case.path)
        with self.subTest(case=case.name, index=index):
          got = json.loads(done.stdout)
          self.assertEqual(cases.canonical([got["track"]]), cases.canonical([outcome.get("track")]))
          reason = "track" if "track" in outcome else outcome.get("skipped") or outcome.get("rejected")
          self.assertEqual(got["outcome"], reason)

  def test_listen(self):
    config = config_of(self.folder, CASES)
    for case in FEW_CASES:
      listener = subprocess.Popen([GIVEN.segrid, "listen", "--port", "0", "--count", "1", "--json", "--save",
                                   self.folder / case.name, "--config", config, "--source", case.name],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
      with contextlib.closing(listener.stderr), contextlib.closing(listener.stdout):
        url = re.search(r"http://\S+/", listener.stderr.readline())[0]
        with urllib.request.urlopen(url, case.body, timeout=SECONDS) as response:
          self.assertEqual(response.status, 200)
        got = json.loads(listener.stdout.readline())
        listener.wait(SECONDS)
      with self.subTest(case=case.name):
        outcomes = case.outcomes()
        self.assertEqual((got["readable"], got["events"], got["tracks"]),
                         (True, len(outcomes), sum("track" in outcome for outcome in outcomes)))
        self.assertEqual(pathlib.Path(got["saved"]).read_bytes(), case.body)


class RefusedBodies(unittest.TestCase):
  """What is said of a body that is no array, in the webhook's answer, its log line, and by the command line."""

  def test_say_the_same_in_the_answer_and_the_log(self):
    with tempfile.TemporaryDirectory() as folder:
      server = Server(pathlib.Path(folder), CASES[:1], level="debug")
      answers = {}
      for name, (body, _, _) in cases.REFUSED.items():
        request = urllib.request.Request(f"http://{server.http}/v1/webhook", body, {"Content-Type": "application/json"})
        with self.assertRaises(urllib.error.HTTPError) as caught:
          urllib.request.urlopen(request, timeout=SECONDS)
        answers[name] = (caught.exception.code, json.loads(caught.exception.read())["message"])
        caught.exception.close()
      _, log = server.stop()
    self.assertNotIn("canary", log)
    logged = {json.loads(line).get("detail") for line in log.splitlines()}
    for name, (_, said, _) in cases.REFUSED.items():
      with self.subTest(body=name):
        code, message = answers[name]
        self.assertEqual(code, 400)
        self.assertIn(said, message)
        self.assertNotIn("canary", message)
        self.assertIn(message, logged)

  def test_are_named_by_the_command_line(self):
    with tempfile.TemporaryDirectory() as name:
      folder = pathlib.Path(name)
      server = Server(folder, CASES[:1])
      self.addCleanup(server.stop)
      for case, (body, _, said) in cases.REFUSED.items():
        path = folder / "body"
        path.write_bytes(body)
        for command in (["transform"], ["explain"], ["forward", "--server", server.grpc],
                        ["backfill", "--server", server.grpc]):
          done = segrid(*command, path)
          with self.subTest(body=case, command=command[0]):
            shown = done.stderr.decode()
            self.assertNotIn("canary", shown)
            if said is None:
              self.assertEqual(done.returncode, 0, shown)
            elif command[0] in ("transform", "forward"):
              self.assertEqual(done.returncode, 1)
              self.assertIn(said, shown)
              self.assertEqual(shown.count("\n"), 1)


def is_json(line):
  try:
    return isinstance(strict_json.parse(line), dict)
  except strict_json.NotJson:
    return False


def has_typed_times(body):
  return all(not isinstance(raw, dict) or cases.has_typed_time(raw) for raw in strict_json.parse(body))


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--segrid", required=True)
  arguments.add_argument("--server", required=True)
  arguments.add_argument("--version", required=True)
  GIVEN, rest = arguments.parse_known_args()
  mapping.VERSION = GIVEN.version
  unittest.main(argv=[sys.argv[0], *rest])
