"""Copies the documents for the package, where not all of the source tree is: links to what is there lead there, of others
only the text stays.

  packaged_pages.py SOURCE OUT
"""

import os
import pathlib
import re
import sys

# The package has these files: their place in the source tree, and theirs below /usr/share/doc/segrid-server it is.
PLACES = {
    "README.md": "README.md", "SECURITY.md": "SECURITY.md", "CHANGELOG.md": "CHANGELOG.md", "LICENSE": "copyright",
    "server/deploy/alerts.yaml": "alerts.yaml", "server/deploy/grafana-dashboard.json": "grafana-dashboard.json",
    "tests/core/config/example.yaml": "segrid.example.yaml",
}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def places(source):
  """All files of the package that come from pages or that pages link to."""
  documents = {f"docs/{path.name}": f"docs/{path.name}" for path in sorted((source / "docs").iterdir())}
  return {**PLACES, **documents}


def page(text, place, known):
  """The text of a page at `place` in the source tree, for the package."""

  def replaced(match):
    image, words, target = match.groups()
    name, mark, anchor = target.partition("#")
    if re.match(r"[a-z]+:", target) or not name:
      return match[0]
    file = os.path.normpath(os.path.join(os.path.dirname(place), name))
    if file not in known:
      return words
    there = os.path.relpath(known[file], os.path.dirname(known[place]))
    return f"{image}[{words}]({there}{mark}{anchor})"

  # Blocks of code keep their brackets.
  parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
  parts[::2] = [LINK.sub(replaced, part) for part in parts[::2]]
  return "".join(parts)


def write(source, out):
  """Writes all pages and pictures below `out`."""
  known = places(source)
  for place, there in known.items():
    if place.endswith((".md", ".svg", ".png")):
      target = out / there
      target.parent.mkdir(parents=True, exist_ok=True)
      data = (source / place).read_bytes()
      target.write_bytes(page(data.decode(), place, known).encode() if place.endswith(".md") else data)


if __name__ == "__main__":
  write(*map(pathlib.Path, sys.argv[1:]))
