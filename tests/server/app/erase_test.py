"""A person's data are erased from a running server's queue, and no byte of them is left in its files.

    erase_test.py <segrid-server> <segrid>
"""

import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "endurance"))
from program import Program  # noqa: E402

SERVER, SEGRID = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
SECONDS = 60
ADA = "ada.lovelace@example.com"
REST = "reload: {interval: 0s}\ndrain: {grace: 1s}\n"


def event(number, address):
    return {"event": "click", "email": address, "timestamp": 1591726752, "sg_event_id": f"id-{number}",
            "url": f"https://example.com/?for={address}" if "ada" in address.lower() else "https://example.com/"}


class Receiver(http.server.BaseHTTPRequestHandler):
    """Refuses what `refused` says, or all with 503."""
    down = True
    taken = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        bad = not self.down and ADA in body
        if not bad and not self.down:
            self.taken.append(body)
        self.send_response(503 if self.down else 400 if bad else 200)
        answer = f"no contact {ADA}".encode() if bad else b"{}"
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Erase(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        Receiver.down, Receiver.taken = True, []
        receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        url = f"http://127.0.0.1:{receiver.server_address[1]}"
        self.config = REST + "sources:\n" + "".join(
            f"  - {{name: {name}, receiver: http, endpoint: '{url}', allow_http: true{more}}}\n"
            for name, more in (("plain", ""), ("hashed", ", personal: {email: omit, link_query: omit}")))
        self.program = None
        self.addCleanup(lambda: self.program and self.program.stop(signal.SIGKILL))
        self.start()

    def start(self):
        self.program = Program(SERVER, self.config, folder=self.folder)

    def segrid(self, *words, stdin="", fails=False):
        ran = subprocess.run([SEGRID, *words, "--server", f"127.0.0.1:{self.program.ports['grpc']}"], input=stdin,
                             capture_output=True, text=True, check=False, timeout=SECONDS)
        self.assertEqual(ran.returncode != 0, fails, ran.stdout + ran.stderr)
        return ran.stderr if fails else ran.stdout

    def forward(self, numbers, address, *more):
        self.segrid("forward", "-", *more, stdin=json.dumps([event(number, address) for number in numbers]))

    def sources(self):
        return {source["name"]: {key: int(value) for key, value in source.items() if key.endswith("_count")}
                for source in json.loads(self.segrid("status", "--json"))["sources"]}

    def wait_for(self, what):
        end = time.monotonic() + SECONDS
        while not what():
            self.assertLess(time.monotonic(), end, self.sources())

    def files_with(self, text):
        """The files of data_dir that have a text; the queue compresses, so a miss alone proves nothing."""
        found = []
        for path in (self.folder / "data").rglob("*"):
            if path.is_file() and text.encode() in path.read_bytes():
                found.append(path.name)
        return found

    def check_ledger(self):
        for name, counts in self.sources().items():
            self.assertEqual(counts["accepted_count"],
                             sum(counts[f"{what}_count"] for what in ("delivered", "pending", "dead_letter", "expired", "purged")), name)

    def fill(self):
        # One event a call is stored as it is; many together are compressed.
        for number in range(4):
            self.forward([number], ADA if number % 2 else "Bob@example.com")
        self.forward(range(10, 400), "bob@example.com")
        self.forward(range(400, 410), "ADA.Lovelace@Example.com")
        self.forward(range(410, 800), "bob@example.com")
        self.assertTrue(self.files_with(ADA))

    def test_pending_events_are_never_delivered_and_leave_no_byte(self):
        self.fill()
        counted = json.loads(self.segrid("erase", "--email", "-", "--dry-run", "--json", stdin=ADA.upper() + "\n"))
        self.assertEqual({s["source"]: s["pending_count"] for s in counted["sources"]}, {"plain": "12", "hashed": "12"})
        self.assertIn("[y/N]", self.segrid("erase", "--email", "-", stdin=ADA + "\n", fails=True))
        self.assertEqual(self.sources()["plain"]["purged_count"], 0)
        shown = self.segrid("erase", "--email", "-", "--yes", stdin=ADA + "\n")
        self.assertIn("erased 24 pending events and 0 dead letters", shown)
        for words in ("Segment", "backups", "files and databases"):
            self.assertIn(words, shown)
        self.assertNotIn("lovelace", shown.lower())
        for name in ("plain", "hashed"):
            self.assertEqual(self.sources()[name]["purged_count"], 12)
        self.check_ledger()
        for text in (ADA, "lovelace", "Lovelace", "ada."):
            self.assertEqual(self.files_with(text), [], text)
        Receiver.down = False
        for name in ("plain", "hashed"):
            self.segrid("resume", name)
        self.wait_for(lambda: all(counts["pending_count"] == 0 for counts in self.sources().values()))
        self.assertNotIn("lovelace", "".join(Receiver.taken).lower())
        self.assertEqual(sum(body.count("Email Link Clicked") for body in Receiver.taken), 2 * 782)
        log = self.program.log
        self.assertNotIn("lovelace", log.lower())
        self.assertIn("an operator erased a person's data", log)

    def test_dead_letters_and_answers_that_repeat_the_address(self):
        Receiver.down = False
        both = [event(1, ADA), event(2, "bob@example.com"), event(3, ADA)]
        self.segrid("forward", "-", "--source", "plain", stdin=json.dumps(both))

        def two_are_dead():
            # After each success a refused one is tried once more, until that is proof.
            more.append(len(more))
            self.forward([100 + len(more)], "bob@example.com", "--source", "plain")
            return self.sources()["plain"]["dead_letter_count"] == 2
        more = []
        self.wait_for(two_are_dead)
        shown = self.segrid("erase", "--email", ADA, "--source", "plain", "-y")
        self.assertIn("and 2 dead letters; no file", shown)
        self.assertEqual(self.sources()["plain"]["dead_letter_count"], 0)
        self.assertEqual(self.files_with("lovelace"), [])
        self.check_ledger()

    def test_after_a_kill_a_second_run_finishes(self):
        self.fill()
        before = self.sources()
        for pause in (0.0, 0.02, 0.05):
            erasing = subprocess.Popen([SEGRID, "erase", "--email", ADA, "--yes", "--server",
                                        f"127.0.0.1:{self.program.ports['grpc']}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                erasing.wait(pause)
            except subprocess.TimeoutExpired:
                pass
            self.program.stop(signal.SIGKILL)
            erasing.wait(SECONDS)
            self.start()
            self.check_ledger()
        self.segrid("erase", "--email", ADA, "--yes")
        after = self.sources()
        for name in ("plain", "hashed"):
            self.assertEqual(after[name]["accepted_count"], before[name]["accepted_count"])
            self.assertEqual(after[name]["purged_count"], 12)
            self.assertEqual(after[name]["pending_count"], 782)
        self.assertEqual(self.files_with("lovelace"), [])
        self.program.stop(signal.SIGTERM)
        self.assertEqual(self.files_with("lovelace"), [])
        checked = subprocess.run([SERVER, "fsck", "--data-dir", self.folder / "data"], capture_output=True, text=True,
                                 check=False, timeout=SECONDS)
        self.assertIn("sound", checked.stdout)
        self.start()

    def test_says_what_is_wrong_and_never_the_address(self):
        for words, part in (
                (["--email", ADA, "--source", "nobody", "-y"], "UNKNOWN_SOURCE"),
                (["--email", " ", "-y"], "BAD_PERSON"),
                (["--email", ADA, "--user-id", "7", "-y"], "email"),
                (["-y"], "email"),
                (["--email-file", "/nowhere", "-y"], "/nowhere")):
            error = self.segrid("erase", *words, fails=True)
            self.assertIn(part, error)
            self.assertNotIn("lovelace", error)
        two = self.folder / "two"
        two.write_text(f"{ADA}\nbob@example.com\n", encoding="utf-8")
        self.assertIn("several lines", self.segrid("erase", "--email-file", str(two), "-y", fails=True))
        os.truncate(two, len(ADA) + 1)
        self.assertIn("erased 0 pending events", self.segrid("erase", "--email-file", str(two), "-y"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
