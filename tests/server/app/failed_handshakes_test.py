"""What client and server say when TLS stands between them, for both listeners: error, log line, metric.

    failed_handshakes_test.py <segrid-server> <segrid>
"""

import json
import pathlib
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "endurance"))
from program import Program  # noqa: E402

SERVER, SEGRID = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
SECONDS = 40
CA_CONFIG = """[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
[names]
subjectAltName = DNS:localhost,IP:127.0.0.1
"""


class Authorities:
    """`ca` and `other`, and pairs that they have signed, as files in a folder."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "config").write_text(CA_CONFIG)
        for name in ("ca", "other"):
            self.openssl("req", "-x509", *self.new_key(name), "-days", 2, "-subj", f"/CN={name}", "-out", f"{name}.crt")

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], cwd=self.folder, capture_output=True, check=True, timeout=SECONDS)

    @staticmethod
    def new_key(name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]

    def issue(self, name, authority="ca", dates=("-days", 1)):
        self.openssl("req", *self.new_key(name), "-subj", "/CN=localhost", "-out", f"{name}.csr")
        (self.folder / "index").write_text("")
        (self.folder / "serial").write_text("01")
        self.openssl("ca", "-batch", "-config", "config", "-cert", f"{authority}.crt", "-keyfile", f"{authority}.key",
                     "-in", f"{name}.csr", "-out", f"{name}.crt", "-extensions", "names", "-notext", *dates)


class FailedHandshakes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = pathlib.Path(cls.scratch.name)
        authorities = Authorities(cls.folder)
        authorities.issue("server")
        authorities.issue("client")
        authorities.issue("foreign", authority="other")
        authorities.issue("old", dates=("-startdate", "20200101000000Z", "-enddate", "20210101000000Z"))

    def start(self, tls=True, more=""):
        files = (f"tls: {{cert: {self.folder}/server.crt, key: {self.folder}/server.key, "
                 f"client_ca: {self.folder}/ca.crt{more}}}")
        settings = {"grpc": [files.replace(more, "")], "http": [files]} if tls else {}
        program = Program(SERVER, "sources: [{name: a, receiver: file, path: a}]\n", settings=settings)
        self.addCleanup(program.stop)
        return program

    def segrid(self, program, *words):
        ran = subprocess.run([SEGRID, "status", "--server", f"127.0.0.1:{program.ports['grpc']}", *words], env={},
                             cwd=self.folder, capture_output=True, text=True, check=False, timeout=SECONDS)
        self.assertEqual(ran.returncode, 1, ran.stdout)
        self.assertEqual(ran.stderr.count("\n"), 1, ran.stderr)
        return ran.stderr

    def https(self, program, client=None, authority="ca", change=lambda context: None):
        """A handshake with the webhooks' listener that fails."""
        context = ssl.create_default_context(cafile=self.folder / f"{authority}.crt")
        if client:
            context.load_cert_chain(self.folder / f"{client}.crt", self.folder / f"{client}.key")
        change(context)
        with socket.create_connection(("127.0.0.1", program.ports["http"]), SECONDS) as raw:
            try:
                with context.wrap_socket(raw, server_hostname="localhost") as secure:
                    secure.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    self.assertEqual(secure.recv(1), b"", "it was let in")
            except OSError:
                pass

    def assert_heard(self, program, listener, reason, level="warning"):
        """A line of the log, and the metric."""
        text = f'"listener":"{listener}","reason":"{reason}"'
        line = json.loads(program.wait_for(text))
        self.assertEqual(line["level"], level)
        self.assertIn(line["message"], ("TLS handshakes failed", "clients left during TLS handshakes"))
        self.assertTrue(line["detail"])
        sample = f'segrid_handshake_failures_total{{listener="{listener}",reason="{reason}"}}'
        self.assertGreaterEqual(program.metrics()[sample], 1)

    def test_grpc(self):
        program = self.start()
        cases = [
            ([], "the server speaks TLS", "no_tls"),
            (["--tls-ca", "other.crt"], "'CN=ca', which is none of the authorities in 'other.crt'", "closed"),
            (["--tls-ca", "ca.crt"], "the server wants a client certificate", "no_client_certificate"),
            (["--tls-ca", "ca.crt", "--tls-cert", "foreign.crt", "--tls-key", "foreign.key"],
             "signed by an authority of the server's client_ca (CN=ca)", "unknown_client_authority"),
            (["--tls-ca", "ca.crt", "--tls-cert", "old.crt", "--tls-key", "old.key"], "because it expired at Jan  1",
             "client_certificate_expired"),
            (["--tls-ca", "ca.crt", "--tls-server-name", "else.test"], "not for 'else.test'", None),
        ]
        for words, says, reason in cases:
            with self.subTest(words=words):
                self.assertIn(says, self.segrid(program, *words))
                if reason:
                    self.assert_heard(program, "grpc", reason, "info" if reason == "closed" else "warning")

    def test_http(self):
        program = self.start(more=", allowed_sans: [allowed.test]")

        def old_tls(context):
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("DEFAULT@SECLEVEL=0")

        self.https(program)
        self.assert_heard(program, "http", "no_client_certificate")
        self.https(program, "foreign")
        self.assert_heard(program, "http", "unknown_client_authority")
        self.https(program, "old")
        self.assert_heard(program, "http", "client_certificate_expired")
        self.https(program, "client")
        self.assert_heard(program, "http", "client_name_not_allowed")
        self.https(program, authority="other")
        self.assert_heard(program, "http", "refused_by_client")
        self.https(program, change=old_tls)
        self.assert_heard(program, "http", "no_common_tls")
        with socket.create_connection(("127.0.0.1", program.ports["http"]), SECONDS) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            select.select([plain], [], [], SECONDS)
        self.assert_heard(program, "http", "no_tls")
        with socket.create_connection(("127.0.0.1", program.ports["http"]), SECONDS):
            pass
        self.assert_heard(program, "http", "closed", "info")

    def test_listeners_without_tls(self):
        program = self.start(tls=False)
        self.assertIn("the server speaks no TLS", self.segrid(program, "--tls-ca", "ca.crt"))
        self.assert_heard(program, "grpc", "tls_to_plain_listener")
        self.https(program)
        self.assert_heard(program, "http", "tls_to_plain_listener")

    def test_refused_calls_are_counted(self):
        program = Program(SERVER, "sources: [{name: a, receiver: file, path: a}]\n",
                          settings={"grpc": ["tokens: [{sha256: " + "'" + "0" * 64 + "', roles: [admin]}]"]})
        self.addCleanup(program.stop)
        self.segrid(program)
        self.segrid(program, "--token", "x")
        self.assertEqual(program.ask("http", "/v1/webhook", "PUT")[0], 405)
        samples = program.metrics()
        for listener, reason in (("grpc", "TOKEN_MISSING"), ("grpc", "TOKEN_UNKNOWN"), ("http", "METHOD_NOT_ALLOWED")):
            self.assertEqual(samples[f'segrid_refusals_total{{listener="{listener}",reason="{reason}"}}'], 1, samples)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
