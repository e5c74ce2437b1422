"""The command of docs/operations.md that measures what a machine must have: prints the rows that are shown there."""

import argparse
import pathlib
import re
import subprocess
import sys
import unittest

import markdown
import sandbox

GIVEN = None  # The arguments; set by main.
EVENTS = 2000


class Sizing(unittest.TestCase):

  def test_prints_the_rows_of_the_page(self):
    blocks = markdown.blocks(markdown.section((sandbox.ROOT / "docs/operations.md").read_text(encoding="utf-8"), "Sizing"))
    command, shown = [block.text for block in blocks][:2]
    command = command.replace("python3", sys.executable).replace("build/release/bin", str(GIVEN.programs))
    command = re.sub(r"--events \d+", f"--events {EVENTS}", command)
    printed = subprocess.run(["bash", "-c", command], cwd=sandbox.ROOT, check=True, capture_output=True, text=True, timeout=50).stdout
    rows = [re.fullmatch(r"(.+?) {2,}([\d,.]+)( \S+)?", line) for line in printed.splitlines()]
    self.assertEqual([row and (row[1], row[3] or "") for row in rows],
                     [(line.partition("  ")[0], line.rpartition("…")[2]) for line in shown.splitlines()])
    figures = {row[1]: float(row[2].replace(",", "")) for row in rows}
    self.assertTrue(all(figure >= 0 for figure in figures.values()))
    self.assertGreater(figures["events"], EVENTS / 2)
    self.assertLess(figures["on disk per pending event"], figures["JSON per pending event"])


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--programs", required=True, type=lambda name: pathlib.Path(name).resolve())
  GIVEN, rest_of_arguments = arguments.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest_of_arguments], verbosity=2)
