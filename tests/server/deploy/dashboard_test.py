"""The Grafana dashboard and the alert rules on a real Prometheus that scrapes two real servers under traffic, and itself:
every query of a panel, a variable and an annotation has sensible values, each series a legend of its own, and only those
conditions of alerts hold whose cause is there.

    dashboard_test.py <segrid-server> <segrid> <source dir>
"""

import http.server
import json
import math
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import yaml

ROOT = pathlib.Path(sys.argv.pop(3))
sys.path[:0] = [str(ROOT / "tests/server/metrics"), str(ROOT / "tests/server/endurance")]
import prometheus  # noqa: E402
from program import Program, event, events  # noqa: E402

SERVER, SEGRID = (str(pathlib.Path(sys.argv.pop(1)).resolve()) for _ in range(2))
SECONDS = 50
JOB = "mail"  # Another name than in the documents: the dashboard must not know it.
SOURCES = ("failing", "good")
# Queries that have no data here, each with its reason.
EMPTY = {
    ("Waiting", "segrid_queue_overdue"): "no Track is over max_age, and the dead letters have room",
    ("Last good backup", "segrid_backup_last_success_timestamp_seconds"): "nobody has made a backup",
    ("Connections refused or closed", "segrid_handshake_failures_total"): "the listeners have no TLS, and no client tries it",
    ("Changed values", "segrid_delivery_changed_values_total"): "no source is a warehouse that changed a value",
}
# The least and the most that a value of a unit may be in this test.
MONTH = 31 * 86400
BOUNDS = {"none": (0, 10), "short": (0, 1e9), "cps": (0, 1e5), "ops": (0, 1e5), "reqps": (0, 1e5), "percentunit": (0, 1),
          "bytes": (0, 1 << 46), "s": (0, MONTH)}
DASHBOARD = json.loads((ROOT / "server/deploy/grafana-dashboard.json").read_text())


class Refusing(http.server.BaseHTTPRequestHandler):
    """A receiver that is out of order."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def targets():
    """Every query with its panel, unit and legend."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel, target


def unit_of(panel, legend):
    unit = panel["fieldConfig"]["defaults"]["unit"]
    for override in panel["fieldConfig"]["overrides"]:
        if re.search(override["matcher"]["options"], legend):
            unit = {each["id"]: each["value"] for each in override["properties"]}.get("unit", unit)
    return unit


