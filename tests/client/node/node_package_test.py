"""Packs the Node package, installs it from the tarball, and runs its tests there. Without the npm registry it is skipped.

Arguments: --server PROGRAM --version V.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import sys
import tarfile
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "live")]
from packages import NPM, ROOT, install_node, run, sample_of, why_no_npm  # noqa: E402
from running_server import running_server  # noqa: E402
from secured_server import secured_server  # noqa: E402

SKIPPED = 77  # ctest's SKIP_RETURN_CODE.
EXAMPLE = ROOT / "client/examples/node/forward.mjs"
BATCH = ROOT / "tests/data/sendgrid/spatie_multipleEvents.json"
USE = """import { Client, outcomes, SegridError, type Track } from "segrid";
const client = new Client("a:1", { token: "t", tls: { caFile: "f" } });
const response = await client.transform([{ event: "open" }], { source: "s" });
for (const { track } of outcomes(response)) { const seen: Track | undefined = track; console.log(seen?.message_id); }
for await (const { response: answer } of client.forwardStream(["[]"])) console.log(answer?.accepted_count.toFixed());
await client.forward([{ event: "open", timestamp: 1 }], { typed: true, waitDelivered: true }).catch((e: SegridError) => e.reason);
"""
WRONG = ("client.transform(7)", "client.forward([{ event: 1 }], { typed: true })", "client.transform('', { timeout: 1 })",
         "response.track_counts")
GIVEN = None  # The arguments; set by main.


class Package(unittest.TestCase):

  @classmethod
  def setUpClass(cls):
    cls.tarball, cls.place = install_node(pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())))

  def node_test(self, script, **variables):
    said = run("node", "--test", "--test-reporter=tap", HERE / script, cwd=self.place, env={**os.environ, **variables})
    self.assertRegex(said, r"(?m)^# fail 0$")
    self.assertGreater(int(re.search(r"(?m)^# pass (\d+)$", said)[1]), 3)

  def test_the_tarball_has_all_that_it_needs_and_nothing_else(self):
    names = {name.removeprefix("package/") for name in tarfile.open(self.tarball).getnames()}
    for name in ("index.cjs", "index.mjs", "index.d.ts", "lib/client.cjs", "LICENSE", "README.md", "proto/segrid/v1/bridge.proto",
                 "proto/segrid/rpc/v1/errors.proto", "types/segrid/v1/Track.d.ts"):
      self.assertIn(name, names)
    self.assertFalse([name for name in names if "test" in name or "build" in name or "node_modules" in name])

  def test_it_has_the_version_of_the_project(self):
    manifest = json.loads((self.place / "node_modules/segrid/package.json").read_text(encoding="utf-8"))
    self.assertEqual(manifest["version"], GIVEN.version)

  def test_its_unit_tests_pass(self):
    self.node_test("client_test.mjs")

  def test_it_works_with_a_real_server(self):
    with secured_server(GIVEN.server) as (address, ca, token):
      self.node_test("live_test.mjs", SEGRID_TEST=json.dumps({"address": address, "ca": ca, "token": token}))

  def test_its_types_are_those_of_the_code(self):
    run("npm", "install", *NPM, "typescript@5.9.2", "@types/node@18", cwd=self.place)
    check = ("node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "use.mts")
    (self.place / "use.mts").write_text(USE, encoding="utf-8")
    run(*check, cwd=self.place)
    (self.place / "use.mts").write_text(USE + "".join(f"void {line};\n" for line in WRONG), encoding="utf-8")
    with self.assertRaises(AssertionError) as refused:
      run(*check, cwd=self.place)
    self.assertEqual(len(re.findall(r"error TS", str(refused.exception))), len(WRONG), refused.exception)

  def example(self, *given):
    return run("node", shutil.copy(EXAMPLE, self.place), *given)  # A module is looked for beside the file that imports it.

  def test_the_sample_of_the_readme_runs(self):
    with secured_server(GIVEN.server) as (address, ca, token):
      for secret, printed in ((token, "0 REASON_NOT_AN_OBJECT"), ("another", "16 TOKEN_UNKNOWN undefined undefined ")):
        sample = self.place / "sample.mjs"
        sample.write_text(sample_of("node", address, ca).replace(
            "const client", f"const [token, body] = ['{secret}', '[7]'];\nconst client", 1), encoding="utf-8")
        said = run("node", sample, cwd=self.place)
        self.assertIn(printed, said)

  def test_the_example_forwards_a_real_batch(self):
    with running_server(GIVEN.server) as (address, _):
      lines = self.example("--server", address, "--source", "everything", BATCH).splitlines()
      self.assertIn("0: Email ", lines[0])
      self.assertEqual(lines[-1], "forwarded: accepted=2 duplicate=0 skipped=0 rejected=0")
      with self.assertRaisesRegex(AssertionError, "NOT_FOUND"):
        self.example("--server", address, "--source", "nobody", BATCH)

  def test_the_example_outlives_a_reason_that_it_does_not_know(self):
    proto = self.place / "node_modules/segrid/proto/segrid/v1/bridge.proto"
    known = proto.read_text(encoding="utf-8")
    self.assertIn("  REASON_EVENT_NOT_SELECTED = 2;\n", known)
    self.addCleanup(proto.write_text, known, encoding="utf-8")
    proto.write_text(known.replace("  REASON_EVENT_NOT_SELECTED = 2;\n", ""), encoding="utf-8")
    body = self.place / "body.json"
    body.write_text('[{"event": "deferred", "email": "ada@example.com", "timestamp": 1}]', encoding="utf-8")
    with running_server(GIVEN.server) as (address, _):
      self.assertEqual(self.example("--server", address, "--source", "plain", body).splitlines()[0], "0: skipped, 2")


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  for option in ("--server", "--version"):
    arguments.add_argument(option, required=True)
  GIVEN, rest = arguments.parse_known_args()
  missing = why_no_npm()
  if missing:
    print(f"SKIPPED: {missing}")
    sys.exit(SKIPPED)
  unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
