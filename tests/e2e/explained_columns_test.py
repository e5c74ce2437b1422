"""The help of each command that prints a table explains its columns.

    explained_columns_test.py <source dir> <program>...
"""

import pathlib
import re
import sys
import unittest

SOURCE = pathlib.Path(sys.argv[1])
PROGRAMS = [pathlib.Path(program) for program in sys.argv[2:]]
sys.path.insert(0, str(SOURCE / "cmake/manual"))
import help_pages  # noqa: E402

# How the sources name the columns of a table: of `segrid`, and of `segrid-bench`.
TABLES = {"segrid": ("client/cli", re.compile(r"\bTable table\(\s*\{(.*?)\}\)", re.S)),
          "segrid-bench": ("bench", re.compile(r"\btable\.Add\(\s*\{([^{}]*)\}\);\s*table\.AddRule\(\)", re.S))}


def columns(page):
    """The names that the help of a command explains."""
    if "Columns:" not in page.footer:
        return set()
    rows = page.footer[page.footer.index("Columns:") + 1:]
    rows = rows[:rows.index("")] if "" in rows else rows
    return {re.split(r"\s{2,}", row.strip())[0] for row in rows}


class ExplainedColumns(unittest.TestCase):
    def test_each_table(self):
        for program in PROGRAMS:
            if program.name not in TABLES:
                continue
            folder, pattern = TABLES[program.name]
            explained = [columns(page) for page in help_pages.walk(help_pages.read(program, [program.name]))]
            tables = 0
            for source in sorted((SOURCE / folder).rglob("*.cc")):
                for found in pattern.findall(source.read_text()):
                    headings = set(re.findall(r'"([^"]*)"', found)) - {""}
                    tables += 1
                    with self.subTest(source=str(source.relative_to(SOURCE)), headings=headings):
                        self.assertTrue(headings)
                        self.assertTrue(any(headings <= names for names in explained), explained)
            self.assertGreater(tables, 5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
