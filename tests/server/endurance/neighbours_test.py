"""Bad neighbours at the gRPC listener: good calls go on, and memory stays bounded.

    neighbours_test.py <segrid-server>

SEGRID_UNREAD_MESSAGES (6; full size 60), SEGRID_UNREAD_CALLS (60; full size 600), SEGRID_HALF_HANDSHAKES (200; full size
6000) and SEGRID_FLOOD_SECONDS (1; full size 10) say how much of it. Memory is judged at each size.
"""

import pathlib
import resource
import select
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest

import http2
from program import Program, events, size

BINARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
MESSAGES = size("SEGRID_UNREAD_MESSAGES", 6)
CALLS = size("SEGRID_UNREAD_CALLS", 60)
HANDSHAKES = size("SEGRID_HALF_HANDSHAKES", 200)
FLOOD = size("SEGRID_FLOOD_SECONDS", 1)
MIB = 1 << 20
MOST = 300 * MIB
# What floods reach before the accept loop has seen and ended them; see SECURITY.md. Without that it is 1.2 to 2 GB.
MOST_OF_FLOODS = 700 * MIB
TRANSFORM = "/segrid.v1.BridgeService/Transform"
STREAM = "/segrid.v1.BridgeService/TransformStream"


class GoodCalls:
    """Transforms of ten events, one after the other, until stop()."""

    def __init__(self, make_connection):
        self.make_connection = make_connection
        self.good = self.bad = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        payload = http2.transform_request(events(0, 10))
        connection = None
        while not self.stopping.is_set():
            try:
                connection = connection or self.make_connection()
                answered = http2.call(connection, TRANSFORM, payload)
            except OSError:
                answered = False
            if answered:
                self.good += 1
            else:
                self.bad += 1
                connection = self._close(connection)
        self._close(connection)

    def stop(self):
        self.stopping.set()
        self.thread.join()
        return self.good, self.bad

    @staticmethod
    def _close(connection):
        if connection is not None:
            connection.close()


