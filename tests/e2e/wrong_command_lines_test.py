"""Every program says in its own words what is wrong with a command line, and what may have been meant.

    wrong_command_lines_test.py <source dir> <program>...
"""

import concurrent.futures
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(sys.argv[1])
PROGRAMS = [pathlib.Path(program) for program in sys.argv[2:]]
sys.path.insert(0, str(SOURCE / "cmake/manual"))
import help_pages  # noqa: E402

# How CLI11 says it.
FOREIGN = ["not expected", "not in {", "Could not convert", "Expected", "At least", "At Most", "at least 1", "disallowed",
           "ubcommand", "Requires", "Run with --help", "TEXT", "INT", "not an allowed value", "requires", "excludes"]


def typo(word):
    """`word` with two letters swapped in its middle, or "" when that changes nothing."""
    at = len(word) // 2
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2:] if at + 2 <= len(word) else word
    return "" if swapped == word else swapped


def takes_any_number(page):
    return any("..." in option.head for option in page.positionals)


def cases_of(page):
    """(arguments, what the error must contain) for one command."""
    words = page.words[1:]
    name = " ".join(page.words)
    yield words + ["--zzzzzzzz"], [f"'--zzzzzzzz' is no option of '{name}'"]
    yield words + ["--zzzzzzzz=secret"], ["'--zzzzzzzz' is no option of"]
    if page.commands:
        below = [command.words[-1] for command, _ in page.commands]
        yield words + ["zzzzzzzz"], [f"'zzzzzzzz' is no command of '{name}'; known are: ", *below]
        for command in below:
            if typo(command) and len(command) > 3:
                yield words + [typo(command)], [f"'{typo(command)}' is no command of", f"did you mean '{command}'?"]
    elif not takes_any_number(page):
        many = ["1"] * (len(page.positionals) + 1)
        # CLI11 counts those of a positional that takes one with it.
        takes_one = "takes one value only" if page.words[-1] == "show" and page.positionals else ""
        yield words + many, [takes_one or f"'1' is one argument more than '{name}' takes"]
    for option in page.options:
        long = option.names[-1]
        if len(long) > 6 and typo(long):
            yield words + [typo(long)], [f"'{typo(long)}' is no option of '{name}'; did you mean '--"]
        if option.value:
            yield words + [long], [f"{long} needs "]
        elif long not in ("--help", "--version"):
            yield words + [long + "=maybe"], [f"{long} takes no value"]
        if option.choices:
            yield words + [long, "zzz"], [f"{long}: 'zzz' is not one of {', '.join(option.choices)}"]


class WrongCommandLines(unittest.TestCase):
    def check(self, program, case):
        arguments, wanted = case
        ran = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
        with self.subTest(program=program.name, arguments=arguments, said=ran.stderr):
            self.assertEqual(ran.returncode, 2)
            self.assertEqual(ran.stdout, "")
            self.assertEqual(ran.stderr.count("\n"), 1)
            self.assertTrue(ran.stderr.startswith(program.name + ": "))
            self.assertTrue(ran.stderr.endswith("--help'\n"))
            self.assertNotIn("secret", ran.stderr)
            for words in wanted:
                self.assertIn(words, ran.stderr)
            for words in FOREIGN:
                self.assertNotIn(words, ran.stderr)

    def test_each_option_and_command_mistyped_unfinished_or_unknown(self):
        count = 0
        for program in PROGRAMS:
            cases = [case for page in help_pages.walk(help_pages.read(program, [program.name])) for case in cases_of(page)]
            count += len(cases)
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                for _ in pool.map(lambda case, program=program: self.check(program, case), cases):
                    pass
        self.assertGreater(count, 100 * len(PROGRAMS) // 2)
        print(f"figure: wrong command lines {count}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
