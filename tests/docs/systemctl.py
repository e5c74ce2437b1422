"""Stands in for systemctl where documents are tried: starts and stops one segrid-server, as the shipped unit does.

The variable SANDBOX names the folder that has the machine's etc, var and run.
"""

import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys

ROOT = pathlib.Path(os.environ["SANDBOX"])
PID = ROOT / "run/pid"
MILLISECONDS = 30000
SERVER = ["segrid-server", "--config", str(ROOT / "etc/segrid/segrid.yaml"), "--data-dir", str(ROOT / "var/lib/segrid")]


def start():
  shutil.copytree(ROOT / "etc/credstore", ROOT / "run/credentials", dirs_exist_ok=True)  # LoadCredential=
  subprocess.run([SERVER[0], "validate", *SERVER[1:3]], check=True, stdout=subprocess.DEVNULL)  # ExecStartPre=
  said = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
  path = str(ROOT / "run/notify")
  pathlib.Path(path).unlink(missing_ok=True)
  said.bind(path)
  said.settimeout(MILLISECONDS / 1000)
  with (ROOT / "run/log").open("ab") as log:
    server = subprocess.Popen(SERVER, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                              env={**os.environ, "NOTIFY_SOCKET": path})
  PID.write_text(str(server.pid), encoding="utf-8")
  while b"READY=1" not in said.recv(4096):
    pass


def stop():
  if not PID.exists():
    return
  number = int(PID.read_text(encoding="utf-8"))
  PID.unlink()
  try:
    server = os.pidfd_open(number)
    os.kill(number, signal.SIGTERM)
  except ProcessLookupError:
    return  # It has ended by itself, as Drain makes it.
  ends = select.poll()
  ends.register(server, select.POLLIN)
  if not ends.poll(MILLISECONDS):
    raise SystemExit("the server does not end")


def main():
  verb, unit = sys.argv[1:]
  if unit != "segrid-server":
    raise SystemExit(f"there is no unit {unit}")
  if verb in ("stop", "restart"):
    stop()
  if verb in ("start", "restart"):
    start()
  if verb == "reload":
    os.kill(int(PID.read_text(encoding="utf-8")), signal.SIGHUP)


if __name__ == "__main__":
  main()
