"""An outline of a C++ file: its classes, functions and declarations, with their lines.

It reads the style of this tree, not all of C++: no preprocessor, no digraphs, one declaration per statement.
"""

import dataclasses
import re

NAMESPACE, CLASS, FUNCTION, TABLE, OTHER = "namespace", "class", "function", "table", "other"

_CLASS_HEAD = re.compile(
    r"^(?:template\s*<.*>\s*)?(?:class|struct|union)\s+(?:\[\[[^\]]*\]\]\s*|alignas\s*\([^)]*\)\s*|ABSL_\w+\s*)*"
    r"([\w:]+(?:<[^{]*>)?)\s*(?:final\s*)?(?::[^:].*)?$", re.S)
_NOT_A_FUNCTION = re.compile(r"^(?:using|typedef|friend|static_assert|return|namespace|enum|extern)\b")
_HIDDEN = re.compile(
    r'R"(?P<tag>\w*)\((?:.|\n)*?\)(?P=tag)"|//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M)


@dataclasses.dataclass
class Function:
  name: str
  qualifier: str  # "Commit" of Commit::Add, "" of a free function.
  line: int
  size: int  # Lines, without the rows of tables.
  in_class: bool


@dataclasses.dataclass
class Declaration:
  name: str
  line: int
  is_called_by_its_base: bool  # An override, or a special member.


@dataclasses.dataclass
class Class:
  name: str
  line: int
  is_nested: bool
  is_anonymous: bool  # In an unnamed namespace.
  private_methods: int = 0


@dataclasses.dataclass
class Outline:
  functions: list  # With a body.
  declarations: list  # Of functions, with a body or without.
  classes: list
  code: str  # Without comments, texts and preprocessor.


_TOKENS = re.compile(r"[{}();:\n\v]|[^{}();:\n\v]+")
_ROW = "\v"  # A line's end in a raw text: a row of a table.


def _blank(match):
  hidden = match.group(0)
  lines = hidden.count("\n")
  if hidden[0] == "R":
    return '""' + _ROW * lines
  return ('""' if hidden[0] == '"' else "") + "\n" * lines


def without_comments(text):
  """Blanks comments, texts, and lines of the preprocessor; lines stay lines."""
  return _HIDDEN.sub(_blank, text)


def function_name(statement):
  """(qualifier, name) of a function's declaration, else None."""
  statement = re.sub(r"^(?:template\s*<.*?>\s*(?=\w)|\[\[.*?\]\]\s*)+", "", statement.strip(), flags=re.S)
  if _NOT_A_FUNCTION.match(statement):
    return None
  depth = 0
  for found in re.finditer(r"[<>=(]", statement):
    char, before = found.group(0), statement[:found.start()]
    if char == "<" and re.search(r"[\w:]$", before) and not before.endswith("operator"):
      depth += 1
    elif char == ">" and depth > 0 and not before.endswith("-"):
      depth -= 1
    elif char == "=" and depth == 0 and not re.search(r"operator\W*$", before):
      return None
    elif char == "(" and depth == 0:
      match = re.search(r"((?:\w+(?:<[^()]*>)?::)*)(~?\w+|operator[^\w]+|operator\s+[\w:]+)\s*$", before)
      if not match or match.group(2).startswith(("ABSL_", "alignas", "decltype", "operator")):
        return None
      return match.group(1).removesuffix("::"), match.group(2)
  return None


@dataclasses.dataclass
class _Scope:
  kind: str
  line: int
  name: str = ""
  access: str = ""
  function: tuple = None
  what: object = None
  rows: int = 0  # Lines of tables in a function.


class _Reader:

  def __init__(self, text):
    self.code = without_comments(text)
    self.outline = Outline([], [], [], self.code)
    self.scopes = [_Scope(NAMESPACE, 1)]
    self.statement, self.begin, self.line, self.parens = "", 1, 1, 0

  def read(self):
    for char in _TOKENS.findall(self.code):
      declares = self.scopes[-1].kind in (NAMESPACE, CLASS)
      if char in ("\n", _ROW):
        self.line += 1
      if char == _ROW and self.scopes[-1].kind != TABLE:
        self._count_rows(1)
      if char == "{" and not (declares and self.parens > 0):
        self._open(declares)
      elif char == "}" and not (declares and self.parens > 0):
        self._close()
      elif declares and self.parens == 0 and char == ";":
        self._declare()
        self._clear()
      elif declares and char == ":" and self.statement.strip() in ("public", "private", "protected"):
        self.scopes[-1].access = self.statement.strip()
        self._clear()
      else:
        self._add(char, declares)
    return self.outline

  def _clear(self):
    self.statement, self.parens = "", 0

  def _add(self, char, declares):
    if not declares and char in "()":
      self.statement = char  # In a body, only the last sign before a brace counts.
      return
    if not self.statement.strip():
      self.begin = self.line
    self.statement += char
    if declares and char in "()":
      self.parens += 1 if char == "(" else -1

  def _kind(self, declares):
    statement = self.statement.strip()
    if not declares:
      return TABLE if re.search(r"(?:[=,({]|\breturn)$", statement) else OTHER
    if re.match(r"(?:inline\s+)?namespace\b|extern\s*\"", statement):
      return NAMESPACE
    if _CLASS_HEAD.match(statement):
      return CLASS
    starts_a_member = re.search(r"\)\s*(?:noexcept\s*)?:[^:]", statement) and re.search(r"[\w>]$", statement)
    if function_name(statement) and not statement.endswith("=") and not starts_a_member:
      return FUNCTION
    return OTHER

  def _open(self, declares):
    kind = self._kind(declares)
    scope = _Scope(kind, self.begin if declares else self.line)
    statement = self.statement.strip()
    if kind == NAMESPACE:
      scope.name = statement.split("namespace")[-1].strip()
    if kind == CLASS:
      scope.name = _CLASS_HEAD.match(statement).group(1)
      scope.access = "public" if not re.match(r"(?:template\s*<.*>\s*)?class\b", statement, re.S) else "private"
      scope.what = Class(scope.name, self.begin, any(s.kind == CLASS for s in self.scopes),
                         any(s.kind == NAMESPACE and not s.name for s in self.scopes[1:]))
      self.outline.classes.append(scope.what)
    if kind == FUNCTION:
      scope.function = function_name(statement)
      self._declare()
    if kind == OTHER and declares:
      scope.name = self.statement  # The statement goes on behind it.
    self.scopes.append(scope)
    self._clear()

  def _close(self):
    if len(self.scopes) == 1:
      return
    scope = self.scopes.pop()
    below = self.scopes[-1]
    self._clear()
    if scope.kind == FUNCTION:
      size = self.line - scope.line + 1 - scope.rows
      self.outline.functions.append(Function(scope.function[1], scope.function[0], scope.line, size, below.kind == CLASS))
    elif scope.kind == TABLE and below.kind != TABLE:
      self._count_rows(max(self.line - scope.line - 1, 0))
    elif scope.kind == OTHER and scope.name:
      self.statement = scope.name + " "
      self.begin = scope.line

  def _count_rows(self, rows):
    for scope in reversed(self.scopes):
      if scope.kind == FUNCTION:
        scope.rows += rows
        return
      if scope.kind == TABLE:
        return

  def _declare(self):
    found = function_name(self.statement)
    if not found:
      return
    scope = self.scopes[-1]
    special = found[1].startswith("~") or bool(re.search(r"\b(?:override|final|delete|default)\b", self.statement))
    self.outline.declarations.append(Declaration(found[1], self.begin, special))
    is_method = scope.kind == CLASS and found[1].lstrip("~") != scope.name
    if is_method and scope.access == "private" and not re.search(r"=\s*(?:delete|default)\s*$", self.statement):
      scope.what.private_methods += 1


def read(text):
  return _Reader(text).read()
