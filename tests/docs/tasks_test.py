"""Does what the documents say, step by step, with the blocks of code that are marked with `<!-- task NAME -->`.

Paths and ports of the documents become those of a temporary folder; systemctl is systemctl.py. Nothing else is changed.
"""

import argparse
import http.server
import json
import pathlib
import re
import shutil
import sys
import threading
import time
import unittest

import sandbox

sys.path.append(str(sandbox.ROOT / "tests/client"))
import packages  # noqa: E402

GIVEN = None  # The arguments; set by main.
FILE_SOURCE = "sources: [{name: default, receiver: file, path: tracks.ndjson}]\n"
EVENT = '{{"event":"open","email":"ada@example.com","timestamp":1591726752,"sg_event_id":"{}"}}'


def body_of(*ids):
  return "[" + ",".join(EVENT.format(name) for name in ids) + "]"


class Receiver(http.server.BaseHTTPRequestHandler):
  """Refuses Tracks of a batch that have an id in `refused`, one by one; accepts all others."""
  refused = set()
  taken = []

  def do_POST(self):  # pylint: disable=invalid-name
    tracks = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
    ids = [track["messageId"].rpartition("-")[0] for track in tracks]
    bad = bool(self.refused.intersection(ids))
    if not bad:
      self.taken.extend(ids)
    self.send_response(400 if bad else 200)
    self.send_header("Content-Length", "0")
    self.end_headers()

  def log_message(self, *_):
    pass


