"""Whether the documents say what is there: links, commands, keys, reasons, tables, snippets, pictures."""

import argparse
import functools
import hashlib
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest
import xml.etree.ElementTree

import markdown
import programs

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = None  # The folder of the programs; set by main.
NAMES = ("segrid", "segrid-server", "segrid-bench")
CODES = ("INVALID_ARGUMENT|NOT_FOUND|FAILED_PRECONDITION|RESOURCE_EXHAUSTED|UNAVAILABLE|UNAUTHENTICATED|"
         "PERMISSION_DENIED|DATA_LOSS|ABORTED|DEADLINE_EXCEEDED|INTERNAL|UNIMPLEMENTED")
SKIPPED = {"build", "node_modules", "segrid-data"}
SENDGRID_KEY = ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eN"
                "Ec6wEA3F+g==")
OTHER_KEY = ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELxdYqwo3/IaWxRlLUIQa23e5JmZ4uoySebq+essUmJ/QzLAFagqpt62q36gY4NWI83R2aFvBRSDn"
             "Qk++QvCFzA==")
# Pages for users, and words of ours with those that they should say.
FOR_USERS = ("README.md", "SECURITY.md", "docs/", "client/", "proto/", "server/deploy/")
OURS = (("doors?", "listener"), ("mend(?:s|ed)?", "fix"), ("comes? again|come back", "retries, is configured again"),
        ("g[ia]ves? up|given up", "drops, dead-letters, deletes"), ("for good", "permanently"), ("stands?", "is"), ("begun", "started"),
        ("bur(?:y|ied|ies)", "dead-letter"), ("sift(?:s|ed)?", "drop expired"), ("salvage[sd]?", "recovery"), ("strangers?", "untrusted peer"),
        ("twins?", "duplicate"), ("wish(?:es)?", "request"), ("utter(?:s|ed)?", "say"), ("janitor", "compactor"), ("in disguise", "masked"),
        ("knocks?", "calls"), ("the books", "the ledger"), ("being worked on", "being processed"))
SOURCES = {"cpp", "python", "js", "proto"}  # What is in files that tests build or run.
LANGUAGES = SOURCES | {"sh", "console", "yaml", "json", "sql", "text", "cmake", "nginx", "haproxy", "caddy"}


def read(name):
  return (ROOT / name).read_text(encoding="utf-8")


def pages():
  """Every page of ours, by its path from the root."""
  for folder, folders, files in os.walk(ROOT):
    folders[:] = [name for name in folders if name not in SKIPPED and not name.startswith(".")]
    for name in sorted(files):
      if name.endswith(".md"):
        path = pathlib.Path(folder, name)
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def link_problems(page, text):
  found = []
  for link in markdown.links(text):
    if re.match(r"[a-z][a-z+.-]*:", link):
      continue
    name, _, anchor = link.partition("#")
    target = (ROOT / page).parent / name if name else ROOT / page
    if not target.exists():
      found.append(f"{page}: {link} is not there")
    elif anchor and anchor not in markdown.anchors(target.read_text(encoding="utf-8")):
      found.append(f"{page}: {link}: no heading gives this anchor")
  return found


def shell_of(block):
  """The commands of a block, without prompts and output."""
  if block.language == "sh":
    return block.text
  lines = [line for line in block.text.split("\n") if re.match(r"[$>] ", line)]
  return "".join(line[2:] + "\n" for line in lines)


def shell_blocks(text):
  return [block for block in markdown.blocks(text) if block.language in ("sh", "console")]


