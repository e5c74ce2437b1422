"""The proxies of docs/operations.md, in front of a server: a good, a forged, an unsigned and a too large post.

Each is run where its program is installed; where none is, the test is skipped.
"""

import argparse
import http.client
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import unittest

import markdown
import sandbox

GIVEN = None  # The arguments; set by main.
HOST = "hooks.example.com"
LOOKS = 3000  # 10 ms each.
FOLDERS = "/usr/sbin:/usr/local/sbin:"
CONFIG = """
grpc: {{listen: ["127.0.0.1:50051"]}}
http: {{listen: ["127.0.0.1:8080"]}}
admin: {{listen: []}}
webhooks: [{{public_keys: ["{}"]}}]
sources: [{{name: default, receiver: file, path: tracks.ndjson}}]
"""


def block(name):
  text = (sandbox.ROOT / "docs/operations.md").read_text(encoding="utf-8")
  (found,) = [each.text for each in markdown.blocks(text) if each.note == f"ingress {name}"]
  return found


class Ingress(unittest.TestCase):

  def setUp(self):
    self.machine = self.enterContext(sandbox.Sandbox(GIVEN.programs))
    self.home = self.machine.root / "home"
    self.machine.run(
        "openssl ecparam -name prime256v1 -genkey -noout -out sendgrid.pem\n"
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN={HOST} "
        f"-addext subjectAltName=DNS:{HOST} -keyout hooks.key -out hooks.pem 2>/dev/null\n"
        "cat hooks.pem hooks.key > hooks-with-key.pem")
    self.public = self.machine.run("openssl ec -in sendgrid.pem -pubout -outform DER 2>/dev/null | base64 --wrap=0")
    self.machine.configure(CONFIG.format(self.public))
    self.machine.run("systemctl start segrid-server")
    (self.port,) = sandbox.free_ports(1)

  def program(self, name):
    found = shutil.which(name, path=f"{FOLDERS}{sandbox.os.environ['PATH']}")
    if not found:
      self.skipTest(f"{name} is not installed")
    return found

  def config(self, name):
    text = self.machine.here(block(name)).replace("/etc/ssl/", f"{self.home}/")
    return re.sub(r"\b443\b", str(self.port), text)

  def run_proxy(self, *words):
    log = (self.home / "log").open("wb")
    self.addCleanup(log.close)
    process = subprocess.Popen(words, cwd=self.home, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                               env={**sandbox.os.environ, "HOME": str(self.home), "XDG_DATA_HOME": str(self.home)})
    self.addCleanup(process.wait)
    self.addCleanup(process.terminate)
    for _ in range(LOOKS):
      try:
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        return
      except OSError:
        pass
      try:
        process.wait(timeout=0.01)
        break
      except subprocess.TimeoutExpired:
        pass
    self.fail((self.home / "log").read_text(encoding="utf-8"))

  def signed(self, body):
    """The headers that SendGrid would send with this body."""
    (self.home / "body.json").write_bytes(body)
    printed = self.machine.run("segrid webhook-sign body.json --key sendgrid.pem 2>/dev/null")
    return dict(line.split(": ", 1) for line in printed.splitlines() if line.startswith("X-Twilio-"))

  def post(self, body, headers, path="/v1/webhook"):
    context = ssl.create_default_context(cafile=self.home / "hooks.pem")
    connection = http.client.HTTPSConnection(HOST, self.port, timeout=30, context=context)
    plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
    connection.sock = context.wrap_socket(plain, server_hostname=HOST)
    try:
      connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
      response = connection.getresponse()
      return response.status, response.read()
    finally:
      connection.close()

  def check(self):
    body = b'[{"email":"a@example.com","timestamp":1,"event":"open","sg_event_id":"x\\u00e9"},\r\n 7]'
    status, answer = self.post(body, self.signed(body))
    self.assertEqual((status, json.loads(answer)["accepted"]), (200, 1), answer)
    status, answer = self.post(body + b" ", self.signed(body))
    self.assertEqual((status, json.loads(answer)["error"]), (401, "BAD_SIGNATURE"))
    status, answer = self.post(body, {})
    self.assertEqual((status, json.loads(answer)["error"]), (401, "MISSING_SIGNATURE"))
    large = b"[" + b" " * (3 << 20) + b"]"
    self.assertEqual(self.post(large, self.signed(large))[0], 200)
    self.assertEqual(self.post(body, {}, "/metrics")[0], 404)
    large = b"[" + b" " * (5 << 20) + b"]"
    try:
      self.assertIn(self.post(large, self.signed(large))[0], (413, 502))  # 502: the proxy was still sending.
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
      pass  # Refused before all of it was read.

  def test_nginx(self):
    program = self.program("nginx")
    (self.home / "tmp").mkdir()
    paths = "".join(f"{kind}_temp_path {self.home}/tmp;\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (self.home / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {self.home}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}{self.config('nginx')}}}\n", encoding="utf-8")
    self.run_proxy(program, "-e", "stderr", "-c", str(self.home / "nginx.conf"))
    self.check()

  def test_haproxy(self):
    program = self.program("haproxy")
    (self.home / "haproxy.cfg").write_text(self.config("haproxy"), encoding="utf-8")
    self.run_proxy(program, "-db", "-f", str(self.home / "haproxy.cfg"))
    self.check()

  def test_caddy(self):
    program = self.program("caddy")
    options = "{\n  admin off\n  auto_https disable_redirects\n  skip_install_trust\n}\n"
    (self.home / "Caddyfile").write_text(options + self.config("caddy"), encoding="utf-8")
    self.run_proxy(program, "run", "--config", str(self.home / "Caddyfile"), "--adapter", "caddyfile")
    self.check()


if __name__ == "__main__":
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("--programs", required=True, type=lambda name: pathlib.Path(name).resolve())
  GIVEN, rest_of_arguments = arguments.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest_of_arguments], verbosity=2)
