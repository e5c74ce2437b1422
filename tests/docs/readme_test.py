"""Runs what README.md and docs/configuration.md show, and compares what it prints with what is printed there.

In a block of the language `console`, `$ ` begins a command and `> ` goes on with it; the lines below are its output.
`…` stands for any text in a line, and alone for any lines.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import markdown

ROOT = pathlib.Path(__file__).resolve().parents[2]
GIVEN = None  # The arguments; set by main.
SECONDS = 30
PAGES = ("README.md", "docs/configuration.md")  # Those with blocks that are run.
CONFIG = """
grpc: {listen: ["127.0.0.1:0"]}
http: {listen: ["127.0.0.1:0"]}
admin: {listen: []}
sources: [{name: default, receiver: file, path: tracks.ndjson}]
"""


def steps(block):
  """The commands of a block with their output."""
  found = []
  for line in block.text.split("\n")[:-1]:
    if line.startswith("$ "):
      found.append([line[2:] + "\n", ""])
    elif line.startswith("> "):
      found[-1][0] += line[2:] + "\n"
    else:
      found[-1][1] += line + "\n"
  return found


def matches(shown, printed):
  pattern = re.escape(shown).replace("…\n", "(?:.*\n)*" if shown.startswith("…\n") else "…\n")
  pattern = re.sub(r"(?<=\n)…\\?\n", "(?:.*\n)*", pattern)
  return re.fullmatch(pattern.replace("…", ".*"), printed) is not None


def said_in(process, path, pattern):
  """Waits until the server writes into a file what fits a pattern; gives its group."""
  for _ in range(SECONDS * 50):
    with contextlib.suppress(OSError):
      found = re.search(pattern, path.read_text(encoding="utf-8"))
      if found:
        return found[1]
    with contextlib.suppress(subprocess.TimeoutExpired):
      raise ValueError(f"the server ended with {process.wait(timeout=0.02)}")
  raise ValueError("the server did not say where it listens")


class Readme(unittest.TestCase):

  def setUp(self):
    folder = tempfile.TemporaryDirectory()
    self.addCleanup(folder.cleanup)
    self.folder = pathlib.Path(folder.name)
    (self.folder / "build/release").mkdir(parents=True)
    (self.folder / "build/release/bin").symlink_to(GIVEN.programs)
    (self.folder / "segrid.yaml").write_text(CONFIG, encoding="utf-8")
    with (self.folder / "log").open("wb") as log:
      self.server = subprocess.Popen(
          [GIVEN.programs / "segrid-server", "--config", "segrid.yaml", "--port-file", "port"], cwd=self.folder,
          stderr=log)
    self.addCleanup(self.stop)
    port = said_in(self.server, self.folder / "port", r"^(\d+)\n")
    self.address = f"127.0.0.1:{port}"
    self.webhook = said_in(self.server, self.folder / "log", r'"http":"([^"]+)"')  # A thread of its own writes the log.

  def stop(self):
    self.server.terminate()
    self.assertEqual(self.server.wait(timeout=SECONDS), 0)

  def run_shell(self, command, **rest):
    done = subprocess.run(["bash", "-c", command], cwd=self.folder, timeout=SECONDS, check=False, text=True,
                          env={**os.environ, "SEGRID_SERVER": self.address},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **rest)
    return done.stdout

  def test_what_it_shows_is_what_happens(self):
    shown = [block for page in PAGES for block in markdown.blocks((ROOT / page).read_text(encoding="utf-8"))
             if block.language == "console"]
    self.assertGreater(len(shown), 1)
    started = time.monotonic()
    for block in shown:
      for command, output in steps(block):
        if command.startswith("curl ") and not shutil.which("curl"):
          continue  # Not everybody has it; test_a_webhook_is_answered posts the same.
        printed = self.run_shell(command.replace("127.0.0.1:8080", self.webhook))
        self.assertTrue(matches(output, printed), f"line {block.line}: {command}shown:\n{output}printed:\n{printed}")
    print(f"figure: first event: {time.monotonic() - started:.1f} s")

  def test_a_webhook_is_answered(self):
    body = b'[{"email":"a@b.de","timestamp":1,"event":"open","sg_event_id":"x"}, 7]'
    with urllib.request.urlopen(f"http://{self.webhook}/v1/webhook", data=body, timeout=SECONDS) as answer:
      self.assertEqual(json.load(answer), {"events": 2, "accepted": 1, "duplicate": 0, "skipped": 0, "rejected": 1})

  def test_the_own_service_forwards_a_body(self):
    body = '[{"email":"a@b.de","timestamp":1,"event":"open","sg_event_id":"x"}, 7]'
    for known in (0, 1):
      self.assertEqual(self.run_shell(f"{GIVEN.own_service} {self.address}", input=body),
                       f"{1 - known} Tracks are on their way, {known} were known\nevent 1: REASON_NOT_AN_OBJECT\n")
    self.assertIn("INVALID_ARGUMENT (NOT_AN_ARRAY): ",
                  self.run_shell(f"{GIVEN.own_service} {self.address}", input="{}"))

  def test_an_ellipsis_hides_no_difference(self):
    self.assertTrue(matches("a…d\n…\nz\n", "abcd\nx\ny\nz\n"))
    self.assertTrue(matches("…\nz\n", "x\nz\n"))
    for shown in ("a…d\n", "…\n…x\n", "abc\n", "z\n…\n", ""):
      self.assertFalse(matches(shown, "abce\n"), shown)


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--programs", required=True, type=lambda name: pathlib.Path(name).resolve())
  arguments.add_argument("--own-service", required=True, type=lambda name: pathlib.Path(name).resolve())
  GIVEN, rest_of_arguments = arguments.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest_of_arguments])