class Neighbours(unittest.TestCase):
    def serve(self, **keywords):
        program = Program(BINARY, **keywords)
        self.addCleanup(program.stop)
        program.forget_peak()
        return program

    def judge(self, program, good, what, most=MOST):
        answered, refused = good.stop()
        peak = program.status("VmHWM")
        print(f"{what}: {peak / MIB:.0f} MiB at the peak, {answered} good calls answered, {refused} not", file=sys.stderr)
        self.assertLess(peak, most)
        self.assertGreater(answered, 0)
        self.assertLessEqual(refused, (answered + refused) / 100)

    def test_unread_streams(self):
        program = self.serve()
        good = GoodCalls(lambda: http2.Connection(program.ports["grpc"]))
        bad = http2.Connection(program.ports["grpc"], window=0)
        self.addCleanup(bad.close)
        message = http2.grpc_message(http2.stream_request(http2.transform_request(events(0, 7_000))))
        self.assertGreater(len(message), 900_000)
        left = {bad.open(STREAM): (message, MESSAGES - 1) for _ in range(20)}
        quiet = time.monotonic()
        # Until nothing moves any more: the server does not read on.
        while time.monotonic() < quiet + 2 and bad.read(0.05):
            for stream, (text, more) in left.items():
                rest = bad.send(stream, text)
                if len(rest) < len(text):
                    quiet = time.monotonic()
                left[stream] = (rest, more) if rest or not more else (message, more - 1)
        self.assertLess(program.metrics()["segrid_grpc_bytes_in_flight"], 256 * MIB)
        self.judge(program, good, f"20 unread streams of {MESSAGES} messages")
        bad.close()
        self.assertTrue(http2.call(http2.Connection(program.ports["grpc"]), TRANSFORM,
                                   http2.transform_request(events(0, 10))))

    def test_unread_unary_calls(self):
        program = self.serve()
        good = GoodCalls(lambda: http2.Connection(program.ports["grpc"]))
        bad = http2.Connection(program.ports["grpc"], window=0)
        self.addCleanup(bad.close)
        message = http2.grpc_message(http2.transform_request(events(0, 7_000)))
        for _ in range(CALLS):
            stream, left = bad.open(TRANSFORM), message
            while left and bad.read(0.01):
                left = bad.send(stream, left, end=True)
        self.judge(program, good, f"{CALLS} unread unary calls")

    @unittest.skipUnless(shutil.which("openssl"), "needs the openssl program for certificates")
    def test_half_open_handshakes(self):
        folder = pathlib.Path(self.enterContext(TemporaryFolder()))
        cert, key = folder / "cert", folder / "key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
                        "-out", cert], check=True, capture_output=True)
        program = self.serve(settings={"grpc": [f"tls: {{cert: {cert}, key: {key}}}", "max_connections_per_peer: 2500"]})

        def connect():
            context = ssl.create_default_context(cafile=cert)
            context.set_alpn_protocols(["h2"])
            sock = socket.create_connection(("127.0.0.1", program.ports["grpc"]), timeout=30, source_address=("127.0.0.2", 0))
            return http2.Connection(0, sock=context.wrap_socket(sock, server_hostname="localhost"))

        good = GoodCalls(connect)
        began = time.monotonic()
        held = []
        for number in range(HANDSHAKES):
            try:
                sock = socket.create_connection(("127.0.0.1", program.ports["grpc"]), timeout=30)
                sock.sendall(hello(half=number % 2 == 0))
                held.append(sock)
            except OSError:
                pass
        took = time.monotonic() - began
        if HANDSHAKES > 256:
            self.assertGreater(program.metrics()["segrid_grpc_handshakes_ended_total"], 0)
        self.judge(program, good, f"{HANDSHAKES} half-open handshakes in {took:.1f} s")
        for sock in held:
            sock.close()


    def flood(self, name, first, make):
        """Sends what make(number) gives, for SECONDS or until the server ends the connection, again and again."""
        program = self.serve()
        good = GoodCalls(lambda: http2.Connection(program.ports["grpc"]))
        end = time.monotonic() + FLOOD
        sent = connections = 0
        while time.monotonic() < end:
            connections += 1
            sock = socket.create_connection(("127.0.0.1", program.ports["grpc"]), timeout=30)
            sock.sendall(http2.PREFACE + http2.frame(http2.SETTINGS, 0, 0) + first)
            sock.setblocking(False)
            number, left = 0, b""
            while time.monotonic() < end:
                while len(left) < 1 << 16:
                    number += 1
                    left += make(number)
                ready, free, _ = select.select([sock], [sock], [], 1)
                try:
                    if ready and not sock.recv(1 << 16):
                        break
                    if free:
                        count = sock.send(left)
                        left, sent = left[count:], sent + count
                except BlockingIOError:
                    pass
                except OSError:
                    break
            sock.close()
        self.judge(program, good, f"{name}: {sent / MIB:.0f} MiB over {connections} connections in {FLOOD} s", MOST_OF_FLOODS)
        self.assertGreater(program.metrics()["segrid_grpc_floods_ended_total"], 0)

    def test_hpack_bomb(self):
        head = http2.request_head(TRANSFORM)
        first = http2.frame(http2.HEADERS, http2.END_HEADERS, 1, head + http2.kept(b"x", b"v" * 3_900))
        self.flood("HPACK bomb", first,
                   lambda number: http2.frame(http2.HEADERS, http2.END_HEADERS, 2 * number + 1, head + b"\xbe" * 3))

    def test_rapid_reset(self):
        head = http2.request_head(TRANSFORM)
        self.flood("rapid reset", b"",
                   lambda number: http2.frame(http2.HEADERS, http2.END_HEADERS, 2 * number - 1, head)
                   + http2.frame(http2.RST_STREAM, 0, 2 * number - 1, b"\0\0\0\x08"))

    def test_endless_header_block(self):
        block = http2.frame(http2.CONTINUATION, 0, 1, http2.literal(b"x-a", b"v" * 100) * 150)
        self.flood("CONTINUATION", http2.frame(http2.HEADERS, 0, 1, http2.request_head(TRANSFORM)), lambda _: block)


class TemporaryFolder:
    def __enter__(self):
        import tempfile
        self.folder = tempfile.TemporaryDirectory()
        return self.folder.name

    def __exit__(self, *_):
        self.folder.cleanup()


def hello(half):
    """A ClientHello, or its first half."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    text = outgoing.read()
    return text[:len(text) // 2] if half else text


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.argv = sys.argv[:1]
    unittest.main()
