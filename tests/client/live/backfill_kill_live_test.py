"""`segrid backfill` into a real server, killed again and again: what the receiver's file holds counts.

SEGRID_LIVE_BACKFILL_LINES and SEGRID_LIVE_BACKFILL_KILLS make it larger: the full count is 1,000,000 lines, one of
each thousand bad, and 20 kills, of which most are kill -9 and some Ctrl-C.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

from running_server import STOP_SECONDS

BAD_EVERY = 1000
SECONDS = 600
PLACE = re.compile(r"line ([0-9]+), byte ([0-9]+) ")


def write_archive(path, lines, rng):
  """Writes the archive; gives its bad lines, each with its number and byte."""
  bad, at = {}, 0
  with open(path, "wb") as file:
    for index in range(lines):
      line = (b'{"event":"open","email":"ada@example.com","timestamp":1591726752,"sg_event_id":"event-%d"}' % index)
      if index % BAD_EVERY == BAD_EVERY // 2:
        line = line[:rng.randrange(20, 80)]
        bad[(index + 1, at)] = line
      file.write(line + b"\n")
      at += len(line) + 1
  return bad


def start_server(program, folder):
  config = folder / "segrid.yaml"
  config.write_text(json.dumps({
      "data_dir": str(folder / "data"), "grpc": {"listen": ["127.0.0.1:0"]}, "http": {"listen": []},
      "admin": {"listen": []}, "sources": [{"name": "all", "receiver": "file", "path": "all.ndjson", "rotate_bytes": 0}]}),
      encoding="utf-8")
  process = subprocess.Popen([program, "--config", config, "--port-file", folder / "port"], stderr=subprocess.PIPE, text=True)
  for line in process.stderr:
    if '"message":"ready"' in line:
      break
  return process, f"127.0.0.1:{(folder / 'port').read_text().strip()}"


def run(command, log, kill_after=None, how=None):
  """Runs it, perhaps kills it, and gives its exit code and what it printed; what it named goes to `log`."""
  process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  if kill_after is not None:
    with contextlib.suppress(subprocess.TimeoutExpired):
      process.wait(kill_after)
    if process.poll() is None:
      process.send_signal(how)
  out, err = process.communicate(timeout=SECONDS)
  log.update((int(line), int(byte)) for line, byte in PLACE.findall(err.decode()))
  return process.returncode, out.decode(), err.decode()


def delivered(path, wanted):
  """The ids in the receiver's file, once it has as many as are wanted or the time is over."""
  end = time.monotonic() + SECONDS
  while time.monotonic() < end:
    with open(path, "rb") as file:
      if sum(1 for _ in file) >= wanted:
        break
  with open(path, encoding="utf-8") as file:
    return [json.loads(line)["messageId"] for line in file]


def main():
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--segrid", required=True)
  arguments.add_argument("--server", required=True)
  arguments.add_argument("--version")
  arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
  given = arguments.parse_args()
  lines = int(os.environ.get("SEGRID_LIVE_BACKFILL_LINES", "20000"))
  kills = int(os.environ.get("SEGRID_LIVE_BACKFILL_KILLS", "5"))
  rng = random.Random(given.seed)
  print(f"seed {given.seed}")
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    bad = write_archive(folder / "archive.ndjson", lines, rng)
    server, address = start_server(given.server, folder)
    try:
      command = [given.segrid, "backfill", "--server", address, "--rate", "1000000", "--json", "--progress",
                 folder / "progress", "--rejected", folder / "rejected", folder / "archive.ndjson"]
      named, killed = set(), 0
      begin = time.monotonic()
      while killed < kills:
        how = signal.SIGINT if rng.random() < 0.25 else signal.SIGKILL
        code, _, err = run(command, named, 0.02 + rng.random() * 2 * lines / kills / 40_000, how)
        if code == 0:
          break  # It was faster than the kills.
        assert how == signal.SIGINT or code == -signal.SIGKILL, err
        killed += 1
      code, out, err = run(command, named)
      assert code == 0, err
      seconds = time.monotonic() - begin
      again = json.loads(run(command, set())[1])
      ids = delivered(folder / "data" / "all.ndjson", lines - len(bad))
    finally:
      server.terminate()
      server.stderr.read()
      server.wait(STOP_SECONDS)
    problems = []
    if len(ids) != lines - len(bad) or len(set(ids)) != len(ids):
      problems.append(f"{len(ids)} Tracks were delivered, {len(set(ids))} different ones, not {lines - len(bad)}")
    if named != set(bad):
      problems.append(f"{len(named)} lines were named, not the {len(bad)} bad ones")
    kept = (folder / "rejected").read_bytes()
    if kept != b"".join(line + b"\n" for line in bad.values()):
      problems.append(f"the file of rejected lines has {len(kept)} bytes that are not the bad lines")
    if again["sent"] != 0 or again["done_before"] != lines:
      problems.append(f"another run found something to do: {again}")
    print(f"figure: {lines} lines, {killed} kills in {seconds:.0f} s: {len(set(ids))} Tracks delivered once, "
          f"{len(ids) - len(set(ids))} twice, {len(named)} bad lines named")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
  sys.exit(main())
