"""A real Prometheus on a free port, for tests of what it scrapes and answers."""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

SECONDS = 30
PROGRAM = shutil.which("prometheus")
WHY_NOT = "prometheus is not installed"


class Prometheus:
    """Scrapes `targets` as the job `job`, five times a second, from the constructor to stop(); with_itself also itself."""

    def __init__(self, targets, job="segrid", with_itself=False):
        self.scratch = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.scratch.name)
        jobs = {job: targets}
        listen = "127.0.0.1:0"
        if with_itself:
            with socket.create_server(("127.0.0.1", 0)) as held:
                listen = f"127.0.0.1:{held.getsockname()[1]}"
            jobs["prometheus"] = [listen]
        config = {"global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
                  "scrape_configs": [{"job_name": name, "static_configs": [{"targets": of_it}]} for name, of_it in jobs.items()]}
        (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML.
        self.process = subprocess.Popen(
            [PROGRAM, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address={listen}"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        log = []
        for line in self.process.stderr:
            log.append(line)
            if found := re.search(r'msg="Listening on" address=(\S+)', line):
                self.address = found[1]
            if "Server is ready" in line:
                break
        else:
            raise AssertionError("Prometheus ended:\n" + "".join(log))
        self.pause = threading.Event()  # Never set: a wait between two questions.
        self.reader = threading.Thread(target=self.process.stderr.read, daemon=True)
        self.reader.start()

    def ask(self, path, **parameters):
        """The data of a response of its HTTP API."""
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error

    def query(self, expression):
        """The series of an instant query: pairs of labels and value."""
        return [(each["metric"], float(each["value"][1])) for each in self.ask("query", query=expression)["result"]]

    def wait_for(self, expression):
        """Asks until the expression has series, and gives them."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if found := self.query(expression):
                return found
            self.pause.wait(0.05)
        raise AssertionError(f"never: {expression}; targets: {self.ask('targets')['activeTargets']}")

    def stop(self):
        self.process.terminate()
        self.process.wait(SECONDS)
        self.reader.join(SECONDS)
        self.process.stderr.close()
        self.scratch.cleanup()
