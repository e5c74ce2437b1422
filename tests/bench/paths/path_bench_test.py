"""The program of the paths measures a path and its parts, and says what they cost."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BIN = Path(sys.argv.pop())
NAMES = ["RawEcho/json/10", "TransformAlone/json/10", "TransformRpc/json/10", "HttpEcho/100", "WebhookPost/100",
         "WebhookDelivered/100"]


class PathBench(unittest.TestCase):
    def test_it_measures_what_is_asked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "paths.json"
            subprocess.run([BIN / "segrid-path-bench", "--scale", "0.1", "--only", ",".join(NAMES), "--out", out],
                           check=True, timeout=50)
            rows = {row["name"]: row for row in json.loads(out.read_text())["benchmarks"]}
        self.assertLessEqual(set(NAMES), set(rows))
        self.assertNotIn("Sha256/100", rows)
        for row in rows.values():
            self.assertGreater(row["cpu_seconds"], 0, row)
        self.assertGreater(rows["WebhookDelivered/100"]["tracks_per_call"], 10)
        self.assertLess(rows["TransformAlone/json/10"]["cpu_seconds"], rows["TransformRpc/json/10"]["cpu_seconds"])
        self.assertLess(rows["HttpEcho/100"]["cpu_seconds"], rows["WebhookDelivered/100"]["cpu_seconds"])


if __name__ == "__main__":
    unittest.main()
