"""The container image: what may get into its build, what is in it, and whether it serves. Needs no Docker.

Arguments: --programs DIR --source DIR --version V.
"""

import argparse
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest

GIVEN = None  # The arguments; set by main.
SECONDS = 150
# Files that must not get into an image or its build, and some that must.
KEPT_OUT = (".git/config", ".env", "segrid.yaml", "tls.pem", "secrets/write-key", "build/release/bin/segrid", "segrid-data/queue/CURRENT",
            "server/deploy/grpc.key", "server/deploy/authority.pem", "server/.env", "core/build/x.o", "client/node/node_modules/a/index.js",
            "client/node/segrid-0.1.0.tgz", "client/python/segrid.egg-info/PKG-INFO", "client/python/segrid/v1/bridge_pb2.py", "venv/bin/python",
            "proto/__pycache__/a.pyc", "cmake/debug.log", "tests/data/a.json", "server/app/segrid-data/tracks.ndjson")
TAKEN_IN = ("CMakeLists.txt", "core/base/version.h", "server/deploy/rootfs.sh", "client/client.h", "proto/segrid/v1/bridge.proto",
            "cmake/Segrid.cmake", "docs/runbook.md", "README.md", "LICENSE")
# No program but ours: what somebody who gets in could use.
TOOLS = re.compile(r"(^|/)(sh|bash|dash|busybox|apt|apt-get|dpkg|perl[\d.]*|python[\d.]*|curl|wget|openssl|mount|su)$")
CONFIG = """
grpc: {listen: ["127.0.0.1:0"]}
http: {listen: ["127.0.0.1:0"]}
admin: {listen: ["127.0.0.1:0"]}
sources: [{name: default, receiver: file, path: tracks.ndjson}]
"""


def run(*command, code=0, **keywords):
  """What a command prints."""
  done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                        timeout=SECONDS, **keywords)
  if done.returncode != code:
    raise AssertionError(f"{' '.join(str(word) for word in command)}: {done.returncode}\n{done.stdout}")
  return done.stdout


def members(path):
  with tarfile.open(path) as archive:
    return archive.getmembers()


def why_not():
  """Why no image can be made here; "" when it can."""
  for program in ("mmdebstrap", "buildah", "strip", "apt-get"):
    if not shutil.which(program):
      return f"{program} is not installed"
  with tempfile.TemporaryDirectory() as folder:
    if subprocess.run(["apt-get", "--quiet=2", "download", "ca-certificates"], cwd=folder, capture_output=True, check=False).returncode != 0:
      return "Debian's archive cannot be reached"
  return ""


class Image(unittest.TestCase):

  @classmethod
  def setUpClass(cls):
    why = why_not()
    if why:
      raise unittest.SkipTest(why)
    folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
    done = subprocess.run([GIVEN.source / "server/deploy/image.sh", GIVEN.programs, folder / "image.tar", f"segrid:{GIVEN.version}"],
                          capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode == 77:
      raise unittest.SkipTest(done.stderr.strip())
    if done.returncode != 0:
      raise AssertionError(done.stdout + done.stderr)
    (folder / "image").mkdir()
    run("tar", "-xf", folder / "image.tar", "-C", folder / "image")
    (manifest,) = json.loads((folder / "image/manifest.json").read_text(encoding="utf-8"))
    cls.tags = manifest["RepoTags"]
    cls.config = json.loads((folder / "image" / manifest["Config"]).read_text(encoding="utf-8"))["config"]
    cls.root = folder / "root"
    cls.root.mkdir()
    cls.members = []
    for layer in manifest["Layers"]:
      cls.members += members(folder / "image" / layer)
      run("tar", "-xf", folder / "image" / layer, "-C", cls.root)

  def command(self, *words):
    """In the image, as its user where this process may be it."""
    enter = ["chroot", "--userspec=10001:10001"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "chroot"]
    return [*enter, str(self.root), *words]

  def test_it_says_how_it_is_run(self):
    self.assertIn(f"segrid:{GIVEN.version}", " ".join(self.tags))
    self.assertEqual(self.config["User"], "10001:10001")
    self.assertEqual(self.config["StopSignal"], "SIGTERM")
    self.assertEqual(self.config["Healthcheck"]["Test"],
                     ["CMD", "/usr/bin/segrid", "healthcheck", "--http", "http://127.0.0.1:8081/readyz"])
    self.assertEqual(self.config["Entrypoint"], ["/usr/bin/segrid-server"])
    self.assertIn("/var/lib/segrid", self.config["Volumes"])
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in self.config["Labels"].items()}
    self.assertEqual((labels["title"], labels["version"], labels["licenses"]), ("Segrid", GIVEN.version, "MIT"))

  def test_it_has_two_programs_and_no_tools(self):
    names = [member.name.removeprefix("./") for member in self.members if not member.isdir()]
    self.assertEqual([name for name in names if TOOLS.search(name)], [])
    self.assertEqual(sorted(name for name in names if name.startswith("usr/bin/")), ["usr/bin/segrid", "usr/bin/segrid-server"])
    self.assertEqual([member.name for member in self.members if member.isfile() and member.mode & 0o6000], [])
    known = re.compile(r"usr/(bin|lib|share)/|lib(64)?/|etc/|var/(lib|cache)/(dpkg|apt)/")  # The last have no packages.
    self.assertEqual([name for name in names if not known.match(name)], [])
    self.assertFalse((self.root / "var/lib/dpkg/status").read_text())
    self.assertGreater((self.root / "etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERTIFICATE"), 100)

  def test_only_its_data_is_its_own(self):
    own = {member.name.removeprefix("./") for member in self.members if member.uid == 10001}
    self.assertEqual(own, {"var/lib/segrid"})
    (data,) = (member for member in self.members if member.name.removeprefix("./") == "var/lib/segrid")
    self.assertEqual(data.mode & 0o777, 0o700)
    writable = [member.name for member in self.members if not member.issym() and member.mode & 0o002]
    self.assertEqual([name.removeprefix("./") for name in writable], ["tmp"])

  def test_it_serves_and_tells_its_health(self):
    (self.root / "etc/segrid/segrid.yaml").write_text(CONFIG, encoding="utf-8")
    process = subprocess.Popen(self.command("/usr/bin/segrid-server", *self.config["Cmd"]), stderr=subprocess.PIPE, text=True)
    try:
      serving = next(line for line in process.stderr if '"serving"' in line)
      admin = re.search(r'"admin":"([^"]+)"', serving)[1]
      next(line for line in process.stderr if '"ready"' in line)
      run(*self.command("/usr/bin/segrid", "healthcheck", "--http", f"http://{admin}/readyz"))
    finally:
      process.send_signal(signal.SIGTERM)
      rest = process.stderr.read()
      process.stderr.close()
      self.assertEqual(process.wait(SECONDS), 0, rest)

  def test_it_trusts_the_authorities_in_it(self):
    key, certificate = self.root / "tmp/key.pem", self.root / "tmp/cert.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=a",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.handle_error = lambda *_: None  # A client that trusts nobody hangs up.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    self.addCleanup(server.server_close)
    self.addCleanup(server.shutdown)
    text = CONFIG.replace("sources: [", f'sources: [{{name: a, receiver: http, endpoint: "https://127.0.0.1:{server.server_port}/"}}, ')
    (self.root / "tmp/dry-run.yaml").write_text(text, encoding="utf-8")
    check = self.command("/usr/bin/segrid", "dry-run", "--config", "/tmp/dry-run.yaml", "--data-dir", "/var/lib/segrid")
    bundle = self.root / "etc/ssl/certs/ca-certificates.crt"
    before = bundle.read_text()
    self.addCleanup(bundle.write_text, before)
    self.assertNotIn("certificate trusted", run(*check, code=1))
    bundle.write_text(before + certificate.read_text())
    self.assertIn("certificate trusted", run(*check))


