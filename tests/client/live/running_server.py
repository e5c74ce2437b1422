"""A segrid-server of this build, for tests from outside."""

import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

START_SECONDS = 30
STOP_SECONDS = 30

_EVENTS = ["processed", "delivered", "open", "machine_opened", "click", "drop", "bounce",
           "unsubscribe", "group_unsubscribe", "group_resubscribe", "spamreport", "deferred"]

# `plain` is the default in all; `everything` opts into all there is.
SOURCES = [
    {"name": "plain"},
    {"name": "everything", "events": _EVENTS, "custom_args": "all", "user_id_from": "id",
     "spec_context": True, "email_hash": "as_received", "email_subject_from": ["subject"],
     "extra_properties": ["reason", "status", "response", "smtp-id", "attempt", "tls", "cert_err",
                          "url_offset", "pool", "newsletter", "category", "timestamp",
                          "sg_machine_open", "sg_event_id", "sg_message_id"]},
]


def _config(directory):
  door = ["127.0.0.1:0"]
  return {
      "data_dir": str(directory / "data"),
      "grpc": {"listen": door},
      "queue": {"store": "memory", "max_bytes": "1MiB"},
      "logging": {"format": "text"},
      "sources": [{**source, "receiver": "file", "path": source["name"] + ".ndjson"}
                  for source in SOURCES],
  }


def _port(process, port_file, log):
  """Waits until the server says where it listens."""
  for _ in range(START_SECONDS * 50):
    with contextlib.suppress(OSError, ValueError):
      return int(port_file.read_text(encoding="utf-8"))
    with contextlib.suppress(subprocess.TimeoutExpired):
      process.wait(timeout=0.02)
      break
  raise SystemExit(f"the server did not start:\n{log.read_text(encoding='utf-8')}")


@contextlib.contextmanager
def running(program, config, directory):
  """Gives the address of a server with a configuration; stops it cleanly."""
  log = directory / "log"
  with open(log, "wb") as output:
    process = subprocess.Popen([program, "--config", str(config), "--port-file", str(directory / "port")],
                               stdout=output, stderr=subprocess.STDOUT)
  try:
    yield f"127.0.0.1:{_port(process, directory / 'port', log)}"
    process.terminate()
    code = process.wait(timeout=STOP_SECONDS)
    if code != 0:
      sys.exit(f"the server ended with {code}:\n{log.read_text(encoding='utf-8')}")
  finally:
    if process.poll() is None:
      process.kill()
      process.wait()


@contextlib.contextmanager
def running_server(program):
  """Gives the server's address and its configuration file; stops it cleanly."""
  with tempfile.TemporaryDirectory() as name:
    directory = pathlib.Path(name)
    config = directory / "segrid.yaml"
    config.write_text(json.dumps(_config(directory)), encoding="utf-8")
    with running(program, config, directory) as address:
      yield address, str(config)
