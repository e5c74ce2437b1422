"""docs/api.md is what proto/api_reference.py makes of the protos, and has every method, message, field and value.

Arguments: --descriptors FILE, with source info.
"""

import argparse
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "proto"))
import api_reference  # noqa: E402

arguments = None


class ApiReference(unittest.TestCase):
  def setUp(self):
    self.shown = (ROOT / "docs/api.md").read_text(encoding="utf-8")

  def test_is_up_to_date(self):
    self.assertEqual(api_reference.reference(arguments.descriptors), self.shown,
      "run: /usr/bin/python3 proto/api_reference.py BUILD/proto/segrid.binpb --out docs/api.md")

  def test_names_everything(self):
    for path in (ROOT / "proto/segrid").rglob("*.proto"):
      text = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
      for name in re.findall(r"\b(?:message|enum|service) (\w+)", text):
        self.assertRegex(self.shown, rf"(?m)^##+ (\w+\.)?{name}$")
      for name in re.findall(r"\brpc (\w+)", text):
        self.assertRegex(self.shown, rf"(?m)^### \w+\.{name}$")
      for name in re.findall(r"(\w+) = \d+;", text):
        self.assertIn(f"| `{name}` = ", self.shown)

  def test_leaves_nothing_undescribed(self):
    self.assertEqual([line for line in self.shown.splitlines() if re.search(r"\|\s*\|$", line)], [])

  def test_reads_comments_as_markdown(self):
    self.assertEqual(api_reference.tidy(" Of [A][b.A], a\n list:\n - one\n   more\n - two\n\n End.\n"),
             ["Of `A`, a list:", "- one more", "- two", "End."])


if __name__ == "__main__":
  parser = argparse.ArgumentParser()
  parser.add_argument("--descriptors", required=True)
  arguments, rest = parser.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
