"""The samples of docs/api.md: calls every method in C++, Python and Node, and looks at what the programs print."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

import sandbox

sys.path.append(str(sandbox.ROOT / "tests/client"))
import packages  # noqa: E402

GIVEN = None  # The arguments; set by main.
PROTOS = sandbox.ROOT / "proto"
LOOKS = 2000  # Each takes milliseconds.
NOWHERE = 'receiver: http, allow_http: true, endpoint: "http://127.0.0.1:9/"'
DEFAULT = "{name: default, receiver: file, path: tracks.ndjson}"
SLOW = f"{{name: slow, {NOWHERE}, max_age: 1s}}"
OLD = f"{{name: old, {NOWHERE}}}"
CONFIG = 'grpc: {{listen: ["127.0.0.1:50051"]}}\nhttp: {{listen: []}}\nadmin: {{listen: []}}\nsources: [{}]\n'
EVENT = '{{"event":"open","email":"a@example.com","timestamp":1591726752,"sg_event_id":"{}"}}'
# A line that each method's sample prints.
PRINTED = {
    "BridgeService.Transform": r"Email Opened [0-9a-f]{64}",
    "BridgeService.Forward": r"1 1",
    "BridgeService.TransformStream": r"2 1\b.*",
    "BridgeService.ForwardStream": r"0 1\b.*",
    "AdminService.ListSources": r"default file",
    "AdminService.GetStatus": r"default SOURCE_STATE_RUNNING \d+",
    "AdminService.WatchStatus": r"True|true|1",
    "AdminService.TailTracks": r"default Email Opened",
    "AdminService.PauseSource": "",
    "AdminService.ResumeSource": "",
    "AdminService.ListDeadLetters": r"\d+ EXPIRED.*",
    "AdminService.ReplayDeadLetters": r"1",
    "AdminService.PurgeDeadLetters": r"1",
    "AdminService.DropSource": r"1",
    "AdminService.ErasePerson": r"slow (1 0|0 1)",
    "AdminService.ReloadConfig": "",
    "AdminService.Drain": "",
}


def methods():
  """The methods of the protos."""
  for name in ("bridge", "admin"):
    text = (PROTOS / f"segrid/v1/{name}.proto").read_text(encoding="utf-8")
    service = re.search(r"^service (\w+)", text, re.MULTILINE)[1]
    yield from (f"{service}.{method}" for method in re.findall(r"^  rpc (\w+)", text, re.MULTILINE))


class Methods(unittest.TestCase):

  def setUp(self):
    self.machine = self.enterContext(sandbox.Sandbox(GIVEN.programs))
    self.machine.configure(CONFIG.format(f"{DEFAULT}, {SLOW}, {OLD}"))
    self.machine.run("systemctl start segrid-server")
    for source, ids in (("slow", "xy"), ("old", "z")):
      body = ",".join(EVENT.format(name) for name in ids)
      self.machine.run(f"echo '[{body}]' | segrid forward - --source {source}")
    self.machine.configure(CONFIG.format(f"{DEFAULT}, {SLOW}"))
    self.machine.run("systemctl restart segrid-server")
    self.machine.run(f"for i in $(seq {LOOKS}); do segrid status --json | grep -q '\"expired_count\":\"2\"' && exit; done; exit 1")
    self.server = f"127.0.0.1:{self.machine.ports[50051]}"

  def program_prints(self, *words, **variables):
    """What a program prints while events pass, by the method that it names before."""
    ended = threading.Event()
    environment = {**os.environ, **variables}

    def send():
      number = 0
      while not ended.is_set():
        number += 1
        subprocess.run([GIVEN.programs / "segrid", "forward", "-", "--source", "default", "--server", self.server],
                       input="[" + EVENT.format(f"passing-{number}") + "]", text=True, capture_output=True, check=False, timeout=60)
    sender = threading.Thread(target=send)
    sender.start()
    try:
      done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=60, check=False)
    finally:
      ended.set()
      sender.join()
    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
    parts = re.split(r"^(\w+Service\.\w+)\n", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))

  def check(self, printed):
    self.assertEqual(sorted(printed), sorted(methods()))
    for method, wanted in PRINTED.items():
      with self.subTest(method):
        if wanted:
          self.assertRegex(printed[method], rf"(?m)^({wanted})$")
        else:
          self.assertEqual(printed[method], "")

  def test_in_cpp(self):
    self.check(self.program_prints(GIVEN.cpp, self.server))

  def folder(self):
    return pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

  def test_in_python(self):
    package = packages.install_python(self.folder())
    self.check(self.program_prints(sys.executable, GIVEN.python, self.server, PYTHONPATH=str(package)))

  def test_in_node(self):
    _, place = packages.install_node(self.folder())
    self.check(self.program_prints("node", shutil.copy(GIVEN.node, place), self.server))


class Table(unittest.TestCase):

  def test_has_every_method(self):
    self.assertEqual(sorted(PRINTED), sorted(methods()))


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  for option in ("--programs", "--cpp", "--python", "--node"):
    arguments.add_argument(option, required=True, type=lambda name: pathlib.Path(name).resolve())
  GIVEN, rest_of_arguments = arguments.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest_of_arguments], verbosity=2)
