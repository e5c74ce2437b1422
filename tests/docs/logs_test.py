"""docs/logs.md against the sources, and against what a server writes through its life, as JSON and as text."""

import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import log_lines
import markdown

sys.path.insert(0, str(log_lines.ROOT / "tests/server/endurance"))
from program import Program, events  # noqa: E402

BIN = None  # The folder of the programs; set by main.
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECONDS = 60
CANARY = "canary@example.com"
# 192.0.2.0/24 is nobody's; no event goes there.
CONFIG = """
logging: {{level: debug, format: {format}}}
queue: {{store: memory, max_bytes: 64MiB}}
drain: {{grace: 1s}}
sources:
  - {{name: good, receiver: file, path: good.ndjson}}
  - {{name: failing, write_key: canary-key, endpoint: 'http://127.0.0.1:9', allow_http: true}}
  - {{name: open, write_key: canary-key, endpoint: 'http://192.0.2.1', allow_http: true, events: [spamreport]}}
"""
KINDS, TYPES = None, None  # Of the page; set by main.


def one(text, number):
  return markdown.blocks(text)[number].text.strip()


class Page(unittest.TestCase):

  def test_has_each_line_of_the_sources(self):
    self.assertEqual(KINDS, log_lines.in_sources())

  def test_has_each_field(self):
    used = set().union(*(kind.fields for kind in KINDS.values()))
    self.assertEqual(set(TYPES) - set(log_lines.EVERYWHERE), used)
    self.assertEqual({kind.level for kind in KINDS.values()}, set(log_lines.LEVELS))
    self.assertLessEqual(set(TYPES.values()), set(log_lines.TYPES))

  def test_says_since_when_and_what(self):
    text = log_lines.read("docs/logs.md")
    for first in ("message", "field"):
      for cells in markdown.table(text, first):
        self.assertRegex(cells[-1], r"^\d+\.\d+$", cells)
        self.assertGreater(len(cells[-2]), 10, cells)

  def test_shows_lines_of_both_forms(self):
    as_json, as_text = (one(log_lines.read("docs/logs.md"), number) for number in range(2))
    self.assertEqual(log_lines.problems(as_json, KINDS, TYPES), [])
    entry = json.loads(as_json)
    self.assertEqual(log_lines.text_parts(as_text), {name: str(value) for name, value in entry.items()})


class TheCheckItself(unittest.TestCase):

  def test_finds_kinds_in_sources(self):
    source = """
      const logging::Field by = {"by", act.by};
      const logging::Log::Fields fields = {{"key", k}, {"to", t(1, "x")}};
      log.Info("one", {by});
      log_->Warning(
          odd ? "two (a, b): \\"c\\""
              : "thr"
                "ee",
          {{"n", f(std::int64_t{1}, "y")}});
      deps_.log.Error("four", fields);
      log.Debug("five");
    """
    kind = log_lines.Kind
    self.assertEqual(list(log_lines.kinds_in(source)), [
        ("one", kind("info", frozenset(["by"]))), ('two (a, b): "c"', kind("warning", frozenset(["n"]))),
        ("three", kind("warning", frozenset(["n"]))), ("four", kind("error", frozenset(["key", "to"]))),
        ("five", kind("debug", frozenset()))])
    with self.assertRaises(ValueError):
      list(log_lines.kinds_in("log.Info(text, {});"))

  def test_finds_wrong_lines(self):
    kinds, types = {"m": log_lines.Kind("info", frozenset(["a"]))}, {"a": "integer"}
    good = {"time": "t", "level": "info", "message": "m", "a": 1}
    self.assertEqual(log_lines.problems(json.dumps(good), kinds, types), [])
    for wrong in ({"message": "n"}, {"level": "error"}, {"a": "1"}, {"a": True}, {"suppressed": "1"}):
      self.assertEqual(len(log_lines.problems(json.dumps(good | wrong), kinds, types)), 1, wrong)
    self.assertEqual(len(log_lines.problems(json.dumps({"time": "t", "level": "info", "message": "m"}), kinds, types)), 1)


