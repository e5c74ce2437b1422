"""A real server whose sources are in every state, and a server that replays its status.json in other numbers."""

import contextlib
import copy
import gzip
import http.server
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "endurance"))
from program import Program  # noqa: E402

CANARY = "canary@example.com"
SECONDS = 60
LIMITS = "queue: {max_bytes: 64MiB}\nreload: {interval: 0s}\ndrain: {grace: 1s}\nsources:\n"
# The receiver's responses by path; `picky` and `big` refuse some events.
STATUS = {"refused": 401, "flaky": 503, "limited": 429}


class Receiver(http.server.BaseHTTPRequestHandler):
    """Refuses as its path says, with an event's address in the response."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        kind = self.path.split("/")[1]
        status = STATUS.get(kind, 200)
        if kind == "slow":
            self.server.released.wait(SECONDS)
        # One of ten events cannot be read; another one is too large.
        if kind == "picky" and re.search(rb'"open-\d*7-', body):
            status = 400
        elif kind == "picky" and re.search(rb'"open-\d*3-', body):
            status = 413
        text = f"no {CANARY} \u00e4\u20ac".encode()
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "600")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # A server that ends does not wait.
            self.wfile.write(text)

    def log_message(self, *_):
        pass


def events(count, kind="open", start=0):
    return [{"event": kind, "email": CANARY, "timestamp": 1700000000, "sg_event_id": f"{kind}-{start + i}"}
            for i in range(count)]


class World:
    """A server with a source for each state, until close(). `feed` is its status.json once all are in theirs."""

    NAMES = ("good", "slow", "flaky", "limited", "refused", "stopped", "gone", "picky", "aged")

    def __init__(self, server, segrid):
        self.segrid = segrid
        self.folder = tempfile.TemporaryDirectory()
        self.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.receiver.released = threading.Event()
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        self.program = Program(server, LIMITS + "".join(map(self.source, self.NAMES)), folder=self.folder.name)
        self.pause = threading.Event()  # Never set: a wait between two questions.

    def source(self, name):
        if name == "good":
            return ("  - {name: good, receiver: file, path: good.ndjson, "
                    "label: \"Caf\u00e9 <img src=x onerror='document.title=1'>\"}\n")
        path = {"stopped": "refused", "gone": "refused", "aged": "refused"}.get(name, name)
        more = {"aged": ", max_age: 1s", "slow": ", request_timeout: 5m"}.get(name, "")
        return (f"  - {{name: {name}, write_key: secret-{name}, allow_http: true{more}, "
                f"endpoint: 'http://127.0.0.1:{self.receiver.server_address[1]}/{path}/v1'}}\n")

    def run(self, *words):
        ran = subprocess.run([self.segrid, *words, "--server", f"127.0.0.1:{self.program.ports['grpc']}"], capture_output=True,
                             text=True, check=False, timeout=SECONDS)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def post(self, some):
        status, body, _ = self.program.ask("http", "/v1/webhook", "POST", json.dumps(some))
        assert status == 200, body

    def status(self):
        return json.loads(self.program.ask("admin", "/status.json")[1])

    def wait_for(self, true):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            feed = self.status()
            if true(feed):
                return feed
            self.pause.wait(0.02)
        raise AssertionError(f"never: {json.dumps(feed)[:6000]}")

    def fill(self):
        """Brings each source into its state."""
        self.run("pause", "stopped")
        self.post(events(40) + events(8, "deferred") + [None, {"event": "click"}])
        self.wait_for(lambda feed: self._state(feed, "gone") == "misconfigured")
        self.program.write_config(LIMITS + "".join(self.source(name) for name in self.NAMES if name != "gone"))
        self.run("reload", "--allow-removal", "sources[gone]")
        states = {"good": "running", "slow": "running", "flaky": "backing_off", "limited": "rate_limited",
                  "refused": "misconfigured", "stopped": "paused", "gone": "orphaned"}
        return self.wait_for(
            lambda feed: all(self._state(feed, name) == state for name, state in states.items()) and
            {(group["source"], group["reason"]): group["count"] for group in feed["dead_letters"]} ==
            {("picky", "BAD_MESSAGE"): 4, ("picky", "TOO_LARGE"): 4, ("aged", "EXPIRED"): 40} and
            self._of(feed, "slow")["in_flight"] > 0 and self._of(feed, "good")["delivered"] == 40 and
            sum(feed["history"]["tracks"]) == feed["totals"]["tracks"])

    @staticmethod
    def _of(feed, name):
        return next(source for source in feed["sources"] if source["name"] == name)

    def _state(self, feed, name):
        return self._of(feed, name)["state"]

    def stop_answering(self):
        self.program.stop()

    def close(self):
        self.receiver.released.set()
        self.program.stop()
        self.receiver.shutdown()
        self.receiver.server_close()
        self.folder.cleanup()


def shape(value):
    """The types of a JSON value: of the elements of an array in one, whatever optional members each has."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        kinds = [shape(each) for each in value]
        if all(isinstance(kind, dict) for kind in kinds):
            merged = {}
            for kind in kinds:
                merged |= kind
            return [merged]
        return sorted(set(kinds))
    return {bool: "flag", int: "number", float: "number", str: "text"}[type(value)]


