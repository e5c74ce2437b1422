"""The rules of size and structure of CONTRIBUTING.md, held against the tree and against samples that break them."""

import collections
import functools
import pathlib
import re
import unittest

import cpp_outline

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRODUCTION = ("core", "server", "client")
MAX_FUNCTION_LINES = 60
MAX_PRIVATE_METHODS = 20

# Classes that are over the limit, with as many private methods as they may have at most: split them by duty, and take them
# out of this list.
LARGE_CLASSES = {"SourceDeliverer": 29, "Session": 26, "Backfill": 23}

# Sections of the configuration are named like their keys, not like classes.
CONFIGURATION = "core/config/config.h"
# Names that two classes of core have: give one of them a name of its own, and take it out of this list.
SHARED_NAMES = {
    "Body", "Connection", "Environment", "Lane", "Options", "Range", "Value"
}

# Functions that a language or a library calls by their names.
CALLED_BY_NAME = {"await_ready", "await_resume", "await_suspend", "begin", "end", "init", "finish", "main"}
# Headers that other programs include: their functions are for those.
OFFERED = re.compile(r"client/\w+\.h|client/testing/\w+\.h|server/embedded/embedded\.h")
# Functions that production declares for its tests, each with the reason.
FOR_TESTS = {
    "memory_bytes": "the bytes for each id are a promise, and only a test can measure them",
    "LabelCount": "docs/metrics.md is checked with it",
}

# So many comments still begin with one of the words, for each folder at the top. Lower a number when you fix comments; none
# may rise.
COMMENTS_TO_FIX = {"core": 59, "server": 128, "client": 76, "bench": 49, "tests": 122}
RIDDLE = re.compile(r"//+ (?:What|Of|That)\b")


