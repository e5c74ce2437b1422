#!/usr/bin/env python3
"""A disk that fails under the real server, every file of data_dir: no OK while
it fails, acceptance comes back by itself, SIGTERM ends with 0, nothing that was
acknowledged is lost.

SEGRID_DISK_ROUNDS: rounds of each kind (20 is the full count); SEGRID_DISK_KINDS:
how many kinds (14 is all). The default is a sample.
"""
import errno
import http.client
import http.server
import json
import mmap
import os
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

SERVER, SHIM = sys.argv[1:3]
WRITES, SYNCS, HALF_WRITES = 1, 2, 3
FOREVER = 0xFFFFFFFF
KINDS = [(f"{what} fail, {errno.errorcode[error]}", mode, error, FOREVER)
         for error in (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EDQUOT)
         for what, mode in (("all writes", WRITES), ("all syncs", SYNCS))]
KINDS += [("one write fails, EIO", WRITES, errno.EIO, 1), ("one write fails, ENOSPC", WRITES, errno.ENOSPC, 1),
          ("one sync fails, EIO", SYNCS, errno.EIO, 1), ("one sync fails, EDQUOT", SYNCS, errno.EDQUOT, 1),
          ("all writes are cut, ENOSPC", HALF_WRITES, errno.ENOSPC, FOREVER),
          ("five writes fail, EROFS", WRITES, errno.EROFS, 5)]
# For how long the disk fails, at least. Above the store's retry interval of 1 s it
# is tried in vain.
FAILING_SECONDS = (0.3, 0.3) if "SEGRID_DISK_ROUNDS" not in os.environ else (0.2, 2.5)
PATIENCE_SECONDS = 60


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes every batch and keeps the ids, without the source's tag behind them."""
    ids = []
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.ids += re.findall(rb'"messageId":"(\d+-\d+)-', body)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Disk:
    """Orders to fault_shim."""

    def __init__(self, path):
        path.write_bytes(bytes(16))
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 16)

    def order(self, mode, error, count):
        self.page[4:16] = struct.pack("=III", error, count, 0)
        self.page[0:4] = struct.pack("=I", mode)

    def heal(self):
        self.page[0:4] = struct.pack("=I", 0)

    def failed(self):
        return struct.unpack("=I", self.page[12:16])[0]


class Server:
    def __init__(self, folder, receiver_port, preload):
        config = folder / "segrid.yaml"
        config.write_text(f"""
data_dir: {folder}/data
grpc: {{listen: ["127.0.0.1:0"]}}
http: {{listen: ["127.0.0.1:0"]}}
admin: {{listen: ["127.0.0.1:0"]}}
queue: {{reserve_bytes: 1MiB}}
sources:
  - {{name: prod, write_key: key, allow_http: true, gzip: false, endpoint: "http://127.0.0.1:{receiver_port}"}}
""")
        environment = dict(os.environ)
        if preload:
            environment.update(LD_PRELOAD=SHIM, SEGRID_FAULT_DIR=f"{folder}/data", SEGRID_FAULT_ORDER=f"{folder}/order")
        self.process = subprocess.Popen([SERVER, "--config", config], stderr=subprocess.PIPE, env=environment)
        self.errors = b""
        self.ports = self._ports()
        # Read on, so that a full pipe stops nobody.
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _ports(self):
        while True:
            line = self.process.stderr.readline()
            if not line:
                sys.exit(f"the server did not start: {self.errors.decode()}")
            self.errors += line
            if b'"message":"serving"' in line:
                return json.loads(line)

    def _read(self):
        for line in self.process.stderr:
            self.errors += line

    def _ask(self, door, method, path, body=None):
        connection = http.client.HTTPConnection(self.ports[door], timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, ids):
        body = json.dumps([{"email": "ada@example.com", "timestamp": 1591726752, "event": "click", "sg_event_id": one}
                           for one in ids])
        return self._ask("http", "POST", "/v1/webhook", body)[0]

    def is_ready(self):
        return self._ask("admin", "GET", "/readyz")[0] == 200

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_SECONDS)
        self.reader.join()
        return code