def syntax_problems(page, text):
  found = []
  for block in shell_blocks(text):
    done = subprocess.run(["bash", "-n"], input=shell_of(block), capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stderr:
      found.append(f"{page}:{block.line}: {done.stderr.strip()}")
  return found


@functools.cache
def script_options():
  """The options of the scripts that pages name."""
  return {option for name in ("bench/sizing.py",) for option in re.findall(r'add_argument\("(--[a-z-]+)"', read(name))}


def command_problems(page, text, known):
  """Commands and options of ours that the programs do not have."""
  lines = [span for span in markdown.code_spans(text) if re.match(r"(\S+/)?segrid[a-z-]* ", span)]
  for block in shell_blocks(text):
    lines += re.sub(r"\\\n", " ", shell_of(block)).split("\n")
  found = [problem for line in lines for problem in programs.problems(line, known)]
  options = {option for program in known.values() for option in all_options(program)} | script_options()
  for span in markdown.code_spans(text):
    if re.fullmatch(r"--[a-z][\w-]*", span) and span not in options:
      found.append(f"no program has the option {span}")
  return [f"{page}: {problem}" for problem in found]


def all_options(command):
  return command.options.union(*(all_options(below) for below in command.commands.values()))


def without_indentation(text, block):
  """A file without the indentation that it has where the block begins, so that a part of a function is found."""
  first = next((line for line in block.text.split("\n") if line.strip()), "")
  margin = re.search(rf"^( *){re.escape(first.strip())}$", text, re.MULTILINE)
  return re.sub(rf"^{margin[1]}", "", text, flags=re.MULTILINE) if margin else text


def snippet_problems(page, text):
  """Code that is said to come from a file is in that file, and the file is built."""
  found = []
  for block in markdown.blocks(text):
    if not block.source:
      continue
    path = ROOT / block.source
    if not path.exists() or textwrap.dedent(block.text).strip() not in without_indentation(path.read_text(encoding="utf-8"), block):
      found.append(f"{page}:{block.line}: this is not in {block.source}")
    elif not any(path.name in (folder / "CMakeLists.txt").read_text(encoding="utf-8")
                 for folder in (path.parent, ROOT / "tests/docs") if (folder / "CMakeLists.txt").exists()):
      found.append(f"{page}:{block.line}: {block.source} is not built or run")
  return found


def word_problems(page, text):
  """Words of our own where the field has others, in the pages for users."""
  found = []
  plain = re.sub(r"`[^`\n]*`", "", markdown.prose(text))
  for number, line in enumerate(plain.split("\n"), 1):
    found += [f"{page}:{number}: '{match[0]}': say {ours[1]}" for ours in OURS
              for match in re.finditer(rf"(?i)\b(?:{ours[0]})\b", line)]
  return found


def picture_problems(name, text):
  found = []
  root = xml.etree.ElementTree.fromstring(text)
  if root.find("{http://www.w3.org/2000/svg}title") is None:
    found.append(f"{name}: has no title")
  if "prefers-color-scheme: dark" not in text:
    found.append(f"{name}: is not made for dark mode")
  if re.search(r"(?<!xmlns=\")https?://", text):
    found.append(f"{name}: fetches something")
  return found


def listed_reasons(text):
  """The reasons in the comments of a .proto file: `CODE`, `REASON` / `REASON`."""
  pairs = re.findall(rf"`(?:{CODES})`, (`[A-Z_]+`(?: /\s+(?://\s+)?`[A-Z_]+`)*)", text)
  return {reason for pair in pairs for reason in markdown.ticked(pair)}


def flat(text):
  """`path -> value` of the YAML that `segrid-server config show` prints."""
  found, path = {}, []
  for line in text.split("\n"):
    match = re.fullmatch(r"( *(?:- )?)([\w]+):(?: (.*))?", line)
    if match:
      depth = len(match[1]) // 2
      depth -= sum(part.endswith("[]") for part in path[:depth])  # A list's items stand two columns further in.
      is_list = match[2] in ("sources", "webhooks", "tokens") and match[3] is None
      path[depth:] = [match[2] + ("[]" if is_list else "")]
      if match[3] is not None:
        found[".".join(path)] = match[3].replace('"', "")
  return found


def filled_in(config):
  """A configuration of a page, with values where it has names for them."""
  config = re.sub(r"\bHASH_OF_\w+", lambda match: hashlib.sha256(match[0].encode()).hexdigest(), config)
  config = re.sub(r"\$\{file:[^}]+\}", "${SEGMENT_WRITE_KEY}", config)
  config = config.replace("${NEW_WEBHOOK_KEY}", OTHER_KEY).replace("${OLD_WEBHOOK_KEY}", SENDGRID_KEY)
  return config.replace("KEY_THAT_SENDGRID_SHOWS", SENDGRID_KEY)


def configuration_problems(page, text):
  """YAML that the server does not take, unless it is said to be for another program: `<!-- for Prometheus -->`."""
  found = []
  for block in markdown.blocks(text):
    if block.language == "yaml" and not block.note.startswith("for "):
      try:
        effective(filled_in(block.text))
      except ValueError as error:
        found.append(f"{page}:{block.line}: {error}")
  return found


def profile_problems(page, text):
  """Profile files, `<!-- for segrid -->`, that `segrid` does not take."""
  found = []
  for block in markdown.blocks(text):
    if block.language == "yaml" and block.note == "for segrid":
      with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder, "segrid")
        home.mkdir()
        (home / "config.yaml").write_text(block.text)
        ran = subprocess.run([BIN / "segrid", "config"], env={"XDG_CONFIG_HOME": folder}, capture_output=True, text=True,
                             check=False)
        if ran.returncode != 0 or " profile" not in ran.stdout:
          found.append(f"{page}:{block.line}: {ran.stderr or ran.stdout}")
  return found


