"""The same through a server, as JSON and as typed messages.

Starts `segrid-server` on a socket of its own and lets `segrid transform
--server` ask it. Prints its seed; `--seed` repeats a run.
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import comparison

START_SECONDS = 60
STOP_SECONDS = 60


@contextlib.contextmanager
def running_server(program, segrid, folder):
  """A server with the configuration of the comparison; gives its address."""
  config = pathlib.Path(folder, "segrid.yaml")
  settings = {**comparison.CONFIG, "data_dir": str(pathlib.Path(folder, "data"))}
  config.write_text(json.dumps(settings), encoding="utf-8")
  address = f"unix:{folder}/segrid.sock"
  log = pathlib.Path(folder, "log")
  with log.open("wb") as output:
    server = subprocess.Popen([program, "--config", str(config), "--listen", address],
                              stdout=output, stderr=output)
  try:
    wait_until_healthy(server, [segrid, "healthcheck", "--server", address], log)
    yield address
  finally:
    server.terminate()
    code = server.wait(STOP_SECONDS)
  if code != 0:
    raise SystemExit(f"the server ended with {code}: {log.read_text()}")


def wait_until_healthy(server, healthcheck, log):
  deadline = time.monotonic() + START_SECONDS
  while subprocess.run(healthcheck, capture_output=True, check=False).returncode != 0:
    if server.poll() is not None or time.monotonic() > deadline:
      raise SystemExit(f"the server did not start: {log.read_text()}")


def main():
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--segrid-server", required=True)
  given, rng = comparison.prepare(arguments)
  failed = 0
  with tempfile.TemporaryDirectory() as folder:
    with running_server(given.segrid_server, given.segrid, folder) as address:
      for form in ([], ["--typed"]):
        compared = comparison.Comparison(given.segrid, ["--server", address, *form], rng)
        compared.compare_all(given.batches)
        print(f"{'typed' if form else 'JSON'} through the server: ", end="")
        failed += compared.summary()
  return 1 if failed else 0


if __name__ == "__main__":
  sys.exit(main())
