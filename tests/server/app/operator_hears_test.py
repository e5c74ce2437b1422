"""What an operator hears without asking: each situation is brought about, and read in the log, the status, the metrics
and on the page. No line has anything of an event.

    operator_hears_test.py <segrid-server> <segrid>
"""

import hashlib
import http.server
import json
import pathlib
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
SECONDS = 40
CANARY = "canary@example.com"


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers what the test says, with the event in its body."""
    status = 200

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = f"no {CANARY}".encode()
        self.send_response(Receiver.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Hears(unittest.TestCase):
    def start(self, source, rest=""):
        receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        Receiver.status = 200
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.program = Program(
            SERVER, f"{rest}drain: {{grace: 1s}}\nwebhooks: [{{name: news, bearer_sha256: ['{sha('hook-canary')}']}}]\n"
            f"sources:\n  - {{name: prod, write_key: k, endpoint: 'http://127.0.0.1:{receiver.server_address[1]}', "
            f"allow_http: true{source}}}\n", folder=pathlib.Path(scratch.name) / "run",
            settings={"grpc": [f"tokens: [{{sha256: '{sha('other')}', roles: [forward]}}, "
                               f"{{sha256: '{sha('ops-canary')}', roles: [admin]}}]"]})
        self.addCleanup(self.end)
        return self.program

    def end(self):
        """What was heard has nothing of an event, and no token."""
        self.program.stop(signal.SIGTERM)
        self.assertNotIn("canary", self.program.log)

    def segrid(self, *words, token="ops-canary"):
        return subprocess.run([SEGRID, *words, "--server", f"127.0.0.1:{self.program.ports['grpc']}", "--token", token],
                              capture_output=True, text=True, check=False, timeout=SECONDS)

    def status(self):
        ran = self.segrid("status", "--json")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return json.loads(ran.stdout)["sources"][0]

    def page(self):
        return json.loads(self.program.ask("admin", "/status.json")[1])

    def card(self):
        return self.page()["sources"][0]

    def post(self, first, count, token="hook-canary"):
        return self.program.ask("http", "/v1/webhook/news", "POST", events(first, count, CANARY),
                                {"Authorization": f"Bearer {token}"})[0]

    def line(self, text, count=1):
        return json.loads(self.program.wait_for(text, count))

    def lines(self, text):
        return [json.loads(line) for line in self.program.log.splitlines() if text in line]

    def wait_for(self, what, about):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if what():
                return
        self.fail(about)

    def test_of_a_state_that_changes_and_of_the_recovery(self):
        program = self.start("")
        Receiver.status = 401
        self.assertEqual(self.post(0, 3), 200)
        line = self.line("a source does not deliver")
        self.assertEqual((line["source"], line["state"], line["was"]), ("prod", "misconfigured", "running"))
        shown = self.status()
        self.assertEqual(shown["state"], "SOURCE_STATE_MISCONFIGURED")
        self.assertEqual(line["detail"], shown["state_detail"])
        self.assertEqual(self.card()["state"], "misconfigured")
        self.assertEqual(program.metrics()['segrid_source_state{source="prod",state="misconfigured"}'], 1)
        Receiver.status = 200
        self.assertEqual(self.segrid("resume", "prod").returncode, 0)
        line = self.line("a source delivers again")
        self.assertEqual((line["source"], line["was"]), ("prod", "misconfigured"))
        self.assertIn("lasted_seconds", line)
        self.assertIn(line["pending"], range(4))
        self.wait_for(lambda: self.status()["delivered_count"] == "3", "delivered")
        self.assertEqual(self.card()["state"], "running")
        self.assertEqual(program.metrics()['segrid_queue_delivered_total{source="prod"}'], 3)
        self.assertEqual(len(self.lines("a source does not deliver")), 1)
        self.assertEqual(len(self.lines("a source delivers again")), 1)

    def test_of_messages_given_up_and_of_what_operators_do(self):
        program = self.start(", max_age: 1s")
        Receiver.status = 401
        self.assertEqual(self.post(0, 7), 200)
        self.wait_for(lambda: self.status()["expired_count"] == "7", "expired")
        given_up = self.lines("messages became dead letters")
        self.assertEqual({(line["source"], line["reason"]) for line in given_up}, {("prod", "EXPIRED")})
        self.assertLessEqual(len(given_up), 2)
        for act in ("pause", "resume", "pause"):
            self.assertEqual(self.segrid(act, "prod").returncode, 0)
        first = str(json.loads(self.segrid("dead-letters", "list", "--source", "prod", "--json", "--limit", "1").stdout)["id"])
        self.assertIn("1 queued again", self.segrid("dead-letters", "replay", "--source", "prod", "--id", first).stdout)
        self.assertIn("6 deleted", self.segrid("dead-letters", "purge", "--source", "prod").stdout)
        for text, numbers in (("an operator paused a source", {}), ("an operator resumed a source", {}),
                              ("an operator queued dead letters again", {"dead_letters": 1}),
                              ("an operator purged dead letters", {"dead_letters": 6})):
            line = self.line(text)
            self.assertEqual((line["level"], line["source"], line["by"]), ("info", "prod", "grpc.tokens[1]"))
            self.assertEqual({key: line[key] for key in numbers}, numbers)
        self.assertEqual(len(self.lines("an operator paused")), 2)
        # A purge is not an expiry.
        shown, card, metrics = self.status(), self.card(), program.metrics()
        self.assertEqual((shown["purged_count"], shown["expired_count"], shown["pending_count"]), ("6", "0", "1"))
        self.assertEqual((card["state"], card["purged"], card["expired"], card["pending"]), ("paused", 6, 0, 1))
        self.assertEqual(metrics['segrid_queue_purged_total{source="prod"}'], 6)
        self.assertEqual(metrics['segrid_queue_expired{source="prod"}'], 0)
        self.program.stop(signal.SIGTERM)
        self.assertEqual(sum(line["messages"] for line in self.lines("messages became dead letters")), 7)

    def test_of_a_store_that_stops_and_resumes_accepting(self):
        program = self.start("", "queue: {max_bytes: 1MiB}\n")
        self.assertEqual(self.segrid("pause", "prod").returncode, 0)
        sent = 0
        while self.post(sent, 500) == 200:
            sent += 500
        self.assertGreater(sent, 0)
        line = self.line("the store stops accepting")
        self.assertEqual(line["level"], "error")
        self.assertIn("the queue is at its limit of 1048576 bytes", line["detail"])
        self.assertGreater(program.metrics()['segrid_webhook_requests_total{webhook="news",outcome="unavailable"}'], 0)
        refused = self.line('"webhook refused"')
        self.assertEqual((refused["webhook"], refused["reason"]), ("news", "QUEUE_FULL"))
        page = self.page()
        self.assertGreater(page["store"]["bytes"], page["store"]["max_bytes"] * 0.8)
        self.assertEqual(self.status()["pending_count"], str(sent))
        self.assertEqual(self.segrid("resume", "prod").returncode, 0)
        self.wait_for(lambda: self.status()["delivered_count"] == str(sent), "delivered")
        # It accepts again when nothing was refused for a while.
        number = sent
        while not self.lines("the store accepts again"):
            self.assertEqual(self.post(number, 1), 200)
            number += 1
        line = self.line("the store accepts again")
        self.assertGreaterEqual(line["lasted_seconds"], 10)
        self.assertEqual(len(self.lines("the store stops accepting")), 1)

    def test_of_refused_calls_and_webhooks_with_their_number(self):
        program = self.start("")
        for _ in range(30):
            self.assertEqual(self.post(0, 1, token="wrong"), 401)
        for _ in range(4):
            self.assertEqual(self.segrid("status", token="wrong").returncode, 1)
        self.assertEqual(self.segrid("pause", "nobody").returncode, 1)
        self.assertEqual(program.ask("http", "/v1/webhook/nwes", "POST", b"[]")[0], 404)
        metrics = program.metrics()
        self.assertEqual(metrics['segrid_webhook_requests_total{webhook="news",outcome="unauthorized"}'], 30)
        self.assertEqual(metrics['segrid_http_answers_total{listener="http",code="401"}'], 30)
        line = self.line('"webhook refused"')
        self.assertEqual((line["level"], line["listener"], line["webhook"], line["reason"], line["requests"]),
                         ("warning", "http", "news", "UNAUTHORIZED", 1))
        line = self.line("requests refused")
        self.assertEqual((line["reason"], line["detail"]), ("NO_SUCH_WEBHOOK", "there are: news"))
        calls = {line["reason"]: line for line in self.lines("calls refused")}
        self.assertEqual(sorted(calls), ["TOKEN_UNKNOWN", "UNKNOWN_SOURCE"])
        self.assertEqual(calls["TOKEN_UNKNOWN"]["listener"], "grpc")
        self.program.stop(signal.SIGTERM)
        refused = self.lines('"webhook refused"')
        self.assertEqual(sum(line["requests"] for line in refused), 30)
        self.assertLessEqual(len(refused), 4, "one in ten seconds")
        calls = [line for line in self.lines("calls refused") if line["reason"] == "TOKEN_UNKNOWN"]
        self.assertEqual(sum(line["calls"] for line in calls), 4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
