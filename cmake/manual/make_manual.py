"""Writes the manual page and the completions of a program, from its --help.

    make_manual.py <program> <output dir>

gives <dir>/<name>.1, <dir>/<name>.bash and <dir>/_<name>.
"""

import pathlib
import sys

import completion
import help_pages
import man_page


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    name = pathlib.Path(program).name
    page = help_pages.read(program, [name])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.1").write_text(man_page.man_page(page, help_pages.version(program)), encoding="utf-8")
    (folder / f"{name}.bash").write_text(completion.bash(page), encoding="utf-8")
    (folder / f"_{name}").write_text(completion.zsh(page), encoding="utf-8")


if __name__ == "__main__":
    main()
