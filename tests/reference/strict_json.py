"""A small strict JSON reader (RFC 8259) for the reference implementation.

It differs from Python's own `json` where the mapping needs it: numbers keep
their text, of duplicate keys the last one wins, a surrogate escape without its
partner becomes U+FFFD, and so do bytes inside a string that are no UTF-8. A byte
order mark is skipped, and the nesting is bounded.
"""

import codecs
import re

MAX_DEPTH = 1024

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_HEX4 = re.compile(r"[0-9a-fA-F]{4}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f",
            "n": "\n", "r": "\r", "t": "\t"}
_LITERALS = {"true": True, "false": False, "null": None}


# Stands for a part that is no UTF-8 until it is known whether a string holds it;
# no decoded text has a surrogate.
_BAD = "\ud800"
codecs.register_error("mark", lambda error: (_BAD, error.end))


class NotJson(ValueError):
  """The body is not JSON."""


class Number:
  """A JSON number, kept as it was written."""

  def __init__(self, text):
    self.text = text


def parse(body):
  """The value that `body` (bytes) holds: dict, list, str, Number, bool, None."""
  text = body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "mark")
  value, end = _value(text, _skip_space(text, 0), 1)
  end = _skip_space(text, end)
  if end != len(text):
    raise NotJson(f"something follows the value at character {end}")
  return value


def _skip_space(text, at):
  return _SPACE.match(text, at).end()


def _value(text, at, depth):
  start = text[at:at + 1]
  if start in ("[", "{") and depth > MAX_DEPTH:
    raise NotJson(f"nested deeper than {MAX_DEPTH} levels at character {at}")
  if start == "[":
    return _array(text, at + 1, depth)
  if start == "{":
    return _object(text, at + 1, depth)
  if start == '"':
    return _string(text, at + 1)
  for literal, value in _LITERALS.items():
    if text.startswith(literal, at):
      return value, at + len(literal)
  number = _NUMBER.match(text, at)
  if number is None:
    raise NotJson(f"no value at character {at}")
  return Number(number.group()), number.end()


def _array(text, at, depth):
  values = []
  at = _skip_space(text, at)
  if text[at:at + 1] == "]":
    return values, at + 1
  while True:
    value, at = _value(text, _skip_space(text, at), depth + 1)
    values.append(value)
    at = _skip_space(text, at)
    if text[at:at + 1] == "]":
      return values, at + 1
    at = _expect(text, at, ",")


def _object(text, at, depth):
  members = {}
  at = _skip_space(text, at)
  if text[at:at + 1] == "}":
    return members, at + 1
  while True:
    at = _expect(text, _skip_space(text, at), '"')
    key, at = _string(text, at)
    at = _expect(text, _skip_space(text, at), ":")
    members[key], at = _value(text, _skip_space(text, at), depth + 1)
    at = _skip_space(text, at)
    if text[at:at + 1] == "}":
      return members, at + 1
    at = _expect(text, at, ",")


def _expect(text, at, character):
  if text[at:at + 1] != character:
    raise NotJson(f"no {character} at character {at}")
  return at + 1


def _string(text, at):
  parts = []
  while True:
    plain = _PLAIN.match(text, at)
    parts.append(plain.group())
    at = plain.end()
    stop = text[at:at + 1]
    if stop == '"':
      return "".join(parts).replace(_BAD, "\ufffd"), at + 1
    if stop != "\\":
      raise NotJson(f"unfinished string at character {at}")
    part, at = _escape(text, at + 1)
    parts.append(part)


def _escape(text, at):
  letter = text[at:at + 1]
  if letter in _ESCAPES:
    return _ESCAPES[letter], at + 1
  if letter != "u":
    raise NotJson(f"bad escape at character {at}")
  unit, at = _utf16_unit(text, at + 1)
  if 0xD800 <= unit < 0xDC00 and text.startswith("\\u", at):
    low, after = _utf16_unit(text, at + 2)
    if 0xDC00 <= low < 0xE000:
      return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)), after
  return "\ufffd" if 0xD800 <= unit < 0xE000 else chr(unit), at


def _utf16_unit(text, at):
  digits = _HEX4.match(text, at)
  if digits is None:
    raise NotJson(f"bad \\u escape at character {at}")
  return int(digits.group(), 16), digits.end()
