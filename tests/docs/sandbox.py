"""A machine for documents to be tried on: its folders, its ports, a systemctl, our programs."""

import os
import pathlib
import re
import socket
import stat
import subprocess
import sys
import tempfile

import markdown

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 60
PORTS = (50051, 8080, 8081)  # Those in the documents.
FOLDERS = ("etc/segrid", "etc/credstore", "var/lib/segrid", "var/backups", "run", "home", "bin")


def free_ports(count):
  """Ports that were free a moment ago."""
  held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
  ports = [each.getsockname()[1] for each in held]
  for each in held:
    each.close()
  return ports


class Sandbox:
  """Use it as a context; at its end the server is stopped and everything is deleted."""

  def __init__(self, programs):
    self._folder = tempfile.TemporaryDirectory(prefix="segrid_docs_")
    self.root = pathlib.Path(self._folder.name)
    for folder in FOLDERS:
      (self.root / folder).mkdir(parents=True)
    for program in ("segrid", "segrid-server"):
      (self.root / "bin" / program).symlink_to(programs / program)
    (self.root / "bin/python3").symlink_to(sys.executable)  # Debian's, which has the packages.
    systemctl = self.root / "bin/systemctl"
    systemctl.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "tests/docs/systemctl.py"} "$@"\n', encoding="utf-8")
    systemctl.chmod(systemctl.stat().st_mode | stat.S_IXUSR)
    self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
    self.variables = {}

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.run("systemctl stop segrid-server")
    self._folder.cleanup()

  def here(self, text):
    """A text of a document with the paths and ports of this machine."""
    text = text.replace("/run/credentials/segrid-server.service", f"{self.root}/run/credentials")
    text = re.sub(r"(?<![\w.])/(etc/segrid|etc/credstore|var/lib/segrid|var/backups)\b", rf"{self.root}/\1", text)
    text = text.replace("0.0.0.0:", "127.0.0.1:")
    return re.sub(rf":({'|'.join(map(str, PORTS))})\b", lambda match: f":{self.ports[int(match[1])]}", text)

  def configure(self, text):
    (self.root / "etc/segrid/segrid.yaml").write_text(self.here(text), encoding="utf-8")

  def run(self, script, fails=False):
    """Runs a script of a document in the home; gives all that it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEG")}
    environment |= {"SANDBOX": str(self.root), "PATH": f"{self.root}/bin:{os.environ['PATH']}",
                    "HOME": str(self.root / "home"), "SEGRID_SERVER": f"127.0.0.1:{self.ports[50051]}", **self.variables}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", self.here(script)], cwd=self.root / "home", env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False)
    if (done.returncode != 0) != fails:
      log = self.root / "run/log"
      raise AssertionError(f"{script}\nexit code {done.returncode}\n{done.stdout}\n"
                           f"{log.read_text(encoding='utf-8') if log.exists() else ''}")
    return done.stdout


def task(page, name):
  """The blocks of a page with the comment `<!-- task NAME -->`, in order, and its file with `<!-- task NAME: FILE -->`."""
  blocks = markdown.blocks((ROOT / page).read_text(encoding="utf-8"))
  scripts = [block.text for block in blocks if block.note == f"task {name}"]
  files = {block.note.partition(": ")[2]: block.text for block in blocks if block.note.startswith(f"task {name}: ")}
  if not scripts and not files:
    raise ValueError(f"{page} has no task {name}")
  return scripts, files
