"""Builds and installs the Python and Node packages for tests, out of a copy, because building writes beside the sources."""

import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
import markdown  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 150
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-cache-dir")
OFFLINE = ("--no-index", "--no-build-isolation", "--no-deps")
NPM = ("--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=1")
BUILT = shutil.ignore_patterns("node_modules", "proto", "types", "*.tgz", "LICENSE", "build", "dist", "*.egg-info", "__pycache__", "v1", "rpc")


def run(*command, **keywords):
  """What a command prints; its failure is the test's."""
  done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                        timeout=SECONDS, **keywords)
  if done.returncode != 0:
    raise AssertionError(f"{' '.join(str(word) for word in command)}\n{done.stdout}")
  return done.stdout


def copy_of(name, folder):
  """A copy of client/NAME at its place in a repository."""
  shutil.copytree(ROOT / "client" / name, folder / "client" / name, ignore=BUILT)
  for needed in ("proto", "LICENSE"):
    (folder / needed).symlink_to(ROOT / needed)
  return folder / "client" / name


def install_python(folder):
  """Installs the Python package; gives the folder that PYTHONPATH must have."""
  run(sys.executable, *PIP, "install", "--quiet", *OFFLINE, "--target", folder / "python", copy_of("python", folder / "copy-python"))
  return folder / "python"


def why_no_npm():
  """Why nothing can be installed from the npm registry; "" when it can."""
  for program in ("node", "npm"):
    if not shutil.which(program):
      return f"{program} is not installed"
  if subprocess.run(["npm", "ping", "--fetch-retries=0"], capture_output=True, timeout=SECONDS, check=False).returncode != 0:
    return "the npm registry cannot be reached, and the package needs @grpc/grpc-js"
  return ""


def install_node(folder):
  """Packs the Node package and installs it; gives the tarball, and the folder that has it in node_modules. May skip the test."""
  why = why_no_npm()
  if why:
    raise unittest.SkipTest(why)
  source, place = copy_of("node", folder / "copy-node"), folder / "service"
  run("npm", "install", *NPM, cwd=source)
  run("npm", "pack", "--pack-destination", folder, cwd=source)
  (tarball,) = folder.glob("*.tgz")
  place.mkdir()
  (place / "package.json").write_text("{}", encoding="utf-8")
  run("npm", "install", *NPM, tarball, cwd=place)
  return tarball, place


def sample_of(name, address, ca):
  """The sample in the README of client/NAME, for a server of the test."""
  (block,) = (block for block in markdown.blocks((ROOT / "client" / name / "README.md").read_text(encoding="utf-8"))
              if block.note == "task sample")
  return block.text.replace("segrid.example.com:50051", address).replace("authority.pem", ca)
