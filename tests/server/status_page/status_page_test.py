"""The status page of a real server in headless Chromium: what it shows idle, under load and with a failing
source, in the dark and on a phone. Without Chromium those parts are skipped.

    status_page_test.py --server <segrid-server> --source-dir <dir> --shots <dir for screenshots>
"""

import argparse
import gzip
import http.client
import http.server
import json
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

CANARY = "canary@example.com"
SECONDS = 60


class Refusing(http.server.BaseHTTPRequestHandler):
    """A receiver that refuses every key, or one of ten events, with the event in its answer."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        status = 401
        if self.path.startswith("/picky"):
            status = 400 if re.search(rb'"open-\d*7-', body) else 200
        body = f"no {CANARY}".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server:
    """segrid-server with the given sources on free ports."""

    def __init__(self, folder, sources):
        config = pathlib.Path(folder) / "segrid.yaml"
        config.write_text(
            'grpc: {listen: ["127.0.0.1:0"]}\nhttp: {listen: ["127.0.0.1:0"]}\nadmin: {listen: ["127.0.0.1:0"]}\n'
            "queue: {store: memory, max_bytes: 64MiB}\n"
            f"data_dir: {folder}/data\ndrain: {{grace: 1s}}\nsources:\n{sources}")
        self.process = subprocess.Popen([pathlib.Path(OPTIONS.server).resolve(), "--config", config], stderr=subprocess.PIPE, text=True,
                                        cwd=folder)
        for line in self.process.stderr:
            entry = json.loads(line)
            if entry["message"] == "serving":
                self.http, self.admin = entry["http"], entry["admin"]
                break
        else:
            raise AssertionError("the server ended")
        self.pause = threading.Event()  # Never set: a wait between two questions.
        # Nobody else reads its log, and a full pipe would stop it.
        self.log = queue.SimpleQueue()
        self.reader = threading.Thread(target=lambda: [self.log.put(line) for line in self.process.stderr], daemon=True)
        self.reader.start()

    def ask(self, address, method, path, body=None):
        connection = http.client.HTTPConnection(address, timeout=SECONDS)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            connection.close()

    def post(self, events):
        status, body, _ = self.ask(self.http, "POST", "/v1/webhook", json.dumps(events))
        assert status == 200, body

    def status(self):
        return json.loads(self.ask(self.admin, "GET", "/status.json")[1])

    def wait_for(self, what):
        """Asks for the status until it is as wished."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            status = self.status()
            if what(status):
                return status
            self.pause.wait(0.02)
        raise AssertionError(f"never: {status}")

    def close(self):
        self.process.terminate()
        self.process.wait(SECONDS)
        self.reader.join(SECONDS)
        self.process.stderr.close()


def events(count, kind="open", start=0):
    return [{"event": kind, "email": CANARY, "timestamp": 1700000000, "sg_event_id": f"{kind}-{start + i}"}
            for i in range(count)]


def source(name, path=None, port=None):
    if port is None:
        return f"  - {{name: {name}, receiver: file, path: {name}.ndjson}}\n"
    return (f"  - {{name: {name}, write_key: secret-{name}, endpoint: 'http://127.0.0.1:{port}/{path}', "
            "allow_http: true}\n")


class StatusPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        threading.Thread(target=cls.receiver.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.receiver.shutdown()
        cls.receiver.server_close()

    def start(self, sources):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        server = Server(folder.name, sources)
        self.addCleanup(server.close)
        return server

    def failing(self):
        port = self.receiver.server_address[1]
        server = self.start(source("good") + source("refused", "v1", port) + source("picky", "picky", port))
        server.post(events(200) + events(20, "deferred") + [None, {"event": "click"}])
        server.wait_for(lambda s: s["sources"][0]["delivered"] >= 200 and s["sources"][1]["state"] == "misconfigured"
                        and s["sources"][2]["dead_letters"] == 20)
        return server

    def test_is_one_page_that_needs_nothing_from_elsewhere(self):
        server = self.start(source("good"))
        status, page, headers = server.ask(server.admin, "GET", "/")
        self.assertEqual(status, 200)
        self.assertIn("text/html", headers["Content-Type"])
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertIn("prefers-color-scheme: dark", page)
        self.assertIn('name="viewport"', page)
        self.assertEqual(re.findall(r'(?:src|href)="(?!data:|metrics")[^"]*"', page), [])
        self.assertEqual(page, (pathlib.Path(OPTIONS.source_dir) / "server/status_page/page.html").read_text())
        self.assertEqual(server.ask(server.admin, "GET", "/readyz?verbose")[1],
                         "[+]serving ok\n[+]delivery ok\n[+]queue ok\nreadyz check passed\n")
        self.assertEqual(server.ask(server.http, "GET", "/livez")[:2], (200, "ok\n"))
        self.assertEqual(server.ask(server.http, "GET", "/metrics")[0], 404)

    def test_tells_everything_but_what_was_sent(self):
        server = self.failing()
        status = server.status()
        self.assertTrue(status["ready"])
        self.assertEqual(status["totals"]["received"], 222)
        self.assertEqual(status["totals"]["tracks"], 200)
        self.assertEqual(status["totals"]["skipped"], 20)
        self.assertEqual(status["totals"]["rejected"], 2)
        good, refused, picky = status["sources"]
        self.assertEqual((good["state"], good["delivered"], good["pending"]), ("running", 200, 0))
        self.assertGreater(good["latency_p99"], 0)
        self.assertEqual((refused["state"], refused["pending"]), ("misconfigured", 200))
        self.assertIn("HTTP 401", refused["detail"])
        # The receiver's own words, which may repeat an event, so that somebody can see what it wants.
        self.assertEqual(refused.pop("last_answer"), f"HTTP 401: no {CANARY}")
        picky.pop("last_answer")
        self.assertIn("oldest", refused)
        self.assertEqual((picky["delivered"], picky["dead_letters"]), (180, 20))
        letter = status["dead_letters"][0]
        self.assertEqual((letter["source"], letter["answer"], letter["attempts"]), ("picky", "HTTP 400", letter["attempts"]))
        metrics = server.ask(server.admin, "GET", "/metrics")[1]
        self.assertIn('segrid_source_state{source="refused",state="misconfigured"} 1', metrics)
        self.assertIn('segrid_delivery_answers_total{source="picky",verdict="split",code="400"}', metrics)
        self.assertRegex(metrics, r'segrid_delivery_latency_seconds_count\{source="good"\} 200')
        server.close()
        log = "".join(server.log.get() for _ in range(server.log.qsize()))
        for text in (json.dumps(status), metrics, log):
            self.assertNotIn("canary", text)
            self.assertNotIn("secret", text)

    def dump(self, server, name, *flags):
        """The page after its script ran, and a picture of it."""
        shots = pathlib.Path(OPTIONS.shots)
        shots.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as profile:
            command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                       f"--user-data-dir={profile}", "--hide-scrollbars", "--virtual-time-budget=4000",
                       f"--screenshot={shots / (name + '.png')}", "--dump-dom", *flags, f"http://{server.admin}/"]
            answer = subprocess.run(command, capture_output=True, text=True, timeout=2 * SECONDS, check=False)
        self.assertIn('data-drawn="yes"', answer.stdout, answer.stderr[-2000:])
        self.assertGreater((shots / (name + ".png")).stat().st_size, 10000)
        return answer.stdout

    def test_shows_an_idle_server(self):
        page = self.dump(self.start(source("good")), "idle", "--window-size=1200,900")
        self.assertIn(">ready<", page)
        self.assertIn(">running<", page)
        self.assertRegex(page, r'id="lost"[^>]*hidden')

    def test_shows_a_failing_source(self):
        server = self.failing()
        page = self.dump(server, "failing", "--window-size=1200,1300")
        self.assertIn(">misconfigured<", page)
        self.assertIn("HTTP 401", page)
        self.assertIn("<td>HTTP 400</td>", page)
        self.assertIn(f"last answer: HTTP 401: no {CANARY}", page)
        self.assertEqual(page.count("canary"), 1)
        self.dump(server, "dark", "--window-size=1200,1300", "--blink-settings=preferredColorScheme=0",
                  "--force-dark-mode")
        self.dump(server, "phone", "--window-size=500,2200")

    def test_shows_load(self):
        server = self.start(source("good") + source("other"))
        stop = threading.Event()

        def post():
            sent = 0
            while not stop.is_set():
                server.post(events(500, start=sent) + events(40, "deferred", sent) + [{}] * 10)
                sent += 500
                server.wait_for(lambda s: sum(source["pending"] for source in s["sources"]) < 5000)

        poster = threading.Thread(target=post)
        poster.start()
        try:
            # Three steps of history, ten seconds each.
            server.wait_for(lambda s: len(s["history"]) >= 3)
            page = self.dump(server, "load", "--window-size=1200,900")
        finally:
            stop.set()
            poster.join(SECONDS)
        self.assertRegex(page, r"<polygon[^>]*--track")
        self.assertRegex(page, r"<polyline[^>]*--sent")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--source-dir", required=True)
    parser.add_argument("--shots", required=True)
    OPTIONS, rest = parser.parse_known_args()
    CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if CHROMIUM is None:
        for name in ("test_shows_an_idle_server", "test_shows_a_failing_source", "test_shows_load"):
            setattr(StatusPage, name, unittest.skip("no Chromium")(getattr(StatusPage, name)))
    program = unittest.main(argv=[sys.argv[0], *rest], exit=False)
    if not program.result.wasSuccessful():
        sys.exit(1)
