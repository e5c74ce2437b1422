"""Sources that leave the configuration with messages pending and dead, and sources that get another name.

    orphaned_sources_test.py <segrid-server> <segrid>
"""

import http.server
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

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "endurance"))
from program import Program, events  # noqa: E402

SERVER, SEGRID = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
SECONDS = 30
REST = "queue: {max_bytes: 16MiB}\nreload: {interval: 0s}\ndrain: {grace: 1s}\nsources:\n"
KEPT = "  - {name: kept, receiver: file, path: kept.ndjson}\n"


class Refusing(http.server.BaseHTTPRequestHandler):
    """Takes no key."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Orphans(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        # Held, so that what comes stays pending until it is a second old.
        self.held = (f"  - {{name: old, write_key: k, endpoint: 'http://127.0.0.1:{receiver.server_address[1]}', "
                     "allow_http: true, max_age: 1s}\n")
        self.program = None

    def tearDown(self):
        if self.program is not None:
            self.program.stop(signal.SIGKILL)

    def start(self, *sources):
        self.program = Program(SERVER, REST + "".join(sources), folder=self.folder)
        return self.program

    def stop(self, number=signal.SIGTERM):
        self.program.stop(number)
        self.program = None

    def segrid(self, *words, stdin=""):
        return subprocess.run([SEGRID, *words, "--server", f"127.0.0.1:{self.program.ports['grpc']}"], input=stdin,
                              capture_output=True, text=True, check=False, timeout=SECONDS)

    def status(self, name):
        """What GetStatus says of a source; None: nothing."""
        ran = self.segrid("status", "--json")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        found = [source for source in json.loads(ran.stdout)["sources"] if source["name"] == name]
        return found[0] if found else None

    def wait_for(self, what, *about):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if what():
                return
        self.fail(about)

    def post(self, first, count):
        status, body, _ = self.program.ask("http", "/v1/webhook", "POST", events(first, count))
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def leave_something(self):
        """`old` has 3 dead letters and 2 pending messages, and is not delivered."""
        self.post(0, 3)
        self.wait_for(lambda: self.status("old")["expired_count"] == "3", "expired")
        self.assertEqual(self.segrid("pause", "old").returncode, 0)
        self.post(3, 2)
        self.assertEqual(self.status("old")["pending_count"], "2")

    def reload(self, *sources, allow=()):
        self.program.write_config(REST + "".join(sources))
        words = [word for key in allow for word in ("--allow-removal", key)]
        return self.segrid("reload", *words)

    def expect_orphan(self, name="old", pending=2, dead=3):
        """Status, metrics and the page say so, with the counts; the store's size has it."""
        shown = self.status(name)
        self.assertEqual(shown["state"], "SOURCE_STATE_ORPHANED")
        self.assertEqual((shown["pending_count"], shown["expired_count"]), (str(pending), str(dead)))
        self.assertIn("not in the configuration", shown["state_detail"])
        text = self.segrid("status").stdout
        self.assertRegex(text, rf"{name}\s+ORPHANED")
        metrics = self.program.metrics()
        self.assertEqual(metrics[f'segrid_source_state{{source="{name}",state="orphaned"}}'], 1)
        self.assertEqual(metrics[f'segrid_queue_pending{{source="{name}"}}'], pending)
        self.assertEqual(metrics[f'segrid_dead_letters{{source="{name}"}}'], dead)
        own = (metrics[f'segrid_queue_pending_bytes{{source="{name}"}}']
               + metrics[f'segrid_dead_letter_bytes{{source="{name}"}}'])
        self.assertGreater(own, 0)
        self.assertGreaterEqual(metrics["segrid_queue_bytes"], own)
        page = json.loads(self.program.ask("admin", "/status.json")[1])
        (card,) = [source for source in page["sources"] if source["name"] == name]
        self.assertEqual((card["state"], card["pending"], card["dead_letters"]), ("orphaned", pending, dead))
        self.assertGreaterEqual(page["store"]["bytes"], own)

    def lines_of(self, name):
        path = self.folder / "data" / name
        return path.read_text().splitlines() if path.exists() else []

    def test_is_named_after_a_restart_also_after_kill_9_and_delivered_when_it_comes_back(self):
        self.start(KEPT, self.held)
        self.leave_something()
        self.stop()
        for _ in range(2):
            program = self.start(KEPT)
            line = json.loads(program.wait_for("left the configuration"))
            self.assertEqual((line["level"], line["source"], line["state"], line["pending"], line["dead_letters"]),
                             ("warning", "old", "orphaned", 2, 3))
            self.expect_orphan()
            # New events are not for it.
            self.post(100, 1)
            self.expect_orphan()
            self.stop(signal.SIGKILL)
        self.start(KEPT, "  - {name: old, receiver: file, path: old.ndjson}\n")
        self.assertNotIn("left the configuration", self.program.log)
        self.wait_for(lambda: len(self.lines_of("old.ndjson")) == 2, "the pending ones")
        self.wait_for(lambda: self.status("old")["delivered_count"] == "2", "acknowledged")
        self.assertEqual(self.status("old")["state"], "SOURCE_STATE_RUNNING")
        replayed = self.segrid("dead-letters", "replay", "--source", "old")
        self.assertIn("3 queued again", replayed.stdout)
        self.wait_for(lambda: len(self.lines_of("old.ndjson")) == 5, "the dead ones")

    def test_is_named_after_a_reload_that_removed_it_and_taken_up_by_one_that_adds_it(self):
        program = self.start(KEPT, self.held)
        self.leave_something()
        refused = self.reload(KEPT)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("sources[old]", refused.stderr)
        self.assertEqual(self.status("old")["state"], "SOURCE_STATE_PAUSED")
        done = self.reload(KEPT, allow=["sources[old]"])
        self.assertEqual(done.returncode, 0, done.stderr)
        line = json.loads(program.wait_for("left the configuration"))
        self.assertEqual((line["source"], line["pending"], line["dead_letters"]), ("old", 2, 3))
        self.expect_orphan()
        back = self.reload(KEPT, "  - {name: old, receiver: file, path: old.ndjson}\n")
        self.assertEqual(back.returncode, 0, back.stderr)
        self.wait_for(lambda: len(self.lines_of("old.ndjson")) == 2, "the pending ones")

    def test_is_dropped_after_asking_and_stays_so_after_kill_9(self):
        program = self.start(KEPT, self.held)
        self.leave_something()
        configured = self.segrid("sources", "drop", "old", "--yes")
        self.assertEqual(configured.returncode, 1)
        self.assertIn("SOURCE_CONFIGURED", configured.stderr)
        self.assertEqual(self.reload(KEPT, allow=["sources[old]"]).returncode, 0)
        self.expect_orphan()
        for answer in ("", "n\n", "x\n"):
            asked = self.segrid("sources", "drop", "old", stdin=answer)
            self.assertEqual(asked.returncode, 1)
            self.assertIn("Delete 2 pending events and all dead letters of source 'old' permanently? [y/N]", asked.stderr)
            self.assertIn("nothing was deleted", asked.stderr)
        self.expect_orphan()
        dropped = self.segrid("sources", "drop", "old", stdin="y\n")
        self.assertEqual((dropped.returncode, dropped.stdout), (0, "old: purged 2 pending events and 3 dead letters\n"))
        line = json.loads(program.wait_for("an operator dropped a source"))
        self.assertEqual((line["source"], line["pending"], line["dead_letters"]), ("old", 2, 3))
        self.stop(signal.SIGKILL)
        program = self.start(KEPT)
        self.assertIsNone(self.status("old"))
        self.assertNotIn("left the configuration", program.log)
        # The kill may have taken the marks of what `kept` delivered: it goes once more.
        self.wait_for(lambda: program.metrics()["segrid_queue_bytes"] == 0, "the dropped bytes")
        unknown = self.segrid("sources", "drop", "old", "--yes")
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("UNKNOWN_SOURCE", unknown.stderr)
        # Its books tell, when it comes back.
        self.assertEqual(self.reload(KEPT, self.held).returncode, 0)
        shown = self.status("old")
        self.assertEqual((shown["accepted_count"], shown["purged_count"], shown["expired_count"]), ("5", "5", "0"))

    def test_a_renamed_source_takes_the_lane_over_at_a_restart_and_at_a_reload(self):
        self.start(KEPT, self.held)
        self.leave_something()
        tag = json.loads(self.segrid("sources", "--json").stdout)["sources"][1]["tag"]
        renamed = "  - {name: New_Name, was: [old], receiver: file, path: new.ndjson}\n"
        done = self.reload(KEPT, renamed)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.segrid("resume", "New_Name").returncode, 0)
        self.wait_for(lambda: len(self.lines_of("new.ndjson")) == 2, "the pending ones")
        self.assertIsNone(self.status("old"))
        self.wait_for(lambda: self.status("New_Name")["delivered_count"] == "2", "acknowledged")
        shown = self.status("New_Name")
        self.assertEqual((shown["accepted_count"], shown["expired_count"]), ("5", "3"))
        self.assertEqual(json.loads(self.segrid("sources", "--json").stdout)["sources"][1]["tag"], tag)
        # The same events again: duplicates, with the ids of before.
        self.assertEqual(self.post(0, 5)["duplicate"], 10)
        self.assertEqual(self.post(5, 1)["accepted"], 2)
        self.wait_for(lambda: len(self.lines_of("new.ndjson")) == 3, "the new one")
        for line in self.lines_of("new.ndjson"):
            self.assertRegex(json.loads(line)["messageId"], rf"-{tag}$")
        self.stop()
        again = "  - {name: Third, was: [old, New_Name], receiver: file, path: new.ndjson}\n"
        program = self.start(KEPT, again)
        self.assertNotIn("left the configuration", program.log)
        self.assertIn("3 queued again", self.segrid("dead-letters", "replay", "--source", "Third").stdout)
        self.wait_for(lambda: len(self.lines_of("new.ndjson")) == 6, "the dead ones")
        self.wait_for(lambda: program.metrics()['segrid_queue_delivered_total{source="Third"}'] == 6, "acknowledged")
        metrics = program.metrics()
        self.assertEqual(len([name for name in metrics if re.search('source="(old|New_Name)"', name)]), 0)

    def test_names_that_are_taken_are_an_error_of_the_configuration(self):
        self.start(KEPT, self.held)
        self.leave_something()
        for sources in ("  - {name: KEPT, receiver: file, path: x.ndjson}\n",
                        "  - {name: x, was: [Kept], receiver: file, path: x.ndjson}\n",
                        "  - {name: x, was: [old], receiver: file, path: x.ndjson}\n"
                        "  - {name: y, was: [old], receiver: file, path: y.ndjson}\n"):
            bad = self.reload(KEPT, sources)
            self.assertEqual(bad.returncode, 1, sources)
            self.assertIn("INVALID_CONFIG", bad.stderr)
        self.assertEqual(self.status("old")["pending_count"], "2")

    def test_a_lane_whose_name_a_renamed_source_has_is_shown_apart(self):
        self.start(KEPT, self.held)
        self.leave_something()
        moved = "  - {name: old, was: [older], receiver: file, path: x.ndjson}\n"
        self.assertEqual(self.reload(KEPT, moved).returncode, 0)
        self.expect_orphan("lane:old")
        self.assertEqual(self.status("old")["state"], "SOURCE_STATE_RUNNING")
        dropped = self.segrid("sources", "drop", "lane:old", "--yes")
        self.assertEqual(dropped.stdout, "lane:old: purged 2 pending events and 3 dead letters\n", dropped.stderr)
        self.assertIsNone(self.status("lane:old"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
