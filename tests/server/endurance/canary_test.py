"""Addresses, write keys and tokens go through in many requests, good and bad: they are seen nowhere.

    canary_test.py <segrid-server>

SEGRID_CANARIES (2000; full size 100000) says how many requests.
"""

import gzip
import hashlib
import http.client
import http.server
import json
import pathlib
import re
import sys
import threading
import unittest

import grpc

from program import SECONDS, Program, size

SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
REQUESTS = size("SEGRID_CANARIES", 2_000)

ADDRESS = "canary.address@example.com"
WRITE_KEY = "canaryKEYcanaryKEYcanaryKEY01234"
TOKEN = "canary-token-0123456789"
BEARER = "canary-bearer-0123456789"
HEADER = "canary-header"
CANARIES = ["canary.address", WRITE_KEY, TOKEN, BEARER, HEADER, "canary-subject", "canary-arg", "203.0.113.77",
            hashlib.sha256(ADDRESS.encode()).hexdigest()]


def hashed(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Receiver(http.server.BaseHTTPRequestHandler):
    """Repeats what it got, as a careless receiver would, with one status after the other."""
    statuses = [200, 200, 400, 500, 404, 401]
    count = 0
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        Receiver.count += 1
        self.send_response(self.statuses[Receiver.count % len(self.statuses)])
        answer = body[:2_000] + self.headers["Authorization"].encode()
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def bodies(number):
    """A body and headers, good and bad in turn, with canaries in each."""
    event = {"event": "open", "email": ADDRESS, "timestamp": 1700000000, "sg_event_id": f"id-{number}",
             "ip": "203.0.113.77", "useragent": HEADER, "subject": "canary-subject", "own": "canary-arg"}
    good = json.dumps([event]).encode()
    bearer = {"Authorization": f"Bearer {BEARER}"}
    odd = {"timestamp": ADDRESS, "sg_event_id": ADDRESS, "url_offset": ADDRESS, "asm_group_id": ADDRESS}
    return [
        (good, bearer),
        (json.dumps([{**event, "event": ADDRESS}, {"email": ADDRESS}, ADDRESS, {**event, **odd}]).encode(), bearer),
        (good[:-5], bearer),  # No JSON.
        (json.dumps({"email": ADDRESS}).encode(), bearer),  # No array.
        (good, {"Authorization": f"Bearer {TOKEN}"}),  # Of another door.
        (good, {"Authorization": f"Basic {TOKEN}", HEADER: ADDRESS}),
        (gzip.compress(good)[:-3], {**bearer, "Content-Encoding": "gzip"}),
        (good, {**bearer, "Content-Encoding": HEADER}),
        (b"\xff" + good, {**bearer, "traceparent": f"00-{HEADER}-{ADDRESS}-01"}),
    ][number % 9]


class Canaries(unittest.TestCase):
    def setUp(self):
        receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        url = f"http://127.0.0.1:{receiver.server_address[1]}"
        self.program = Program(SERVER, (
            "logging: {level: debug}\n"
            f"webhooks: [{{name: default, bearer_sha256: [{hashed(BEARER)}]}}]\n"
            "sources:\n"
            f"  - {{name: a, write_key: {WRITE_KEY}, endpoint: '{url}', allow_http: true, custom_args: all, "
            "requests_per_second: 1000}\n"
            f"  - {{name: b, write_key: {WRITE_KEY}2, endpoint: 'http://127.0.0.1:1', allow_http: true}}\n"
            "drain: {grace: 1s}\n"),
            settings={"grpc": [f"tokens: [{{sha256: {hashed(TOKEN)}, roles: [transform, forward, admin]}}]"]})
        self.addCleanup(self.program.stop)
        self.answers = set()  # Texts of refusals.

    def knock(self, first, step):
        """Every `step`-th request, at both doors in turn."""
        web = http.client.HTTPConnection("127.0.0.1", self.program.ports["http"], timeout=SECONDS)
        channel = grpc.insecure_channel(f"127.0.0.1:{self.program.ports['grpc']}")
        forward = channel.unary_unary("/segrid.v1.BridgeService/Forward", lambda body: body, lambda body: body)
        for number in range(first, REQUESTS, step):
            body, headers = bodies(number)
            if number % 4 == 3:
                token = TOKEN if number % 8 == 3 else BEARER
                try:
                    field = len(body)
                    varint = bytearray()
                    while field > 127:
                        varint.append(field & 127 | 128)
                        field >>= 7
                    # webhook_json; or, now and then, bytes that are no message.
                    message = b"\x12" + bytes(varint) + bytes([field]) + body if number % 12 else body
                    forward(message, timeout=SECONDS, metadata=[("authorization", f"Bearer {token}"), ("x-own", ADDRESS)])
                except grpc.RpcError as error:
                    self.answers.add(f"{error.code()} {error.details()} {error.trailing_metadata()}")
                continue
            path = "/v1/webhook" if number % 50 else f"/{ADDRESS}?{TOKEN}"
            web.request("POST", path, body, headers)
            answer = web.getresponse()
            self.answers.add(f"{answer.status} {answer.headers} {answer.read().decode()}")
        web.close()
        channel.close()

    def test_are_seen_nowhere(self):
        threads = [threading.Thread(target=self.knock, args=(first, 4)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = {
            "metrics": self.program.ask("admin", "/metrics")[1].decode(),
            "status page": self.program.ask("admin", "/")[1].decode(),
            # But for the receiver's own words, which may repeat an event and are shown so that somebody can act.
            "its figures": re.sub(r'"last_answer":"(\\.|[^"\\])*"', "", self.program.ask("admin", "/status.json")[1].decode()),
            "readiness": self.program.ask("admin", "/readyz?verbose")[1].decode(),
            "answers": "\n".join(self.answers),
        }
        self.program.stop()
        seen["log"] = self.program.log
        refused = sum(not answer.startswith("200") for answer in self.answers)
        print(f"{REQUESTS} requests: {refused} kinds of refusals, {Receiver.count} deliveries tried, "
              f"{len(seen['log']) // 1024} KiB of log", file=sys.stderr)
        self.assertGreater(refused, 5)
        self.assertGreater(Receiver.count, 1)
        self.assertIn("webhook refused", seen["log"])
        for where, text in seen.items():
            self.assertGreater(len(text), 10, where)
            for canary in CANARIES:
                self.assertNotIn(canary.lower(), text.lower(), where)


if __name__ == "__main__":
    unittest.main()
