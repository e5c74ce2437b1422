"""Certificates and configurations change under load, some of them bad: no call fails.

    rotation_test.py <segrid-server> <segrid> <segrid-bench>

SEGRID_ROTATIONS (5; full size 50, a fifth of them bad) and SEGRID_RELOADS (10; full size 100) say how many.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from program import SECONDS, Program, size

SERVER, SEGRID, BENCH = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
ROTATIONS = size("SEGRID_ROTATIONS", 5)
RELOADS = size("SEGRID_RELOADS", 10)


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    def __init__(self, folder):
        self.folder = folder
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2, "-subj",
                "/CN=authority", "-keyout", folder / "ca.key", "-out", folder / "ca")
        (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")

    def issue(self, name, days=1):
        """A new pair, as <name>.key and <name>.crt."""
        key, request, cert = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
                "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.folder / "ca", "-CAkey", self.folder / "ca.key",
                "-CAcreateserial", "-days", days, "-extfile", self.folder / "extensions", "-out", cert)
        return key.read_text(), cert.read_text()


class Rotation(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.authority = Authority(self.folder)
        self.place(*self.authority.issue("first"))
        self.authority.issue("client")
        tls = (f"tls: {{cert: {self.folder}/cert, key: {self.folder}/key, client_ca: {self.folder}/ca}}")
        self.program = Program(SERVER, self.yaml(0), settings={"grpc": [tls]})
        self.addCleanup(self.program.stop)
        self.address = f"127.0.0.1:{self.program.ports['grpc']}"
        self.reloads = {"done": 0, "failed": 0}

    def yaml(self, number):
        return f"drain: {{grace: {number % 7 + 1}s}}\nreload: {{interval: 0s}}\n"

    def place(self, key, cert):
        (self.folder / "key").write_text(key)
        (self.folder / "cert").write_text(cert)

    def client(self):
        return ["--server", self.address, "--tls-ca", self.folder / "ca", "--tls-cert", self.folder / "client.crt",
                "--tls-key", self.folder / "client.key"]

    def reload(self, outcome):
        self.reloads[outcome] += 1
        self.program.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            seen = self.program.metrics()
            if all(seen[f'segrid_reloads_total{{outcome="{each}"}}'] == count for each, count in self.reloads.items()):
                return
        raise AssertionError(f"not reloaded: {self.program.log[-2000:]}")

    def new_connection(self):
        """A client that shakes hands now."""
        done = subprocess.run([SEGRID, "healthcheck", *self.client()], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def rotate(self, number):
        if number % 5 != 4:
            self.place(*self.authority.issue(f"pair{number}"))
            self.reload("done")
        else:  # Bad in turn: a key of another pair, half a file, what is over.
            key, cert = self.authority.issue(f"pair{number}", days=0 if number % 15 == 14 else 1)
            if number % 15 == 4:
                key = self.authority.issue("other")[0]
            elif number % 15 == 9:
                cert = cert[:len(cert) // 2]
            self.place(key, cert)
            self.reload("failed")
        self.new_connection()

    def load(self, stop, runs):
        """Calls one after the other until told to stop; each run has new connections."""
        result = self.folder / "load.json"
        while not stop.is_set():
            done = subprocess.run([BENCH, "--server", self.address, "--tls-ca", self.folder / "ca", "--tls-cert",
                                   self.folder / "client.crt", "--tls-key", self.folder / "client.key", "--method", "forward",
                                   "--batch", "10", "--connections", "4", "--rate", "200", "--duration", "1s",
                                   "--warmup", "0s", "--json", result], capture_output=True, text=True, check=False)
            figures = json.loads(result.read_text())["metrics"] if done.returncode == 0 else {"calls": 0, "errors": 1}
            runs.append((figures["calls"], figures["errors"], done.stdout + done.stderr))

    def test_no_call_fails_while_certificates_and_files_change(self):
        stop, runs = threading.Event(), []
        load = threading.Thread(target=self.load, args=(stop, runs))
        load.start()
        try:
            for number in range(max(ROTATIONS, RELOADS)):
                is_bad = number < ROTATIONS and number % 5 == 4
                if number < ROTATIONS:
                    self.rotate(number)
                if number < RELOADS:
                    self.program.write_config(self.yaml(number + 1))
                    self.reload("failed" if is_bad else "done")
                if is_bad:
                    self.place(*self.authority.issue(f"mended{number}"))
        finally:
            stop.set()
            load.join(SECONDS)
        calls, errors = sum(run[0] for run in runs), sum(run[1] for run in runs)
        print(f"{ROTATIONS} rotations and {RELOADS} reloads, {self.reloads['failed']} of them refused: {calls:.0f} calls, "
              f"{errors:.0f} failed", file=sys.stderr)
        self.assertGreater(calls, 10, runs[:1])
        self.assertEqual(errors, 0, "\n".join(run[2] for run in runs if run[1]))


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
