"""Completion for bash and zsh."""

import re

from help_pages import walk


# Programs whose options may stand behind a command, too (CLI11's fallthrough; --help does not tell).
_FALLS_THROUGH = {"segrid-server"}


def _options(page, top):
    """What can stand here, with the options of the program where it takes them."""
    if page is top or top.words[0] not in _FALLS_THROUGH:
        return page.options
    own = {option.head for option in page.options}
    return page.options + [option for option in top.options
                           if option.head not in own and option.names != ["--version"]]


def _function(page):
    return "_" + re.sub(r"\W", "_", "_".join(page.words))


def bash(page):
    """A file for bash-completion."""
    name = page.words[0]
    cases = []
    for each in walk(page):
        options = _options(each, page)
        words = [name for option in options for name in option.names] + [below.words[-1] for below, _ in each.commands]
        takes = [name for option in options if option.value for name in option.names]
        files = [name for option in options if option.is_path for name in option.names]
        cases.append(f"    '{' '.join(each.words[1:])}')\n"
                     f"      words='{' '.join(words)}'\n"
                     f"      commands='{' '.join(below.words[-1] for below, _ in each.commands)}'\n"
                     f"      takes='{' '.join(takes)}'\n"
                     f"      files='{' '.join(files)}'\n"
                     + "".join(f"      [[ $option == {name} ]] && choices='{' '.join(option.choices)}'\n"
                               for option in options if option.choices for name in option.names)
                     + ("      rest=files\n" if any(option.is_path for option in each.positionals) else "")
                     + "      ;;")
    table = _function(page) + "_table"
    return f"""# bash completion for {name}, made from its --help.
{table}() {{
  words='' commands='' takes='' files='' choices='' rest=''
  case $1 in
{chr(10).join(cases)}
  esac
}}

{_function(page)}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} option=${{COMP_WORDS[COMP_CWORD - 1]}} path='' i word skip=''
  local words commands takes files choices rest
  {table} "$path"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    if [[ $skip ]]; then
      skip=''
    elif [[ " $takes " == *" $word "* ]]; then
      skip=1
    elif [[ " $commands " == *" $word "* ]]; then
      path=${{path:+$path }}$word
      {table} "$path"
    fi
  done
  COMPREPLY=()
  if [[ $skip ]]; then
    if [[ $choices ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
    elif [[ " $files " == *" $option "* ]]; then
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  if [[ $rest && $current != -* ]]; then
    mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -f -- "$current")
  fi
}}
complete -o filenames -F {_function(page)} {name}
"""


def _quoted(text):
    return text.replace("'", "'\\''")


def _text(text):
    return re.sub(r"([\[\]:\\])", r"\\\1", text)


def _action(option):
    if option.choices:
        return f":value:({' '.join(option.choices)})"
    if not option.value:
        return ""
    return ":file:_files" if option.is_path else ":value: "


def zsh(page):
    """A function for zsh's completion."""
    functions = []
    for each in walk(page):
        specs = []
        for option in _options(each, page):
            for name in option.names:
                others = "".join(f"{each} " for each in option.names if each != name).strip()
                several = "*" if "..." in option.head else (f"({others})" if others else "")
                specs.append(f"    '{several}{name}[{_quoted(_text(option.text))}]{_quoted(_action(option))}'")
        body = [f"{_function(each)}() {{"]
        if each.commands:
            specs += ["    '1:command:->command'", "    '*::arguments:->arguments'"]
            body += ["  local line state", "  _arguments -C \\", " \\\n".join(specs),
                     "  case $state in", "  command)", "    local -a commands=("]
            body += [f"      '{below.words[-1]}:{_quoted(_text(about))}'" for below, about in each.commands]
            body += ["    )", "    _describe command commands", "    ;;", "  arguments)", "    case $line[1] in"]
            body += [f"    {below.words[-1]}) {_function(below)} ;;" for below, _ in each.commands]
            body += ["    esac", "    ;;", "  esac"]
        else:
            if any(option.is_path for option in each.positionals):
                specs.append("    '*:file:_files'")
            body += ["  _arguments \\", " \\\n".join(specs)]
        functions.append("\n".join(body + ["}"]))
    main = _function(page)
    return (f"#compdef {page.words[0]}\n# Made from its --help.\n" + "\n\n".join(functions)
            + f'\n\nif [[ $funcstack[1] == {main} ]]; then\n  {main} "$@"\nelse\n  compdef {main} {page.words[0]}\nfi\n')
