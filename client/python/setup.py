"""Builds the package with the message classes, which are made from the .proto files and are not kept in the repository."""

import pathlib
import shutil
import subprocess
import sys

import setuptools
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]  # The repository. A source distribution has no such folder, and has the classes already.
GENERATED = "segrid/v1/bridge_pb2.py"


def compiler():
  """The command that compiles .proto files."""
  if shutil.which("protoc"):
    return ["protoc"]
  try:
    import grpc_tools  # noqa: F401 pylint: disable=import-outside-toplevel,unused-import
  except ImportError:
    raise SystemExit("The message classes cannot be made, because there is no protoc: install the Debian package "
                     "protobuf-compiler, or grpcio-tools.") from None
  return [sys.executable, "-m", "grpc_tools.protoc"]


def generate(folder):
  """Makes the message classes and their types below a folder."""
  protos = ROOT / "proto"
  files = sorted(str(path.relative_to(protos)) for path in protos.rglob("*.proto"))
  if not files:
    raise SystemExit(f"{protos} has no .proto files: build this package inside of Segrid's repository, or from a source distribution.")
  pathlib.Path(folder, "segrid").mkdir(parents=True, exist_ok=True)
  subprocess.run([*compiler(), f"--proto_path={protos}", f"--python_out={folder}", f"--pyi_out={folder}", *files], check=True)
  shutil.copy(ROOT / "LICENSE", pathlib.Path(folder, "segrid/LICENSE"))


class BuildWithClasses(build_py):

  def run(self):
    super().run()
    if (HERE / GENERATED).exists():
      for path in (*HERE.glob("segrid/*/**/*.py*"), HERE / "segrid/LICENSE"):
        target = pathlib.Path(self.build_lib, path.relative_to(HERE))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    else:
      generate(HERE if self.editable_mode else self.build_lib)


class SourcesWithClasses(sdist):

  def make_release_tree(self, base_dir, files):
    super().make_release_tree(base_dir, files)
    if not (HERE / GENERATED).exists():
      generate(base_dir)


setuptools.setup(cmdclass={"build_py": BuildWithClasses, "sdist": SourcesWithClasses})
