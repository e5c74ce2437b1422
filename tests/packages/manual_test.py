"""Manual pages and completions say what the programs' --help says.

    manual_test.py <source dir> <bin dir> <program>...
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
PROGRAMS = sys.argv[3:]
sys.path.insert(0, str(SOURCE / "cmake/manual"))
import help_pages  # noqa: E402

SAMPLE = """\
What it does. More of it.
Usage: tool sub [OPTIONS] [FILE]

Positionals:
  FILE=-                      What to read

Options:
  -h,--help                   Print this
  --mode TEXT:{fast,slow}=fast (Env:TOOL_MODE)
                              How: fast, slow
  --out FILE ... Needs: --mode
                              Where to
  --flag                      Switch it on

Subcommands:
  one                         The first
  a-very-long-name-of-a-command
                              The second

Notes that end it:
  0  good
"""


def said(program, words):
    """Names of options and commands, read from --help without help_pages."""
    text = subprocess.run([BIN / program, *words, "--help"], capture_output=True, text=True, check=True).stdout
    names = {name for head in re.findall(r"^  ((?:-\w|--[\w-]+)(?:,--[\w-]+)*)", text, re.M) for name in head.split(",")}
    block = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
    return names, re.findall(r"^  (\S+)", block.group(1), re.M) if block else []


def everything(program, words=()):
    """(words, names) of a program and all its commands."""
    names, commands = said(program, words)
    yield list(words), names | set(commands)
    for command in commands:
        yield from everything(program, (*words, command))


class Reading(unittest.TestCase):
    def test_takes_a_page_apart(self):
        page = help_pages.parse(["tool", "sub"], SAMPLE)
        self.assertEqual(page.about, "What it does. More of it.")
        self.assertEqual([option.names for option in page.options], [["-h", "--help"], ["--mode"], ["--out"], ["--flag"]])
        mode, out, flag = page.options[1:]
        self.assertEqual((mode.choices, mode.variable, mode.text), (["fast", "slow"], "TOOL_MODE", "How: fast, slow"))
        self.assertEqual((out.value, out.is_path, out.text), ("FILE ...", True, "Where to"))
        self.assertEqual((flag.value, flag.text), ("", "Switch it on"))
        self.assertTrue(page.positionals[0].is_path)
        self.assertEqual([(below.words[-1], text) for below, text in page.commands],
                         [("one", "The first"), ("a-very-long-name-of-a-command", "The second")])
        self.assertEqual(page.footer, ["Notes that end it:", "  0  good"])


class Written(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        for program in PROGRAMS:
            subprocess.run([sys.executable, "-B", SOURCE / "cmake/manual/make_manual.py", BIN / program, cls.folder],
                           check=True)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def completed(self, program, words):
        """What bash offers behind `words`."""
        line = " ".join(f"'{word}'" for word in (program, *words))
        script = (f"source '{self.folder}/{program}.bash'; COMP_WORDS=({line}); COMP_CWORD={len(words)}; "
                  f"{'_' + re.sub(r'[^a-z]', '_', program)}; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, cwd=self.folder)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def test_the_page_has_each_option_and_command(self):
        for program in PROGRAMS:
            page = (self.folder / f"{program}.1").read_text().replace("\\-", "-")
            for words, names in everything(program):
                part = page.split(f'.SS "{" ".join([program, *words])}"\n')[1].split(".SS ")[0] if words else page
                for name in names:
                    self.assertIn(name, part, [program, *words])
            self.assertIn(".SH NAME\n" + program + " \\- ", (self.folder / f"{program}.1").read_text()
                          .replace(program.replace("-", "\\-"), program))

    def test_bash_offers_each_option_and_command(self):
        for program in PROGRAMS:
            for words, names in everything(program):
                self.assertLessEqual(names, self.completed(program, [*words, ""]) | self.completed(program, [*words, "-"]),
                                     [program, *words])

    def test_zsh_has_each_option(self):
        for program in PROGRAMS:
            text = (self.folder / f"_{program}").read_text()
            self.assertTrue(text.startswith(f"#compdef {program}\n"))
            for words, names in everything(program):
                function = "_" + re.sub(r"\W", "_", "_".join([program, *words]))
                body = text.split(f"\n{function}() {{\n")[1].split("\n}\n")[0]
                for name in names:
                    self.assertIn(name, body, [program, *words])

    def test_values_are_completed_as_what_they_are(self):
        if "segrid-bench" not in PROGRAMS:
            self.skipTest("the load tool was not built")
        (self.folder / "a-file.json").write_text("")
        self.assertEqual(self.completed("segrid-bench", ["--input", ""]), {"json", "typed"})
        self.assertIn("a-file.json", self.completed("segrid-server", ["--config", "a-fi"]))
        self.assertIn("a-file.json", self.completed("segrid-server", ["validate", "--config", "a-fi"]))
        # The value of an option is no command, whatever it is called.
        self.assertIn("--reason", self.completed("segrid", ["--server", "dead-letters", "dead-letters", "list", "-"]))

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_troff_has_nothing_to_complain_of(self):
        for program in PROGRAMS:
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-Kutf8", self.folder / f"{program}.1"],
                                  capture_output=True, text=True, check=True)
            self.assertEqual(done.stderr, "")
            self.assertIn("SYNOPSIS", re.sub(".\x08", "", done.stdout))  # Bold is each letter twice.

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_can_read_it(self):
        for program in PROGRAMS:
            subprocess.run(["zsh", "-n", self.folder / f"_{program}"], check=True)


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
