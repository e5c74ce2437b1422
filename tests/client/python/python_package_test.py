"""Builds the Python package, installs it where nothing else of ours is, and runs its tests there, without a network.

Arguments: --server PROGRAM --version V.
"""

import argparse
import os
import pathlib
import re
import sys
import tarfile
import tempfile
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "live")]
from packages import OFFLINE, PIP, ROOT, copy_of, run, sample_of  # noqa: E402
from running_server import running_server  # noqa: E402
from secured_server import secured_server  # noqa: E402

GIVEN = None  # The arguments; set by main.
EXAMPLE = ROOT / "client/examples/python/forward.py"
BATCH = ROOT / "tests/data/sendgrid/spatie_multipleEvents.json"
UNKNOWN = """
import forward
from segrid.v1 import bridge_pb2
answer = bridge_pb2.TransformResponse(event_count=2, skipped_count=2, issues=[
    {"index": 0, "outcome": 1, "reason": 9}, {"index": 1, "outcome": 1, "reason": 99}])
print(*forward.outcome_lines(bridge_pb2.TransformResponse.FromString(answer.SerializeToString())), sep="\\n")
"""


class Package(unittest.TestCase):

  @classmethod
  def setUpClass(cls):
    cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
    cls.sources = copy_of("python", cls.folder / "copy")
    run(sys.executable, "setup.py", "--quiet", "sdist", "--dist-dir", cls.folder / "source", cwd=cls.sources)
    (cls.archive,) = (cls.folder / "source").glob("*.tar.gz")
    # From the archive, as those who have no repository do.
    run(sys.executable, *PIP, "wheel", "--quiet", *OFFLINE, "--wheel-dir", cls.folder, cls.archive)
    (cls.wheel,) = cls.folder.glob("*.whl")
    run(sys.executable, "-m", "venv", "--system-site-packages", cls.folder / "venv")  # With Debian's grpcio and protobuf.
    cls.python = cls.folder / "venv/bin/python"
    run(cls.python, *PIP, "install", "--quiet", "--no-index", cls.wheel)

  def test_the_wheel_has_all_that_it_needs(self):
    names = zipfile.ZipFile(self.wheel).namelist()
    for name in ("py.typed", "client.py", "LICENSE", "v1/bridge_pb2.py", "v1/bridge_pb2.pyi", "rpc/v1/errors_pb2.py"):
      self.assertIn(f"segrid/{name}", names)
    self.assertFalse([name for name in names if "test" in name or "setup" in name])
    inside = [name.partition("/")[2] for name in tarfile.open(self.archive).getnames()]
    self.assertIn("segrid/v1/bridge_pb2.py", inside)

  def test_a_repository_gives_the_same_wheel_as_the_archive(self):
    place = self.folder / "again"
    run(sys.executable, *PIP, "wheel", "--quiet", *OFFLINE, "--wheel-dir", place, self.sources)
    (again,) = place.glob("*.whl")
    self.assertEqual(sorted(zipfile.ZipFile(again).namelist()), sorted(zipfile.ZipFile(self.wheel).namelist()))

  def test_it_has_the_version_of_the_project(self):
    said = run(self.python, "-c", "import importlib.metadata, segrid; print(segrid.__version__, importlib.metadata.version('segrid'))")
    self.assertEqual(said, f"{GIVEN.version} {GIVEN.version}\n")

  def test_old_interpreters_can_read_it(self):
    oldest = re.search(r'requires-python = ">=3\.(\d+)"', (self.sources / "pyproject.toml").read_text(encoding="utf-8"))[1]
    for path in self.sources.glob("segrid/*.py"):
      run(sys.executable, "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, int(sys.argv[2])))", path, oldest)

  def test_its_unit_tests_pass(self):
    self.assertIn("OK", run(self.python, HERE / "client_test.py", cwd=self.folder))

  def test_it_works_with_a_real_server(self):
    self.assertIn("OK", run(self.python, HERE / "live_test.py", "--server", GIVEN.server, cwd=self.folder))

  def test_the_sample_of_the_readme_runs(self):
    with secured_server(GIVEN.server) as (address, ca, token):
      for secret, printed in ((token, "0 "), ("another", "StatusCode.UNAUTHENTICATED TOKEN_UNKNOWN None None ")):
        given = f"token, body = '{secret}', b'[7]'\n"
        said = run(self.python, "-c", given + sample_of("python", address, ca))
        self.assertIn(printed, said)

  def test_the_example_forwards_a_real_batch(self):
    with running_server(GIVEN.server) as (address, _):
      lines = run(self.python, EXAMPLE, "--server", address, "--source", "everything", BATCH).splitlines()
      self.assertIn("0: Email ", lines[0])
      self.assertEqual(lines[-1], "forwarded: accepted=2 duplicate=0 skipped=0 rejected=0")
      with self.assertRaisesRegex(AssertionError, "NOT_FOUND"):
        run(self.python, EXAMPLE, "--server", address, "--source", "nobody", BATCH)

  def test_the_example_outlives_a_reason_that_it_does_not_know(self):
    said = run(self.python, "-c", UNKNOWN, env={**os.environ, "PYTHONPATH": str(EXAMPLE.parent)})
    self.assertEqual(said, "0: skipped, NOT_ROUTED\n1: skipped, 99\n")


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  for option in ("--server", "--version"):
    arguments.add_argument(option, required=True)
  GIVEN, rest = arguments.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
