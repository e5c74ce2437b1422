"""SIGTERM while the program starts: it ends in order, with exit code 0.

The first thing that the program does is to block its signals, before the constructors of its libraries. What comes before
that comes to the dynamic linker (some 20 ms), which has written nothing; there the signal ends the process by itself.

    early_stop_test.py <segrid-server>

SEGRID_EARLY_STOPS (15) says how many times.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
STOPS = int(os.environ.get("SEGRID_EARLY_STOPS", "15"))
SECONDS = 30
CONFIG = """grpc: {listen: ["127.0.0.1:0"]}
http: {listen: ["127.0.0.1:0"]}
admin: {listen: ["127.0.0.1:0"]}
sources: [{name: a, receiver: file, path: a.ndjson}]
"""


def waits_with_signals(pid):
    """Whether SIGTERM would wait: the libraries are loaded, and nothing of the program has run yet."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigBlk:"):
            return bool(int(line.split()[1], 16) & 1 << signal.SIGTERM - 1)
    return False


class EarlyStop(unittest.TestCase):
    def start(self, folder):
        config = pathlib.Path(folder) / "segrid.yaml"
        config.write_text(CONFIG)
        return subprocess.Popen([SERVER, "--config", config, "--data-dir", f"{folder}/data"], stderr=subprocess.PIPE, text=True)

    def stop_after(self, folder, seconds):
        """After the program has blocked its signals."""
        process = self.start(folder)
        end = time.monotonic() + SECONDS
        while not waits_with_signals(process.pid) and time.monotonic() < end:
            pass
        # Of the moments after that, another one each time.
        then = time.monotonic() + seconds
        while time.monotonic() < then:
            pass
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=SECONDS)
        return process.returncode, log

    def test_ends_with_0_whenever_it_comes(self):
        with tempfile.TemporaryDirectory() as folder:
            for number in range(STOPS):
                code, log = self.stop_after(folder, 0.1 * number / STOPS)
                self.assertEqual(code, 0, log)
                self.assertIn('"stopped"', log)

    def test_within_the_first_100_ms_ends_with_0_but_for_the_dynamic_linker(self):
        before = killed = latest = 0
        with tempfile.TemporaryDirectory() as folder:
            for number in range(STOPS):
                process = self.start(folder)
                began = time.monotonic()
                while time.monotonic() < began + 0.1 * number / STOPS:
                    pass
                is_waiting = waits_with_signals(process.pid)
                process.send_signal(signal.SIGTERM)
                _, log = process.communicate(timeout=SECONDS)
                if process.returncode == 0:
                    self.assertIn('"stopped"', log)
                else:
                    # It was not there yet, has done nothing, and says nothing.
                    self.assertEqual((is_waiting, process.returncode, log), (False, -signal.SIGTERM, ""))
                    killed, latest = killed + 1, 100 * number // STOPS
                before += not is_waiting
        print(f"figure: {STOPS} SIGTERMs in the first 100 ms: {STOPS - killed} ended in order with 0, {killed} in the dynamic "
              f"linker, the last of these after {latest} ms; {before} came before the program")


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