def json_problems(page, text):
  """JSON that is none; a block may have several values, one after the other."""
  found = []
  for block in markdown.blocks(text):
    rest = block.text.strip() if block.language == "json" else ""
    while rest:
      try:
        rest = rest[json.JSONDecoder().raw_decode(rest)[1]:].lstrip()
      except ValueError as error:
        found.append(f"{page}:{block.line}: {error}")
        break
  return found


def uncompiled_problems(page, text):
  """Languages that nothing checks, and code that neither comes from a file that is built nor is run as a task."""
  found = []
  for block in markdown.blocks(text):
    if block.language not in LANGUAGES or (block.language in SOURCES and not block.source and not block.note.startswith("task ")):
      found.append(f"{page}:{block.line}: nothing checks this {block.language or 'block without a language'}")
  return found


def number_of(quantity):
  """A count, size or time of a page or of a configuration as a number: `4MiB`, `10,000`, `1m15s`, `30 days`."""
  units = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "days": 86400}
  return sum(float(number.replace(",", "")) * units[unit]
             for number, unit in re.findall(r"(\d[\d,]*) ?(KiB|MiB|GiB|ms|min|days|[smh])?", quantity))


def effective(config):
  """What the server makes of a configuration, or of none."""
  environment = {**os.environ, "SEGMENT_WRITE_KEY": "k" * 32}
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "segrid.yaml")
    path.write_text(config, encoding="utf-8")
    done = subprocess.run([BIN / "segrid-server", "config", "show", "--config", path], env=environment,
                          capture_output=True, text=True, timeout=30, check=False)
  if done.returncode != 0:
    raise ValueError(done.stderr)
  return flat(done.stdout)