class Feeds:
    """The figures of status.json in other states and for more sources: each is made of parts of a real one."""

    # The state that a picture shows, and the sources of the world that it is made of; the rest are `good`.
    STATES = {
        "idle": ("good",), "delivering": ("slow",), "failing": ("flaky", "limited"), "held": ("refused",), "orphaned": ("gone",),
        "paused": ("stopped",), "dead letters": ("picky",), "stale": ("refused", "flaky"), "not ready": ("good",),
    }

    def __init__(self, real):
        self.real = real

    def make(self, state, count, seed=1):
        choose = random.Random(f"{state} {count} {seed}")
        feed = copy.deepcopy(self.real)
        now, pool = feed["now"], {source["name"]: source for source in self.real["sources"]}
        feed["servers"][0] |= {"name": "mail-events-1", "started": now - 3 * 86400000 - 5 * 3600000}
        names = self.STATES[state]
        troubled = 1 if count == 1 else min(count, 2 * len(names)) if count < 10 else 6
        feed["sources"] = [
            self._source(pool[names[i % len(names)] if i < troubled else "good"], i, now, choose, state) for i in range(count)]
        groups = self.real["dead_letters"] if state == "dead letters" else []
        owners = [source["name"] for source in feed["sources"] if source["dead_letters"] > 0]
        feed["dead_letters"] = [group | {"source": owner, "count": choose.randrange(1, 5000), "newest": now - choose.randrange(10**7)}
                                for owner in owners for group in groups][:100]
        feed["dead_letter_groups"] = len(feed["dead_letters"])
        for source in feed["sources"]:
            source["dead_letters"] = sum(group["count"] for group in feed["dead_letters"] if group["source"] == source["name"])
        self._numbers(feed, state, choose)
        return feed

    @staticmethod
    def _source(source, i, now, choose, state):
        made = copy.deepcopy(source)
        regions = ("default", "eu-marketing", "us-transactional", "warehouse", "billing-notifications-production")
        made["name"] = regions[i] if i < len(regions) else f"tenant-{i:02}"
        made["label"] = "" if i else "Production, all brands"
        made["endpoint"] = "/var/lib/segrid/audit.ndjson" if source["name"] == "good" else "https://api.segment.io/v1/batch"
        if source["last_answer"]:
            made["last_answer"] = source["last_answer"].split(":")[0] + ': {"code": "refused", "message": "see the workspace"}'
        made |= {key: now - choose.randrange(60_000, 14 * 60_000) for key in ("oldest", "since") if key in source}
        if "next_attempt" in source:
            made["next_attempt"] = now + choose.randrange(60_000)
        for key in ("accepted", "delivered"):
            made[key] = choose.randrange(10**5, 10**8)
        if source["pending"] > 0:
            made["pending"] = choose.randrange(10**6)
            made["pending_bytes"] = made["pending"] * 640
        if source["name"] == "gone":
            made["pending"] = 1302
        if state == "held" and i == 0:
            made["oldest"] = now - 18 * 60_000  # Late, too.
        return made

    @staticmethod
    def _numbers(feed, state, choose):
        busy = state not in ("idle", "not ready")
        history, steps = feed["history"], 360 if state != "failing" else 25
        base = {"tracks": 4200, "skipped": 700, "rejected": 40, "delivered": 4200, "failed_attempts": 3}
        for key, most in base.items():
            wave = [most * (1 + 0.4 * ((i // 30) % 3) + 0.2 * choose.random()) if busy else 0 for i in range(steps)]
            history[key] = [int(value) for value in wave]
            feed["totals"][key] = sum(history[key]) if steps < 360 else 30 * sum(history[key])
        feed["totals"]["received"] = sum(feed["totals"][key] for key in ("tracks", "skipped", "rejected"))
        if steps < 360:
            feed["servers"][0]["started"] = feed["now"] - 255_000
        feed["store"]["bytes"] = sum(source["pending_bytes"] for source in feed["sources"])
        feed["store"]["max_bytes"] = max(1 << 30, 3 * feed["store"]["bytes"])
        if state == "not ready":
            feed |= {"ready": False, "not_ready_reason": "the queue is full: 1.0 GiB of 1.0 GiB are used"}
            feed["store"]["bytes"] = feed["store"]["max_bytes"]


class Replay:
    """Serves the page as a real server does, and `feed` as its figures; None: it does not respond."""

    def __init__(self, program):
        self.feed = None
        files = {path: program.ask("admin", path) for path in ("/", "/page.css", "/page.js", "/runbook", "/metrics")}
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path, headers = self.path.partition("?")[0], {}
                if path == "/status.json":
                    status, body = (503, b"") if owner.feed is None else (200, json.dumps(owner.feed).encode())
                elif path in files:
                    status, body, headers = files[path]
                else:
                    status, body = 404, b""
                self.send_response(status)
                for name in ("Content-Type", "Content-Security-Policy", "Referrer-Policy", "Cache-Control"):
                    if name in headers:
                        self.send_header(name, headers[name])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