class Life(unittest.TestCase):
  """A server with warnings, requests, operators and reloads."""

  def segrid(self, *words):
    subprocess.run([BIN / "segrid", *words, "--server", f"127.0.0.1:{self.program.ports['grpc']}"], check=False,
                   capture_output=True, timeout=SECONDS, input=b"")

  def live(self):
    scratch = tempfile.TemporaryDirectory()
    self.addCleanup(scratch.cleanup)
    folder = pathlib.Path(scratch.name)
    config = CONFIG.format(format="json")
    self.program = program = Program(str(BIN / "segrid-server"), config, folder=folder)
    for body in (events(0, 3, CANARY), b"canary", b""):
      program.ask("http", "/v1/webhook", "POST", body, {"traceparent": TRACE})
    program.ask("http", "/nowhere")
    program.wait_for('"a source does not deliver"')
    self.segrid("pause", "good")
    self.segrid("resume", "good")
    self.segrid("resume", "canary")
    self.segrid("dead-letters", "replay", "--source", "good", "--yes")
    self.segrid("dead-letters", "purge", "--source", "good", "--yes")
    program.write_config(config.replace("grace: 1s", "grace: 2s") + "grpc: 1\n")
    program.process.send_signal(signal.SIGHUP)
    program.wait_for("was not reloaded")
    program.write_config(config.replace("grace: 1s", "grace: 2s"))
    self.segrid("reload")
    program.wait_for('"configuration reloaded"')
    self.assertEqual(program.stop(), 0)
    return program.log.splitlines()

  def test_has_only_lines_of_the_page(self):
    lines = self.live()
    wrong = [problem for line in lines for problem in log_lines.problems(line, KINDS, TYPES)]
    self.assertEqual(wrong, [])
    seen = {json.loads(line)["message"] for line in lines}
    print(f"figure: {len(seen)} of {len(KINDS)} kinds of lines were seen")
    for wanted in ("serving", "ready", "a source does not deliver", "webhook accepted", "webhook refused", "webhook request refused",
                   "requests refused", "calls refused", "an operator paused a source", "an operator asked for a reload",
                   "a reload changed a key", "configuration reloaded", "the configuration was not reloaded, the old one stays",
                   "draining", "stopped with undelivered events: they are lost"):
      self.assertIn(wanted, seen)
    self.assertIn(f'"trace_id":"{TRACE.split("-")[1]}"', "".join(lines))
    self.assertNotIn("canary@", "".join(lines))
    self.assertNotIn("canary-key", "".join(lines))

  def test_has_the_same_parts_as_text(self):
    with tempfile.TemporaryDirectory() as folder:
      config = pathlib.Path(folder) / "segrid.yaml"
      config.write_text(f"data_dir: {folder}/data\n" + "".join(f'{door}: {{listen: ["127.0.0.1:0"]}}\n'
                                                              for door in ("grpc", "http", "admin")) + CONFIG.format(format="text"),
                        encoding="utf-8")
      process = subprocess.Popen([BIN / "segrid-server", "--config", config], stderr=subprocess.PIPE, text=True)
      lines = []
      for line in process.stderr:
        lines.append(line.rstrip("\n"))
        if " ready " in line:
          process.terminate()
      self.assertEqual(process.wait(SECONDS), 0)
      process.stderr.close()
    seen = set()
    for line in lines:
      parts = log_lines.text_parts(line)
      kind = KINDS[parts["message"]]
      self.assertEqual(parts["level"], kind.level)
      self.assertEqual(parts.keys() - log_lines.EVERYWHERE.keys(), kind.fields, line)
      seen.add(parts["message"])
    self.assertGreater(len(seen), 5)


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--programs", required=True, type=lambda name: pathlib.Path(name).resolve())
  given, rest_of_arguments = arguments.parse_known_args()
  BIN = given.programs
  KINDS, TYPES = log_lines.documented()
  unittest.main(argv=[sys.argv[0], *rest_of_arguments], verbosity=2)
