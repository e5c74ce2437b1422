"""Many connections, slow ones, and bodies that unpack to more than they are.

    connections_test.py <segrid-server>

SEGRID_IDLE_CONNECTIONS (200; full size 5000) and SEGRID_SLOW_SOCKETS (200; full size 2000) say how many.
"""

import gzip
import pathlib
import resource
import select
import socket
import sys
import time
import unittest

from program import Program, events, size

BINARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
IDLE = size("SEGRID_IDLE_CONNECTIONS", 200)
SLOW = size("SEGRID_SLOW_SOCKETS", 200)
MIB = 1 << 20
LARGE = ["max_connections: 10000", "max_connections_per_peer: 10000"]  # All come from one address.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
SETTINGS_ACK = bytes([0, 0, 0, 4, 1, 0, 0, 0, 0])


def allow_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Connections(unittest.TestCase):
    def serve(self, **keywords):
        program = Program(BINARY, **keywords)
        self.addCleanup(program.stop)
        return program

    def connect(self, port, count, first=b""):
        sockets = []
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", port), timeout=30)
            self.addCleanup(sock.close)
            if first:
                sock.sendall(first)
            sockets.append(sock)
        return sockets

    def test_idle_connections_take_little(self):
        program = self.serve(settings={"http": LARGE, "grpc": LARGE})
        for door, hello in (("http", b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"), ("grpc", PREFACE)):
            before = program.status("VmRSS")
            sockets = self.connect(program.ports[door], IDLE, hello)
            for sock in sockets:
                self.assertTrue(sock.recv(4096))
                if door == "grpc":
                    sock.sendall(SETTINGS_ACK)
            now = program.status("VmRSS")
            print(f"{IDLE} idle connections of {door}: {now / MIB:.0f} MiB, {(now - before) / IDLE / 1024:.1f} KiB each",
                  file=sys.stderr)
            self.assertLess(now, 150 * MIB)
            self.assertEqual(program.ask("http", "/livez")[0], 200)
            for sock in sockets:
                sock.close()

    def test_slow_heads_are_cut_and_disturb_nobody(self):
        # The full size with the default, 5 s.
        program = self.serve(settings={"http": LARGE + ([] if SLOW >= 2_000 else ["header_timeout: 1s"])})
        began = time.monotonic()
        slow = self.connect(program.ports["http"], SLOW, b"POST /v1/webhook HTTP/1.1\r\nHost: a\r\nX-")
        poller = select.epoll()
        for sock in slow:
            sock.setblocking(False)
            poller.register(sock, select.EPOLLIN)
        left = {sock.fileno(): sock for sock in slow}
        posts = last = 0
        while left and time.monotonic() < began + 30:
            for number, _ in poller.poll(0.05):
                if not left[number].recv(4096):
                    last = time.monotonic()
                    poller.unregister(number)
                    del left[number]
            for number in list(left)[:20]:
                try:
                    left[number].send(b"a")  # A byte now and then does not buy time.
                except (BlockingIOError, ConnectionError):
                    pass
            status, _, _ = program.ask("http", "/v1/webhook", "POST", events(posts, 1))
            self.assertEqual(status, 200)
            posts += 1
        print(f"{SLOW} slow heads were cut after {last - began:.1f} s; {posts} posts meanwhile, all taken", file=sys.stderr)
        self.assertFalse(left)
        self.assertLess(last - began, 10)
        self.assertGreater(posts, 5)
        cuts = program.metrics()['segrid_http_connections_cut_total{listener="http",reason="header_timeout"}']
        self.assertGreaterEqual(cuts, SLOW)

    def test_a_gzip_bomb_stays_small(self):
        program = self.serve()
        bomb = gzip.compress(b" " * (128 * MIB))
        liar = bomb[:-4] + b"\x64\0\0\0"  # Says that it unpacks to 100 bytes.
        self.assertLess(len(bomb), MIB)
        usual = gzip.compress(events(0, 100))
        self.assertEqual(program.ask("http", "/v1/webhook", "POST", usual, {"Content-Encoding": "gzip"})[0], 200)
        before = program.status("VmRSS")
        program.forget_peak()
        for _ in range(10):
            for body in (bomb, liar):
                status, _, _ = program.ask("http", "/v1/webhook", "POST", body, {"Content-Encoding": "gzip"})
                self.assertEqual(status, 413)
        growth = program.status("VmHWM") - before
        print(f"gzip bombs of 128 MiB in {len(bomb) / 1024:.0f} KiB: {growth / MIB:.1f} MiB at most", file=sys.stderr)
        self.assertLess(growth, 16 * MIB)


if __name__ == "__main__":
    allow_descriptors()
    unittest.main()
