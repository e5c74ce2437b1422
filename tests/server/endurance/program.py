"""The real segrid-server, for tests that do to it what the world does."""

import http.client
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile
import threading
import time

SECONDS = 60


def size(variable, default):
    """How large a test is: an environment variable, or a size that is over in seconds."""
    return int(os.environ.get(variable, default))


class Program:
    """Serves from the constructor to stop(), on free ports. `config` is YAML besides the doors' addresses."""

    def __init__(self, binary, config="", folder=None, doors=("grpc", "http", "admin"), settings=None, prefix=(), more_environment=None):
        self.scratch = None
        if folder is None:
            self.scratch = tempfile.TemporaryDirectory()
            folder = self.scratch.name
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.config = self.folder / "segrid.yaml"
        self.settings = settings or {}
        self.write_config(config, doors)
        environment = {key: value for key, value in os.environ.items() if key != "SEGMENT_WRITE_KEY"}
        environment |= more_environment or {}
        self.process = subprocess.Popen([*prefix, binary, "--config", self.config], stderr=subprocess.PIPE, text=True,
                                        env=environment)
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        self.deaf = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        line = self.wait_for('"serving"')
        self.ports = {door: int(port) for door, port in re.findall(r'"(grpc|http|admin)":"127\.0\.0\.1:(\d+)"', line)}
        self.wait_for('"message":"ready"')

    def write_config(self, config, doors=("grpc", "http", "admin")):
        lines = [f"data_dir: {self.folder}/data\n"]
        for door in doors:
            inner = "".join(f", {setting}" for setting in self.settings.get(door, []))
            lines.append(f'{door}: {{listen: ["127.0.0.1:0"]{inner}}}\n')
        draft = self.config.with_suffix(".new")
        draft.write_text("".join(lines) + config)
        draft.replace(self.config)

    def _read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()
            if self.deaf:
                break
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, text, count=1):
        """The `count`-th line of the log with `text`."""
        def found():
            hits = [line for line in self.lines if text in line]
            return hits[count - 1] if len(hits) >= count else None
        with self.changed:
            if not self.changed.wait_for(lambda: found() or self.ended, SECONDS) or not found():
                raise AssertionError(f"no {text!r} in the log:\n" + "".join(self.lines[-20:]))
            return found()

    def mute(self):
        """From now on nobody reads its log, and the pipe is full: whoever logs hangs."""
        self.deaf = True
        pipe = os.open(f"/proc/{self.process.pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
        try:
            while True:
                os.write(pipe, b"\n")
        except BlockingIOError:
            os.close(pipe)

    @property
    def log(self):
        with self.changed:
            return "".join(self.lines)

    def status(self, key):
        """A figure of /proc/<pid>/status in bytes: VmRSS, VmHWM."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s+(\d+) kB$", text, re.M).group(1)) * 1024

    def wait_for_memory(self, most):
        """Until no more than that is resident; an error after a minute. Returns the seconds that it took."""
        began = time.monotonic()
        while self.status("VmRSS") > most:
            if time.monotonic() > began + 60:
                raise AssertionError(f"{self.status('VmRSS')} bytes are resident after a minute, more than {most:.0f}")
            select.select([], [], [], 0.2)
        return time.monotonic() - began

    def forget_peak(self):
        """VmHWM counts from now on."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def ask(self, door, path, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[door], timeout=SECONDS)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text, answer.headers

    def metrics(self):
        samples = {}
        for line in self.ask("admin", "/metrics")[1].decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    def stop(self, number=signal.SIGTERM):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        self.reader.join(SECONDS)
        self.process.stderr.close()
        if self.scratch is not None:
            self.scratch.cleanup()
        return code


def event(number, address="ada@example.com"):
    return (f'{{"event":"open","email":"{address}","timestamp":1700000000,"sg_event_id":"event-{number}",'
            '"ip":"203.0.113.9","useragent":"Mozilla/5.0"}')


def events(first, count, address="ada@example.com"):
    return ("[" + ",".join(event(first + i, address) for i in range(count)) + "]").encode()
