"""What the programs say about themselves, and whether a command fits to it."""

import dataclasses
import re
import shlex
import subprocess


@dataclasses.dataclass
class Command:
  """A program or one of its subcommands, as its --help describes it."""
  help: str
  options: set
  commands: dict


def describe(words):
  """Asks a program, or one of its subcommands, and all below it."""
  done = subprocess.run([*words, "--help"], capture_output=True, text=True, timeout=30, check=True)
  command = Command(done.stdout, set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", done.stdout)), {})
  part = re.search(r"^Subcommands:\n((?:  .*\n)+)", done.stdout, re.MULTILINE)
  for name in re.findall(r"^  ([a-z][\w-]*)", part[1] if part else "", re.MULTILINE):
    command.commands[name] = describe([*words, name])
  return command


def _problems_of(words, programs):
  """One program with its arguments."""
  while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
    words = words[1:]
  name = words[0].rpartition("/")[2] if words else ""
  if name not in programs:
    return []
  at, options = programs[name], set(programs[name].options)
  problems = []
  for index, word in enumerate(words[1:], 1):
    if word.startswith("-") and word != "-":
      if word.partition("=")[0] not in options:
        problems.append(f"{' '.join(words[:index])} has no option {word}")
    elif word in at.commands:
      at = at.commands[word]
      options |= at.options
    elif at.commands and re.fullmatch(r"[a-z][a-z-]*", word) and not words[index - 1].startswith("-"):
      return [f"{' '.join(words[:index])} has no command {word}"]
  return problems


def problems(line, programs):
  """What is wrong with a line of shell: unknown commands and options of ours."""
  lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>()")
  lexer.whitespace_split = True
  found, command = [], []
  for word in [*lexer, ";"]:
    if word and set(word) <= set("|;&()"):
      found += _problems_of(command, programs)
      command = []
    else:
      command.append(word)
  return found