class Pages(unittest.TestCase):

  def check(self, problems):
    self.assertFalse(problems, "\n" + "\n".join(problems))

  def test_every_link_leads_somewhere(self):
    self.check([problem for page, text in pages() for problem in link_problems(page, text)])

  def test_shell_parses(self):
    self.check([problem for page, text in pages() for problem in syntax_problems(page, text)])

  def test_the_programs_have_the_commands_and_options(self):
    known = {name: programs.describe([str(BIN / name)]) for name in NAMES}
    known["dev"] = programs.Command("", set(), {word: programs.Command("", {"--once", "-R"}, {}) for word in
                                               re.findall(r"^\./dev (\w+)", read("dev"), re.MULTILINE)})
    self.check([problem for page, text in pages() for problem in command_problems(page, text, known)])

  def test_configurations_are_right(self):
    self.assertGreater(sum(block.language == "yaml" for _, text in pages() for block in markdown.blocks(text)), 5)
    self.check([problem for page, text in pages() for problem in configuration_problems(page, text)])
    self.check([problem for page, text in pages() for problem in profile_problems(page, text)])

  def test_json_is_json(self):
    self.check([problem for page, text in pages() for problem in json_problems(page, text)])

  def test_something_checks_every_block(self):
    self.check([problem for page, text in pages() for problem in uncompiled_problems(page, text)])

  def test_the_index_has_every_page_for_users(self):
    shown = {target.partition("#")[0] for target in markdown.links(read("docs/README.md"))}
    wanted = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    self.assertEqual(wanted - shown, set())

  def test_words_are_those_of_the_field(self):
    self.check([problem for page, text in pages() if page.startswith(FOR_USERS)
                for problem in word_problems(page, text)])

  def test_snippets_are_in_files_that_compile(self):
    self.check([problem for page, text in pages() for problem in snippet_problems(page, text)])
    self.assertTrue(any(block.source for block in markdown.blocks(read("README.md"))))

  def test_pictures_are_self_contained(self):
    for path in sorted(ROOT.glob("docs/*.svg")):
      self.check(picture_problems(path.name, path.read_text(encoding="utf-8")))


class Reference(unittest.TestCase):
  """The pages in docs/ that list what the programs have."""

  def setUp(self):
    self.configuration = read("docs/configuration.md")

  def test_keys_have_the_defaults_of_the_program(self):
    example = read("tests/core/config/example.yaml")  # Has every key; a test sees to that.
    defaults = effective("sources: [{name: a, write_key: '${SEGMENT_WRITE_KEY}'}]")
    for cells in markdown.table(self.configuration, "key"):
      keys, shown = markdown.ticked(cells[0]), markdown.ticked(cells[1])
      for key, default in itertools.zip_longest(keys, shown, fillvalue=shown[0] if shown else None):
        with self.subTest(key):
          self.assertRegex(example, rf"\b{key.strip('[]').rpartition('.')[2]}:")
          if cells[1].startswith("`"):
            self.assertEqual(defaults[key.removesuffix("[]")], default)

  def test_every_key_is_in_the_table(self):
    shown = {key.removesuffix("[]") for cells in markdown.table(self.configuration, "key")
             for key in markdown.ticked(cells[0])}
    known = set(effective("sources: [{name: b, receiver: file, path: b.ndjson}]"))
    self.assertEqual(known - shown, set())

  def test_limits_name_keys_with_their_defaults(self):
    shown = {key: default for cells in markdown.table(self.configuration, "key")
             for key, default in itertools.zip_longest(markdown.ticked(cells[0]), markdown.ticked(cells[1]),
                                                       fillvalue=(markdown.ticked(cells[1]) or [""])[0])}
    for what, limit, named in markdown.table(read("docs/limits.md"), "what"):
      for key in markdown.ticked(named):
        if not key.startswith("--"):
          with self.subTest(key):
            self.assertIn(number_of(shown[key]), {number_of(part) for part in re.findall(r"\d[\d,]* ?(?:[KMG]iB|min|ms|s|h|days)?", limit)},
                          what)

  def test_every_command_is_in_the_table(self):
    shown = "".join(cells[0] + " " for cells in markdown.table(read("docs/programs.md"), "command"))
    for name in ("segrid", "segrid-server"):  # bench/README.md has the third.
      for command in programs.describe([str(BIN / name)]).commands:
        self.assertRegex(shown, rf"`{name} {command}\b", f"{name} {command}")

  def test_reasons_are_those_of_the_api(self):
    errors = {reason for cells in markdown.table(read("docs/errors.md"), "reason") for reason in markdown.ticked(cells[0])}
    promised = set.union(*(listed_reasons(read(f"proto/segrid/v1/{name}.proto")) for name in ("bridge", "admin")))
    self.assertGreater(len(promised), 8)
    self.assertLessEqual(promised, errors)
    sources = "".join(path.read_text(encoding="utf-8") for top in ("core", "server", "client", "proto")
                      for path in (ROOT / top).rglob("*") if path.suffix in (".h", ".cc", ".proto", ".py"))
    for cells in markdown.table(read("docs/webhook.md"), "answer"):
      errors |= {error for error in markdown.ticked(cells[1]) if error.isupper()}
    self.assertEqual([reason for reason in errors if not re.search(rf"\b{reason}\b", sources)], [])

  def test_outcomes_are_those_of_the_api(self):
    rows = {cells[1].strip("`"): cells[0] for cells in markdown.table(read("docs/errors.md"), "outcome")}
    proto = dict((name, outcome.lower()) for outcome, name in
                 re.findall(r"// (Skipped|Rejected):[^=]*?REASON_(\w+) =", read("proto/segrid/v1/bridge.proto")))
    self.assertEqual(rows, proto)

  def test_events_are_those_of_the_catalog(self):
    rows = re.findall(r'\{"(\w+)", +Condition::\w+, +"([^"]+)", +"(\w+)"', read("core/catalog/catalog.h"))
    shown = [(markdown.ticked(cells[0])[0], cells[1], cells[2].strip("`"))
             for cells in markdown.table(read("README.md"), "SendGrid `event`")]
    self.assertEqual(shown, rows)

  def test_exit_codes_are_those_of_the_server(self):
    help_text = programs.describe([str(BIN / "segrid-server")]).help
    codes = re.findall(r"^  (\d+) +\S", help_text, re.MULTILINE)
    self.assertEqual([cells[0] for cells in markdown.table(read("docs/programs.md"), "exit code")], codes)


