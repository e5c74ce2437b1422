"""SIGTERM under load, again and again: the program ends in time, and what it acknowledged is delivered.

    sigterm_test.py <segrid-server> <fault shim>

SEGRID_SIGTERMS (10; full size 200) says how many; a tenth of them finds a disk that hangs, another one a receiver.
"""

import http.client
import mmap
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from program import SECONDS, Program, events, size

SERVER, SHIM = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
SIGTERMS = size("SEGRID_SIGTERMS", 10)
GRACE_SECONDS = 1
SOURCE = "sources: [{name: a, receiver: file, path: tracks.ndjson, requests_per_second: 1000}]\n"
PER_POST = 10
HANGS = 4  # A mode of the shim.


class Loader(threading.Thread):
    """Posts until it is refused; keeps what was acknowledged."""

    def __init__(self, port, first):
        super().__init__()
        self.port, self.next, self.acknowledged = port, first, []
        self.warm = threading.Event()  # A hundred events are acknowledged.
        self.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            while True:
                connection.request("POST", "/v1/webhook", events(self.next, PER_POST))
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    return
                self.acknowledged += range(self.next, self.next + PER_POST)
                self.next += PER_POST
                if len(self.acknowledged) >= 100:
                    self.warm.set()
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()


class Sigterm(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.slowest = 0

    def serve(self, name, source, **keywords):
        return Program(SERVER, f"drain: {{grace: {GRACE_SECONDS}s}}\n" + source, self.folder / name, **keywords)

    def end(self, program, expected):
        began = time.monotonic()
        program.process.send_signal(signal.SIGTERM)
        code = program.process.wait(SECONDS)
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        self.assertEqual(program.stop(), expected, program.log[-2000:])
        self.assertEqual(code, expected)
        self.assertLess(took, GRACE_SECONDS + 1, program.log[-2000:])

    def books(self, name):
        text = subprocess.run([SERVER, "fsck", "--data-dir", self.folder / name / "data"], capture_output=True, text=True,
                              check=True).stdout
        return text

    def under_load(self, first):
        program = self.serve("good", SOURCE)
        loaders = [Loader(program.ports["http"], first + i * 1_000_000) for i in range(2)]
        for loader in loaders:
            self.assertTrue(loader.warm.wait(SECONDS))
        self.end(program, 0)
        for loader in loaders:
            loader.join(SECONDS)
        return [number for loader in loaders for number in loader.acknowledged]

    def accept(self, program, posts):
        for number in range(posts):
            self.assertEqual(program.ask("http", "/v1/webhook", "POST", events(number * 500, 500))[0], 200)

    def accepted(self, name):
        accepted = re.search(r"accepted\D+(\d+)", self.books(name))
        self.assertIsNotNone(accepted, self.books(name))
        return int(accepted.group(1))

    def hung_disk(self, number):
        """Whatever writes below data_dir hangs: the program cannot end in order, and ends all the same."""
        name = f"disk{number}"
        order = self.folder / f"{name}.order"
        order.write_bytes(bytes(16))
        program = self.serve(name, SOURCE, more_environment={
            "LD_PRELOAD": SHIM, "SEGRID_FAULT_DIR": f"{self.folder / name}/data", "SEGRID_FAULT_ORDER": str(order)})
        self.accept(program, 5)
        with open(order, "r+b") as file, mmap.mmap(file.fileno(), 16) as page:
            page[0:4] = struct.pack("=I", HANGS)
            self.end(program, 4)
        self.assertEqual(self.accepted(name), 2_500)

    def hung_receiver(self, number):
        """A receiver takes batches and answers never: they stay for the next start."""
        name = f"receiver{number}"
        with socket.create_server(("127.0.0.1", 0)) as receiver:
            program = self.serve(name, "sources: [{name: a, write_key: key, allow_http: true, endpoint: "
                                 f'"http://127.0.0.1:{receiver.getsockname()[1]}"}}]\n')
            self.accept(program, 5)
            connection, _ = receiver.accept()
            with connection:
                self.assertGreater(len(connection.recv(1)), 0)
                self.end(program, 0)
        self.assertIn('"pending":2500', program.log)
        self.assertEqual(self.accepted(name), 2_500)

    def test_ends_in_time_and_loses_nothing(self):
        acknowledged = []
        for number in range(SIGTERMS):
            if number % 10 == 9:
                self.hung_disk(number)
            elif number % 10 == 8:
                self.hung_receiver(number)
            else:
                acknowledged += self.under_load(10_000_000 * (number + 1))
        program = self.serve("good", SOURCE)  # Delivers what was left.
        end = time.monotonic() + SECONDS
        while program.metrics()['segrid_queue_pending{source="a"}'] > 0 and time.monotonic() < end:
            pass  # Each look is a request.
        self.assertEqual(program.stop(), 0)
        delivered = set(re.findall(r'"messageId":"event-(\d+)-', (self.folder / "good/data/tracks.ndjson").read_text()))
        lost = [number for number in acknowledged if str(number) not in delivered]
        print(f"{SIGTERMS} SIGTERMs, {SIGTERMS // 5} of them beside what hangs: {len(acknowledged)} events acknowledged, {len(lost)} "
              f"lost; the slowest end took {self.slowest:.2f} s of {GRACE_SECONDS} + 1", file=sys.stderr)
        self.assertEqual(lost, [])


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
