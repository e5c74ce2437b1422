"""The lines of the server's log: those that docs/logs.md describes, and those that the sources can write."""

import dataclasses
import json
import pathlib
import re

import markdown

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEVELS = ("debug", "info", "warning", "error")
CALL = re.compile(r"(?:\.|->)(Debug|Info|Warning|Error)\(")
TYPES = {"string": str, "integer": int, "boolean": bool}
EVERYWHERE = {"time": "string", "level": "string", "message": "string", "suppressed": "integer"}


@dataclasses.dataclass(frozen=True)
class Kind:
  """A kind of line: its level, and the names of its fields besides those of every line."""
  level: str
  fields: frozenset


def read(name):
  return (ROOT / name).read_text(encoding="utf-8")


def documented():
  """The kinds of lines by their message, and the types of the fields, as the page has them."""
  text = read("docs/logs.md")
  kinds = {}
  for cells in markdown.table(text, "message"):
    (message,), fields = markdown.ticked(cells[0]), markdown.ticked(cells[2])
    if message in kinds:
      raise ValueError(f"docs/logs.md has twice: {message}")
    kinds[message] = Kind(cells[1].strip(), frozenset(fields))
  types = {name: cells[1].strip() for cells in markdown.table(text, "field") for name in markdown.ticked(cells[0])}
  return kinds, types


def arguments(text, start):
  """The arguments of a call, from behind its opening parenthesis, as (the literals of the first one, the others' text)."""
  depth, at, first_end = 1, start, None
  while depth:
    if text[at] == '"':
      at = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at).end()
      continue
    depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(text[at], 0)
    if text[at] == "," and depth == 1 and first_end is None:
      first_end = at
    at += 1
  return text[start:first_end or at - 1], text[first_end or at - 1:at - 1]


def messages_of(argument):
  """The constant texts of an argument; adjacent literals are one."""
  return ["".join(json.loads(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"', run))
          for run in re.findall(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*', argument)]


def fields_of(argument, text):
  """The names of the fields of a call; those in variables are looked up in the file."""
  names = re.findall(r'\{\s*"([a-z_]+)"\s*,', argument)
  plain = re.sub(r'"(?:[^"\\]|\\.)*"', '""', argument)
  for name in re.findall(r"\b[a-z_]+\b", plain):
    for variable in re.findall(rf"\bFields? {name} = (\{{.*?\}});", text, re.DOTALL):
      names += re.findall(r'\{\s*"([a-z_]+)"\s*,', variable)
  return names


def kinds_in(text):
  """Pairs of message and kind, one for each call of the log in a source."""
  for call in CALL.finditer(text):
    message, fields = arguments(text, call.end())
    found = messages_of(message)
    if not found:
      raise ValueError(f"a line without a constant message: {text[call.start():call.end() + 80]}")
    for each in found:
      yield each, Kind(call[1].lower(), frozenset(fields_of(fields, text)))


def in_sources():
  """Every kind of line that the server can write. The log itself has one more, of lines that were dropped."""
  own = read("server/logging/log.cc")
  ((level, message, field),) = re.findall(
      r'Level::k(\w+),\s*("(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*),\s*\{\{"(\w+)"', own)
  kinds = {messages_of(message)[0]: Kind(level.lower(), frozenset([field]))}
  for path in sorted((ROOT / "server").rglob("*.cc")):
    if path.parent.name == "logging":
      continue
    for message, kind in kinds_in(path.read_text(encoding="utf-8")):
      before = kinds.setdefault(message, kind)
      if before != kind:
        raise ValueError(f"{path}: two kinds of one message: {message}: {before}, {kind}")
  return kinds


def problems(line, kinds, types):
  """What is wrong with a line of JSON, as the page has it."""
  entry = json.loads(line)
  kind = kinds.get(entry["message"])
  if kind is None:
    return [f"not in docs/logs.md: {line}"]
  fields = entry.keys() - EVERYWHERE.keys()
  found = [f"level {entry['level']}: {line}"] if entry["level"] != kind.level else []
  found += [f"field {name}: {line}" for name in sorted(fields ^ kind.fields)]
  for name, value in entry.items():
    if type(value) is not TYPES[EVERYWHERE.get(name) or types[name]]:
      found.append(f"type of {name}: {line}")
  return found


def text_parts(line):
  """The parts of a line of text, all as strings, named as in JSON."""
  time, level, rest = re.fullmatch(r"(\S+Z) (DEBUG|INFO|WARNING|ERROR) +(.*)", line).groups()
  message, _, fields = rest.partition("  ")
  parts = {"time": time, "level": level.lower(), "message": message}
  for name, value in re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', fields):
    parts[name] = json.loads(value) if value.startswith('"') else value
  return parts