class Help(unittest.TestCase):

  def test_explains_the_columns_of_every_table(self):
    commands = {"dead-letters": ["dead-letters", "list"], "issue-summary": ["forward"]}
    tables = {}
    for path in sorted((ROOT / "client/cli").glob("*.cc")):
      for headings in re.findall(r"Table table\(\s*\{([^}]*)\}", path.read_text(encoding="utf-8")):
        name = path.stem.replace("_", "-")
        tables.setdefault(name, []).extend(heading for heading in re.findall(r'"([^"]*)"', headings) if heading)
    self.assertGreater(len(tables), 7)
    for name, headings in tables.items():
      shown = subprocess.run([BIN / "segrid", *commands.get(name, [name]), "--help"], check=True, capture_output=True, text=True).stdout
      columns = re.search(r"^Columns:\n((?:  .*\n)+)", shown, re.MULTILINE)
      self.assertTrue(columns, name)
      for heading in headings:
        self.assertRegex(columns[1], rf"(?m)^  {re.escape(heading)}  +\S", name)


class Metrics(unittest.TestCase):

  def test_the_page_is_the_table(self):
    rows = re.findall(r'\{"(\w+)",\s+Type::k(\w+),\s+\{([^}]*)\}, "((?:[^"\\]|\\.)*)"\}',
                      read("server/metrics/metric_table.h"))
    wanted = [[f"`{name}`", kind.lower(), ", ".join(f"`{label}`" for label in re.findall(r'"(\w+)"', labels)), text]
              for name, kind, labels, text in rows]
    self.assertGreater(len(wanted), 20)
    self.assertEqual(markdown.table(read("docs/metrics.md"), "metric"), wanted)


