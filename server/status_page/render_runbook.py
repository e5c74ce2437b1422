"""Writes docs/runbook.md as one page of HTML, in ASCII, that needs nothing but page.css.

Each heading has the anchor that Markdown viewers give it. Each row of a table whose first cell is code has that code in
lower case: `runbook#misconfigured`. Links to other documents become their places in the package, because the server has
this one only.

  render_runbook.py SOURCE OUT
"""

import os
import pathlib
import re
import sys

import markdown

FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Runbook \u2013 Segrid</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
</head>
<body class="runbook">
<main>
<p><a href="./">Status page</a></p>
{}
</main>
</body>
</html>
"""
INSTALLED = "/usr/share/doc/segrid-server/"
ROW = re.compile(r"<tr>\n<td>(?=((?:<code>[^<]+</code>(?:, )?)+)</td>)")


def anchor(text, _separator):
  """As Markdown viewers name a heading."""
  return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def name_rows(body):
  """Gives each code in the first cell of a row an anchor; where several rows tell of it, the first has it."""
  known = set()

  def named(match):
    names = [name.lower() for name in re.findall("<code>([A-Z][A-Za-z_]+)</code>", match[1])]
    fresh = [name for name in names if name not in known]
    known.update(fresh)
    return "<tr>\n<td>" + "".join(f'<span id="{name}"></span>' for name in fresh)

  return ROW.sub(named, body)


def place_of(target, places):
  """Where the package has what a link in docs/ leads to."""
  name, _, _ = target.partition("#")
  return INSTALLED + places[os.path.normpath(os.path.join("docs", name))]


def render(text, places):
  """The page."""
  body = markdown.markdown(text, extensions=["fenced_code", "tables", "toc"],
                           extension_configs={"toc": {"slugify": anchor}})
  body = re.sub(r'<a href="([^"#:]+[^":]*)">(.*?)</a>', lambda link: f"{link[2]} ({place_of(link[1], places)})", name_rows(body))
  # On a phone rows become blocks; the roles keep them a table for those who hear it.
  for tag, role in (("table", "table"), ("thead", "rowgroup"), ("tbody", "rowgroup"), ("tr", "row"), ("th", "columnheader"), ("td", "cell")):
    body = body.replace(f"<{tag}>", f'<{tag} role="{role}">')
  tables = '<div class="scroll" tabindex="0" role="region" aria-label="Table">{}</div>'
  body = re.sub("<table .*?</table>", lambda table: tables.format(table[0]), body, flags=re.DOTALL)
  return FRAME.format(body)


def main(source, out):
  sys.path.insert(0, str(source / "cmake/manual"))
  import packaged_pages  # pylint: disable=import-outside-toplevel
  page = render((source / "docs/runbook.md").read_text(encoding="utf-8"), packaged_pages.places(source))
  out.write_bytes(page.encode("ascii", "xmlcharrefreplace"))


if __name__ == "__main__":
  main(*map(pathlib.Path, sys.argv[1:]))
