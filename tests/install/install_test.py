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
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "client/live"))
from running_server import running_server  # noqa: E402

arguments = None


def run(*command, **keywords):
  """Runs a command; its output on failure is the failure"s text."""
  done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **keywords)
  if done.returncode != 0:
    raise AssertionError(f"{' '.join(str(word) for word in command)}\n{done.stdout}{done.stderr}")
  return done.stdout


def environment(prefix):
  kept = {name: value for name, value in os.environ.items() if name != "SEGMENT_WRITE_KEY"}
  return {**kept, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig"), "LD_LIBRARY_PATH": str(prefix / "lib")}


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

  def consume(self, kind, shared):
    build = pathlib.Path(self.folder.name) / f"{kind}-{shared}"
    run("cmake", "-S", f"{arguments.source}/tests/install/{kind}", "-B", build, "-G", "Ninja", f"-DSHARED={shared}",
      f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", build)
    program = build / f"{kind}_consumer"
    return program, run(program, *self.arguments_of(kind), env=environment(self.prefix))

  def test_programs_run(self):
    for program in ("segrid", "segrid-server"):
      self.assertRegex(run(self.prefix / "bin" / program, "--version"), r"\d+\.\d+\.\d+")

  def test_core_needs_no_grpc(self):
    for shared in ("OFF", "ON"):
      program, output = self.consume("core", shared)
      self.assertIn('"event":"Email Opened"', output)
      self.assertNotRegex(run("ldd", program, env=environment(self.prefix)), "grpc|protobuf")

  def test_client_forwards(self):
    for shared in ("OFF", "ON"):
      _, output = self.consume("client", shared)
      self.assertEqual(output, "accepted 1\n")

  def test_embedded_delivers(self):
    for shared in ("OFF", "ON"):
      _, output = self.consume("embedded", shared)
      self.assertEqual(output, "accepted 1\n")

  def test_pkg_config_knows_what_to_link(self):
    for kind in ("core", "core-shared", "client", "client-shared", "embedded", "embedded-shared"):
      flags = run("pkg-config", "--cflags", "--libs", f"segrid-{kind}", env=environment(self.prefix)).split()
      program = pathlib.Path(self.folder.name) / kind
      source = kind.removesuffix("-shared")
      run("g++", f"{arguments.source}/tests/install/{source}/main.cc", "-o", program, *flags)
      run(program, *self.arguments_of(source), env=environment(self.prefix))

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
  """SEGRID_INSTALL_FULL=1 also builds and runs the embedded mode, six minutes of a core; else it is configured only."""

  def test_all_kinds_are_built_inside_another_project(self):
    full = os.environ.get("SEGRID_INSTALL_FULL") == "1"
    kinds = ("core", "client", "embedded")
    with tempfile.TemporaryDirectory() as folder:
      source = pathlib.Path(folder)
      (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(whole CXX)\n"
        f"add_subdirectory({arguments.source} segrid EXCLUDE_FROM_ALL)\n"
        + "".join(f"add_subdirectory({arguments.source}/tests/install/{kind} {kind})\n" for kind in kinds))
      build = source / "build"
      run("cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug")
      run("cmake", "--build", build, "--target", "core_consumer", "client_consumer")
      self.assertIn('"event":"Email Opened"', run(build / "core/core_consumer"))
      self.assertTrue((build / "client/client_consumer").is_file())
      if full:
        run("cmake", "--build", build)
        self.assertEqual(run(build / "embedded/embedded_consumer", f"{folder}/data"), "accepted 1\n")
      else:
        # Everything it needs has a rule.
        self.assertIn("embedded_consumer", run("ninja", "-C", build, "-n", "embedded_consumer"))


if __name__ == "__main__":
  parser = argparse.ArgumentParser()
  for name in ("--build", "--source"):
    parser.add_argument(name, required=True)
  arguments, rest = parser.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