class Context(unittest.TestCase):
  """What `COPY . .` copies, by buildah's own reading of .dockerignore."""

  def test_has_the_sources_and_no_secrets(self):
    if not shutil.which("buildah"):
      self.skipTest("buildah is not installed")
    folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
    for name in (*KEPT_OUT, *TAKEN_IN):
      path = folder / "context" / name
      path.parent.mkdir(parents=True, exist_ok=True)
      path.write_text("", encoding="utf-8")
    shutil.copy(GIVEN.source / ".dockerignore", folder / "context")
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n", encoding="utf-8")
    (folder / "storage.conf").write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/layers"\n', encoding="utf-8")
    environment = {**os.environ, "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf")}
    try:
      run("buildah", "build", "--quiet", "--isolation", "chroot", "--format", "docker", "--file", folder / "Dockerfile", "--tag", "context",
          folder / "context", env=environment)
      run("buildah", "push", "--quiet", "context", f"docker-archive:{folder}/context.tar", env=environment)
    except AssertionError as failed:
      if "operation not permitted" in str(failed):
        self.skipTest("there are no user namespaces")
      raise
    finally:
      if os.geteuid() != 0:
        subprocess.run(["buildah", "unshare", "rm", "-r", folder / "layers"], env=environment, check=False)
    (folder / "image").mkdir()
    run("tar", "-xf", folder / "context.tar", "-C", folder / "image")
    (manifest,) = json.loads((folder / "image/manifest.json").read_text(encoding="utf-8"))
    files = {member.name for layer in manifest["Layers"] for member in members(folder / "image" / layer) if member.isfile()}
    self.assertEqual(files, set(TAKEN_IN))

  def test_has_all_that_the_build_reads(self):
    """Configures what the Dockerfile configures in a copy of what gets in."""
    recipe = (GIVEN.source / "server/deploy/Dockerfile").read_text(encoding="utf-8")
    options = re.search(r"cmake -S \. -B /build (.*?) \\", recipe)[1].split()
    folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
    allowed = re.findall(r"(?m)^!(\S+)$", (GIVEN.source / ".dockerignore").read_text(encoding="utf-8"))
    (folder / "context").mkdir()
    for path in (path for pattern in allowed for path in GIVEN.source.glob(pattern)):
      (folder / "context" / path.name).symlink_to(path)
    run("cmake", "-S", folder / "context", "-B", folder / "build", *options)
    planned = run("ninja", "-C", folder / "build", "-n", *re.search(r"--target (.+)$", recipe, re.MULTILINE)[1].split())
    self.assertIn("bin/segrid-server", planned)
    # The runbook page is made of documents; to make it by ninja would compile all that it links.
    page = run("ninja", "-C", folder / "build", "-t", "commands", "server/status_page/runbook.html").splitlines()[-1]
    self.assertIn("render_runbook", page)
    run("sh", "-c", page, cwd=folder / "build")


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  for option in ("--programs", "--source"):
    arguments.add_argument(option, required=True, type=lambda name: pathlib.Path(name).resolve())
  arguments.add_argument("--version", required=True)
  GIVEN, rest = arguments.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
