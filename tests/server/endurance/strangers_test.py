"""Strangers that hold what they can at the HTTP listener: handshakes, slow bodies, connections.

    strangers_test.py <segrid-server> <segrid-server.service>

SEGRID_HANDSHAKES (600; full size 6000) and SEGRID_GOOD_POSTS (100; full size 1000) say how many.
"""

import http.client
import pathlib
import re
import resource
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

from program import Program, events, size

BINARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
UNIT = pathlib.Path(sys.argv.pop(1))
HANDSHAKES = size("SEGRID_HANDSHAKES", 600)
GOOD = size("SEGRID_GOOD_POSTS", 100)
MIB = 1 << 20
# The first 8 KiB of a ClientHello that says it is larger.
HALF_HELLO = b"\x16\x03\x01\x3f\xf0\x01\x00\x3f\xec\x03\x03" + bytes(8_192)


def bytes_of(text):
    """Of a size as the configuration and units write it: 256MiB, 1G."""
    number, unit = re.fullmatch(r"(\d+)([KMG]?)i?B?", text).groups()
    return int(number) << {"": 0, "K": 10, "M": 20, "G": 30}[unit]


class Strangers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.folder / "key",
                        "-out", self.folder / "cert"], check=True, capture_output=True)
        self.client = ssl.create_default_context(cafile=self.folder / "cert")

    def serve(self, *settings, tls=True):
        if tls:
            settings += (f"tls: {{cert: {self.folder}/cert, key: {self.folder}/key}}",)
        program = Program(BINARY, settings={"http": settings})
        self.addCleanup(program.stop)
        return program

    def post(self, program, count):
        connection = http.client.HTTPSConnection("127.0.0.1", program.ports["http"], timeout=30, context=self.client)
        try:
            connection.request("POST", "/v1/webhook", events(count, 1))
            return connection.getresponse().status
        except OSError as error:
            return str(error)
        finally:
            connection.close()

    def test_half_open_handshakes_are_few_and_small(self):
        program = self.serve()
        for count in range(5):
            self.assertEqual(self.post(program, count), 200)
        start = program.status("VmRSS")
        program.forget_peak()
        sockets, good = [], 0
        for number in range(HANDSHAKES):
            sock = socket.create_connection(("127.0.0.1", program.ports["http"]), timeout=30)
            self.addCleanup(sock.close)
            try:
                sock.sendall(HALF_HELLO)
            except ConnectionError:
                pass
            sockets.append(sock)
            if number % (HANDSHAKES // GOOD) == 0:
                good += self.post(program, 100 + number) == 200
        posts = len(range(0, HANDSHAKES, HANDSHAKES // GOOD))
        peak = program.status("VmHWM")
        print(f"figure: {HANDSHAKES} half-open handshakes: {peak / MIB:.0f} MiB at most, {good} of {posts} posts taken")
        self.assertLess(peak, 300 * MIB)
        self.assertGreaterEqual(good, posts * 0.99)
        for sock in sockets:
            sock.close()
        program.wait_for_memory(1.5 * start)

    def test_slow_posts_disturb_nobody(self):
        program = self.serve(tls=False)
        slow = []
        for _ in range(66):
            sock = socket.create_connection(("127.0.0.1", program.ports["http"]), timeout=30)
            self.addCleanup(sock.close)
            sock.sendall(b"POST /v1/webhook HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n")
            slow.append(sock)
        good = 0
        for count in range(GOOD):
            good += program.ask("http", "/v1/webhook", "POST", events(count, 1))[0] == 200
        print(f"figure: 66 slow posts: {good} of {GOOD} others taken")
        self.assertGreaterEqual(good, GOOD * 0.99)
        held = program.metrics()['segrid_bytes_in_flight']
        self.assertLess(held, 8 * MIB)
        deadline = time.monotonic() + 30
        for sock in slow:  # They bring nothing, so they are cut.
            sock.settimeout(max(deadline - time.monotonic(), 0.1))
            self.assertEqual(sock.recv(4096), b"")
        self.assertLess(time.monotonic(), deadline)

    def test_a_peak_of_bodies_goes_back_to_the_system(self):
        program = self.serve(tls=False)
        for count in range(5):
            self.assertEqual(program.ask("http", "/v1/webhook", "POST", events(count, 1))[0], 200)
        start = program.status("VmRSS")
        head = b"POST /v1/webhook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n"
        held = []
        for _ in range(50):
            sock = socket.create_connection(("127.0.0.1", program.ports["http"]), timeout=30)
            sock.sendall(head + b" " * 3_900_000)
            held.append(sock)
        peak = program.status("VmRSS")
        for sock in held:
            sock.close()
        began = time.monotonic()
        program.wait_for_memory(1.5 * start)
        print(f"50 bodies of 3.9 MB: {start / MIB:.0f} MiB, {peak / MIB:.0f} MiB at their peak, "
              f"{program.status('VmRSS') / MIB:.0f} MiB after {time.monotonic() - began:.0f} s", file=sys.stderr)
        self.assertGreater(peak, 3 * start)

    def test_the_defaults_fit_the_memory_of_the_unit(self):
        """Whatever strangers do: the sum of what each bound allows."""
        program = self.serve()
        for count in range(20):
            self.assertEqual(self.post(program, count), 200)
        base = program.status("VmRSS")
        kept = []
        for _ in range(200):
            sock = self.client.wrap_socket(socket.create_connection(("127.0.0.1", program.ports["http"]), timeout=30),
                                           server_hostname="127.0.0.1")
            self.addCleanup(sock.close)
            sock.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b"200 OK", sock.recv(4096))
            kept.append(sock)
        each = max(program.status("VmRSS") - base, 0) / len(kept)
        shown = subprocess.run([BINARY, "config", "show", "--config", program.config], capture_output=True, text=True,
                               check=True).stdout
        http_part = shown[shown.index("\nhttp:"):shown.index("\nadmin:")]
        grpc_part = shown[shown.index("\ngrpc:"):shown.index("\nhttp:")]

        def setting(part, key):
            return bytes_of(re.search(rf"^ *{key}: (\S+)$", part, re.M).group(1))
        handshake = 48 << 10  # A record each way, and the handshake's state.
        grpc_each = 24 << 10  # Measured as connections_test does, and some more.
        admin = 1_000 * (16 << 10)
        total = (base + setting(shown, "max_bytes_in_flight") + setting(shown, "dedup_memory")
                 + setting(http_part, "max_connections") * each + setting(http_part, "max_handshakes") * handshake
                 + setting(grpc_part, "max_connections") * grpc_each + admin)
        most = bytes_of(re.search(r"^MemoryMax=(\S+)$", UNIT.read_text(), re.M).group(1))
        print(f"TLS connections of {each / 1024:.1f} KiB; {total / MIB:.0f} of {most / MIB:.0f} MiB in all", file=sys.stderr)
        self.assertLess(each, 32 << 10)
        self.assertLess(total, most)


if __name__ == "__main__":
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    unittest.main()