def legend_of(target, labels):
    """What Grafana writes; a label that the series does not have stays as it is."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], match[0]), target["legendFormat"])


def filled(text, values):
    """A query with the variables as Grafana fills them in, for scrapes of 0.2 s."""
    text = text.replace("$__rate_interval", "4s")
    for name, value in values.items():
        text = text.replace(f"${name}", value)
    assert "$" not in text, text
    return text


def any_of(values):
    """The value of a variable that has these selected."""
    return "|".join(re.escape(value).replace("\\", "\\\\") for value in values)


@unittest.skipUnless(prometheus.PROGRAM, prometheus.WHY_NOT)
class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        cls.addClassCleanup(cls.receiver.server_close)
        threading.Thread(target=cls.receiver.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.receiver.shutdown)
        cls.servers = []
        for _ in range(2):
            server = Program(SERVER, "drain: {grace: 1s}\nsources:\n  - {name: good, receiver: file, path: good.ndjson}\n"
                             f"  - {{name: failing, write_key: k, endpoint: 'http://127.0.0.1:{cls.receiver.server_address[1]}', "
                             "allow_http: true}\n")
            cls.servers.append(server)
            cls.addClassCleanup(server.stop)
        cls.instances = sorted(f"127.0.0.1:{server.ports['admin']}" for server in cls.servers)
        cls.prometheus = prometheus.Prometheus(cls.instances, JOB, with_itself=True)
        cls.addClassCleanup(cls.prometheus.stop)
        cls.prometheus.wait_for("count(segrid_ready) == 2")
        cls.prometheus.wait_for('process_start_time_seconds{job="prometheus"}')
        for server in cls.servers:
            server.process.send_signal(signal.SIGHUP)
        cls.count = 0
        cls.all = {"job": any_of([JOB]), "instance": any_of(cls.instances), "source": ".*"}
        cls.missing = cls.wait_for_data()

    @classmethod
    def traffic(cls):
        """A little of everything that is counted."""
        for server in cls.servers:
            cls.count += 10
            server.ask("http", "/v1/webhook", "POST", events(cls.count, 9))
            server.ask("http", "/v1/webhook", "POST", b'[{"event":"open"},{"event":"open","email":1,"timestamp":"1700000000",'
                       b'"sg_event_id":"coerced"}]')
            server.ask("http", "/v1/webhook", "POST", b"no array")
            with socket.create_connection(("127.0.0.1", server.ports["http"])) as broken:
                broken.sendall(b"no HTTP\r\n\r\n")
                broken.recv(1000)
            for words in (("forward", "-"), ("transform", "-"), ("status",), ("resume", "nobody")):
                subprocess.run([SEGRID, *words, "--server", f"127.0.0.1:{server.ports['grpc']}"], capture_output=True,
                               input=f"[{event(cls.count + 9)}]", text=True, check=False)

    @classmethod
    def wait_for_data(cls):
        """Makes traffic until all queries have data but those that cannot; gives the rest when that takes too long."""
        missing = [(panel["title"], target["expr"]) for panel, target in targets()]
        missing = [(title, query) for title, query in missing
                   if not any(title == panel and name in query for panel, name in EMPTY)]
        end = time.monotonic() + SECONDS
        while missing and time.monotonic() < end:
            cls.traffic()
            missing = [(title, query) for title, query in missing if not cls.prometheus.query(filled(query, cls.all))]
        return missing

    def test_has_data_for_every_query(self):
        self.assertEqual(self.missing, [])

    def test_has_reasons_only_for_queries_that_are_empty(self):
        for (title, name), why in EMPTY.items():
            (query,) = [target["expr"] for panel, target in targets() if panel["title"] == title and name in target["expr"]]
            self.assertEqual(self.prometheus.query(filled(query, self.all)), [], why)

    def test_has_sensible_values(self):
        now = time.time()
        for panel, target in targets():
            query = filled(target["expr"], self.all)
            result = self.prometheus.ask("query_range", query=query, start=now - 10, end=now, step=1)["result"]
            for series in result:
                legend = legend_of(target, series["metric"])
                least, most = BOUNDS[unit_of(panel, legend)]
                if panel["title"] == "Up for":
                    most = 600
                for _, value in series["values"]:
                    self.assertTrue(math.isfinite(float(value)), f"{query}: {value}")
                    self.assertTrue(least <= float(value) <= most, f"{panel['title']}, {legend}: {value}")

    def test_tells_series_apart(self):
        for panel in DASHBOARD["panels"]:
            seen = set()
            for target in panel.get("targets", []):
                for labels, _ in self.prometheus.query(filled(target["expr"], self.all)):
                    legend = legend_of(target, labels)
                    self.assertNotIn("{", legend, panel["title"])
                    self.assertNotIn(legend, seen, panel["title"])
                    seen.add(legend)
                    if "instance" in labels:
                        self.assertIn("{{instance}}", target["legendFormat"], panel["title"])
                    self.assertIn(labels.get("instance", self.instances[0]), self.instances, panel["title"])

    def test_shows_only_what_is_chosen(self):
        chosen = {"job": JOB, "instance": self.instances[0], "source": "good"}
        for panel, target in targets():
            for labels, _ in self.prometheus.query(filled(target["expr"], {name: any_of([value]) for name, value in chosen.items()})):
                for name, value in chosen.items():
                    self.assertEqual(labels.get(name, value), value, panel["title"])

    def test_has_values_for_every_variable(self):
        wanted = {"job": [JOB], "instance": self.instances, "source": list(SOURCES)}
        values = {}
        for variable in DASHBOARD["templating"]["list"]:
            if variable["type"] == "datasource":
                continue
            selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]).groups()
            found = self.prometheus.ask(f"label/{label}/values", **{"match[]": filled(selector, values)})
            self.assertEqual(found, wanted[variable["name"]])
            values[variable["name"]] = variable.get("allValue") or any_of(found)
        self.assertEqual(values, self.all)

    def test_shows_the_state_of_each_source(self):
        (panel,) = [panel for panel in DASHBOARD["panels"] if panel["type"] == "state-timeline"]
        (target,) = panel["targets"]
        words = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
        states = {(labels["instance"], labels["source"]): words[str(int(value))]["text"]
                  for labels, value in self.prometheus.query(filled(target["expr"], self.all))}
        self.assertEqual(states, {(instance, source): state for instance in self.instances
                                  for source, state in (("good", "RUNNING"), ("failing", "BACKING_OFF"))})

    def test_only_conditions_of_alerts_hold_whose_cause_is_there(self):
        (group,) = yaml.safe_load((ROOT / "server/deploy/alerts.yaml").read_text())["groups"]
        both = set(self.instances)
        wanted = {"SegridDeliveryFailing": both, "SegridEventsRejected": both, "SegridWebhookBodiesRefused": both}
        hold = {}
        end = time.monotonic() + SECONDS / 2
        while hold != wanted and time.monotonic() < end:
            self.traffic()  # Rates begin with the second value that was scraped.
            hold = {rule["alert"]: {labels.get("instance") for labels, _ in found} for rule in group["rules"]
                    if (found := self.prometheus.query(rule["expr"].replace('job="segrid"', f'job="{JOB}"')))}
        self.assertEqual(hold, wanted)
        # Under its own name, the job is the one that is missing.
        self.assertEqual(self.prometheus.query('absent(up{job="segrid"})'), [({"job": "segrid"}, 1)])

    def test_marks_restarts_and_reloads(self):
        restarts, reloads = DASHBOARD["annotations"]["list"]
        for labels, value in self.prometheus.query(filled(restarts["expr"], self.all)):
            self.assertIn(labels["instance"], self.instances)
            self.assertLess(abs(value / 1000 - time.time()), 600)
        found = self.prometheus.query(filled(reloads["expr"], self.all))
        self.assertEqual({labels["outcome"] for labels, _ in found}, {"done"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
