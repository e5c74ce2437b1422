"""HTTP/2 by hand, for clients that do what no library does: not read, not finish, repeat themselves."""

import select
import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
FIRST_WINDOW = 65_535
FRAME = 16_384


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header field that no table keeps."""
    def text(words):
        assert len(words) < 127
        return bytes([len(words)]) + words
    return b"\x00" + text(name) + text(value)


def kept(name, value):
    """A header field that goes into the table of the connection, as its newest, number 62."""
    def text(words):
        if len(words) < 127:
            return bytes([len(words)]) + words
        return bytes([127]) + varint(len(words) - 127) + words
    return b"\x40" + text(name) + text(value)


def request_head(path, extra=b""):
    return (literal(b":method", b"POST") + literal(b":scheme", b"http") + literal(b":path", path.encode())
            + literal(b":authority", b"localhost") + literal(b"content-type", b"application/grpc")
            + literal(b"te", b"trailers") + extra)


def grpc_message(payload):
    return b"\x00" + struct.pack(">I", len(payload)) + payload


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def transform_request(body):
    """A TransformRequest with `webhook_json`."""
    return b"\x12" + varint(len(body)) + body


WAIT_DELIVERED = 2


def forward_request(body, wait):
    """A ForwardRequest with `webhook_json`."""
    return transform_request(body) + b"\x20" + bytes([wait])


def stream_request(request):
    """A TransformStreamRequest."""
    return b"\x12" + varint(len(request)) + request


class Connection:
    """One connection. `window` is what it grants for responses of a stream; it never grants more by itself."""

    def __init__(self, port, window=FIRST_WINDOW, sock=None):
        self.sock = sock or socket.create_connection(("127.0.0.1", port), timeout=30)
        self.room = FIRST_WINDOW  # Of the connection, to send in.
        self.rooms = {}
        self.first_room = FIRST_WINDOW
        self.ended = set()  # Streams that the server has ended.
        self.data = {}
        self.is_open = True
        self.buffer = b""
        self.next = 1
        self.sock.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, window)))

    def close(self):
        self.sock.close()

    def open(self, path, end=False):
        stream, self.next = self.next, self.next + 2
        self.rooms[stream] = self.first_room
        self.sock.sendall(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, request_head(path)))
        return stream

    def send(self, stream, payload, end=False):
        """Returns what found no room: call again when read() has seen more."""
        while payload and self.is_open and stream not in self.ended:
            size = min(len(payload), FRAME, self.room, self.rooms[stream])
            if size <= 0:
                return payload
            last = end and size == len(payload)
            self.sock.sendall(frame(DATA, END_STREAM if last else 0, stream, payload[:size]))
            payload = payload[size:]
            self.room -= size
            self.rooms[stream] -= size
        return b""

    def grant(self, stream, size):
        update = struct.pack(">I", size)
        self.sock.sendall(frame(WINDOW_UPDATE, 0, 0, update) + frame(WINDOW_UPDATE, 0, stream, update))

    def read(self, seconds=0.0):
        """Takes in what has come; False when the connection has ended."""
        while self.is_open:
            ready, _, _ = select.select([self.sock], [], [], seconds)
            if not ready:
                break
            seconds = 0.0
            try:
                got = self.sock.recv(1 << 18)
            except ConnectionError:
                got = b""
            if not got:
                self.is_open = False
                break
            self.buffer += got
            self._take()
        return self.is_open

    def _take(self):
        while len(self.buffer) >= 9:
            size = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + size:
                return
            kind, flags = self.buffer[3], self.buffer[4]
            stream = int.from_bytes(self.buffer[5:9], "big") & 0x7FFFFFFF
            payload, self.buffer = self.buffer[9:9 + size], self.buffer[9 + size:]
            self._on_frame(kind, flags, stream, payload)

    def _on_frame(self, kind, flags, stream, payload):
        if kind == WINDOW_UPDATE and stream == 0:
            self.room += int.from_bytes(payload, "big")
        elif kind == WINDOW_UPDATE and stream in self.rooms:
            self.rooms[stream] += int.from_bytes(payload, "big")
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, len(payload), 6):
                key, value = struct.unpack(">HI", payload[at:at + 6])
                if key == 4:
                    for each in self.rooms:
                        self.rooms[each] += value - self.first_room
                    self.first_room = value
            self.sock.sendall(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.sock.sendall(frame(PING, ACK, 0, payload))
        elif kind == DATA:
            self.data[stream] = self.data.get(stream, 0) + len(payload)
        if kind == RST_STREAM or (kind in (HEADERS, DATA) and flags & END_STREAM):
            self.ended.add(stream)


def call(connection, path, payload, seconds=30.0):
    """A unary call that reads as a client should. True when a response came."""
    stream = connection.open(path)
    left = grpc_message(payload)
    end = time.monotonic() + seconds
    granted = 0
    while stream not in connection.ended and connection.is_open and time.monotonic() < end:
        left = connection.send(stream, left, end=True)
        connection.read(0.01)
        got = connection.data.get(stream, 0)
        if got > granted:
            connection.grant(stream, got - granted)
            granted = got
    return connection.data.pop(stream, 0) > 5