class Runbook(unittest.TestCase):

  def setUp(self):
    self.text = read("docs/runbook.md")

  def first_cells(self, title):
    return [name for cells in markdown.table(self.text, title) for name in markdown.ticked(cells[0])]

  def test_every_state_is_explained(self):
    states = set(re.findall(r"\bSOURCE_STATE_(\w+) =", read("proto/segrid/v1/admin.proto"))) - {"UNSPECIFIED"}
    self.assertGreater(len(states), 4)
    self.assertEqual(set(self.first_cells("state")), states)

  def test_every_reason_of_dead_letters_is_explained(self):
    reasons = set(re.findall(r'kReason\w+ = "(\w+)"', read("core/queue/dead_letter.h")))
    self.assertGreater(len(reasons), 2)
    self.assertEqual(set(self.first_cells("reason")) - {"REDIRECTED", "REFUSED"}, reasons)

  def test_every_reason_of_an_error_is_explained(self):
    reasons = {name for cells in markdown.table(read("docs/errors.md"), "reason") for name in markdown.ticked(cells[0])}
    self.assertEqual(sorted(self.first_cells("reasons")), sorted(reasons))

  def test_every_error_of_a_webhook_is_explained(self):
    errors = {name for cells in markdown.table(read("docs/webhook.md"), "answer") for name in markdown.ticked(cells[1])}
    self.assertEqual({name for name in errors if f"`{name}`" not in self.text}, set())

  def test_commands_are_those_of_the_package(self):
    for block in shell_blocks(self.text):
      self.assertNotIn("build/release", block.text)

  def test_every_alert_is_explained(self):
    alerts = re.findall(r"- alert: (\w+)", read("server/deploy/alerts.yaml"))
    explained = [markdown.ticked(cells[0])[0] for cells in markdown.table(read("docs/runbook.md"), "alert")]
    self.assertEqual(sorted(explained), sorted(alerts))


class MistakesAreFound(unittest.TestCase):
  """The checks on pages that are wrong: none of them passes whatever it is given."""

  def test_of_every_kind(self):
    known = {"segrid": programs.Command("", {"--help"}, {"forward": programs.Command("", {"--wait"}, {})})}
    for wrong in ("`segrid forwards x`", "`segrid forward --hurry`", "`--hurry`", "```sh\na | bin/segrid send\n```",
                  "```console\n$ segrid \\\n>   forward --hurry\n```"):
      self.assertEqual(len(command_problems("p", wrong, known)), 1, wrong)
    self.assertEqual(command_problems("p", "`segrid forward --wait -`, `--help`, `segrid`", known), [])
    for wrong in ("[a](none.md)", "![a](none.svg)", "[a](README.md#none)", '<img src="none">'):
      self.assertEqual(len(link_problems("README.md", wrong)), 1, wrong)
    self.assertEqual(link_problems("README.md", "[a](LICENSE) `[b](c)` [d](https://e) [f](#segrid)"), [])
    self.assertTrue(syntax_problems("p", "```sh\nif true\n```"))
    for wrong in ("```yaml\nsurces: []\n```", "```yaml\nwebhooks: [{public_keys: [KEY]}]\n```"):
      self.assertEqual(len(configuration_problems("p", wrong)), 1, wrong)
    self.assertEqual(configuration_problems("p", "<!-- for Prometheus -->\n```yaml\nsurces: []\n```"), [])
    self.assertEqual(len(json_problems("p", "```json\n{} {\n```")), 1)
    self.assertEqual(json_problems("p", '```json\n{}\n[1]\n```'), [])
    self.assertEqual(len(word_problems("p", "A door\nthat stands open comes again")), 3)
    self.assertEqual(word_problems("p", "`door` and understanding, outdoors\n```text\na door\n```"), [])
    for wrong in ("```\n```", "```cpp\n```", "```pascal\n```"):
      self.assertEqual(len(uncompiled_problems("p", wrong)), 1, wrong)
    self.assertTrue(snippet_problems("p", "<!-- from README.md -->\n```cpp\nnot in there, ever\n```"))
    self.assertTrue(snippet_problems("p", "<!-- from none.cc -->\n```cpp\n```"))
    self.assertEqual(len(picture_problems("p", '<svg xmlns="http://www.w3.org/2000/svg"><a href="http://x"/></svg>')), 3)
    self.assertEqual(listed_reasons("// - `NOT_FOUND`, `B` /\n//   `C`: d"), {"B", "C"})
    self.assertEqual(flat("a:\n  b: 1\nsources:\n  - c: x\n"), {"a.b": "1", "sources[].c": "x"})
    with self.assertRaises(ValueError):
      effective("sources: [{name: A}]")


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__)
  arguments.add_argument("--programs", required=True, type=lambda name: pathlib.Path(name).resolve())
  given, rest = arguments.parse_known_args()
  BIN = given.programs
  unittest.main(argv=[sys.argv[0], *rest])
