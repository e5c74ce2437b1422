"""The services that Segrid is compared with do their work: what is posted to them arrives at the receiver.

    alternatives_test.py <source dir> <bin dir>

The ones in Node need the packages that `./dev bench` installs, the one in Python Debian's python3-aiohttp and
python3-cryptography; without them its test is skipped.
"""

import importlib.util
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
BENCH = SOURCE / "bench"
MODULES = SOURCE / "build/alternatives/node"
BODY = SOURCE / "tests/data/bench/bench-events-100.json"
SECONDS = 30
POSTS = 3

if shutil.which("node") is None:
    print("skipped: node is not installed")
    sys.exit(77)


class Alternatives(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.kept = self.folder / "kept"
        made = subprocess.run([BIN / "segrid-bench", "http-key", self.folder / "key.pem"], capture_output=True, text=True,
                              check=True)
        self.key = re.search(r"[A-Za-z0-9+/=]{80,}", made.stdout).group(0)
        self.sink = self.serve("sink", ["node", BENCH / "alternatives/sink.mjs", "--keep", self.kept])

    def until(self, condition):
        end = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end, "it takes too long")

    def serve(self, name, words):
        port_file = self.folder / f"{name}.port"
        process = subprocess.Popen([*words, "--port-file", port_file])
        self.addCleanup(process.wait, SECONDS)
        self.addCleanup(process.terminate)
        self.until(lambda: port_file.exists() or process.poll() is not None)
        self.assertIsNone(process.poll(), f"{name} ended")
        return f"http://127.0.0.1:{port_file.read_text().strip()}"

    def arrived(self):
        with urllib.request.urlopen(self.sink, timeout=SECONDS) as answer:
            return json.loads(answer.read())["tracks"]

    def tracks_in_order(self):
        """Without ids, because the tool gives each event one of its own."""
        fields = []
        for line in self.kept.read_text().splitlines():
            for track in json.loads(line)["batch"]:
                fields.append((track["event"], track["anonymousId"], track["properties"].get("campaign_id", "")))
        return sorted(fields)

    def expected(self):
        printed = subprocess.run(["node", BENCH / "baseline/node_transform.mjs", BODY, "--print"], check=True,
                                 capture_output=True, text=True).stdout
        fields = [(track["event"], track["anonymousId"], track["properties"].get("campaign_id", ""))
                  for track in json.loads(printed)["batch"]]
        return sorted(fields * POSTS)

    def check(self, name, words):
        url = self.serve(name, [*words, "--public-key", self.key, "--segment", self.sink]) + "/v1/webhook"
        unsigned = urllib.request.Request(url, data=b"[]", headers={"Content-Type": "application/json"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(unsigned, timeout=SECONDS)
        self.assertEqual(refused.exception.code, 401)
        refused.exception.close()
        subprocess.run([BIN / "segrid-bench", "http", "--url", url, "--sign-key", self.folder / "key.pem", "--body", BODY,
                        "--count", str(POSTS), "--warmup", "0s", "--expect", "errors=0"], check=True, capture_output=True)
        expected = self.expected()
        self.until(lambda: self.arrived() >= len(expected))
        self.assertEqual(self.tracks_in_order(), expected)

    def node(self, *options):
        if not (MODULES / "node_modules").exists():
            self.skipTest("the packages are not installed: `./dev bench` does it")
        return ["node", BENCH / "alternatives/node/service.mjs", "--modules", MODULES, *options]

    def test_the_node_service_delivers(self):
        self.check("node", self.node())

    def test_the_node_service_with_a_queue_delivers(self):
        self.check("sqlite", self.node("--queue", self.folder / "queue.db"))

    def test_the_python_service_delivers(self):
        for module in ("aiohttp", "cryptography"):
            if importlib.util.find_spec(module) is None:
                self.skipTest(f"Python has no {module}")
        self.check("python", [sys.executable, BENCH / "alternatives/python/service.py"])


class Packages(unittest.TestCase):
    def test_versions_are_exact_and_the_lock_file_names_no_registry(self):
        folder = BENCH / "alternatives/node"
        package = json.loads((folder / "package.json").read_text())
        lock = json.loads((folder / "package-lock.json").read_text())
        for name, version in package["dependencies"].items():
            self.assertRegex(version, r"^\d+\.\d+\.\d+$", name)
            self.assertEqual(lock["packages"][f"node_modules/{name}"]["version"], version)
        for name, entry in lock["packages"].items():
            self.assertNotIn("resolved", entry, name)
            if name:
                self.assertIn("integrity", entry, name)


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
