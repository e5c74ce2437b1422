"""Installs Segrid into a prefix and builds projects that use it: with find_package, with pkg-config, static and shared.

Arguments: --build DIR (built), --source DIR.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "client/live"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "docs"))
import compile_or_reuse  # noqa: E402
import markdown  # noqa: E402
from running_server import running_server  # noqa: E402

arguments = None

# What the quickstart prints; the order may be another when a machine is slow.
OUTCOMES = ["event 1: accepted", "event 2: REASON_MISSING_EMAIL"]


def outcomes(output):
  return sorted(line.strip() for line in output.splitlines())


def run(*command, **keywords):
  """Runs a command; its output on failure is the failure's text."""
  done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **keywords)
  if done.returncode != 0:
    raise AssertionError(f"{' '.join(str(word) for word in command)}\n{done.stdout}{done.stderr}")
  return done.stdout


def project_of(kind):
  """The folder of a project that uses a component; its program has the folder's name when it is a quickstart."""
  return pathlib.Path(arguments.source, "client/quickstart" if kind == "client" else f"tests/install/{kind}")


def program_of(build, kind):
  return build / ("quickstart" if kind == "client" else f"{kind}_consumer")


def environment(prefix):
  kept = {name: value for name, value in os.environ.items() if name != "SEGMENT_WRITE_KEY"}
  return {**kept, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig"), "LD_LIBRARY_PATH": str(prefix / "lib")}


def build_type():
  cache = pathlib.Path(arguments.build, "CMakeCache.txt").read_text()
  return re.search(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", cache, re.MULTILINE)[1]


class Installed(unittest.TestCase):
  @classmethod
  def setUpClass(cls):
    cls.folder = tempfile.TemporaryDirectory()
    cls.prefix = pathlib.Path(cls.folder.name) / "prefix"
    run("cmake", "--install", arguments.build, "--prefix", cls.prefix)
    cls.running = running_server(cls.prefix / "bin/segrid-server")
    cls.address, _ = cls.running.__enter__()

  @classmethod
  def tearDownClass(cls):
    cls.running.__exit__(None, None, None)
    cls.folder.cleanup()

  def arguments_of(self, kind):
    if kind == "embedded":
      return [tempfile.mkdtemp(dir=self.folder.name)]
    return [self.address] if kind == "client" else []

  def consume(self, kind):
    """Yields program and output, linked to the static and then to the shared library."""
    build = pathlib.Path(self.folder.name) / f"build-{kind}"
    for shared in ("OFF", "ON"):
      run("cmake", "-S", project_of(kind), "-B", build, "-G", "Ninja", f"-DSHARED={shared}",
        f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=Release")
      run("cmake", "--build", build)
      program = program_of(build, kind)
      needed = run("readelf", "--dynamic", program)
      self.assertEqual(f"libsegrid-{kind}.so" in needed, shared == "ON", needed)
      yield program, run(program, *self.arguments_of(kind), env=environment(self.prefix))

  def test_programs_run(self):
    for program in ("segrid", "segrid-server"):
      self.assertRegex(run(self.prefix / "bin" / program, "--version"), r"\d+\.\d+\.\d+")

  def test_core_needs_no_grpc(self):
    for program, output in self.consume("core"):
      self.assertIn('"event":"Email Opened"', output)
      self.assertNotRegex(run("ldd", program, env=environment(self.prefix)), "grpc|protobuf")

  def test_client_forwards(self):
    for _, output in self.consume("client"):
      self.assertEqual(outcomes(output), OUTCOMES)

  def test_the_readme_of_the_client_can_be_followed(self):
    place = pathlib.Path(self.folder.name) / "readme"
    (place / "build").mkdir(parents=True)
    for name in ("client", "tests"):
      (place / name).symlink_to(pathlib.Path(arguments.source, name))
    (place / "build/release").symlink_to(pathlib.Path(arguments.build).resolve())
    (place / "dev").write_text('#!/bin/sh\n[ "$1" = install ] && exec cmake --install build/release --prefix "$2"\n')  # All is built.
    (place / "dev").chmod(0o755)
    text = pathlib.Path(arguments.source, "client/README.md").read_text(encoding="utf-8")
    steps = [block.text for block in markdown.blocks(text) if block.note == "task client"]
    self.assertEqual(len(steps), 3)  # A service, its unit tests, a program with the pipeline inside.
    tasks = (("a C++ service", OUTCOMES), ("its unit tests", ["100% tests passed, 0 tests failed out of 1"]),
             ("an embedded program", ["accepted 1"]))
    for step, (task, wanted) in zip(steps, tasks):
      started = time.monotonic()
      script = "set -e\n" + step.replace("127.0.0.1:50051", self.address)
      printed = run("bash", "-c", script, cwd=place, env={**environment(self.prefix), "CMAKE_GENERATOR": "Ninja"})
      print(f"figure: {task}: {time.monotonic() - started:.1f} s", flush=True)
      for line in wanted:
        self.assertIn(line, printed)

  def test_embedded_delivers(self):
    for _, output in self.consume("embedded"):
      self.assertEqual(output, "accepted 1\n")

  def test_pkg_config_knows_what_to_compile_and_link(self):
    for kind in ("core", "client", "embedded"):
      program = pathlib.Path(self.folder.name) / kind
      compiled_with = None
      for package in (f"segrid-{kind}", f"segrid-{kind}-shared"):
        flags = run("pkg-config", "--cflags", package, env=environment(self.prefix)).split()
        if flags != compiled_with:
          run("g++", *flags, "-c", project_of(kind) / "main.cc", "-o", f"{program}.o")
          compiled_with = flags
        libraries = run("pkg-config", "--libs", package, env=environment(self.prefix)).split()
        run("g++", f"{program}.o", "-o", program, *libraries)
        run(program, *self.arguments_of(kind), env=environment(self.prefix))

  def test_the_shared_client_shows_its_own_names_only(self):
    names = run("nm", "--dynamic", "--defined-only", "--demangle", self.prefix / "lib/libsegrid-client.so")
    self.assertRegex(names, r"segrid::Client::Forward")
    shown = [line.split(" ", 2)[2] for line in names.splitlines()]
    foreign = [name for name in shown if not re.search(r"segrid", name)]
    self.assertEqual(foreign, [])
    self.assertEqual([name for name in shown if name.startswith("segrid::internal")], [])

  def test_protos_are_published(self):
    self.assertTrue((self.prefix / "share/segrid/proto/segrid/v1/bridge.proto").is_file())
    self.assertGreater((self.prefix / "share/segrid/segrid.binpb").stat().st_size, 10_000)

  def test_an_unknown_component_is_named(self):
    script = pathlib.Path(self.folder.name) / "unknown/CMakeLists.txt"
    script.parent.mkdir()
    script.write_text("cmake_minimum_required(VERSION 3.24)\nproject(unknown CXX)\n"
              "find_package(segrid REQUIRED COMPONENTS nonsense)\n")
    with self.assertRaisesRegex(AssertionError, "segrid has no component nonsense"):
      run("cmake", "-S", script.parent, "-B", script.parent / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")


class Subdirectory(unittest.TestCase):
  """What this build has compiled already is not compiled again when its commands are the same there."""

  def test_all_kinds_are_built_and_run_inside_another_project(self):
    kinds = ("core", "client", "embedded")
    with tempfile.TemporaryDirectory() as folder:
      source = pathlib.Path(folder)
      (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(whole CXX)\n"
        f"add_subdirectory({arguments.source} segrid EXCLUDE_FROM_ALL)\n"
        + "".join(f"add_subdirectory({project_of(kind)} {kind})\n" for kind in kinds))
      build = source / "build"
      compile_or_reuse.remember(source / "compiled", arguments.build, build / "segrid")
      launcher = (sys.executable, "-I", compile_or_reuse.__file__, source / "compiled")
      run("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_BUILD_TYPE={build_type()}",
        "-DSEGRID_WERROR=ON",  # As in this build, whose results are reused.
        f"-DCMAKE_CXX_COMPILER_LAUNCHER={';'.join(str(word) for word in launcher)}")
      run("cmake", "--build", build)
      self.assertIn('"event":"Email Opened"', run(program_of(build / "core", "core")))
      with running_server(f"{arguments.build}/bin/segrid-server") as (address, _):
        self.assertEqual(outcomes(run(program_of(build / "client", "client"), address)), OUTCOMES)
      self.assertEqual(run(program_of(build / "embedded", "embedded"), f"{folder}/data"), "accepted 1\n")
      # Nothing is reused where this build has a launcher or flags of its own: then this test takes minutes.
      noted = source / "compiled/reused"
      reused = noted.read_text().split() if noted.exists() else []
      self.assertNotIn(f"{arguments.source}/tests/install/embedded/main.cc", reused)


  def test_warnings_are_errors_only_where_this_is_the_whole_project(self):
    with tempfile.TemporaryDirectory() as folder:
      source = pathlib.Path(folder)
      (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(whole CXX)\n"
        f"add_subdirectory({arguments.source} segrid EXCLUDE_FROM_ALL)\n")
      run("cmake", "-S", source, "-B", source / "build", "-G", "Ninja", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
      others = (source / "build/compile_commands.json").read_text()
      self.assertIn("-Wconversion", others)
      self.assertNotIn("-Werror", others)
      self.assertIn("-Werror", (pathlib.Path(arguments.build) / "compile_commands.json").read_text())


if __name__ == "__main__":
  parser = argparse.ArgumentParser()
  for name in ("--build", "--source"):
    parser.add_argument(name, required=True)
  arguments, rest = parser.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
