"""Whether ARCHITECTURE.md says how many files a life has, and names the threads that there are."""

import pathlib
import re
import unittest

import markdown

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
LITERAL = r'"([^"\n]+)"'
# Where a thread gets its name.
NAMES = (rf"NameThread\({LITERAL}", rf"ThreadPool::Create\([^;{{]*?{LITERAL}", rf"SerialThread \w+\{{{LITERAL}",
         rf"\bWorker \w+\{{\w+, {LITERAL}", rf"make_unique<Worker>\(\w+, {LITERAL}", rf"\bqueue_thread_\({LITERAL}",
         rf"\bthread_name = {LITERAL}",
         rf"make_unique<(?:threaded::)?ThreadedReceiver>\([^;]*?StrCat\({LITERAL}")


def units(text):
  """The headers and sources that a text links to, each pair once, in its order."""
  links = [link for link in markdown.links(text) if re.search(r"\.(h|cc)$", link)]
  return list(dict.fromkeys(link.rpartition(".")[0] for link in links))


def claimed(text):
  """The numbers of units that a text says."""
  return [int(number) for number in re.findall(r"\*\*(\d+)(?: units)?\*\*", text)]


def names_in(source):
  return {name.strip() for pattern in NAMES for name in re.findall(pattern, source)}


def threads_of_ours():
  """The names that the server gives to threads."""
  found = set()
  for room in ("core", "server"):
    for path in sorted((ROOT / room).rglob("*")):
      if path.suffix in (".h", ".cc"):
        found |= names_in(path.read_text(encoding="utf-8"))
  return found


def listed_threads(page):
  """The names in the table: `file <source>` is listed for the name that begins so."""
  cells = [row[0] for row in markdown.table(markdown.section(page, "Threads"), "name")]
  return {name.partition(" <")[0] for cell in cells for name in markdown.ticked(cell)}


class Lives(unittest.TestCase):

  def test_each_number_is_that_of_the_files_which_are_listed(self):
    transform, batch, key = (markdown.section(PAGE, f"Life of {what}")
                             for what in ("a Transform", "an accepted batch", "a configuration key"))
    store = [unit for unit in units(re.search(r"^3\. .*?(?=^4\. )", batch, re.DOTALL | re.MULTILINE)[0])
             if unit.startswith("core/queue/rocksdb/")]
    self.assertEqual(claimed(transform), [len(units(transform))])
    self.assertEqual(claimed(batch), [len(units(batch)), len(store)])
    self.assertEqual(claimed(key), [len(units(key))])

  def test_a_header_and_its_source_are_one_unit(self):
    self.assertEqual(units("[a](x/a.h) [a](x/a.cc) [b](x/b.cc) [page](README.md)"), ["x/a", "x/b"])


class Threads(unittest.TestCase):

  def test_the_table_has_the_names_in_the_code_and_no_others(self):
    self.assertEqual(listed_threads(PAGE), threads_of_ours())

  def test_names_are_found_where_threads_get_them(self):
    for source, name in (('base::NameThread("log");', "log"), ('pool::ThreadPool::Create(Threads(), "http"));', "http"),
                         ('pool::SerialThread pages_{"pages"};', "pages"), ('queue_thread_("queue watch") {', "queue watch"),
                         ('Worker erasures_{kMaxErasures, "erasures"};', "erasures"),
                         ('std::make_unique<Worker>(kMaxHandOvers, "grpc hand-over");', "grpc hand-over"),
                         ('std::string thread_name = "delivery";', "delivery"),
                         ('std::make_unique<threaded::ThreadedReceiver>(\n std::move(r), absl::StrCat("file ", name));', "file")):
      with self.subTest(source):
        self.assertEqual(names_in(source), {name})


if __name__ == "__main__":
  unittest.main()
