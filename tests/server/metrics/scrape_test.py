"""What a scraper gets from GET /metrics of a real server: both text formats, plain and in gzip, read by strict parsers
of others and by a real Prometheus.

    scrape_test.py <segrid-server>
"""

import gzip
import http.client
import http.server
import pathlib
import shutil
import subprocess
import sys
import threading
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "endurance")]
import prometheus  # noqa: E402
from program import SECONDS, Program, events  # noqa: E402

try:
    from prometheus_client import parser as classic_parser
    from prometheus_client.openmetrics import parser as open_parser
except ImportError:
    classic_parser = open_parser = None

SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
CLASSIC = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# Each scrape changes these, or time does.
MOVING = ("process_", "segrid_http_", "segrid_dedup_window_seconds", "segrid_queue_bytes", "segrid_grpc_connections")
SOURCES = """
sources:
  - {name: all, receiver: file, path: all.ndjson}
  - {name: opens, receiver: file, path: opens.ndjson, events: [open]}
  - {name: clicks, receiver: file, path: clicks.ndjson, events: [click]}
"""
NEEDS_PARSER = unittest.skipUnless(open_parser, "python3-prometheus-client is not installed")


class Scrape(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Program(SERVER, SOURCES)
        status, text, _ = cls.server.ask("http", "/v1/webhook", "POST", events(0, 20))
        assert status == 200, text
        cls.server.ask("http", "/v1/webhook", "POST", b"no array")
        while any(value for name, value in cls.server.metrics().items() if name.startswith("segrid_queue_pending{")):
            cls.server.process.poll()  # Until all is delivered.

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def get(self, accept=None, encoding=None, method="GET"):
        headers = {name: value for name, value in (("Accept", accept), ("Accept-Encoding", encoding)) if value is not None}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.ports["admin"], timeout=SECONDS)
        self.addCleanup(connection.close)
        # http.client would send `Accept-Encoding: identity` by itself.
        connection.putrequest(method, "/metrics", skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        self.assertEqual(response.status, 200)
        self.assertEqual(response.getheader("Vary"), "Accept, Accept-Encoding")
        return response, response.read()

    def open_text(self):
        response, body = self.get("application/openmetrics-text")
        self.assertEqual(response.getheader("Content-Type"), OPEN)
        return body.decode()

    def test_has_the_format_that_the_scraper_prefers(self):
        for accept, wanted in ((None, CLASSIC), ("*/*", CLASSIC), ("text/html", CLASSIC),
                               ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", OPEN),
                               ("application/openmetrics-text;q=0.4,text/plain;q=0.5", CLASSIC)):
            response, body = self.get(accept)
            self.assertEqual(response.getheader("Content-Type"), wanted, accept)
            self.assertIsNone(response.getheader("Content-Encoding"))
            self.assertEqual(body.endswith(b"\n# EOF\n"), wanted == OPEN)

    def test_is_in_gzip_for_clients_that_prefer_it(self):
        for accept in (CLASSIC, OPEN):
            plain = self.get(accept)[1]
            response, packed = self.get(accept, "gzip")
            self.assertEqual(response.getheader("Content-Encoding"), "gzip")
            self.assertEqual(int(response.getheader("Content-Length")), len(packed))
            self.assertLess(len(packed) * 4, len(plain))
            unpacked = gzip.decompress(packed)
            self.assertEqual(names(unpacked.decode()), names(plain.decode()))
            self.assertIsNone(self.get(accept, "gzip;q=0, deflate")[0].getheader("Content-Encoding"))

    def test_has_only_the_head_for_a_head_request(self):
        for accept, encoding in ((None, None), (OPEN, None), (OPEN, "gzip"), (None, "gzip")):
            response, body = self.get(accept, encoding, "HEAD")
            self.assertEqual(body, b"")
            self.assertEqual(response.getheader("Content-Type"), accept or CLASSIC)
            self.assertEqual(response.getheader("Content-Encoding"), encoding)
            self.assertGreater(int(response.getheader("Content-Length")), 1000)

    @NEEDS_PARSER
    def test_openmetrics_is_read_by_a_strict_parser(self):
        families = list(open_parser.text_string_to_metric_families(self.open_text()))
        kinds = {family.name: (family.type, family.unit) for family in families}
        self.assertGreater(len(kinds), 40)
        self.assertEqual(len(kinds), len(families))
        self.assertEqual(kinds["segrid_build"], ("info", ""))
        self.assertEqual(kinds["segrid_queue_accepted"], ("counter", ""))
        self.assertEqual(kinds["process_cpu_seconds"], ("counter", "seconds"))
        self.assertEqual(kinds["segrid_queue_bytes"], ("gauge", "bytes"))
        self.assertEqual(kinds["segrid_bytes_in_flight"], ("gauge", ""))
        self.assertEqual(kinds["segrid_delivery_latency_seconds"], ("histogram", "seconds"))
        for family in families:
            self.assertTrue(family.documentation, family.name)

    @NEEDS_PARSER
    def test_the_strict_parser_refuses_what_is_wrong(self):
        text = self.open_text()
        for change in (lambda t: t.replace("# EOF\n", ""),
                       lambda t: t.replace("# TYPE segrid_reloads counter", "# TYPE segrid_reloads_total counter"),
                       lambda t: t.replace("# UNIT segrid_queue_bytes bytes", "# UNIT segrid_queue_bytes seconds")):
            self.assertNotEqual(change(text), text)
            with self.assertRaises(ValueError):
                list(open_parser.text_string_to_metric_families(change(text)))

    @NEEDS_PARSER
    def test_both_formats_have_the_same_samples(self):
        self.server.ask("admin", "/metrics")  # Its status is a series from now on.
        classic = samples(classic_parser, self.get()[1].decode())
        of_open = samples(open_parser, self.open_text())
        self.assertEqual(classic.keys(), of_open.keys())
        compared = 0
        for key, value in classic.items():
            if not key[0].startswith(MOVING):
                self.assertEqual(value, of_open[key], key)
                compared += 1
        self.assertGreater(compared, 200)
        self.assertEqual(of_open["segrid_queue_accepted_total", (("source", "opens"),)], 20)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_the_text_format_is_clean_for_promtool(self):
        checked = subprocess.run(["promtool", "check", "metrics"], input=self.get()[1], capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, b"", b""))

    @unittest.skipUnless(prometheus.PROGRAM, prometheus.WHY_NOT)
    def test_prometheus_gets_openmetrics_in_gzip(self):
        relay = Relay(self.server.ports["admin"])
        self.addCleanup(relay.stop)
        scraper = prometheus.Prometheus([relay.address])
        self.addCleanup(scraper.stop)
        ((labels, value),) = scraper.wait_for('segrid_queue_accepted_total{source="all"}')
        self.assertEqual(value, 20)
        self.assertEqual(labels["instance"], relay.address)
        self.assertEqual(scraper.query("up"), [({"__name__": "up", "instance": relay.address, "job": "segrid"}, 1)])
        ((_, scraped),) = scraper.query("scrape_samples_scraped")
        self.assertEqual(scraped, len(names(self.get()[1].decode())))
        (metadata,) = scraper.ask("metadata", metric="segrid_delivery_latency_seconds").values()
        self.assertEqual((metadata[0]["type"], metadata[0]["unit"]), ("histogram", "seconds"))
        self.assertEqual(set(relay.seen), {(OPEN, "gzip")})


class Relay:
    """Passes requests on to a port, and notes the type and coding of each response."""

    def __init__(self, port):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
                connection.request("GET", self.path, headers=dict(self.headers))
                response = connection.getresponse()
                body = response.read()
                connection.close()
                seen.append((response.getheader("Content-Type"), response.getheader("Content-Encoding")))
                self.send_response(response.status)
                for name in ("Content-Type", "Content-Encoding"):
                    self.send_header(name, response.getheader(name))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(SECONDS)


def names(text):
    """The samples of a text without their values."""
    return [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]


def samples(parser, text):
    """Values by name and labels; bounds of buckets as numbers, because the formats write them differently."""
    found = {}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            labels = {name: float(value) if name == "le" else value for name, value in sample.labels.items()}
            key = sample.name, tuple(sorted(labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


if __name__ == "__main__":
    unittest.main(verbosity=2)
