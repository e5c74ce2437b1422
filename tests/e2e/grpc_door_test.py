"""The gRPC door when descriptors run out, and when it is told to stop: it serves again within seconds, and it
does not wait for idle clients.
"""

import argparse
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest

GIVEN = None  # The command line.
DESCRIPTORS = 128
FLOOD = 400


class Server:
  """segrid-server with few descriptors, in a directory of its own."""

  def __init__(self, directory):
    self.directory = pathlib.Path(directory)
    limited = ["bash", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "-"]
    (self.directory / "config.yaml").write_text(
        "grpc: {listen: ['127.0.0.1:0']}\nhttp: {listen: []}\nadmin: {listen: []}\n", encoding="utf-8")
    self.process = subprocess.Popen([*limited, GIVEN.server, "--config", "config.yaml", "--port-file", "port"],
                                    cwd=directory, stderr=subprocess.PIPE)
    while b'"message":"ready"' not in self.process.stderr.readline():
      if self.process.poll() is not None:
        raise AssertionError("the server did not start")
    self.port = int((self.directory / "port").read_text(encoding="utf-8"))

  def serves(self):
    done = subprocess.run([GIVEN.segrid, "healthcheck", "--server", f"127.0.0.1:{self.port}", "--timeout", "1s"],
                          capture_output=True, timeout=30, check=False)
    return done.returncode == 0


def until(holds, seconds):
  """Seconds until `holds()`; fails after `seconds`."""
  start = time.monotonic()
  while not holds():
    if time.monotonic() - start > seconds:
      raise AssertionError(f"not within {seconds} s")
  return time.monotonic() - start


class Door(unittest.TestCase):

  def setUp(self):
    directory = tempfile.TemporaryDirectory()
    self.addCleanup(directory.cleanup)
    self.server = Server(directory.name)
    self.addCleanup(self.end)

  def end(self):
    self.server.process.kill()
    self.server.process.communicate()

  def connect(self):
    connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=5)
    self.addCleanup(connection.close)
    return connection

  def test_serves_again_after_more_connections_than_descriptors(self):
    self.assertTrue(self.server.serves())
    flood = [self.connect() for _ in range(FLOOD)]
    # They are held open, and say nothing: the handshake's time-out ends them.
    until(self.server.serves, 10 * GIVEN.patience)
    self.assertEqual([self.server.serves() for _ in range(20)], [True] * 20)
    for connection in flood:
      connection.close()
    self.assertEqual([self.server.serves() for _ in range(20)], [True] * 20)

  def test_does_not_wait_for_an_idle_client_when_it_stops(self):
    connection = self.connect()
    # A client's first bytes; it never answers the server's GOAWAY.
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    self.assertTrue(connection.recv(1))
    start = time.monotonic()
    self.server.process.terminate()
    self.assertEqual(self.server.process.wait(30), 0)
    self.assertLess(time.monotonic() - start, 3 * GIVEN.patience)  # drain.grace is 20 s.


def main():
  global GIVEN
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--segrid", required=True)
  arguments.add_argument("--server", required=True)
  arguments.add_argument("--patience", type=float, default=1, help="factor for a slow build")
  GIVEN = arguments.parse_args()
  unittest.main(argv=[__file__])


if __name__ == "__main__":
  main()
