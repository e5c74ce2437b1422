"""segrid-server in a process of its own, for the scripts of this folder."""

import re
import subprocess
import time

START_SECONDS = 60
LOCAL = '{listen: ["127.0.0.1:0"]}'


class NotServing(Exception):
    """The server ended, or took too long; the text is what it said."""


class RunningServer:
    """Runs the server with `settings`, lines of YAML, besides its addresses and its data, which are below `folder`.

    `prefix` are words before the program's: what it runs under. Ends with the block, or by end().
    """

    def __init__(self, bin_dir, folder, settings, prefix=()):
        config = folder / "server.yaml"
        config.write_text(f"data_dir: {folder}/data\ngrpc: {LOCAL}\nhttp: {LOCAL}\nadmin: {LOCAL}\ndrain: {{grace: 0s}}\n{settings}\n")
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*map(str, [*prefix, bin_dir / "segrid-server", "--config", config])], stdout=log,
                                            stderr=log)
        self.grpc, self.http = self.address("grpc"), self.address("http")

    def address(self, name):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(rf'"{name}":"(127\.0\.0\.1:\d+)"', self.said())
            if found:
                return found.group(1)
            time.sleep(0.02)
        self.process.kill()
        self.process.wait()
        raise NotServing(self.said()[-4000:])

    def said(self):
        return self.log.read_text(errors="replace")

    def end(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
