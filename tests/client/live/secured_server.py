"""A segrid-server of this build with TLS and tokens, for clients in other languages."""

import contextlib
import hashlib
import json
import pathlib
import subprocess
import tempfile

import running_server

TOKEN = "a-token-of-a-service"


@contextlib.contextmanager
def secured_server(program):
  """Gives `address`, `ca` (the authority's file) and `token`; the server's certificate is for `segrid.test` and 127.0.0.1."""
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=segrid.test", "-addext", "subjectAltName=DNS:segrid.test,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out",
                    folder / "cert.pem"], check=True, capture_output=True)
    (folder / "segrid.yaml").write_text(json.dumps({
        "data_dir": str(folder / "data"), "http": {"listen": []}, "admin": {"listen": []},
        "grpc": {"listen": ["127.0.0.1:0"], "tls": {"cert": str(folder / "cert.pem"), "key": str(folder / "key.pem")},
                 "tokens": [{"sha256": hashlib.sha256(TOKEN.encode()).hexdigest(), "roles": ["transform", "forward"]}]},
        "sources": [{"name": "default", "receiver": "file", "path": "tracks.ndjson"},
                    {"name": "nowhere", "receiver": "http", "endpoint": "https://127.0.0.1:9/"}]}), encoding="utf-8")
    with running_server.running(program, folder / "segrid.yaml", folder) as address:
      yield address, str(folder / "cert.pem"), TOKEN
