"""The benches of overload and of many sources give the figures that the suite reads.

    limits_test.py <source dir> <bin dir>
"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BIN = Path(sys.argv.pop())
SOURCE = Path(sys.argv.pop())
BODY = SOURCE / "tests/data/bench/bench-events-100.json"
SECONDS = 50


class Limits(unittest.TestCase):
    def measure(self, script, *words):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.json"
            subprocess.run([sys.executable, SOURCE / "bench" / script, BIN, *words, "--out", out, "--seconds", "0.4"], check=True,
                           timeout=SECONDS)
            return {row["name"]: row for row in json.loads(out.read_text())["benchmarks"]}

    def test_every_figure_that_the_suite_reads_is_there(self):
        rows = {**self.measure("overload.py"), **self.measure("scaling.py", BODY)}
        cases = (SOURCE / "bench/suite/webhook_cases.h").read_text().split("kLimitCases")[1]
        read = {figure for line in cases.splitlines() if "MicroCase{" in line for figure in re.findall(r'"([^"]*)"', line)[1:] if figure}
        self.assertEqual({name.split(" ")[0] for name in read}, set(rows) - {"IdleSources/1"})
        for name, row in rows.items():
            for figure, value in row.items():
                if figure != "name":
                    self.assertGreater(value, 0, name)


if __name__ == "__main__":
    unittest.main()
