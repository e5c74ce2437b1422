"""The real program while its configuration changes, by SIGHUP and by `segrid reload`.

    reload_live_test.py <segrid-server> <segrid>
"""

import hashlib
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

SERVER, SEGRID = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
SECONDS = 30
LISTENERS = """grpc:
  listen: ["127.0.0.1:0"]
  tokens:
    - {sha256: "%s", roles: [admin]}
http: {listen: ["127.0.0.1:0"]}
admin: {listen: ["127.0.0.1:0"]}
reload: {interval: 0s}
""" % hashlib.sha256(b"admin-token").hexdigest()
WEBHOOK = """webhooks:
  - {name: default, bearer_sha256: ["%s"]}
  - {name: extra, bearer_sha256: ["%s"]}
""" % (hashlib.sha256(b"hook-token").hexdigest(), hashlib.sha256(b"extra-token").hexdigest())
SOURCES = "sources:\n"
FIRST = "  - {name: First_One, label: The first, receiver: file, path: first.ndjson}\n"
SECOND = "  - {name: second, receiver: file, path: second.ndjson}\n"


class Reload(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.config = self.folder / "segrid.yaml"
        self.write(LISTENERS, WEBHOOK, SOURCES, FIRST)
        self.process = subprocess.Popen([SERVER, "--config", self.config, "--data-dir", self.folder / "data",
                                         "--port-file", self.folder / "port"], stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.stop)
        self.log, self.heard = [], threading.Condition()
        self.reader = threading.Thread(target=self.read_log)
        self.reader.start()
        self.http = self.line('"serving"')["http"]
        self.line('"ready"')

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.reader.join(SECONDS)
        self.process.stderr.close()
        self.assertEqual(self.process.wait(SECONDS), 0)

    def read_log(self):
        for line in self.process.stderr:
            with self.heard:
                self.log.append(line)
                self.heard.notify_all()

    def line(self, text):
        """The first log line with this text, which is waited for and forgotten with all before it."""
        with self.heard:
            self.assertTrue(self.heard.wait_for(lambda: any(text in line for line in self.log), SECONDS), text)
            index = next(i for i, line in enumerate(self.log) if text in line)
            found = json.loads(self.log[index])
            del self.log[:index + 1]
            return found

    def write(self, *parts):
        self.config.write_text("".join(parts))

    def sighup(self):
        self.process.send_signal(signal.SIGHUP)

    def segrid(self, *words):
        port = (self.folder / "port").read_text().strip()
        return subprocess.run([SEGRID, *words, "--server", f"127.0.0.1:{port}", "--token", "admin-token"],
                              capture_output=True, text=True, check=False, timeout=SECONDS)

    def post(self, token="hook-token", event="one", path=""):
        body = json.dumps([{"event": "open", "email": "ada@example.com", "timestamp": 1700000000, "sg_event_id": event}])
        request = urllib.request.Request(f"http://{self.http}/v1/webhook{path}", body.encode(),
                                         {"Authorization": f"Bearer {token}"} if token else {})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    def lines_of(self, name, count):
        """How many Tracks a receiver's file has, once it has as many as `count`."""
        path, end = self.folder / "data" / name, time.monotonic() + SECONDS
        while time.monotonic() < end:
            lines = path.read_text().count("\n") if path.exists() else 0
            if lines >= count:
                return lines
        return lines

    def test_an_empty_or_cut_file_takes_nothing_away(self):
        whole = self.config.read_text()
        for text in ("", "\n", "grpc:\n", whole[:40], whole[:-30], whole.replace(WEBHOOK, "")):
            self.write(text)
            self.sighup()
            self.line("the configuration was not reloaded, the old one stays")
            self.assertEqual(self.post(token=None), 401)
            self.assertEqual(self.post(), 200)
            refused = self.segrid("reload")
            self.assertEqual(refused.returncode, 1, text)
        self.assertIn("webhooks[default].bearer_sha256", refused.stderr)
        self.assertIn("--allow-removal", refused.stderr)
        self.write(whole)
        done = self.segrid("reload")
        self.assertEqual((done.returncode, done.stdout), (0, "reloaded: nothing changed\n"), done.stderr)

    def test_an_operator_may_take_away_what_he_names(self):
        self.assertEqual(self.post(token="extra-token", event="three", path="/extra"), 200)
        self.write(LISTENERS, SOURCES, FIRST)
        done = self.segrid("reload", "--allow-removal", "webhooks.default", "webhooks[extra]")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"webhooks\[default\]\.bearer_sha256 .*\(none\) +callers may do more")
        warning = self.line("a reload lets callers do more than before")
        self.assertEqual((warning["level"], warning["key"]), ("warning", "webhooks[default].bearer_sha256"))
        self.assertEqual(self.post(token=None, event="two"), 200)
        # A webhook that was taken away is not there any more, and may come again.
        self.assertEqual(self.post(token="extra-token", event="four", path="/extra"), 404)
        self.write(LISTENERS, WEBHOOK, SOURCES, FIRST)
        done = self.segrid("reload")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("needs a restart", done.stdout)
        self.assertEqual(self.post(token=None, event="four", path="/extra"), 401)
        self.assertEqual(self.post(token="extra-token", event="four", path="/extra"), 200)
        unknown = self.segrid("reload", "--allow-removal", "grpc.tokens")
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("takes nothing of this away: grpc.tokens", unknown.stderr)

    def test_sources_come_change_and_go(self):
        self.assertEqual(self.post(event="a"), 200)
        self.assertEqual(self.lines_of("first.ndjson", 1), 1)
        self.write(LISTENERS, WEBHOOK, SOURCES, FIRST, SECOND)
        self.sighup()
        self.assertEqual(self.line("configuration reloaded")["changed"], "sources[second]")
        self.assertEqual(self.post(event="b"), 200)
        self.assertEqual((self.lines_of("first.ndjson", 2), self.lines_of("second.ndjson", 1)), (2, 1))
        # Another file: what the write key is for other receivers.
        self.write(LISTENERS, WEBHOOK, SOURCES, FIRST.replace("first.nd", "other.nd"), SECOND)
        self.sighup()
        self.assertEqual(self.line("a reload changed a key")["key"], "sources[First_One].path")
        self.line("configuration reloaded")
        self.assertEqual(self.post(event="c"), 200)
        self.assertEqual((self.lines_of("other.ndjson", 1), self.lines_of("first.ndjson", 2)), (1, 2))
        self.write(LISTENERS, WEBHOOK, SOURCES, SECOND)
        self.sighup()
        self.assertIn("sources[First_One]", self.line("the configuration was not reloaded")["detail"])
        done = self.segrid("reload", "--allow-removal", "sources[First_One]")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.post(event="d"), 200)
        self.assertEqual((self.lines_of("second.ndjson", 3), self.lines_of("other.ndjson", 1)), (3, 1))
        self.assertNotIn("First_One", self.segrid("sources").stdout)

    def test_labels_are_shown_and_what_waits_is_named(self):
        self.assertIn("First_One (The first)", self.segrid("status").stdout)
        self.write(LISTENERS, WEBHOOK, "queue: {max_bytes: 1GiB}\n", SOURCES, FIRST.replace("The first", "New"))
        done = self.segrid("reload")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(re.search(r"(?m)^needs a restart: queue\.max_bytes$", done.stdout), done.stdout)
        self.assertIn("First_One (New)", self.segrid("sources").stdout)

    def test_the_start_validate_dry_run_and_reloads_warn_of_the_same(self):
        self.write(LISTENERS, WEBHOOK.replace("]}", "], replay_window: 30h}", 1), SOURCES,
                   FIRST.replace("}", ", personal: {email: omit}, extra_properties: [reason], custom_args: all}"))
        wanted = {"sources[0].personal.email: is omit, but reason, custom_args of source 'First_One' may hold addresses, "
                  "too; leave them out where that matters",
                  "webhook default takes posts that were signed up to 30h ago, but message ids are kept for 26h only: an "
                  "older post that is sent again is accepted again; raise queue.dedup_window or shorten replay_window"}
        self.sighup()
        self.assertEqual({self.line("may not be meant so")["detail"] for _ in wanted}, wanted)
        again = self.segrid("reload")  # What was told is not told again.
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertFalse([line for line in self.log if "may not be meant so" in line])
        validated = subprocess.run([SERVER, "validate", "--config", self.config], capture_output=True, text=True, check=True)
        prefix = "segrid-server: warning: "
        self.assertEqual({line.removeprefix(prefix) for line in validated.stderr.splitlines()}, wanted)
        shown = subprocess.run([SEGRID, "dry-run", "--config", self.config, "--data-dir", self.folder / "other", "--json"],
                               capture_output=True, text=True, check=False)
        checks = [json.loads(line) for line in shown.stdout.splitlines()]
        self.assertEqual({check["detail"] for check in checks
                          if (check["check"], check["result"]) == ("config", "warning")}, wanted)
        started = subprocess.run([SERVER, "--config", self.config, "--data-dir", self.folder / "third", "--port-file",
                                  self.folder / "no/such/folder"], capture_output=True, text=True, check=False)
        self.assertEqual({json.loads(line)["detail"] for line in started.stderr.splitlines() if "may not be meant" in line},
                         wanted)


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