class Tasks(unittest.TestCase):

  def run(self, result=None):
    """Prints how long the task took, with the pauses of a machine and none of a reader."""
    started = time.monotonic()
    result = super().run(result)
    print(f"figure: {self._testMethodName.removeprefix('test_').replace('_', ' ')}: {time.monotonic() - started:.1f} s", flush=True)
    return result

  def setUp(self):
    self.machine = self.enterContext(sandbox.Sandbox(GIVEN.programs))
    self.home = self.machine.root / "home"

  def start(self, *lines):
    self.machine.configure(f'grpc: {{listen: ["127.0.0.1:50051"]}}\nhttp: {{listen: ["127.0.0.1:8080"]}}\n'
                           f'admin: {{listen: ["127.0.0.1:8081"]}}\n' + "".join(lines))
    self.machine.run("systemctl start segrid-server")

  def forward(self, *ids, options=""):
    (self.home / "ids.json").write_text(body_of(*ids), encoding="utf-8")
    return self.machine.run(f"segrid forward ids.json {options}")

  def count(self, name):
    """A count of the only source."""
    (source,) = json.loads(self.machine.run("segrid status --json"))["sources"]
    return int(source[name])

  def wait_for(self, name, wanted):
    for _ in range(1000):  # Each takes milliseconds.
      if self.count(name) == wanted:
        return
    self.fail(f"{name} is {self.count(name)}, not {wanted}")

  def tracks(self):
    path = self.machine.root / "var/lib/segrid/tracks.ndjson"
    return [json.loads(line)["messageId"] for line in path.read_text(encoding="utf-8").splitlines()]

  def key(self, name):
    """A signing key in a file, and its public half as SendGrid shows it."""
    self.machine.run(f"openssl ecparam -name prime256v1 -genkey -noout -out {name}.pem")
    return self.machine.run(f"openssl ec -in {name}.pem -pubout -outform DER 2>/dev/null | base64 --wrap=0")

  def post(self, key):
    (self.home / "body.json").write_text(body_of(f"posted-{key}"), encoding="utf-8")
    return self.machine.run(f"segrid webhook-sign body.json --key {key}.pem --post http://127.0.0.1:8080/v1/webhook || true")

  def test_webhook_with_a_signature(self):
    (make, post), files = sandbox.task("docs/webhook.md", "signature")
    (self.home / "body.json").write_text(body_of("signed"), encoding="utf-8")
    public = self.machine.run(make).strip().splitlines()[-1]
    self.machine.configure(files["segrid.yaml"].replace("KEY_THAT_SENDGRID_SHOWS", public))
    self.machine.run("systemctl start segrid-server")
    self.assertIn('"accepted":1', self.machine.run(post))
    self.key("other")
    self.assertIn("BAD_SIGNATURE", self.post("other"))

  def test_production(self):
    (secret, certificates, tokens, restart, calls), files = sandbox.task("docs/production.md", "production")
    self.machine.variables["SEGMENT_WRITE_KEY"] = "a" * 32
    self.machine.run(secret)
    hashes = re.findall(r"^[0-9a-f]{64}$", self.machine.run(certificates + tokens), re.MULTILINE)
    self.assertEqual(len(hashes), 2)
    public = self.key("sendgrid")
    text = files["segrid.yaml"].replace("HASH_OF_ORDERS_TOKEN", hashes[0]).replace("HASH_OF_OPERATOR_TOKEN", hashes[1])
    # Tracks must not leave this machine.
    text = text.replace("    write_key:", '    endpoint: "https://127.0.0.1:9"\n    write_key:')
    self.machine.configure(text.replace("KEY_THAT_SENDGRID_SHOWS", public))
    self.machine.run(restart)
    shown = self.machine.run("cd /etc/segrid/tls\n" + calls)
    self.assertIn("accepted=1", shown)
    self.assertIn("sendgrid_prod", shown)
    plain = self.machine.run("segrid status", fails=True)
    self.assertNotIn("sendgrid_prod", plain)
    self.assertIn('"accepted":1', self.post("sendgrid"))
    (steps,), _ = sandbox.task("docs/production.md", "dry-run")
    checked = self.machine.run(steps, fails=True)  # Nothing listens at the endpoint.
    self.assertRegex(checked, r"(?m)^listen +grpc 127\.0\.0\.1:\d+ +ok")
    self.assertRegex(checked, r"(?m)^write key +sendgrid_prod +ok")

  def check_example(self, language):
    """Runs the README of an example in a copy of what it needs of the source tree."""
    steps, _ = sandbox.task(f"client/examples/{language}/README.md", language)
    packages.copy_of(language, self.home)
    (self.home / "tests").symlink_to(sandbox.ROOT / "tests")
    shutil.copytree(sandbox.ROOT / "client/examples", self.home / "client/examples", ignore=packages.BUILT)
    self.start(FILE_SOURCE)
    self.assertIn("forwarded: accepted=", self.machine.run("".join(steps)))
    self.assertGreater(self.count("accepted_count"), 0)

  def test_a_python_service(self):
    self.check_example("python")

  def test_a_node_service(self):
    why = packages.why_no_npm()
    if why:
      self.skipTest(why)
    self.machine.variables["npm_config_userconfig"] = str(pathlib.Path.home() / ".npmrc")
    self.check_example("node")

  def test_backup_and_restore(self):
    ((backup,), _), ((restore,), _) = (sandbox.task("docs/operations.md", name) for name in ("backup", "restore"))
    self.start(FILE_SOURCE)
    self.machine.run("segrid pause default")
    self.forward("one", "two")
    self.assertIn("of a running server", self.machine.run(backup))
    self.machine.run("segrid resume default")
    self.wait_for("pending_count", 0)
    self.assertIn("sound", self.machine.run(restore))
    self.wait_for("pending_count", 0)  # A pause ends with a restart, so all goes out.
    self.machine.run("segrid forward ids.json --wait")
    self.assertEqual(len(self.tracks()), 4)  # Once more, with the same ids.
    self.assertEqual(len(set(self.tracks())), 2)

  def test_a_person_is_erased(self):
    (steps,), _ = sandbox.task("docs/operations.md", "erase")
    self.start(FILE_SOURCE)
    self.machine.run("segrid pause default")
    self.forward("one", "two")
    self.machine.variables["ADDRESS"] = "Ada@example.com"
    shown = self.machine.run(steps)
    self.assertIn("would erase 2 pending events", shown)
    self.assertIn("\nerased 2 pending events", shown)
    self.assertEqual((self.count("pending_count"), self.count("purged_count")), (0, 2))

  def test_upgrade(self):
    (steps,), _ = sandbox.task("docs/operations.md", "upgrade")
    package = self.home / "package"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "usr/bin").mkdir(parents=True)
    (package / "DEBIAN/control").write_text(
        "Package: segrid-server\nVersion: 9\nArchitecture: amd64\nMaintainer: a <a@example.com>\nDescription: a\n", encoding="utf-8")
    (package / "usr/bin/segrid-server").symlink_to(GIVEN.programs / "segrid-server")
    self.machine.run("dpkg-deb --build package segrid-server_VERSION_amd64.deb")
    self.machine.configure(FILE_SOURCE)
    self.assertIn("OK", self.machine.run(steps))
    self.machine.configure("surces: []")
    self.assertIn("did you mean", self.machine.run(steps, fails=True))

  def test_key_rotation(self):
    _, files = sandbox.task("docs/operations.md", "key-rotation")
    self.machine.variables |= {"OLD_WEBHOOK_KEY": self.key("old"), "NEW_WEBHOOK_KEY": self.key("new")}
    self.start(FILE_SOURCE, 'webhooks: [{name: default, public_keys: ["${OLD_WEBHOOK_KEY}"]}]\n')
    self.assertIn('"accepted":1', self.post("old"))
    self.assertIn("BAD_SIGNATURE", self.post("new"))
    config = (self.machine.root / "etc/segrid/segrid.yaml").read_text(encoding="utf-8")
    self.machine.configure(config.partition("webhooks:")[0] + files["webhook.yaml"])
    self.machine.run("segrid reload")
    self.assertIn('"accepted":1', self.post("new"))
    self.assertIn('"duplicate":1', self.post("old"))

  def test_dead_letters_are_repaired(self):
    (steps,), _ = sandbox.task("docs/runbook.md", "dead-letters")
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    self.addCleanup(receiver.server_close)
    self.addCleanup(receiver.shutdown)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    Receiver.refused = {"bad"}
    self.start("sources: [{name: default, receiver: http, allow_http: true, "
               f'endpoint: "http://127.0.0.1:{receiver.server_port}/"}}]\n')
    (self.home / "ids.json").write_text(body_of("bad", "good", "fine"), encoding="utf-8")
    self.machine.run("segrid forward ids.json --wait", fails=True)
    for number in range(100):  # After each success a refused one is tried once more, until that is proof.
      self.forward(f"next-{number}", options="--wait")
      if self.count("dead_letter_count") == 1:
        break
    self.assertEqual(self.count("dead_letter_count"), 1)
    Receiver.refused = set()  # The receiver is repaired.
    shown = self.machine.run(steps)
    self.assertIn("BAD_MESSAGE", shown)
    exported = (self.home / "dead-letters.ndjson").read_text(encoding="utf-8").splitlines()
    self.assertEqual(len(exported), 1)
    self.wait_for("pending_count", 0)
    self.assertIn("bad", Receiver.taken)

  def test_repair(self):
    (steps,), _ = sandbox.task("docs/runbook.md", "repair")
    self.start(FILE_SOURCE)
    self.forward("one", options="--wait")
    self.assertIn("sound", self.machine.run(steps))
    self.assertEqual(self.count("delivered_count"), 1)
    self.machine.run("systemctl stop segrid-server; rm --recursive /var/lib/segrid.copy")
    for path in (self.machine.root / "var/lib/segrid/queue/db").glob("*.sst"):
      content = bytearray(path.read_bytes())
      content[len(content) // 3] ^= 0xFF
      path.write_bytes(content)
    shown = self.machine.run(steps)
    self.assertNotIn("sound", shown)
    self.assertIn("repaired", shown)
    self.forward("two", options="--wait")

  def test_a_queue_moves(self):
    (steps,), _ = sandbox.task("docs/operations.md", "move")
    self.start(FILE_SOURCE)
    self.machine.run("segrid pause default")
    self.forward("one")
    other = self.enterContext(sandbox.Sandbox(GIVEN.programs))
    ssh = self.machine.root / "bin/ssh"
    moved = "shift; sh -c \"$(printf %s \"$*\" | sed 's," + str(self.machine.root) + "," + str(other.root) + ",')\""
    ssh.write_text(f"#!/bin/sh\n{moved}\n", encoding="utf-8")
    ssh.chmod(0o755)
    self.machine.run(steps)
    other.configure((self.machine.root / "etc/segrid/segrid.yaml").read_text(encoding="utf-8")
                    .replace(str(self.machine.ports[50051]), "50051").replace(str(self.machine.ports[8080]), "8080")
                    .replace(str(self.machine.ports[8081]), "8081"))
    other.run("systemctl start segrid-server")
    self.machine = other
    self.wait_for("pending_count", 0)
    self.assertEqual(len(self.tracks()), 1)


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--programs", required=True, type=lambda name: pathlib.Path(name).resolve())
  GIVEN, rest_of_arguments = arguments.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest_of_arguments], verbosity=2)
