"""The webhook in Node does what ours does, and both are loaded as `./dev bench` does it.

    node_webhook_test.py <source dir> <bin dir>

Exit code 77, a skip for ctest, without Node.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

SOURCE, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
BASELINE = SOURCE / "bench/baseline"
BODY = SOURCE / "tests/data/bench/bench-events-100.json"
SECONDS = 60

if shutil.which("node") is None:
    print("skipped: node is not installed")
    sys.exit(77)


class NodeWebhook(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def test_takes_only_what_is_signed(self):
        made = subprocess.run([BIN / "segrid-bench", "http-key", self.folder / "key.pem"], capture_output=True, text=True,
                              check=True)
        key = re.search(r"[A-Za-z0-9+/=]{80,}", made.stdout).group(0)
        port_file = self.folder / "port"
        process = subprocess.Popen(["node", BASELINE / "node_webhook.mjs", "--public-key", key, "--port-file", port_file])
        self.addCleanup(process.wait, SECONDS)
        self.addCleanup(process.terminate)
        end = time.monotonic() + SECONDS
        while not port_file.exists() and time.monotonic() < end:
            self.assertIsNone(process.poll())
        url = f"http://127.0.0.1:{port_file.read_text().strip()}/v1/webhook"
        for headers in ({}, {"X-Twilio-Email-Event-Webhook-Timestamp": str(int(time.time())),
                             "X-Twilio-Email-Event-Webhook-Signature": "MEUCIQDxAAAA"}):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(url, data=b"[]", headers=headers), timeout=SECONDS)
            self.assertEqual(refused.exception.code, 401)
            refused.exception.close()
        good = subprocess.run([BIN / "segrid-bench", "http", "--url", url, "--sign-key", self.folder / "key.pem", "--count",
                               "20", "--warmup", "0s", "--body", BODY, "--expect", "errors=0"], capture_output=True,
                              text=True, check=False)
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)

    def test_the_pair_gives_what_the_suite_reads(self):
        out = self.folder / "result.json"
        subprocess.run(["node", BASELINE / "webhook_pair.mjs", BIN, BODY, "--seconds=0.3", f"--out={out}"], check=True,
                       timeout=SECONDS)
        found = {each["name"]: each for each in json.loads(out.read_text())["benchmarks"]}
        cases = (SOURCE / "bench/suite/webhook_cases.h").read_text()
        self.assertEqual(set(found), {"WebhookDurable/100", "NodeWebhook/100"})
        for name, figures in found.items():
            self.assertIn(f'"{name}"', cases)
            self.assertGreater(figures["items_per_second"], 0)
            self.assertGreater(figures["p99_seconds"], 0)


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
