"""Five times what the server can take: it does what it can, tells the rest when to come back, and recovers at once.

    overload_test.py <segrid-server> <segrid-bench>

SEGRID_OVERLOAD_SECONDS (1; full size 60) says how long. The goal, 80 % of the peak, is judged from 20 s on: a short run on
a busy machine says little.
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

from program import SECONDS, Program, size

SERVER, BENCH = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
LENGTH = size("SEGRID_OVERLOAD_SECONDS", 1)
SHARE = 0.8 if LENGTH >= 20 else 0.4
BEFORE = max(1, LENGTH // 6)
SETTLE = "5s" if LENGTH >= 20 else "0s"


def pinned(core):
    """The server and what loads it have a core each, where there are two."""
    return ["taskset", "-c", str(core)] if os.cpu_count() > 1 else []


class Overload(unittest.TestCase):
    def setUp(self):
        # Room for a hundred bodies: more are told to come back.
        self.program = Program(SERVER, "max_bytes_in_flight: 8MiB\ndrain: {grace: 0s}\nsources: "
                               "[{name: a, receiver: file, path: tracks.ndjson, requests_per_second: 1}]\n",
                               prefix=pinned(0))
        self.addCleanup(self.program.stop)

    def load(self, target, seconds, *words):
        result = self.program.folder / "load.json"
        result.unlink(missing_ok=True)
        done = subprocess.run([*pinned(1), BENCH, *target, "--batch", "100", "--duration", f"{seconds}s",
                               "--timeout", "2s", "--json", result, *words], capture_output=True, text=True, check=False,
                              timeout=seconds + 2 * SECONDS)
        self.assertTrue(result.exists(), done.stderr)
        figures = json.loads(result.read_text())
        return figures["codes"], figures["codes"].get("OK", 0) / figures["elapsed_seconds"], figures

    def overload(self, name, target, few, many, at_once, told):
        # As many at once as surely find room: it is held until an answer is on its way.
        _, peak, figures = self.load(target, BEFORE, "--connections", few, "--concurrency", at_once, "--warmup", "0s")
        self.assertEqual(figures["metrics"]["errors"], 0, figures["codes"])
        codes, goodput, _ = self.load(target, LENGTH, "--connections", many, "--rate", str(5 * peak), "--warmup", "0s")
        after_codes, after, _ = self.load(target, BEFORE, "--connections", few, "--concurrency", at_once, "--warmup", SETTLE)
        print(f"figure: {name}: {peak:.0f} calls/s at the peak, {goodput:.0f} under five times as many for {LENGTH} s "
              f"({goodput / peak:.0%}), {after:.0f} after {SETTLE}; {codes}")
        self.assertGreater(codes.get(told, 0), 0, codes)
        self.assertLessEqual(set(codes), {"OK", told, "NOT_SENT", "DEADLINE_EXCEEDED", "HTTP 503"}, codes)
        self.assertGreater(goodput, SHARE * peak)
        self.assertEqual(set(after_codes), {"OK"})
        self.assertGreater(after, SHARE * peak)

    def test_of_the_webhook(self):
        self.overload("webhook", ["http", "--url", f"http://127.0.0.1:{self.program.ports['http']}/v1/webhook"], "64", "256",
                      "64", "HTTP 429")

    def test_of_the_webhook_by_very_many_connections(self):
        # Ten times as many bodies as there is room for: when all of them began, a tenth of the peak was left.
        self.overload("webhook, 1000 connections", ["http", "--url", f"http://127.0.0.1:{self.program.ports['http']}/v1/webhook"],
                      "64", "1000", "64", "HTTP 429")

    def test_large_batches_over_few_connections_are_no_floods(self):
        program = Program(SERVER, "sources: [{name: a, receiver: file, path: tracks.ndjson}]\n")
        self.addCleanup(program.stop)
        result = program.folder / "load.json"
        subprocess.run([BENCH, "--server", f"127.0.0.1:{program.ports['grpc']}", "--batch", "1000", "--method", "transform",
                        "--duration", f"{LENGTH}s", "--warmup", "0s", "--connections", "8", "--concurrency", "32", "--json",
                        result], capture_output=True, check=False, timeout=LENGTH + 2 * SECONDS)
        self.assertEqual(set(json.loads(result.read_text())["codes"]), {"OK"})
        self.assertEqual(program.metrics()["segrid_grpc_floods_ended_total"], 0)

    def test_of_grpc(self):
        self.overload("Forward", ["--server", f"127.0.0.1:{self.program.ports['grpc']}", "--method", "forward"], "8", "32",
                      "32", "RESOURCE_EXHAUSTED")


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
