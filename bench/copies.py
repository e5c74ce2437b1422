#!/usr/bin/env python3
"""Counts the bytes that the server copies in memory for each byte that comes in, by path.

    copies.py BIN_DIR [--only transform-json-1000,webhook-100]

Runs the server under valgrind's DHAT, which counts what memcpy, memmove and the like are asked to copy, wherever they are
called from, once without calls and once with them; the difference is the calls'. The kernel's copies, from the socket and to
it, are not in it, nor what the codecs write: that is the transform itself.
"""

import argparse
import collections
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from running_server import RunningServer

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests/data/bench"
SETTINGS = "sources: [{name: bench, receiver: file, path: tracks.ndjson, requests_per_second: 0.1}]"
LEAST_SHARE = 0.01  # Of the bytes that come in, for a line of its own.

# Name: options of segrid-bench, calls.
PATHS = {
    "transform-json-100": (["--method", "transform", "--body", DATA / "bench-events-100.json"], 100),
    "transform-json-1000": (["--method", "transform", "--body", DATA / "bench-events-1000.json"], 30),
    "transform-typed-1000": (["--method", "transform", "--input", "typed", "--output", "tracks", "--body",
                              DATA / "bench-events-1000.json"], 30),
    "forward-100": (["--method", "forward", "--body", DATA / "bench-events-100.json"], 100),
    "webhook-100": (["http", "--body", DATA / "bench-events-100.json"], 100),
}
# Who copies: the first of these that is among the callers.
REASONS = [
    ("the request's slices joined into one piece", "ReceivedBytes"),
    ("the body out of the connection's buffer", "BodyReader"),
    ("the head, and what came with it", "Transport::ReadOnce("),
    ("the head, and what came with it", "Session::ReadHead"),
    ("delivery to the file of the bench", "FileReceiver"),
    ("RocksDB: into its log and memory table", "rocksdb::DBImpl::Write"),
    ("RocksDB: a table flushed to a file", "rocksdb::DBImpl::BackgroundCallFlush"),
    ("a commit put together", "rocksdb::WriteBatch"),
    ("hashing: blocks that OpenSSL keeps", "SHA256_Update"),
    ("the response's messages", "EncodeTransformResponse"),
    ("reading JSON: texts with escapes, arguments", "JsonReader"),
    ("gRPC", "grpc"),
]


def reason_of(frames):
    for text, function in REASONS:
        if any(function in frame for frame in frames):
            return text
    return "other"


def copied_by(server, report):
    """Ends the server. Returns {reason: bytes}."""
    server.end()
    places = json.loads(report.read_text())
    copied = collections.Counter()
    for place in places["pps"]:
        copied[reason_of([places["ftbl"][frame] for frame in place["fs"]])] += place["tb"]
    return copied


def run_path(bin_dir, name):
    """Returns {reason: bytes copied for each byte that came in}."""
    words, calls = PATHS[name]
    counts = []
    for with_calls in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "dhat.json"
            server = RunningServer(bin_dir, Path(folder), SETTINGS, ["valgrind", "--tool=dhat", "--mode=copy", "--num-callers=40",
                                                                     f"--dhat-out-file={report}"])
            result = Path(folder) / "load.json"
            target = ["--url", f"http://{server.http}/v1/webhook"] if words[0] == "http" else ["--server", server.grpc]
            if with_calls:
                place = 1 if words[0] == "http" else 0
                subprocess.run([bin_dir / "segrid-bench", *words[:place], *target, *words[place:], "--connections", "2",
                                *([] if place else ["--concurrency", "2"]), "--warmup", "0s", "--count", str(calls), "--timeout",
                                "60s", "--expect", "errors=0", "--json", result], check=True, capture_output=True)
                metrics = json.loads(result.read_text())["metrics"]
                bytes_in = metrics["request_bytes_per_second"] / metrics["calls_per_second"] * metrics["calls"]
            counts.append(copied_by(server, report))
    before, after = counts
    return {reason: max(0, after[reason] - before[reason]) / bytes_in for reason in after}


def main():
    parser = argparse.ArgumentParser(description="Counts copied bytes by path.")
    parser.add_argument("bin_dir", type=Path)
    parser.add_argument("--only", default=",".join(PATHS), help="paths, separated by commas [all]")
    parser.add_argument("--json", type=Path, help="write the result here, too")
    options = parser.parse_args()
    results = {}
    for name in options.only.split(","):
        copied = results[name] = run_path(options.bin_dir.resolve(), name)
        print(f"{name}: {sum(copied.values()):.2f} bytes copied for each byte in", flush=True)
        for reason, share in sorted(copied.items(), key=lambda item: -item[1]):
            if share >= LEAST_SHARE:
                print(f"  {share:5.2f}  {reason}")
    if options.json:
        options.json.write_text(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
