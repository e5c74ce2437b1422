"""What the tests read out of Markdown: links, headings, code, tables."""

import dataclasses
import re

FENCE = re.compile(r"^\s*(```+)\s*([\w+-]*)\s*$")


@dataclasses.dataclass
class Block:
  """A fenced block of code."""
  language: str
  line: int  # Of the fence, 1-based.
  text: str
  note: str  # The comment `<!-- NOTE -->` above it, or "".

  @property
  def source(self):
    """The file that the block is said to come from (`<!-- from PATH -->`), or ""."""
    return self.note.removeprefix("from ") if self.note.startswith("from ") else ""


def blocks(text):
  found, fence, note = [], None, ""
  for number, line in enumerate(text.split("\n"), 1):
    match = FENCE.match(line)
    if fence is None and match:
      fence, body = match, []
      found.append(Block(match[2], number, "", note))
    elif fence is not None and match and match[1] == fence[1] and not match[2]:
      found[-1].text = "".join(part + "\n" for part in body)
      fence = None
    elif fence is not None:
      body.append(line)
    said = re.fullmatch(r"<!-- (.+) -->", line)
    if said or line.strip():
      note = said[1] if said else ""
  if fence is not None:
    raise ValueError(f"line {found[-1].line}: the block has no end")
  return found


def prose(text):
  """The text without its blocks of code; lines keep their numbers."""
  lines, inside = [], False
  for line in text.split("\n"):
    fence = FENCE.match(line)
    lines.append("" if inside or fence else line)
    inside = inside != bool(fence)
  return "\n".join(lines)


def links(text):
  """The targets of links and pictures."""
  plain = re.sub(r"`[^`\n]*`", "", prose(text))
  return re.findall(r"\]\(\s*<?([^)\s>]+)", plain) + re.findall(r'(?:src|href)="([^"]+)"', plain)


def anchors(text):
  """The places in a page that a link can name."""
  titles = re.findall(r"^#+ +(.+?)\s*$", prose(text), re.MULTILINE)
  return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def code_spans(text):
  return [span.replace("\n", " ") for span in re.findall(r"`([^`]+)`", prose(text))]


def section(text, title):
  """What stands between a heading and the next of its level or above."""
  match = re.search(rf"^(#+) {re.escape(title)}\s*$", text, re.MULTILINE)
  if not match:
    raise ValueError(f"there is no heading '{title}'")
  rest = text[match.end():]
  end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
  return rest[:end.start()] if end else rest


def table(text, first):
  """The rows of the table whose first column has the title `first`."""
  rows, inside = [], False
  for line in text.split("\n"):
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if not line.strip().startswith("|"):
      inside = False
    elif cells[0] == first:
      inside = True
    elif inside and not set(cells[0]) <= set("-:"):
      rows.append(cells)
  if not rows:
    raise ValueError(f"there is no table '{first}'")
  return rows


def ticked(cell):
  """What stands between backticks."""
  return re.findall(r"`([^`]+)`", cell)
