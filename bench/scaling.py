#!/usr/bin/env python3
"""What many sources cost: a Track of a Forward to 100 sources beside one to a single source, and 1,000 sources that have
nothing to do.

    scaling.py BIN_DIR BODY.json --out RESULT.json [--seconds 2]

--out writes what Google Benchmark would write: CPU seconds of the server for a Track, and for a second in which nothing comes.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FAN_OUT = 100
IDLE_SOURCES = 1_000
START_SECONDS = 60


class Server:
    """segrid-server with so many sources that write to files, a batch a second each at most."""

    def __init__(self, bin_dir, folder, sources):
        self.log = folder / "log"
        names = [f"s{i}" for i in range(sources)]
        # Two of many names may have the same tag: one of them is changed.
        while (refused := self.start(bin_dir, folder, names)) is not None:
            taken = re.findall(r"sources\[(\d+)\]\.name: has the same tag", refused)
            if not taken:
                raise RuntimeError("the server does not serve: " + refused[-2000:])
            for i in set(map(int, taken)):
                names[i] += "x"

    def start(self, bin_dir, folder, names):
        """None when it serves, else what it said."""
        config = folder / "server.yaml"
        local = '{listen: ["127.0.0.1:0"]}'
        lines = [f"data_dir: {folder}/data", f"grpc: {local}", f"http: {local}", f"admin: {local}", "drain: {grace: 0s}", "sources:"]
        lines += [f"  - {{name: {name}, receiver: file, path: {name}.ndjson, requests_per_second: 0.1}}" for name in names]
        config.write_text("\n".join(lines) + "\n")
        with open(self.log, "wb") as file:
            self.process = subprocess.Popen([bin_dir / "segrid-server", "--config", config], stdout=file, stderr=file)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(r'"grpc":"(127\.0\.0\.1:\d+)"', self.log.read_text(errors="replace"))
            if found:
                self.address = found.group(1)
                return None
            time.sleep(0.02)
        self.process.kill()
        self.process.wait()
        return self.log.read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def cpu_seconds(self):
        return time.clock_gettime(~self.process.pid << 3 | 2)  # The clock of clock_getcpuclockid(3).


def cost_of_track(bin_dir, body, sources, seconds):
    with tempfile.TemporaryDirectory() as name, Server(bin_dir, Path(name), sources) as server:
        result = Path(name) / "load.json"
        subprocess.run([bin_dir / "segrid-bench", "--server", server.address, "--method", "forward", "--body", body, "--connections",
                        "4", "--concurrency", "4", "--warmup", "0.2s", "--duration", f"{seconds}s", "--timeout", "30s",
                        "--server-pid", str(server.process.pid), "--json", result], check=True, capture_output=True)
        metrics = json.loads(result.read_text())["metrics"]
        if metrics["errors"]:
            raise RuntimeError(f"{metrics['errors']} calls failed")
        return 1 / metrics["events_per_server_cpu_second"] / sources


def idle_cost(bin_dir, sources, seconds):
    with tempfile.TemporaryDirectory() as name, Server(bin_dir, Path(name), sources) as server:
        time.sleep(1)  # What starting leaves to do.
        before = server.cpu_seconds()
        time.sleep(seconds)
        return (server.cpu_seconds() - before) / seconds


def main():
    parser = argparse.ArgumentParser(description="Costs of many sources.")
    parser.add_argument("bin_dir", type=Path)
    parser.add_argument("body", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    bin_dir = options.bin_dir.resolve()
    rows = [{"name": f"FanOut/{sources}", "cpu_seconds": cost_of_track(bin_dir, options.body, sources, options.seconds)}
            for sources in (1, FAN_OUT)]
    rows += [{"name": f"IdleSources/{sources}", "cpu_seconds": idle_cost(bin_dir, sources, options.seconds)}
             for sources in (1, IDLE_SOURCES)]
    options.out.write_text(json.dumps({"benchmarks": rows}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
