"""The options of our programs, as `--help` tells them.

CLI11 prints the tables that it parses the command line with, so what is read here is what the program takes; there is no
second list that could go wrong.
"""

import dataclasses
import re
import subprocess

COLUMN = 30  # Where CLI11 begins descriptions; a longer head stands alone on its line.
_OPTION = re.compile(r"^(-\w|--[\w-]+)(,--[\w-]+)*")
_SPECIAL = re.compile(r"\s*(REQUIRED|\(Env:\w+\)|(Needs|Excludes): (--[\w-]+ ?)+)")


@dataclasses.dataclass
class Option:
    names: list  # ["-h", "--help"]; a positional has none.
    head: str  # As printed.
    text: str = ""

    @property
    def value(self):
        """What stands behind the names: `FILE`, `TEXT:{a,b}=a`, or "" for a flag."""
        return _SPECIAL.sub("", self.head[len(",".join(self.names)):]).strip()

    @property
    def choices(self):
        found = re.search(r"\{([^}]*)\}", self.value)
        return found.group(1).split(",") if found else []

    @property
    def variable(self):
        found = re.search(r"\(Env:(\w+)\)", self.head)
        return found.group(1) if found else ""

    @property
    def is_path(self):
        return bool(re.match(r"(FILE|DIR|A\.json)", self.value))


@dataclasses.dataclass
class Page:
    """What one `--help` shows."""
    words: list  # ["segrid", "dead-letters", "list"]
    about: str = ""
    usage: str = ""
    groups: dict = dataclasses.field(default_factory=dict)  # "Options": [Option, …]
    commands: list = dataclasses.field(default_factory=list)  # (Page, text)
    footer: list = dataclasses.field(default_factory=list)  # Lines.

    @property
    def options(self):
        return [option for group in self.groups.values() for option in group if option.names]

    @property
    def positionals(self):
        return self.groups.get("Positionals", [])


def _rows(lines):
    """(head, description) of each entry of a group."""
    rows = []
    for line in lines:
        if line.startswith(" " * COLUMN):
            head, text = rows[-1]
            rows[-1] = (head, f"{text} {line.strip()}".strip())
        elif len(line) < COLUMN or line[COLUMN - 1] == " ":
            rows.append((line[:COLUMN].strip(), line[COLUMN:].strip()))
        else:
            rows.append((line.strip(), ""))
    return rows


def parse(words, text):
    """The page of the command `words` that printed `text`; its commands have only their names yet."""
    page = Page(words)
    about, _, rest = text.partition("Usage: ")
    page.about = about.strip()
    lines = rest.split("\n")
    page.usage = lines.pop(0).strip()
    while lines:
        line = lines.pop(0)
        title = line.removesuffix(":")
        block = []
        is_group = line.endswith(":") and lines and (
            lines[0].startswith("  -") or title in ("Positionals", "Subcommands"))
        while is_group and lines and lines[0].startswith("  "):
            block.append(lines.pop(0))
        if not is_group:
            page.footer.append(line)
        elif title == "Subcommands":
            page.commands = [(Page(words + [head]), about) for head, about in _rows(block)]
        else:
            page.groups[title] = [
                Option(_OPTION.match(head).group(0).split(",") if head.startswith("-") else [], head, about)
                for head, about in _rows(block)]
    while page.footer and not page.footer[-1].strip():
        page.footer.pop()
    while page.footer and not page.footer[0].strip():
        page.footer.pop(0)
    return page


def read(program, words):
    """The page of a command of `program`, and of everything below it."""
    text = subprocess.run([program, *words[1:], "--help"], capture_output=True, text=True, check=True, timeout=30).stdout
    page = parse(words, text)
    page.commands = [(read(program, below.words), about) for below, about in page.commands]
    return page


def walk(page):
    """The page and all below it."""
    yield page
    for below, _ in page.commands:
        yield from walk(below)


def version(program):
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    return re.search(r"\d+\.\d+\.\d+\S*", text).group(0)
