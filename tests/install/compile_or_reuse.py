"""A compiler launcher: takes the object that another build made by the same command, else compiles.

Arguments: FOLDER COMPILER ARGUMENT...; FOLDER is what remember() made.
"""

import hashlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys


def key_of(command, build):
  """A name for what a compiler is told to do, wherever its build folder is."""
  words = []
  skip = False
  for word in command:
    if not skip and word not in ("-MD", "-MT", "-MF"):
      words.append(word.replace(f"{build}/", ""))
    skip = word in ("-MT", "-MF")  # The value that follows.
  return hashlib.sha256("\0".join(words).encode()).hexdigest()


def remember(folder, build, other):
  """Makes FOLDER: what `build`, a build by Ninja that is up to date, has compiled, for a build of the same in `other`."""
  folder.mkdir()
  (folder / "build").write_text(str(other))
  commands = subprocess.run(["ninja", "-C", build, "-t", "compdb"], check=True, capture_output=True, text=True).stdout
  for entry in json.loads(commands):
    compiled = pathlib.Path(build) / entry["output"]
    if not entry["output"].endswith(".o") or not compiled.is_file():
      continue
    words = shlex.split(entry["command"])
    if os.path.basename(words[0]) == "ccache":
      del words[0]
    link = folder / key_of(words, build)
    if not link.is_symlink():
      link.symlink_to(compiled)


def main():
  folder, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
  other = pathlib.Path((folder / "build").read_text())
  # Ninja runs it in the folder above, and names the object from there.
  known = folder / key_of([word.removeprefix(f"{other.name}/") for word in command], other)
  if not known.is_file():
    os.execvp(command[0], command)
  shutil.copyfile(known, command[command.index("-o") + 1])
  with open(folder / "reused", "a", encoding="utf-8") as log:
    log.write(f"{command[-1]}\n")


if __name__ == "__main__":
  main()
