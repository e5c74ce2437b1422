"""Nobody reads the log, and its pipe is full: listeners, deliveries, reloads and the stop go on.

    hung_log_test.py <segrid-server>
"""

import pathlib
import signal
import sys
import time
import unittest

from program import SECONDS, Program, events

SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
GRACE_SECONDS = 1
POSTS = 50
CONFIG = f"""logging: {{level: debug}}
drain: {{grace: {GRACE_SECONDS}s}}
sources: [{{name: a, receiver: file, path: tracks.ndjson}}]
"""


class HungLog(unittest.TestCase):
    def setUp(self):
        self.program = Program(SERVER, CONFIG)
        self.addCleanup(self.program.stop)
        self.program.mute()

    def delivered(self):
        tracks = self.program.folder / "data/tracks.ndjson"
        return tracks.read_text().count("\n") if tracks.exists() else 0

    def wait_until(self, what, holds):
        end = time.monotonic() + SECONDS
        while not holds():
            self.assertLess(time.monotonic(), end, what)

    def test_delays_nobody(self):
        program = self.program
        for number in range(POSTS):
            self.assertEqual(program.ask("http", "/v1/webhook", "POST", events(number, 1))[0], 200)
            # Each of these has a line of the log.
            self.assertEqual(program.ask("http", "/v1/webhook", "POST", b"no JSON")[0], 400)
            self.assertEqual(program.ask("http", "/no-webhook", "POST", b"[]")[0], 404)
            for door in "http", "admin":
                self.assertEqual(program.ask(door, "/livez")[0], 200)
                self.assertEqual(program.ask(door, "/readyz")[0], 200)
        self.wait_until("delivery", lambda: self.delivered() == POSTS)
        program.write_config("a mistake: 1\n")
        program.process.send_signal(signal.SIGHUP)
        self.wait_until("a reload", lambda: program.metrics()['segrid_reloads_total{outcome="failed"}'] == 1)

    def test_does_not_delay_the_stop(self):
        began = time.monotonic()
        self.program.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.program.process.wait(SECONDS), 0)
        self.assertLess(time.monotonic() - began, GRACE_SECONDS + 1)


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