def sources(*tops):
  found = {}
  for top in tops:
    for path in sorted((ROOT / top).rglob("*")):
      if path.suffix in (".h", ".cc") and "node_modules" not in path.parts:
        found[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8")
  return found


@functools.cache
def outlines():
  return outlines_of(sources(*PRODUCTION, "bench", "tests"))


def outlines_of(texts):
  return {name: cpp_outline.read(text) for name, text in texts.items()}


def of_tops(tree, *tops):
  return {name: outline for name, outline in tree.items() if name.split("/")[0] in tops}


def long_functions(tree):
  """Rows of a table do not count: one row more is not one thought more."""
  return [f"{name}:{f.line}: {f.name} has {f.size} lines: split it" for name, outline in tree.items()
          for f in outline.functions if f.size > MAX_FUNCTION_LINES]


def strayed_members(tree):
  """Members that are defined elsewhere than in the source that has the name of their class's header."""
  headers = collections.defaultdict(set)
  for name, outline in tree.items():
    for one in outline.classes:
      if name.endswith(".h"):
        headers[one.name.split("::")[0]].add(name)
  strayed = []
  for name, outline in tree.items():
    if not name.endswith(".cc"):
      continue
    own = {one.name for one in outline.classes}
    for function in outline.functions:
      owner = re.split(r"::|<", function.qualifier)[0]
      if function.in_class or not owner or owner in own:
        continue
      if name.removesuffix(".cc") + ".h" not in headers[owner]:
        strayed.append(f"{name}:{function.line}: {function.qualifier}::{function.name} belongs into the source of its "
                       "class's header")
  return strayed


def large_classes(tree, allowed):
  found = []
  for name, outline in tree.items():
    for one in outline.classes:
      limit = allowed.get(one.name, MAX_PRIVATE_METHODS)
      if one.private_methods > limit:
        found.append(f"{name}:{one.line}: {one.name} has {one.private_methods} private methods: it is two classes")
  return found


def shared_names(tree):
  places = collections.defaultdict(set)
  for name, outline in tree.items():
    for one in outline.classes:
      if name != CONFIGURATION and not one.is_nested and not one.is_anonymous and one.name.isidentifier():
        places[one.name].add(name)
  return {name: sorted(files) for name, files in places.items() if len(files) > 1}


def dead_declarations(tree):
  """Functions of production's headers of which it and the bench say nothing but their declaration and definition."""
  words, declared, places = collections.Counter(), collections.Counter(), {}
  for name, outline in tree.items():
    words.update(re.findall(r"\w+", outline.code))
    for one in outline.declarations:
      declared[one.name] += 1
      if name.endswith(".h") and name.split("/")[0] in PRODUCTION and not one.is_called_by_its_base and not OFFERED.fullmatch(name):
        places[one.name] = f"{name}:{one.line}"
  return {name: place for name, place in places.items() if words[name] <= declared[name] and name not in CALLED_BY_NAME}


def riddles(texts):
  """How many comments begin with a word that makes no sentence, for each folder at the top."""
  count = collections.Counter()
  for name, text in texts.items():
    is_inside = False  # Of a comment of several lines.
    for line in text.split("\n"):
      comment = line.strip().startswith("//")
      if RIDDLE.search(line) and not (comment and is_inside):
        count[name.split("/")[0]] += 1
      is_inside = comment
  return count


def layers(text):
  rules = []
  for line in text.split("\n"):
    folder, colon, words = line.partition(":")
    if colon and not line.startswith("#"):
      rules.append((folder, words.split()))
  return rules


def rule_of(folder, folders):
  if folder in folders:
    return folder
  above = pathlib.PurePosixPath(folder).parent
  while str(above) != ".":
    if f"{above}/*" in folders:
      return f"{above}/*"
    above = above.parent
  return None


def allows(word, include):
  parent = str(pathlib.PurePosixPath(include).parent)
  if word == "proto":
    word = "proto/*"
  return word in (include, parent) or (word.endswith("/*") and include.startswith(word[:-1]))


def unused_allowances(rules, texts):
  """Lines for a folder that has one already, and words that no include of the folder needs."""
  folders = [folder for folder, _ in rules]
  faults = [f"{folder}: has {count} lines" for folder, count in collections.Counter(folders).items() if count > 1]
  needed, seen = collections.defaultdict(set), set()
  for name, text in texts.items():
    folder = str(pathlib.PurePosixPath(name).parent)
    rule = rule_of(folder, folders)
    seen.add(rule)
    for include in re.findall(r'^\s*#\s*include\s*["<]([^">]+)[">]', text, re.M):
      if include.startswith("segrid/"):
        include = "proto/" + include
      if str(pathlib.PurePosixPath(include).parent) != folder:
        needed[rule].add(include)
  for folder, words in rules:
    if folder not in seen:
      faults.append(f"{folder}: there is no such folder")
    faults += [f"{folder}: needs no {word}" for word in words if not any(allows(word, one) for one in needed[folder])]
  return faults


class Tree(unittest.TestCase):
  """The tree keeps the rules."""

  maxDiff = None

  def test_functions_are_short(self):
    self.assertEqual(long_functions(outlines()), [])

  def test_members_are_defined_in_the_source_of_their_classs_header(self):
    self.assertEqual(strayed_members(outlines()), [])

  def test_classes_have_one_duty(self):
    self.assertEqual(large_classes(outlines(), LARGE_CLASSES), [])
    sizes = collections.Counter()
    for outline in of_tops(outlines(), *PRODUCTION).values():
      for one in outline.classes:
        sizes[one.name] = max(sizes[one.name], one.private_methods)
    for name in LARGE_CLASSES:
      self.assertGreater(sizes[name], MAX_PRIVATE_METHODS, f"{name} is small enough: take it out of LARGE_CLASSES")

  def test_classes_of_core_have_names_of_their_own(self):
    found = shared_names(of_tops(outlines(), "core"))
    self.assertEqual({name: files for name, files in found.items() if name not in SHARED_NAMES}, {})
    self.assertEqual(SHARED_NAMES - set(found), set(), "take it out of SHARED_NAMES")

  def test_production_uses_all_that_its_headers_declare(self):
    found = dead_declarations(of_tops(outlines(), *PRODUCTION, "bench"))
    self.assertEqual({name: place for name, place in found.items() if name not in FOR_TESTS}, {})
    self.assertEqual(set(FOR_TESTS) - set(found), set(), "production uses it now: take it out of FOR_TESTS")

  def test_every_allowance_of_the_layers_is_used(self):
    text = (ROOT / "tests/tidy/layers.txt").read_text(encoding="utf-8")
    self.assertEqual(unused_allowances(layers(text), sources(*PRODUCTION, "bench", "tests")), [])

  def test_no_more_comments_begin_with_what_of_or_that(self):
    found = riddles(sources(*PRODUCTION, "bench", "tests"))
    for top, count in found.items():
      self.assertLessEqual(count, COMMENTS_TO_FIX.get(top, 0), f"{top}: begin the comment with its subject")


class Samples(unittest.TestCase):
  """Each rule finds the sample that breaks it, and none in one that keeps it."""

  def test_finds_a_long_function(self):
    lines = "  Call();\n" * (MAX_FUNCTION_LINES - 2)
    self.assertEqual(long_functions(outlines_of({"a.cc": "int F() {\n" + lines + "}\n"})), [])
    found = long_functions(outlines_of({"a.cc": "namespace n {\nint F() {\n" + lines + "  Call();\n}\n}\n"}))
    self.assertEqual(found, ["a.cc:2: F has 61 lines: split it"])

  def test_counts_no_rows_of_a_table(self):
    rows = "    {1, 2},\n" * 100
    table = "void F() {\n  const Row rows[] = {\n" + rows + "  };\n}\n"
    self.assertEqual(cpp_outline.read(table).functions[0].size, 4)
    text = 'void F() {\n  G(R"(' + "row {\n" * 100 + ')", {\n    1,\n    2});\n}\n'
    self.assertEqual(cpp_outline.read(text).functions[0].size, 4)
    block = "void F() {\n  if (x) {\n" + "    G();\n" * 100 + "  }\n}\n"
    self.assertEqual(cpp_outline.read(block).functions[0].size, 104)

  def test_finds_a_class_in_two_sources(self):
    tree = {"a/lane.h": "class Lane {\n  void A();\n  void B();\n};", "a/lane.cc": "void Lane::A() {}",
            "a/lane_more.cc": "std::vector<int> Lane::B() {}"}
    self.assertEqual(strayed_members(outlines_of(tree)),
                     ["a/lane_more.cc:1: Lane::B belongs into the source of its class's header"])
    del tree["a/lane_more.cc"]
    self.assertEqual(strayed_members(outlines_of(tree)), [])

  def test_finds_a_member_under_another_name(self):
    tree = {"a/lane.h": "struct Lane { struct Inner { int A(); }; };", "a/inner.cc": "int Lane::Inner::A() { return 1; }"}
    self.assertEqual(len(strayed_members(outlines_of(tree))), 1)

  def test_leaves_classes_of_one_source_alone(self):
    tree = {"a/lane.cc": "namespace {\nclass Mine { void A(); };\nvoid Mine::A() {}\n}\nstd::string Free() { return {}; }"}
    self.assertEqual(strayed_members(outlines_of(tree)), [])

  def test_counts_private_methods(self):
    sample = """class Big : public Base<int> {
     public:
      Big(int a) : a_{a}, b_(a) { Call(); }
      void Open() { if (x) { Call(); } }
     private:
      using Call = std::function<void(int)>;
      struct Inner { void NotMine(); };
      friend void Other(int);
      Big(const Big&) = delete;
      template <class T> std::map<int, T> One(const T& t, std::function<void()> done = {}) const;
      static bool Two() { return a < b; }
      void Three() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
      int a_ ABSL_GUARDED_BY(mu_) = 0;  // Not(this)
      std::function<void(int)> b_;
    };"""
    outline = cpp_outline.read(sample)
    self.assertEqual([(one.name, one.private_methods) for one in outline.classes], [("Big", 3), ("Inner", 0)])
    methods = "".join(f"void F{i}();" for i in range(MAX_PRIVATE_METHODS + 1))
    tree = outlines_of({"a.h": "class Big { " + methods + "};"})
    self.assertEqual(len(large_classes(tree, {})), 1)
    self.assertEqual(large_classes(tree, {"Big": MAX_PRIVATE_METHODS + 1}), [])

  def test_finds_two_classes_of_one_name(self):
    tree = outlines_of({"core/a/x.h": "namespace a { class X {}; }", "core/b/x.h": "namespace b { struct X {}; }",
                        "core/b/y.cc": "namespace { struct Y {}; }", "core/a/y.cc": "class Y {}; struct Z { struct X {}; };",
                        CONFIGURATION: "struct Y {};"})
    self.assertEqual(shared_names(tree), {"X": ["core/a/x.h", "core/b/x.h"]})

  def test_finds_a_declaration_that_nothing_uses(self):
    tree = {"core/a.h": "int Used();\nint Dead(int);\nclass A { void Run() override; void End() final; ~A(); };",
            "core/a.cc": "// Dead\nint Dead(int a) { return Used(); }\nint Used() { return 1; }"}
    self.assertEqual(dead_declarations(outlines_of(tree)), {"Dead": "core/a.h:2"})

  def test_finds_comments_that_are_no_sentences(self):
    words = ("What", "Of", "That")
    text = "".join(f"int a;  // {word} it is.\n// {word} it is.\nint b;\n" for word in words)
    text += "// A sentence, the second line\n// of which begins with it.\n// Of all things.\n// Whatever, Official.\n"
    self.assertEqual(riddles({"core/a.h": text}), {"core": 6})

  def test_finds_allowances_that_nobody_uses(self):
    rules = layers("# core/none: a\ncore/a: core/b core/c/* core/d/e.h\ncore/z:\ncore/*: core/b\ncore/a: core/q\n")
    texts = {"core/a/a.h": '#include "core/c/c/x.h"\n#include "core/d/f.h"\n#include "core/a/b.h"', "core/x/y/a.h": ""}
    self.assertEqual(unused_allowances(rules, texts),
                     ["core/a: has 2 lines", "core/a: needs no core/b", "core/a: needs no core/d/e.h",
                      "core/z: there is no such folder", "core/*: needs no core/b", "core/a: needs no core/q"])


if __name__ == "__main__":
  unittest.main()
