"""The trace of a call, with its state, reaches the receiver, also when the server was killed in between.

    trace_test.py <segrid-server>
"""

import gzip
import http.server
import pathlib
import re
import sys
import tempfile
import threading
import unittest

import grpc

from program import SECONDS, Program, events

SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
SPAN = "b7ad6b7169203331"
OF_WEBHOOK, OF_CALL, WRONG = ("1" * 32, "2" * 32, "a" * 32)


def header(trace):
    return f"00-{trace}-{SPAN}-01"


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    takes = threading.Event()
    seen = []  # The ids, the traceparent and the tracestate of each request.
    changed = threading.Condition()

    def do_POST(self):
        body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))).decode()
        with Receiver.changed:
            if self.takes.is_set():
                ids = re.findall(r'"messageId":"event-(\d+)-', body)
                Receiver.seen.append((ids, self.headers["traceparent"], self.headers["tracestate"]))
            Receiver.changed.notify_all()
        self.send_response(200 if self.takes.is_set() else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def forward_request(first):
    body = events(first, 1)
    assert len(body) < 1 << 14
    return b"\x12" + bytes([len(body) & 127 | 128, len(body) >> 7]) + body


class Trace(unittest.TestCase):
    def setUp(self):
        receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.config = (
            "logging: {level: debug}\n"
            "sources:\n"
            f"  - {{name: a, write_key: k, endpoint: 'http://127.0.0.1:{receiver.server_address[1]}', allow_http: true}}\n")

    def deliver(self, program, ids):
        """The headers of the requests with these events; each is delivered once."""
        with Receiver.changed:
            done = Receiver.changed.wait_for(
                lambda: set(ids) <= {one for seen, _, _ in Receiver.seen for one in seen}, SECONDS)
            self.assertTrue(done, program.log[-2000:])
            return [(trace, state) for seen, trace, state in Receiver.seen if set(ids) & set(seen)]

    def call(self, program, first, *traces, states=()):
        with grpc.insecure_channel(f"127.0.0.1:{program.ports['grpc']}") as channel:
            forward = channel.unary_unary("/segrid.v1.BridgeService/Forward", lambda body: body, lambda body: body)
            forward(forward_request(first), timeout=SECONDS,
                    metadata=[("traceparent", trace) for trace in traces] + [("tracestate", state) for state in states])

    def test_arrives_after_a_kill(self):
        program = Program(SERVER, self.config, folder=self.folder)
        status, _, _ = program.ask("http", "/v1/webhook", "POST", events(1, 2), {
            "traceparent": header(OF_WEBHOOK), "tracestate": "rojo=1, congo=t61rcWkgMzE"})
        self.assertEqual(status, 200)
        program.process.kill()
        program.stop()
        Receiver.takes.set()
        program = Program(SERVER, self.config, folder=self.folder)
        self.addCleanup(program.stop)
        ((arrived, state),) = self.deliver(program, ["1", "2"])
        self.assertRegex(arrived, rf"^00-{OF_WEBHOOK}-[0-9a-f]{{16}}-01$")
        self.assertNotIn(SPAN, arrived)
        self.assertEqual(state, "rojo=1,congo=t61rcWkgMzE")

        self.call(program, 3, header(OF_CALL), states=["rojo=2", "congo=3"])
        ((arrived, state),) = self.deliver(program, ["3"])
        self.assertRegex(arrived, rf"^00-{OF_CALL}-[0-9a-f]{{16}}-01$")
        self.assertEqual(state, "rojo=2,congo=3")
        program.wait_for(f'"call answered","method":"Forward","trace_id":"{OF_CALL}"')

        # Wrong ones are none, and so are two; a state has no meaning without its trace.
        self.call(program, 4, states=["rojo=4"])
        self.assertEqual(self.deliver(program, ["4"]), [(None, None)])
        self.call(program, 5, header(WRONG).upper())
        self.assertEqual(self.deliver(program, ["5"]), [(None, None)])
        self.call(program, 6, header(WRONG), header(OF_CALL))
        self.assertEqual(self.deliver(program, ["6"]), [(None, None)])
        self.call(program, 7, header(OF_CALL), states=["rojo=7,Bad"])
        ((arrived, state),) = self.deliver(program, ["7"])
        self.assertIn(OF_CALL, arrived)
        self.assertIsNone(state)
        self.assertNotIn(WRONG, program.log)
        self.assertNotIn("rojo", program.log)


if __name__ == "__main__":
    unittest.main()
