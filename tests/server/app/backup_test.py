"""segrid-server backup: of a running and of a stopped server, killed, out of space, restored.

    backup_test.py <segrid-server> <segrid>
"""

import hashlib
import http.server
import json
import os
import pathlib
import resource
import select
import shutil
import signal
import sqlite3
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
# Takes a moment to copy, so that there is a middle.
LARGE = 200 << 20
NOBODY = 65534


class Receiver(http.server.BaseHTTPRequestHandler):
    """Is down, or takes all but the ids of `bad`."""
    down = True
    taken = []

    def do_POST(self):
        tracks = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ids = [track["messageId"].rpartition("-")[0] for track in tracks]
        bad = any(name.startswith("bad") for name in ids)
        if not self.down and not bad:
            self.taken.extend(ids)
        self.send_response(503 if self.down else 400 if bad else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Backup(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.data = self.folder / "data"
        self.target = self.folder / "copies" / "one"
        self.target.parent.mkdir()
        Receiver.down, Receiver.taken = True, []
        receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        self.config = ("reload: {interval: 0s}\ndrain: {grace: 1s}\nqueue: {reserve_bytes: 1MiB}\nsources:\n"
                       f"  - {{name: away, receiver: http, endpoint: 'http://127.0.0.1:{receiver.server_address[1]}', "
                       "allow_http: true}\n  - {name: kept, receiver: file, path: kept.ndjson}\n"
                       "  - {name: rows, receiver: warehouse, database: 'sqlite:rows.db'}\n")
        self.program = None
        self.addCleanup(lambda: self.program and self.program.stop(signal.SIGKILL))

    def start(self, folder=None, **more):
        self.program = Program(SERVER, self.config, folder=folder or self.folder, **more)

    def segrid(self, *words, stdin=""):
        ran = subprocess.run([SEGRID, *words, "--server", f"127.0.0.1:{self.program.ports['grpc']}"], input=stdin,
                             capture_output=True, text=True, check=False, timeout=SECONDS)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        return ran.stdout

    def forward(self, *names):
        self.segrid("forward", "-", stdin=json.dumps([
            {"event": "open", "email": "ada@example.com", "timestamp": 1591726752, "sg_event_id": name} for name in names]))

    def sources(self):
        return {source["name"]: {key: int(value) for key, value in source.items() if key.endswith("_count")}
                for source in json.loads(self.segrid("status", "--json"))["sources"]}

    def wait_for(self, what, about=""):
        end = time.monotonic() + SECONDS
        while not what():
            self.assertLess(time.monotonic(), end, about)
            select.select([], [], [], 0.01)

    def command(self, target=None):
        return [SERVER, "backup", "--data-dir", self.data, target or self.target]

    def back_up(self, target=None, fails=False, **more):
        ran = subprocess.run(self.command(target), capture_output=True, text=True, check=False, timeout=SECONDS, **more)
        self.assertEqual(ran.returncode != 0, fails, ran.stdout + ran.stderr)
        return ran.stderr if fails else ran.stdout

    def begin(self, target=None):
        """A backup that has copied the queue, and not the rest."""
        running = subprocess.Popen(self.command(target), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        unfinished = pathlib.Path(f"{target or self.target}.unfinished")
        self.wait_for(lambda: (unfinished / "large").exists() or running.poll() is not None)
        running.send_signal(signal.SIGSTOP)
        self.assertTrue(unfinished.exists(), "it was too quick")
        return running

    def end(self, running, number):
        running.send_signal(number)
        running.send_signal(signal.SIGCONT)
        output = running.communicate(timeout=SECONDS)[0]
        return running.returncode, output

    def make_large(self):
        with (self.data / "large").open("wb") as file:
            file.truncate(LARGE)

    def check(self, folder=None):
        """What fsck says of a data directory."""
        ran = subprocess.run([SERVER, "fsck", "--data-dir", folder or self.target], capture_output=True, text=True,
                             check=False, timeout=SECONDS)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("sound", ran.stdout)
        return ran.stdout

    def restore(self):
        """Stops the server, puts the backup in the place of the data, and starts."""
        self.program.stop(signal.SIGTERM)
        shutil.rmtree(self.data)
        shutil.copytree(self.target, self.data)
        self.start()

    def check_ledger(self):
        for name, counts in self.sources().items():
            self.assertEqual(counts["accepted_count"],
                             sum(counts[f"{what}_count"] for what in ("delivered", "pending", "dead_letter", "expired", "purged")), name)

    def hashes(self):
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(self.target.rglob("*")) if path.is_file()}

    def test_of_a_running_server_under_load_has_all_that_was_acknowledged(self):
        self.start()
        Receiver.down = False
        self.forward("bad-1", "good-1")
        more = []

        def one_is_dead():
            more.append(len(more))
            self.forward(f"good-more-{len(more)}")
            return self.sources()["away"]["dead_letter_count"] == 1
        self.wait_for(one_is_dead)
        Receiver.down = True
        self.segrid("pause", "kept")
        acknowledged, ended = [], threading.Event()

        def load():
            while not ended.is_set():
                names = [f"load-{len(acknowledged)}-{number}" for number in range(20)]
                self.forward(*names)
                acknowledged.append(names)
        loading = threading.Thread(target=load)
        loading.start()
        try:
            self.wait_for(lambda: len(acknowledged) > 5)
            before = [name for names in acknowledged[:] for name in names]
            shown = self.back_up()
        finally:
            ended.set()
            loading.join()
        self.assertIn("of a running server", shown)
        checked = self.check()
        self.assertIn("dead 1", checked)
        self.assertEqual({oct(path.stat().st_mode & 0o777) for path in self.target.rglob("*")}, {"0o600", "0o700"})
        hashes = self.hashes()
        # Later writes of the server do not show in the backup.
        self.segrid("erase", "--email", "ada@example.com", "--yes")
        self.forward("later")
        self.assertEqual(self.hashes(), hashes)
        self.wait_for(lambda: self.program.metrics()['segrid_backups_total{outcome="done"}'] == 1)
        self.assertGreater(self.program.metrics()["segrid_backup_last_success_timestamp_seconds"], time.time() - 600)
        self.assertGreater(self.program.metrics()["segrid_backup_last_bytes"], 1000)
        self.program.wait_for("a backup was made")
        self.restore()
        self.check_ledger()
        self.assertEqual(self.sources()["away"]["dead_letter_count"], 1)
        # Ids are in the copy, so what is posted again is a duplicate.
        self.forward(*before[:10])
        self.assertEqual(self.sources()["away"]["duplicate_count"], 10)
        Receiver.down = False
        Receiver.taken.clear()
        self.segrid("resume", "away")
        self.wait_for(lambda: self.sources()["away"]["pending_count"] == 0, self.sources())
        self.assertLessEqual(set(before), set(Receiver.taken))
        self.assertEqual(len(Receiver.taken), len(set(Receiver.taken)))
        self.wait_for(lambda: self.sources()["kept"]["pending_count"] == 0)
        kept = [json.loads(line)["messageId"].rpartition("-")[0] for line in (self.data / "kept.ndjson").read_text().splitlines()]
        self.assertLessEqual(set(before), set(kept))
        self.wait_for(lambda: self.sources()["rows"]["pending_count"] == 0)
        with sqlite3.connect(self.data / "rows.db") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
            tracks = {row[0].rpartition("-")[0] for row in database.execute("SELECT id FROM tracks")}
        self.assertLessEqual(set(before), tracks)

    def test_of_a_stopped_server(self):
        self.start()
        self.forward("one", "two")
        before = self.sources()["away"]
        self.program.stop(signal.SIGTERM)
        (self.data / "queue/db.damaged.1").mkdir()  # What a second repair keeps.
        self.assertIn("of a stopped server", self.back_up())
        self.assertEqual({path.name for path in (self.target / "queue").iterdir()}, {"FORMAT", "watermark", "db"})
        self.check()
        self.start()
        self.restore()
        self.assertEqual(self.sources()["away"]["pending_count"], before["pending_count"])
        # The time of the last backup outlives a restart; this one is in no backup.
        self.assertEqual(self.program.metrics()["segrid_backup_last_success_timestamp_seconds"], 0)

    def test_that_is_killed_leaves_no_backup_and_the_next_one_is_good(self):
        self.start()
        self.forward("one")
        self.make_large()
        code, _ = self.end(self.begin(), signal.SIGKILL)
        self.assertEqual(code, -signal.SIGKILL)
        self.assertFalse(self.target.exists())
        unfinished = f"{self.target}.unfinished"
        refused = subprocess.run([SERVER, "fsck", "--data-dir", unfinished], capture_output=True, text=True, check=False)
        self.assertIn("not finished", refused.stderr)
        self.program.wait_for("a backup failed")
        self.wait_for(lambda: not (self.data / "queue/snapshot").exists())
        self.back_up()
        self.check()
        self.assertFalse(os.path.exists(unfinished))
        self.assertEqual(self.program.metrics()['segrid_backups_total{outcome="failed"}'], 1)

    def test_is_whole_though_the_server_is_killed(self):
        self.start()
        self.forward("one", "two")
        self.make_large()
        running = self.begin()
        self.program.stop(signal.SIGKILL)
        self.start()  # While the copy goes on.
        self.forward("three")
        code, output = self.end(running, signal.SIGCONT)
        self.assertEqual(code, 0, output)
        self.assertIn("pending 2", self.check())
        self.wait_for(lambda: not (self.data / "queue/snapshot").exists())

    def test_without_space_fails_and_leaves_nothing(self):
        self.start()
        self.forward("one")
        self.make_large()

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        error = self.back_up(fails=True, preexec_fn=limit, restore_signals=False)
        self.assertIn("File too large", error)
        self.assertEqual(list(self.target.parent.iterdir()), [])
        self.program.wait_for("a backup failed")
        self.forward("two")

    def test_one_at_a_time_and_an_erasure_says_that_one_is_made(self):
        self.start()
        self.forward("one")
        self.make_large()
        running = self.begin()
        self.assertIn("a backup of", self.back_up(self.target.parent / "two", fails=True))
        self.assertIn("another backup", self.back_up(fails=True))
        erase = [SEGRID, "erase", "--email", "ada@example.com", "-y", "--server", f"127.0.0.1:{self.program.ports['grpc']}"]
        erased = subprocess.run(erase, capture_output=True, text=True, check=False, timeout=SECONDS)
        self.assertEqual(erased.returncode, 1, erased.stdout)
        self.assertIn("BACKUP_RUNNING", erased.stderr)
        self.assertEqual(self.sources()["away"]["purged_count"], 1)
        self.assertEqual(self.end(running, signal.SIGCONT)[0], 0)
        self.assertFalse((self.data / "queue/backup").exists())
        self.assertFalse((self.data / "queue/snapshot").exists())
        erased = subprocess.run(erase, capture_output=True, text=True, check=False, timeout=SECONDS)
        self.assertEqual(erased.returncode, 0, erased.stderr)

    def test_says_what_is_wrong_with_the_folder(self):
        self.start()
        full = self.target.parent / "full"
        full.mkdir()
        (full / "file").touch()
        link = self.target.parent / "link"
        link.symlink_to(self.data)
        for target, part in ((full, "is not empty"), (full / "file", "is no folder"), (self.data / "copy", "lies in the data directory"),
                             (link / "copy", "lies in the data directory"), (self.target / "deep", "is no folder"), ("/", "is no name")):
            self.assertIn(part, self.back_up(target, fails=True), target)
        self.target.mkdir()  # An empty one is good.
        self.back_up()
        self.check()
        nothing = subprocess.run([SERVER, "backup", "--data-dir", self.folder / "nowhere", self.target.parent / "x"],
                                 capture_output=True, text=True, check=False)
        self.assertIn("there is no queue", nothing.stderr)

    def test_by_root_of_a_server_of_another_user(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("needs root and setpriv")
        self.folder.chmod(0o755)
        self.data.mkdir()
        os.chown(self.data, NOBODY, NOBODY)
        user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        try:
            self.start(prefix=user)
        except AssertionError as error:
            if "data" in str(error):
                raise
            self.skipTest("another user cannot run the program here")
        self.forward("one")
        self.back_up()
        self.program.stop(signal.SIGTERM)
        self.back_up(self.target.parent / "stopped")
        for path in self.data.rglob("*"):
            self.assertEqual(path.stat().st_uid, NOBODY, path)
        self.start(prefix=user)  # It can still read all that is there.
        refused = subprocess.run([*user, *map(str, self.command(self.target.parent / "other"))], capture_output=True, text=True, check=False)
        self.assertIn("permission denied", refused.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
