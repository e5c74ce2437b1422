"""Writes docs/api.md, the reference of the API, from the comments of the .proto files and the samples of its methods.

  api_reference.py DESCRIPTOR_SET [--out docs/api.md]

DESCRIPTOR_SET has source info: `build/release/proto/segrid.binpb`. Without --out it prints.
"""

import argparse
import pathlib
import re
import textwrap

from google.protobuf import descriptor_pb2

ROOT = pathlib.Path(__file__).resolve().parents[1]
METHODS = ROOT / "client/examples/methods"
PROGRAMS = {"cpp": "methods.cc", "python": "methods.py", "js": "methods.mjs"}  # By the language of their blocks.
HEAD = """# The API

Made from the comments in [proto/](../proto/README.md) by `proto/api_reference.py`; a test keeps it up to date. Errors and what
to do about them: [errors.md](errors.md#errors-of-a-call). Stubs for your language: [proto/README.md](../proto/README.md).

Each method has a sample in C++, Python and Node, from the programs in [client/examples/methods](../client/examples/methods/README.md),
which a test runs. Before the samples come these lines:
"""
FILES = ("segrid/v1/bridge.proto", "segrid/v1/admin.proto", "segrid/v1/sendgrid_event.proto",
         "segrid/v1/segment_track.proto", "segrid/rpc/v1/errors.proto")
SCALARS = {number: name.removeprefix("TYPE_").lower()
           for name, number in descriptor_pb2.FieldDescriptorProto.Type.items()}


def samples(path):
  """The marked parts of a program by their names, without their common indentation."""
  text = path.read_text(encoding="utf-8")
  return {name: textwrap.dedent(part).strip("\n") + "\n"
          for name, part in re.findall(r"^ *(?://|#) sample: (\S+)\n(.*?)^ *(?://|#) end$", text, re.MULTILINE | re.DOTALL)}


def sample_blocks(*names):
  """What the programs have for these names, as blocks of code; an error where one has nothing."""
  for language, file in PROGRAMS.items():
    found = samples(METHODS / file)
    parts = [found[name] for name in names if name in found]
    if not parts:
      raise ValueError(f"{METHODS / file} has no part '# sample: {names[0]}'")
    place = (METHODS / file).relative_to(ROOT)
    for part in parts:
      yield f"<!-- from {place} -->\n```{language}\n{part}```\n"


def tidy(comment):
  """A comment as Markdown: lines joined, lists kept, references in ticks."""
  text = re.sub(r"\[(\w+)\]\[[\w.]+\]", r"`\1`", comment)
  lines = [line.removeprefix(" ").rstrip() for line in text.splitlines()]
  paragraphs, current = [], ""
  for line in lines + [""]:
    if line.startswith("- "):
      if current:
        paragraphs.append(current)
      current = line
    elif line:
      current = f"{current} {line.strip()}".strip()
    elif current:
      paragraphs.append(current)
      current = ""
  return paragraphs


def prose(comment):
  """A comment between headings: paragraphs apart, the items of a list together."""
  text = "\n\n".join(tidy(comment)) + "\n"
  return re.sub(r"(?m)^(- .*)\n\n(?=- )", r"\1\n", text)


def in_cell(comment):
  return "<br>".join(tidy(comment)).replace("|", "\\|")


class File:
  def __init__(self, descriptor):
    self.descriptor = descriptor
    self.comments = {tuple(place.path): place.leading_comments for place in descriptor.source_code_info.location}

  def comment(self, *path):
    return self.comments.get(path, "")

  def type_of(self, field, entries):
    if field.type_name in entries:
      key, value = entries[field.type_name].field
      return f"map<{self.type_of(key, {})}, {self.type_of(value, {})}>"
    name = field.type_name.rpartition(".")[2] if field.type_name else SCALARS[field.type]
    return f"repeated {name}" if field.label == field.LABEL_REPEATED else name

  def services(self):
    for s, service in enumerate(self.descriptor.service):
      yield f"## {service.name}\n"
      yield prose(self.comment(6, s))
      for m, method in enumerate(service.method):
        asked = ("stream " if method.client_streaming else "") + method.input_type.rpartition(".")[2]
        given = ("stream " if method.server_streaming else "") + method.output_type.rpartition(".")[2]
        yield f"### {service.name}.{method.name}\n\n`{asked}` → `{given}`\n"
        yield prose(self.comment(6, s, 2, m))
        yield from sample_blocks(f"{service.name}.{method.name}")

  def messages(self, messages, path, outer=""):
    for i, message in enumerate(messages):
      if message.options.map_entry:
        continue
      place = (*path, i)
      yield f"### {outer}{message.name}\n"
      yield prose(self.comment(*place))
      if message.field:
        package = "." + self.descriptor.package + "." + outer + message.name + "."
        entries = {package + nested.name: nested for nested in message.nested_type if nested.options.map_entry}
        yield "| field | type | what |\n|---|---|---|\n" + "".join(
          f"| `{field.name}` = {field.number} | `{self.type_of(field, entries)}` | {in_cell(self.comment(*place, 2, f))} |\n"
          for f, field in enumerate(message.field))
      yield from self.messages(message.nested_type, (*place, 3), f"{outer}{message.name}.")

  def enums(self):
    for e, enum in enumerate(self.descriptor.enum_type):
      yield f"### {enum.name}\n"
      yield prose(self.comment(5, e))
      yield "| value | what |\n|---|---|\n" + "".join(
        f"| `{value.name}` = {value.number} | {in_cell(self.comment(5, e, 2, v))} |\n"
        for v, value in enumerate(enum.value))

  def sections(self):
    yield from self.services()
    yield f"## {self.descriptor.name}\n"
    yield prose(self.comment(12))
    yield from self.messages(self.descriptor.message_type, (4,))
    yield from self.enums()


def reference(descriptor_set):
  """The text of docs/api.md."""
  read = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(descriptor_set).read_bytes())
  files = {file.name: File(file) for file in read.file}
  parts = [section for name in FILES for section in files[name].sections()]
  return "\n".join([HEAD, *sample_blocks("setup", "connect"), *parts])


if __name__ == "__main__":
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("descriptor_set")
  parser.add_argument("--out")
  arguments = parser.parse_args()
  text = reference(arguments.descriptor_set)
  if arguments.out:
    pathlib.Path(arguments.out).write_text(text, encoding="utf-8")
  else:
    print(text, end="")
