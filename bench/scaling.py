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

from running_server import NotServing, RunningServer

FAN_OUT = 100
IDLE_SOURCES = 1_000


def start(bin_dir, folder, sources):
    """A server with so many sources that write to files, a batch in ten seconds each at most."""
    names = [f"s{i}" for i in range(sources)]
    while True:
        lines = [f"  - {{name: {name}, receiver: file, path: {name}.ndjson, requests_per_second: 0.1}}" for name in names]
        try:
            return RunningServer(bin_dir, folder, "\n".join(["sources:", *lines]))
        except NotServing as refused:
            # Two of many names may have the same tag: one of them is changed.
            taken = set(map(int, re.findall(r"sources\[(\d+)\]\.name: has the same tag", str(refused))))
            if not taken:
                raise
            for i in taken:
                names[i] += "x"


def cpu_seconds(server):
    return time.clock_gettime(~server.process.pid << 3 | 2)  # The clock of clock_getcpuclockid(3).


def cost_of_track(bin_dir, body, sources, seconds):
    with tempfile.TemporaryDirectory() as name, start(bin_dir, Path(name), sources) as server:
        result = Path(name) / "load.json"
        subprocess.run([bin_dir / "segrid-bench", "--server", server.grpc, "--method", "forward", "--body", body, "--connections",
                        "4", "--concurrency", "4", "--warmup", "0.2s", "--duration", f"{seconds}s", "--timeout", "30s",
                        "--server-pid", str(server.process.pid), "--json", result], check=True, capture_output=True)
        metrics = json.loads(result.read_text())["metrics"]
        if metrics["errors"]:
            raise RuntimeError(f"{metrics['errors']} calls failed")
        return 1 / metrics["events_per_server_cpu_second"] / sources


def idle_cost(bin_dir, sources, seconds):
    with tempfile.TemporaryDirectory() as name, start(bin_dir, Path(name), sources) as server:
        time.sleep(1)  # What starting leaves to do.
        before = cpu_seconds(server)
        time.sleep(seconds)
        return (cpu_seconds(server) - before) / seconds


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
