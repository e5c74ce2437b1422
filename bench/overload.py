#!/usr/bin/env python3
"""What is left of the goodput, and how late accepted calls are answered, when five times as much comes as the server can take.

    overload.py BIN_DIR --out RESULT.json [--seconds 2]

Server and tool have a core each, where there are two. --out writes what Google Benchmark would write. Latency counts from the
moment a call was meant to start, so it holds what the tool is late under five times the load.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from running_server import RunningServer

OVERLOAD = 5
SHARE_OF_PEAK = 0.7
# Room for a hundred bodies: more are told to come back.
SETTINGS = ("max_bytes_in_flight: 8MiB\nsources: [{name: bench, receiver: file, path: tracks.ndjson, "
            "requests_per_second: 1}]")

# Name: options of segrid-bench, connections and calls in flight of the peak, connections of the overload.
KINDS = {
    "Forward": (["--method", "forward"], 8, 16, 64),
    "ForwardStream": (["--method", "forward-stream"], 8, 16, 64),
    "Webhook": (["http"], 64, 64, 256),
}


def pinned(core):
    return ["taskset", "-c", str(core)] if os.cpu_count() > 1 else []


def load(bin_dir, folder, words, seconds):
    """Goodput in calls per second, and p99 of the calls that were accepted."""
    result = folder / "load.json"
    result.unlink(missing_ok=True)
    done = subprocess.run([*map(str, [*pinned(1), bin_dir / "segrid-bench", *words, "--batch", 100, "--duration", f"{seconds}s",
                                      "--timeout", "2s", "--warmup", "0.2s", "--json", result])], capture_output=True, text=True,
                          check=False)
    if not result.exists():
        raise RuntimeError(done.stdout + done.stderr)
    report = json.loads(result.read_text())
    return report["codes"].get("OK", 0) / report["elapsed_seconds"], report["metrics"]["p99_seconds"]


def measure(bin_dir, kind, seconds):
    words, few, in_flight, many = KINDS[kind]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with RunningServer(bin_dir, folder, SETTINGS, pinned(0)) as server:
            target = [*words, *(["--url", f"http://{server.http}/v1/webhook"] if words[0] == "http" else
                                ["--server", server.grpc])]
            peak, _ = load(bin_dir, folder, [*target, "--connections", few, "--concurrency", in_flight], seconds)
            _, p99 = load(bin_dir, folder, [*target, "--connections", few, "--rate", SHARE_OF_PEAK * peak], seconds)
            goodput, late = load(bin_dir, folder, [*target, "--connections", many, "--rate", OVERLOAD * peak], seconds)
    return [{"name": f"{kind}Peak", "items_per_second": peak, "p99_seconds": p99},
            {"name": f"{kind}Overload", "items_per_second": goodput, "p99_seconds": late}]


def main():
    parser = argparse.ArgumentParser(description="Goodput and latency under overload.")
    parser.add_argument("bin_dir", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    rows = [row for kind in KINDS for row in measure(options.bin_dir.resolve(), kind, options.seconds)]
    options.out.write_text(json.dumps({"benchmarks": rows}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
