#!/usr/bin/python3
"""What a machine must have for a given load: measures events per second, and bytes of disk and memory per pending event.

  sizing.py --programs build/release/bin [--events 1000000] [--folder DIR] [--body FILE]

Starts a segrid-server of its own with its queue in a temporary folder below --folder (default: the system's, which may be
memory: name a folder of the disk that the server will use). It takes as much disk as the table says, and deletes it.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SOURCE = "sizing"
SECONDS = 600
WARM_UP = 1000  # Events that go first and are not counted.
LOOKS = 100000  # At a queue that is being emptied, each of some milliseconds; then it is called stuck.


class Server:
  """A segrid-server with one source that writes a file."""

  def __init__(self, programs, folder):
    self._programs, self.folder = programs, folder
    self._address = f"unix:{folder}/grpc.sock"
    config = folder / "segrid.yaml"
    config.write_text(json.dumps({
        "data_dir": str(folder / "data"),
        "grpc": {"listen": [self._address]}, "http": {"listen": []}, "admin": {"listen": []},
        "queue": {"max_bytes": "1TiB", "max_source_bytes": "1TiB"},
        "sources": [{"name": SOURCE, "receiver": "file", "path": "tracks.ndjson", "rotate_keep": 1,
                     "requests_per_second": 10000}]}), encoding="utf-8")
    self._process = subprocess.Popen([programs / "segrid-server", "--config", config, "--port-file", folder / "port"],
                                     stderr=subprocess.DEVNULL)
    for _ in range(SECONDS):
      if (folder / "port").exists():
        return
      try:
        raise RuntimeError(f"the server ended with {self._process.wait(timeout=0.05)}")
      except subprocess.TimeoutExpired:
        pass
    raise RuntimeError("the server did not start")

  def stop(self):
    self._process.terminate()
    self._process.wait(timeout=SECONDS)

  def tell(self, *words):
    return subprocess.run([self._programs / "segrid", *words, "--server", self._address], check=True, timeout=SECONDS,
                          capture_output=True, text=True).stdout

  def forward(self, count, batch, more=()):
    """Sends events as fast as the server takes them; gives segrid-bench's metrics."""
    done = subprocess.run(
        [self._programs / "segrid-bench", "--server", self._address, "--method", "forward", "--batch", str(batch),
         "--count", str(max(1, count // batch)), "--connections", "4", "--concurrency", "64", "--warmup", "0s",
         "--server-pid", str(self._process.pid), "--json", "-", *more],
        check=True, timeout=SECONDS, capture_output=True, text=True)
    return json.loads(done.stdout)["metrics"]

  def status(self):
    (source,) = json.loads(self.tell("status", "--json"))["sources"]
    return source

  def disk_bytes(self):
    """What the queue takes, but for its reserve."""
    files = [path for path in (self.folder / "data/queue").rglob("*") if path.is_file() and path.name != "reserve"]
    return sum(path.stat().st_size for path in files)

  def resident_bytes(self):
    pages = pathlib.Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")

  def cpu_seconds(self):
    fields = pathlib.Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

  def empty(self):
    """Waits until nothing is pending; gives the events that were and the seconds that it took."""
    pending = int(self.status()["pending_count"])
    begin = time.monotonic()
    self.tell("resume", SOURCE)
    for _ in range(LOOKS):
      if int(self.status()["pending_count"]) == 0:
        return pending, time.monotonic() - begin
    raise RuntimeError("the queue does not become empty")


def measure(server, given):
  """The rows of the table: what, figure, unit."""
  more = ["--body", given.body] if given.body else []
  server.forward(WARM_UP, given.batch, more)
  server.empty()
  server.tell("pause", SOURCE)
  before = server.disk_bytes()
  accepted = int(server.status()["accepted_count"])
  cpu, begin = server.cpu_seconds(), time.monotonic()
  server.forward(given.events, given.batch, more)
  seconds, cpu = time.monotonic() - begin, server.cpu_seconds() - cpu
  accepted = int(server.status()["accepted_count"]) - accepted
  if accepted <= 0:
    raise RuntimeError("no event was accepted")
  disk, resident = server.disk_bytes() - before, server.resident_bytes()
  json_bytes = int(server.status()["pending_bytes"])
  delivered, taken = server.empty()
  return [
      ("events", accepted, ""),
      (f"accepted, durable, {given.batch} events a call", accepted / seconds, "events/s"),
      ("CPU per accepted event", cpu / accepted * 1e6, "µs"),
      ("JSON per pending event", json_bytes / accepted, "bytes"),
      ("on disk per pending event", disk / accepted, "bytes"),
      ("memory with all of them pending", resident / 2**20, "MiB"),
      ("delivered to a file", delivered / taken, "events/s"),
  ]


def table(rows):
  width = max(len(name) for name, _, _ in rows)
  return "\n".join(f"{name.ljust(width)}  {figure:>12,.{0 if figure >= 100 else 1}f} {unit}".rstrip() for name, figure, unit in rows)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("--programs", required=True, type=lambda name: pathlib.Path(name).resolve())
  parser.add_argument("--events", type=int, default=1000000, help="events to send [1000000]")
  parser.add_argument("--batch", type=int, default=100, help="events a call [100]")
  parser.add_argument("--folder", help="where the queue is put: a folder of the disk to be measured")
  parser.add_argument("--body", help="a webhook body of yours, sent again and again, instead of made-up events")
  given = parser.parse_args()
  with tempfile.TemporaryDirectory(prefix="segrid_sizing_", dir=given.folder) as name:
    server = Server(given.programs, pathlib.Path(name))
    try:
      print(table(measure(server, given)))
    finally:
      server.stop()
  return 0


if __name__ == "__main__":
  sys.exit(main())