def run(kind, seed, port):
    name, mode, error, count = kind
    random.seed(seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="segrid-disk-"))
    disk = Disk(folder / "order")
    server = Server(folder, port, preload=True)
    wrong, acknowledged, number, refused = [], [], 0, 0

    def post():
        nonlocal number, refused
        ids = [f"{seed}-{number + i}" for i in range(random.randint(1, 8))]
        number += len(ids)
        status = server.post(ids)
        if status == 200:
            acknowledged.extend(ids)
        else:
            refused += 1
            if status != 503:
                wrong.append(f"answer {status} while the disk fails")
        return status == 200

    try:
        for _ in range(random.randint(1, 20)):
            post()
        disk.order(mode, error, count)
        end = time.monotonic() + random.uniform(*FAILING_SECONDS)
        while time.monotonic() < end or disk.failed() == 0:
            post()
        disk.heal()
        end = time.monotonic() + PATIENCE_SECONDS
        while not (server.is_ready() and post()):
            if time.monotonic() > end:
                wrong.append("acceptance does not come back")
                break
        if count == FOREVER and refused == 0:
            wrong.append("nothing was refused")
    except OSError as gone:
        wrong.append(f"no answer: {gone}")
    failed = disk.failed()
    disk.heal()
    code = server.stop()
    if code != 0:
        wrong.append(f"exit code {code}")
    said = server.errors.decode()
    # What was not delivered yet goes out now.
    server = Server(folder, port, preload=False)
    missing = set(acknowledged)
    end = time.monotonic() + PATIENCE_SECONDS
    while missing and time.monotonic() < end:
        server.is_ready()
        missing -= {one.decode() for one in Receiver.ids}
    if missing:
        wrong.append(f"{len(missing)} acknowledged messages are lost")
    if server.stop() != 0:
        wrong.append("the second server did not end with 0")
    shutil.rmtree(folder)
    if wrong:
        print(f"{name}, seed {seed}: {'; '.join(wrong)}\n{said[-2000:]}", flush=True)
    return not wrong, failed, refused, len(acknowledged)


def run_without_directory(port):
    """data_dir is moved away and put back under the running server."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="segrid-disk-"))
    server = Server(folder, port, preload=False)

    def wait_for(ready):
        end = time.monotonic() + PATIENCE_SECONDS
        while server.is_ready() != ready:
            if time.monotonic() > end:
                return False
        return True

    wrong = []
    if server.post(["99-1"]) != 200:
        wrong.append("a sound server refuses")
    (folder / "data").rename(folder / "aside")
    if not wait_for(False):
        wrong.append("/readyz says 200 without data_dir")
    if server.post(["99-2"]) != 503:
        wrong.append("an OK is given that nobody finds again")
    (folder / "aside").rename(folder / "data")
    if not wait_for(True) or server.post(["99-3"]) != 200:
        wrong.append("acceptance does not come back with data_dir")
    if server.stop() != 0:
        wrong.append("the server did not end with 0")
    shutil.rmtree(folder)
    if wrong:
        print(f"data_dir moved away: {'; '.join(wrong)}", flush=True)
    return not wrong


def main():
    rounds = int(os.environ.get("SEGRID_DISK_ROUNDS", "1"))
    kinds = KINDS[:int(os.environ.get("SEGRID_DISK_KINDS", len(KINDS)))]
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    good = total = acknowledged = 0
    for number, kind in enumerate(kinds):
        for one in range(rounds):
            fine, failed, refused, acked = run(kind, number * 1000 + one, receiver.server_port)
            total += 1
            good += fine
            acknowledged += acked
            print(f"{kind[0]}: {failed} calls failed, {refused} posts refused, {acked} acknowledged", flush=True)
    print(f"figure: failing disk: {good} of {total} rounds of {len(kinds)} kinds are good, {acknowledged} messages"
          " acknowledged", flush=True)
    return 0 if run_without_directory(receiver.server_port) and good == total else 1


if __name__ == "__main__":
    sys.exit(main())
