"""SIGTERM under load, again and again: the program ends in time, and what it acknowledged is delivered.

    sigterm_test.py <segrid-server>

SEGRID_SIGTERMS (10; full size 200) says how many; a tenth of them finds a handler stuck.
"""

import http.client
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from program import SECONDS, Program, events, size

SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
SIGTERMS = size("SEGRID_SIGTERMS", 10)
GRACE_SECONDS = 1
SOURCE = "sources: [{{name: a, receiver: file, path: {path}, requests_per_second: 1000}}]\n"
PER_POST = 10


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

    def serve(self, name, path):
        return Program(SERVER, f"drain: {{grace: {GRACE_SECONDS}s}}\n" + SOURCE.format(path=path), self.folder / name)

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
        program = self.serve("good", "tracks.ndjson")
        loaders = [Loader(program.ports["http"], first + i * 1_000_000) for i in range(2)]
        for loader in loaders:
            self.assertTrue(loader.warm.wait(SECONDS))
        self.end(program, 0)
        for loader in loaders:
            loader.join(SECONDS)
        return [number for loader in loaders for number in loader.acknowledged]

    def stuck(self, number):
        """Nobody reads its log: what it says at its end never gets out."""
        name = f"stuck{number}"
        program = self.serve(name, "tracks.ndjson")
        for i in range(5):
            self.assertEqual(program.ask("http", "/v1/webhook", "POST", events(i * 500, 500))[0], 200)
        program.mute()
        self.end(program, 4)
        accepted = re.search(r"accepted\D+(\d+)", self.books(name))
        self.assertIsNotNone(accepted, self.books(name))
        self.assertEqual(int(accepted.group(1)), 2_500)

    def test_ends_in_time_though_nobody_reads_its_log(self):
        program = Program(SERVER, f"drain: {{grace: {GRACE_SECONDS}s}}\nlogging: {{level: debug}}\n"
                          + SOURCE.format(path="tracks.ndjson"), self.folder / "mute")
        program.mute()
        self.end(program, 4)

    def test_ends_in_time_and_loses_nothing(self):
        acknowledged = []
        for number in range(SIGTERMS):
            if number % 10 == 9:
                self.stuck(number)
            else:
                acknowledged += self.under_load(10_000_000 * (number + 1))
        program = self.serve("good", "tracks.ndjson")  # Delivers what was left.
        end = time.monotonic() + SECONDS
        while program.metrics()['segrid_queue_pending{source="a"}'] > 0 and time.monotonic() < end:
            pass  # Each look is a request.
        self.assertEqual(program.stop(), 0)
        delivered = set(re.findall(r'"messageId":"event-(\d+)-', (self.folder / "good/data/tracks.ndjson").read_text()))
        lost = [number for number in acknowledged if str(number) not in delivered]
        print(f"{SIGTERMS} SIGTERMs, {SIGTERMS // 10} of them stuck: {len(acknowledged)} events acknowledged, {len(lost)} "
              f"lost; the slowest end took {self.slowest:.2f} s of {GRACE_SECONDS} + 1", file=sys.stderr)
        self.assertEqual(lost, [])


if __name__ == "__main__":
    unittest.main()
