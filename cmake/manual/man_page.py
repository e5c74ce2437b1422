"""A page of the manual, in troff's man macros."""

from help_pages import walk

_SEE_ALSO = {
    "segrid-server": ["segrid(1)", "segrid-bench(1)"],
    "segrid": ["segrid-server(1)"],
    "segrid-bench": ["segrid-server(1)"],
}
_FILES = {
    "segrid-server": [("/etc/segrid/segrid.yaml", "The configuration of the packaged service."),
                      ("/var/lib/segrid", "Its queue and files."),
                      ("/usr/share/doc/segrid-server/segrid.example.yaml", "Every key of the configuration.")],
}


def _plain(text):
    """Text that troff does not take for requests or escapes."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def _options(options):
    lines = []
    for option in options:
        names = ", ".join(f"\\fB{_plain(name)}\\fR" for name in option.names)
        behind = option.head[len(",".join(option.names)):].strip() if option.names else option.head
        lines += [".TP", " ".join(part for part in (names, f"\\fI{_plain(behind)}\\fR" if behind else "") if part),
                  _plain(option.text or "\\&").replace("\\e&", "\\&")]
    return lines


def _groups(page, macro):
    lines = []
    for title, options in page.groups.items():
        lines += [f'{macro} "{_plain(title.upper() if macro == ".SH" else title)}"', *_options(options)]
    return lines


def _footer(lines):
    """Blocks of the footer that have a title, and are indented, get a section each; the rest are notes."""
    sections = []
    for line in lines:
        if line and not line.startswith(" ") and line.endswith(":"):
            sections.append((line[:-1].upper(), []))
        elif line or sections:
            is_note = bool(line) and not line.startswith(" ")
            if not sections or (is_note and sections[-1][0] != "NOTES"):
                sections.append(("NOTES", []))
            sections[-1][1].append(line)
    out = []
    for title, block in sections:
        while block and not block[-1]:
            block.pop()
        if block:
            out += [f'.SH "{_plain(title)}"', ".nf", *(_plain(line) for line in block), ".fi"]
    return out


def man_page(page, number):
    """The page of a program; `number` is its version."""
    name = page.words[0]
    about = page.about.split("\n")
    lines = [f'.TH {_plain(name.upper())} 1 "" "Segrid {_plain(number)}" "Segrid"',
             ".SH NAME", f"{_plain(name)} \\- {_plain(' '.join(about).split('. ')[0].rstrip('.'))}",
             ".SH SYNOPSIS", f".B {_plain(page.usage)}",
             ".SH DESCRIPTION", _plain("\n".join(about)),
             *_groups(page, ".SH")]
    below = list(walk(page))[1:]
    if below:
        lines.append(".SH COMMANDS")
    texts = {tuple(command.words): text for each in walk(page) for command, text in each.commands}
    for command in below:
        lines += [f'.SS "{_plain(" ".join(command.words))}"', _plain(texts[tuple(command.words)]), ".PP",
                  f".B {_plain(command.usage)}", *_groups(command, ".PP\n.B")]
        if command.commands:
            lines += [".PP", '.B "Commands"']
        for deeper, text in command.commands:
            lines += [".TP", f"\\fB{_plain(deeper.words[-1])}\\fR", _plain(text)]
    variables = {option.variable: option for each in walk(page) for option in each.options if option.variable}
    if variables:
        lines.append(".SH ENVIRONMENT")
        for variable, option in variables.items():
            lines += [".TP", f"\\fB{variable}\\fR", f"Instead of \\fB{_plain(option.names[-1])}\\fR."]
    lines += _footer(page.footer)
    if name in _FILES:
        lines.append(".SH FILES")
        for path, what in _FILES[name]:
            lines += [".TP", f"\\fI{_plain(path)}\\fR", _plain(what)]
    lines += [".SH SEE ALSO", _plain(", ".join(_SEE_ALSO.get(name, [])) or "segrid-server(1)")]
    return "\n".join(lines) + "\n"
