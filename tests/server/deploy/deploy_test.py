"""What is shipped for operators names only what is there.

    deploy_test.py <source dir>
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
sys.path.insert(0, str(ROOT / "tests/docs"))
import markdown  # noqa: E402

DEPLOY = ROOT / "server/deploy"
RULE_TESTS = ROOT / "tests/server/deploy/alerts_test.yaml"
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}
# Of Prometheus itself.
FOREIGN = {"up"}
FOREIGN_LABELS = {"job", "instance", "le"}
# Grafana's units that the dashboard uses.
UNITS = {"none", "short", "cps", "ops", "reqps", "percentunit", "bytes", "s"}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def metric_table():
    """The names that a query may use, with their labels."""
    text = (ROOT / "server/metrics/metric_table.h").read_text()
    rows = re.findall(r'^ +\{"(\w+)", +Type::k(\w+), +\{([^}]*)\}, "[^"]+"\},$', text, re.M)
    names = {}
    for name, kind, labels in rows:
        for suffix in SUFFIXES[kind.lower()]:
            names[name + suffix] = set(re.findall(r'"(\w+)"', labels))
    assert len(rows) == len(re.findall(r", +Type::k", text)) and len(rows) > 30, len(rows)
    return names


NAMES = metric_table()
DOCUMENTED = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/metrics.md").read_text(), re.M))
LABELS = set().union(*NAMES.values()) | FOREIGN_LABELS


def problems(query):
    """What in a query is not in the table."""
    plain = re.sub(r'"[^"]*"', '""', query)
    found = []
    for name in re.findall(r"\b((?:segrid|process|grpc|up)\w*)\b(?=[\s{\[)]|$)", plain):
        if name not in NAMES and name not in FOREIGN and name not in LABELS:
            found.append(name)
    for name, matchers in re.findall(r"(\w+)\{([^}]*)\}", plain):
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
            if label not in NAMES.get(name, set()) | FOREIGN_LABELS:
                found.append(f"{name}{{{label}}}")
    for group in re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", plain):
        found += [label for label in re.findall(r"\w+", group) if label not in LABELS]
    return found


def alert_rules():
    return (DEPLOY / "alerts.yaml").read_text()


def dashboard():
    return json.loads((DEPLOY / "grafana-dashboard.json").read_text())


def dashboard_queries():
    return [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


class TheCheckItself(unittest.TestCase):
    def test_finds_what_is_wrong(self):
        self.assertEqual(problems("rate(segrid_queue_pending[5m])"), [])
        self.assertEqual(problems("segrid_queue_pendin > 1"), ["segrid_queue_pendin"])
        self.assertEqual(problems('segrid_queue_pending{sauce="a"}'), ["segrid_queue_pending{sauce}"])
        self.assertEqual(problems("sum by (sauce) (segrid_ready)"), ["sauce"])
        self.assertEqual(problems("segrid_delivery_latency_seconds > 1"), ["segrid_delivery_latency_seconds"])


class Alerts(unittest.TestCase):
    def test_and_the_dashboard_use_documented_metrics(self):
        used = set(re.findall(r"\b(?:segrid|process|grpc_server)_\w+(?=[{\[ )])", alert_rules() + json.dumps(dashboard_queries())))
        self.assertGreater(len(used), 50)
        self.assertEqual({re.sub(r"_bucket$", "", name) for name in used} - DOCUMENTED - LABELS, set())

    def test_use_metrics_that_are_there(self):
        queries = re.findall(r"^ +expr: (.+)$", alert_rules(), re.M)
        self.assertGreater(len(queries), 10)
        for query in queries:
            self.assertEqual(problems(query), [], query)

    def test_say_how_urgent_they_are_and_what_to_do(self):
        rules = alert_rules().split("- alert: ")[1:]
        names = [rule.split("\n")[0] for rule in rules]
        self.assertEqual(len(names), len(set(names)))
        for rule in rules:
            self.assertRegex(rule, r"severity: (page|ticket)")
            self.assertRegex(rule, r'summary: "')
            self.assertRegex(rule, r'action: "')

    def test_name_the_job_only_where_nothing_else_tells_segrid_apart(self):
        named = re.findall(r"- alert: (\w+)\n +expr: [^\n]*\bjob=", alert_rules())
        self.assertEqual(named, ["SegridNotScraped", "SegridDown"])
        for query in re.findall(r"^ +expr: (.+)$", alert_rules(), re.M):
            if re.search(r"\bprocess_", query):
                self.assertIn("and on (job, instance) segrid_build_info", query)
            for matchers in re.findall(r"grpc_server_\w+\{?([^}]*)", query):
                self.assertIn('grpc_service=~"segrid[.].+"', matchers)

    def test_have_a_runbook_link_that_leads_somewhere(self):
        runbook = (ROOT / "docs/runbook.md").read_text()
        rules = alert_rules().split("- alert: ")[1:]
        for rule in rules:
            name = rule.split("\n")[0]
            place, anchor = re.search(r'runbook_url: "file:///usr/share/doc/segrid-server/([^#"]+)#([^"]+)"', rule).groups()
            # The package has the pages in the same folders.
            self.assertEqual(place, "docs/runbook.md")
            self.assertIn(anchor, markdown.anchors(runbook), name)
            self.assertIn(f"| `{name}` |", runbook)

    def test_are_written_for_another_job_by_the_documented_command(self):
        (command,) = [block.text for block in markdown.blocks((ROOT / "docs/metrics.md").read_text())
                      if block.note == "rewrite alerts"]
        command = command.replace("/usr/share/doc/segrid-server/alerts.yaml", str(DEPLOY / "alerts.yaml"))
        if not shutil.which("promtool"):
            command = command.replace("promtool", ": promtool")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["bash", "-euc", command], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            written = (pathlib.Path(folder) / "segrid-alerts.yaml").read_text()
        self.assertEqual(written.count('job="mail"'), 2)
        self.assertNotIn('job="segrid"', written)
        self.assertNotIn("file://", written)
        self.assertEqual(written.count("https://wiki.example.com/segrid/runbook.md#"), written.count("- alert: "))
        self.assertEqual(len(written.splitlines()), len(alert_rules().splitlines()))

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_are_rules_for_promtool(self):
        subprocess.run(["promtool", "check", "rules", DEPLOY / "alerts.yaml"], check=True)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_fire_when_they_should_and_not_otherwise(self):
        subprocess.run(["promtool", "test", "rules", RULE_TESTS], check=True)

    def test_are_each_tested_firing_and_not_firing(self):
        tests = RULE_TESTS.read_text()
        for name in re.findall(r"- alert: (\w+)", alert_rules()):
            self.assertRegex(tests, rf"alertname: {name}, exp_alerts: \[\]")
            self.assertRegex(tests, rf'alertname="{name}", alertstate="firing"')


class Dashboard(unittest.TestCase):
    def test_uses_metrics_that_are_there(self):
        for query in dashboard_queries():
            self.assertEqual(problems(query), [], query)

    def test_shows_every_metric(self):
        text = " ".join(dashboard_queries())
        for name in NAMES:
            if name.endswith(("_sum", "_count")) and name.rsplit("_", 1)[0] + "_bucket" in NAMES:
                continue
            self.assertRegex(text, rf"\b{name}\b")

    def test_says_of_each_panel_what_it_shows_and_in_which_unit(self):
        for panel in panels():
            self.assertRegex(panel["description"], r"^\w.{10,}\.$", panel["title"])
            self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS, panel["title"])
            self.assertEqual(panel["datasource"], DATASOURCE, panel["title"])
            refs = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(refs), len(set(refs)), panel["title"])
            for target in panel["targets"]:
                self.assertEqual(target["datasource"], DATASOURCE, panel["title"])
                self.assertTrue(target["legendFormat"], panel["title"])
        titles = [panel["title"] for panel in panels()]
        self.assertEqual({title for title in titles if titles.count(title) > 1}, {"Waiting"})  # Once as a number.

    def test_has_colours_and_thresholds(self):
        numbers = [panel for panel in panels() if panel["type"] == "stat"]
        self.assertGreater(len(numbers), 5)
        for panel in numbers:
            steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
            self.assertIsNone(steps[0]["value"])
            bounds = [step["value"] for step in steps[1:]]
            self.assertEqual(bounds, sorted(bounds))
            self.assertTrue(all(step["color"] for step in steps))
        red = [step["value"] for panel in numbers if panel["title"] == "Oldest waiting"
               for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"] if step["color"] == "red"]
        self.assertIn(f"segrid_queue_oldest_age_seconds > {red[0]}", alert_rules())

    def test_shows_states_as_a_timeline(self):
        (panel,) = [panel for panel in panels() if panel["type"] == "state-timeline"]
        words = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
        shown = [(number, words[number]["text"].lower()) for number in sorted(words)]
        asked = re.findall(r'(\d) \* \(segrid_source_state\{[^}]*state="(\w+)"', panel["targets"][0]["expr"])
        self.assertEqual(shown, asked)
        states = re.search(r"kStates = \{(.*?)\};", (ROOT / "server/metrics/collector.cc").read_text(), re.S).group(1)
        self.assertEqual([state for _, state in asked], re.findall(r'"(\w+)"', states))
        self.assertEqual(len({words[number]["color"] for number in words}), len(words))

    def test_does_not_take_a_missing_time_for_1970(self):
        annotations = [each["expr"] for each in dashboard()["annotations"]["list"]]
        for query in dashboard_queries() + annotations:
            for after in re.findall(r"process_start_time_seconds\{[^}]*\}(.*)", query):
                self.assertTrue(after.startswith(" > 0)"), query)
        self.assertNotIn("dateTimeFromNow", json.dumps(dashboard()))

    def test_has_the_variables_and_annotations_of_an_operator(self):
        variables = {each["name"]: each for each in dashboard()["templating"]["list"]}
        self.assertEqual(list(variables), ["datasource", "job", "instance", "source"])
        # With `.*` for all, other programs' process_* would be shown, too.
        self.assertEqual([name for name, each in variables.items() if "allValue" in each], ["source"])
        for query in dashboard_queries():
            for matchers in re.findall(r"\w\{([^}]*)\}", query):
                self.assertTrue(matchers.startswith('job=~"$job",instance=~"$instance"'), query)
        self.assertEqual([each["name"] for each in dashboard()["annotations"]["list"]], ["Restarts", "Reloads"])
        for each in dashboard()["annotations"]["list"]:
            self.assertEqual(problems(each["expr"]), [])

    def test_has_panels_that_do_not_overlap(self):
        cells = set()
        for panel in dashboard()["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), cells, panel["title"])
                    cells.add((x, y))
        ids = [panel["id"] for panel in dashboard()["panels"]]
        self.assertEqual(len(ids), len(set(ids)))


class Unit(unittest.TestCase):
    TEXT = (DEPLOY / "segrid-server.service").read_text()

    def test_has_what_it_promises(self):
        for line in ("Type=notify", "DynamicUser=yes", "StateDirectory=segrid", "WatchdogSec=30",
                     "RestartPreventExitStatus=2 3"):
            self.assertIn(line + "\n", self.TEXT)
        self.assertIn("LimitCORE=0\n", self.TEXT)
        self.assertIn("StartLimitIntervalSec=0\n", self.TEXT)
        self.assertRegex(self.TEXT, r"MemoryMax=\S+")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
    def test_is_shut_but_for_what_it_needs(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "segrid-server.service"
            unit.write_text(self.TEXT)
            answer = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
                                    capture_output=True, text=True, check=False)
        level = re.search(r"exposure level for \S+: ([\d.]+)", answer.stdout)
        self.assertIsNotNone(level, answer.stdout + answer.stderr)
        self.assertLessEqual(float(level.group(1)), 2.0)


class Credentials(unittest.TestCase):
    def test_of_the_configuration_are_loaded_by_the_unit(self):
        named = re.findall(r"/run/credentials/([\w.-]+)/([\w-]+)", (DEPLOY / "segrid.yaml").read_text())
        self.assertGreater(len(named), 1)
        for unit, credential in named:
            text = (DEPLOY / unit).read_text()
            self.assertIn(f"LoadCredential={credential}\n", text)


class PackageScripts(unittest.TestCase):
    FOLDER = ROOT / "cmake/package/deb"

    def purge(self, folder, **environment):
        """Runs postrm as dpkg does for another root, where nobody can be asked."""
        data = pathlib.Path(folder) / "var/lib/segrid/queue"
        data.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["sh", self.FOLDER / "postrm", "purge"], capture_output=True, text=True, check=True,
                              stdin=subprocess.DEVNULL,
                              env={"PATH": os.environ["PATH"], "DPKG_ROOT": folder, "DEBIAN_FRONTEND": "noninteractive",
                                   **environment})
        return data.exists(), done.stderr

    def test_a_purge_keeps_the_queue_unless_somebody_says_that_it_may_go(self):
        with tempfile.TemporaryDirectory() as folder:
            for answer in ("no", "YES", "1"):
                kept, words = self.purge(folder, SEGRID_PURGE_DATA=answer)
                self.assertTrue(kept, answer)
                self.assertIn("SEGRID_PURGE_DATA=yes deletes it", words)
            kept, words = self.purge(folder, SEGRID_PURGE_DATA="yes")
            self.assertFalse(kept)
            self.assertEqual(words, "")

    def test_the_question_about_the_queue_says_no_by_default(self):
        template = (self.FOLDER / "templates").read_text()
        self.assertRegex(template, r"(?m)^Template: segrid-server/purge-data$")
        self.assertRegex(template, r"(?m)^Default: false$")
        postrm = (self.FOLDER / "postrm").read_text()
        self.assertLess(postrm.index("if may_delete"), postrm.index("rm -rf"))
        self.assertEqual(postrm.count("rm -rf"), 1)
        # The template is read when postinst runs.
        self.assertIn("confmodule", (self.FOLDER / "postinst").read_text())

    def test_a_removal_disables_every_unit_that_is_installed(self):
        prerm = (self.FOLDER / "prerm").read_text()
        units = [path.name for path in DEPLOY.glob("segrid-server*") if path.suffix in (".service", ".socket")]
        self.assertEqual(len(units), 4)
        for unit in units:
            self.assertRegex(prerm, rf"disable --now [^\n]*\b{re.escape(unit)}")
        # First what would start the service again.
        self.assertLess(prerm.index(".socket"), prerm.index("segrid-server.service"))


class Image(unittest.TestCase):
    TEXT = (DEPLOY / "Dockerfile").read_text()

    def test_runs_without_root_and_tells_its_health(self):
        self.assertEqual(re.findall(r"(?m)^FROM (\S+)", self.TEXT), ["debian:12-slim", "scratch"])
        self.assertRegex(self.TEXT, r"(?m)^USER 10001")
        self.assertRegex(self.TEXT, r"(?m)^HEALTHCHECK ")
        # gRPC may ask for a certificate; the admin listener asks for none.
        self.assertIn('"healthcheck", "--http", "http://127.0.0.1:8081/readyz"', self.TEXT)

    def test_is_built_with_the_packages_of_the_build(self):
        build = re.search(r"BUILD_PACKAGES=\((.*?)\)", (ROOT / "dev").read_text(), re.S).group(1)
        test_only = {"libgtest-dev", "libgmock-dev", "libbenchmark-dev"}
        for package in set(build.split()) - test_only:
            self.assertIn(package, self.TEXT)


if __name__ == "__main__":
    unittest.main()
