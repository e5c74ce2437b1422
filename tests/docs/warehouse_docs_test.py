"""Whether docs/warehouse.md is true: loads its story through a server into SQLite and PostgreSQL, runs its queries on
both, and compares results and columns with what is shown.

`--update` writes the results and the columns into the document.
"""

import argparse
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/testing"))

from databases import PAGE, Postgres, Sqlite, has_postgres, query_in, sections_of_the_page  # noqa: E402

STORY = ROOT / "tests/data/warehouse/story.json"
GIVEN = None  # The arguments; set by main.
SECONDS = 60
OPTED = "[x_message_id, bounce_classification]"


def text_of(value):
  """A value as both databases' results show it."""
  if value is None:
    return ""
  text = str(value)
  return re.sub(r"\.0$", "", text)


def table(names, rows):
  """Columns of equal width, as psql aligns them."""
  lines = [names] + [[text_of(value) for value in row] for row in rows]
  widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
  return "\n".join(" | ".join(word.ljust(width) for word, width in zip(line, widths)).rstrip() for line in lines)


def shown(names, rows):
  """Rows with the truth values that both databases spell differently."""
  truth = {"t": "true", "f": "false", 1: "true", 0: "false"}
  return [[truth.get(value, value) if name == "test_phase" else value for name, value in zip(names, row)] for row in rows]


def config(folder, sources):
  path = folder / "segrid.yaml"
  path.write_text(f"""data_dir: {folder}/data
grpc: {{listen: ["unix:{folder}/grpc.sock"]}}
http: {{listen: []}}
admin: {{listen: []}}
sources: [{", ".join(sources)}]
""", encoding="utf-8")
  return path


def load(folder, sources):
  """Sends the story through a server with these sources."""
  programs = pathlib.Path(GIVEN.programs)
  server = subprocess.Popen([programs / "segrid-server", "--config", config(folder, sources)], stderr=subprocess.PIPE)
  try:
    address = f"unix:{folder}/grpc.sock"
    for _ in range(20 * SECONDS):
      if (folder / "grpc.sock").exists():
        break
      with contextlib.suppress(subprocess.TimeoutExpired):
        raise ValueError(f"the server ended with {server.wait(timeout=0.05)}")
    forward = [programs / "segrid", "forward", STORY, "--server", address, "--wait", "--timeout", f"{SECONDS}s"]
    for _ in range(2):  # The second time adds nothing.
      done = subprocess.run(forward, check=False, capture_output=True, text=True, timeout=2 * SECONDS)
      if done.returncode != 0:
        raise ValueError(done.stdout + done.stderr)
  finally:
    server.terminate()
    log = server.communicate(timeout=SECONDS)[1].decode()
    if server.returncode != 0:
      print(log)


def columns_page(ddl):
  """The columns of a table with all properties, as a table of Markdown."""
  made = re.search(r'CREATE TABLE IF NOT EXISTS "mail_events"\."email_link_clicked" \((.*?)\);', ddl, re.S).group(1)
  rows = re.findall(r'"(\w+)" ([a-z ]+)', made)
  common = re.search(r'CREATE TABLE IF NOT EXISTS "mail_events"\."tracks" \((.*?)\);', ddl, re.S).group(1)
  common = set(re.findall(r'"(\w+)" ', common))
  lines = ["| column | PostgreSQL | in |", "|---|---|---|"]
  for name, kind in rows:
    where = "`tracks` and every event's table" if name in common else "the events' tables"
    where = "`email_link_clicked`" if name == "link_url" else where
    lines.append(f"| `{name}` | {kind.strip()} | {where} |")
  return "\n".join(lines)


class WarehouseDocs(unittest.TestCase):

  @classmethod
  def setUpClass(cls):
    cls.keep = contextlib.ExitStack()
    cls.folder = pathlib.Path(cls.keep.enter_context(tempfile.TemporaryDirectory()))
    if not has_postgres():
      raise unittest.SkipTest("PostgreSQL is not installed")
    postgres = Postgres()
    cls.keep.callback(postgres.close)
    load(cls.folder, [
        f"{{name: mail_events, receiver: warehouse, database: 'sqlite:events.db', extra_properties: {OPTED}}}",
        f"{{name: other, receiver: warehouse, database: '{postgres.url()}', schema: mail_events, extra_properties: {OPTED}}}",
    ])
    cls.databases = {"SQLite": Sqlite(cls.folder / "data/events.db"), "PostgreSQL": postgres}

  @classmethod
  def tearDownClass(cls):
    cls.keep.close()

  def test_each_query_gives_the_result_that_is_shown(self):
    self.assertEqual([number for number, _, _ in sections_of_the_page()], [str(i) for i in range(1, 11)])
    page = PAGE.read_text(encoding="utf-8")
    for _, title, text in sections_of_the_page():
      for name, database in self.databases.items():
        with self.subTest(query=title, database=name):
          names, rows = database.query(query_in(text, database.dialect))
          printed = table(names, shown(names, rows)) + "\n"
          self.assertGreater(len(rows), 0)
          written = re.search(r"```text\n(.*?)```", text, re.S).group(1)
          if GIVEN.update and name == "SQLite":
            page = page.replace(text, text.replace(f"```text\n{written}```", f"```text\n{printed}```"))
          if not GIVEN.update:
            self.assertEqual(printed, written)
    if GIVEN.update:
      PAGE.write_text(page, encoding="utf-8")

  def test_tracks_and_the_events_tables_agree(self):
    for name, database in self.databases.items():
      with self.subTest(database=name):
        counts = database.query("SELECT event, count(*), count(DISTINCT id) FROM mail_events.tracks GROUP BY event ORDER BY event")[1]
        self.assertGreater(len(counts), 5)
        for event, count, distinct in counts:
          self.assertEqual(text_of(count), text_of(distinct))
          other = database.query(f"SELECT count(*) FROM mail_events.{event}")[1][0][0]
          self.assertEqual(text_of(count), text_of(other), event)

  def test_the_columns_are_those_of_the_catalog(self):
    ddl = subprocess.run([pathlib.Path(GIVEN.programs) / "segrid", "warehouse", "ddl"], check=True, capture_output=True, text=True).stdout
    page = PAGE.read_text(encoding="utf-8")
    wanted = columns_page(ddl)
    begin = page.index("-->", page.index("<!-- columns:")) + 4
    end = page.index("<!-- /columns -->")
    if GIVEN.update:
      PAGE.write_text(page[:begin] + "\n" + wanted + "\n\n" + page[end:], encoding="utf-8")
    else:
      self.assertEqual(page[begin:end].strip(), wanted)


def main():
  global GIVEN  # pylint: disable=global-statement
  parser = argparse.ArgumentParser()
  parser.add_argument("--programs", required=True)
  parser.add_argument("--update", action="store_true")
  GIVEN, rest = parser.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
  main()
