"""The Kubernetes manifests fit the program: flags, ports, paths, times.

    kubernetes_test.py <source dir> <segrid-server>

Exit code 77, a skip for ctest, without python3-yaml.
"""

import hashlib
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

try:
    import yaml
except ImportError:
    print("skipped: python3-yaml is not installed")
    sys.exit(77)

ROOT, SERVER = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
MANIFESTS = ROOT / "server/deploy/kubernetes/segrid.yaml"
SECONDS = 30
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def run(*command, **keywords):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True, **keywords).stdout


def seconds(text):
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|s|m|h)", text))


class Manifests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.all = list(yaml.safe_load_all(MANIFESTS.read_text()))
        cls.pods = cls.one("StatefulSet")["spec"]["template"]["spec"]
        cls.container = cls.pods["containers"][0]
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.config_file = cls.write_config()
        cls.config = yaml.safe_load(run(SERVER, "config", "show", "--config", cls.config_file))

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def one(cls, kind):
        (found,) = [each for each in cls.all if each["kind"] == kind]
        return found

    @classmethod
    def write_config(cls):
        """The configuration of the manifests, with the mounted files made up."""
        for folder in ("tls", "secrets"):
            (cls.folder / folder).mkdir()
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
            "-subj", "/CN=localhost", "-keyout", cls.folder / "tls/tls.key", "-out", cls.folder / "tls/tls.crt")
        (cls.folder / "tls/ca.crt").write_text((cls.folder / "tls/tls.crt").read_text())
        run("openssl", "pkey", "-in", cls.folder / "tls/tls.key", "-pubout", "-out",
            cls.folder / "secrets/webhook_public_key")
        (cls.folder / "secrets/write_key").write_text("0123456789abcdefghijABCDEFGHIJ01\n")
        for token in ("client", "operator"):
            (cls.folder / f"secrets/{token}_token_sha256").write_text(hashlib.sha256(token.encode()).hexdigest() + "\n")
        text = cls.one("ConfigMap")["data"]["segrid.yaml"].replace("/etc/segrid/", f"{cls.folder}/")
        path = cls.folder / "segrid.yaml"
        path.write_text(text)
        return path

    def test_each_part_belongs_to_the_pods(self):
        labels = {"app.kubernetes.io/name": "segrid"}
        for each in self.all:
            self.assertTrue(each["apiVersion"] and each["metadata"]["name"])
            self.assertEqual(each["metadata"]["labels"], labels)
        for kind in ("PodDisruptionBudget", "StatefulSet"):
            self.assertEqual(self.one(kind)["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(self.one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"], labels)
        services = {each["metadata"]["name"]: each["spec"] for each in self.all if each["kind"] == "Service"}
        self.assertEqual(services[self.one("StatefulSet")["spec"]["serviceName"]]["clusterIP"], "None")
        for service in services.values():
            self.assertEqual(service["selector"], labels)

    def test_the_flags_are_the_programs(self):
        known = set(re.findall(r"--[\w-]+", run(SERVER, "--help")))
        flags = [word for word in self.container["args"] if word.startswith("--")]
        self.assertTrue(flags)
        self.assertLessEqual(set(flags), known)

    def test_ports_are_those_of_the_configuration(self):
        ports = {each["name"]: each["containerPort"] for each in self.container["ports"]}
        listen = {"grpc": "grpc", "webhook": "http", "admin": "admin"}
        self.assertEqual({name: f"0.0.0.0:{port}" for name, port in ports.items()},
                         {name: self.config[door]["listen"][0] for name, door in listen.items()})
        used = [port["targetPort"] for each in self.all if each["kind"] == "Service" for port in each["spec"]["ports"]]
        used += [port["port"] for rule in self.one("NetworkPolicy")["spec"]["ingress"] for port in rule["ports"]]
        self.assertEqual(set(ports), set(used))
        self.assertLessEqual(set(used), set(ports))

    def test_only_named_callers_reach_a_port(self):
        spec = self.one("NetworkPolicy")["spec"]
        self.assertEqual(spec["policyTypes"], ["Ingress", "Egress"])
        for rule in spec["ingress"]:
            self.assertTrue(rule.get("from"), rule)
            for peer in rule["from"]:
                selectors = list(peer.values())
                self.assertTrue(all(each.get("matchLabels") for each in selectors), peer)
        self.assertTrue(all(rule.get("ports") for rule in spec["egress"]))

    def test_a_certificate_alone_opens_nothing(self):
        grpc = self.config["grpc"]
        self.assertTrue(grpc["tls"]["client_ca"] and grpc["tls"]["allowed_sans"])
        roles = [set(token["roles"]) for token in grpc["tokens"]]
        self.assertEqual(set().union(*roles), {"transform", "forward", "admin"})
        self.assertFalse([each for each in roles if "admin" in each and len(each) > 1])
        for webhook in self.config["webhooks"]:
            self.assertTrue(webhook["public_keys"])

    def test_a_changed_configuration_reaches_the_pod(self):
        self.assertFalse([mount for mount in self.container["volumeMounts"] if "subPath" in mount])

    def test_files_of_the_configuration_are_mounted(self):
        mounts = {mount["mountPath"]: mount["name"] for mount in self.container["volumeMounts"]}
        volumes = {volume["name"] for volume in self.pods["volumes"]} | {
            claim["metadata"]["name"] for claim in self.one("StatefulSet")["spec"]["volumeClaimTemplates"]}
        self.assertEqual(set(mounts.values()), volumes)
        text = self.one("ConfigMap")["data"]["segrid.yaml"]
        paths = re.findall(r"/etc/segrid/[\w./-]+", text) + [
            word for word in self.container["args"] if word.startswith("/")]
        self.assertGreater(len(paths), 5)
        for path in paths:
            self.assertTrue([mount for mount in mounts if path == mount or path.startswith(mount + "/")], path)

    def test_a_drain_fits_the_pods_time_and_the_queue_its_volume(self):
        drain = self.config["drain"]
        self.assertLess(seconds(drain["delay"]) + seconds(drain["grace"]) + 1, self.pods["terminationGracePeriodSeconds"])
        probe = self.container["readinessProbe"]
        self.assertGreaterEqual(seconds(drain["delay"]), probe["periodSeconds"] * probe["failureThreshold"])
        claim = self.one("StatefulSet")["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
        # Twice: a store needs room while it rewrites itself.
        self.assertGreater(int(claim.removesuffix("Gi")), 2 * int(self.config["queue"]["max_bytes"].removesuffix("GiB")))

    def test_nothing_runs_as_root_or_writes_elsewhere(self):
        self.assertTrue(self.pods["securityContext"]["runAsNonRoot"])
        user = re.search(r"USER (\d+)", (ROOT / "server/deploy/Dockerfile").read_text()).group(1)
        self.assertEqual(str(self.pods["securityContext"]["runAsUser"]), user)
        own = self.container["securityContext"]
        self.assertTrue(own["readOnlyRootFilesystem"])
        self.assertFalse(own["allowPrivilegeEscalation"])
        self.assertEqual(own["capabilities"]["drop"], ["ALL"])

    def test_the_probes_are_answered(self):
        text = self.config_file.read_text()
        path = self.folder / "running.yaml"
        path.write_text(re.sub(r"0\.0\.0\.0:\d+", "127.0.0.1:0", text).replace("8GiB", "1GiB")
                        .replace("delay: 5s", "delay: 0s"))
        process = subprocess.Popen([SERVER, "--config", path, "--data-dir", self.folder / "data"],
                                   stderr=subprocess.PIPE, text=True)
        try:
            line = next(line for line in process.stderr if '"serving"' in line)
            self.assertIn('"tls":"mutual"', line)
            admin = re.search(r'"admin":"([^"]+)"', line).group(1)
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                get = self.container[probe]["httpGet"]
                self.assertEqual(get["port"], "admin")
                with urllib.request.urlopen(f"http://{admin}{get['path']}", timeout=SECONDS) as answer:
                    self.assertEqual(answer.status, 200)
            path = self.one("StatefulSet")["spec"]["template"]["metadata"]["annotations"]["prometheus.io/path"]
            with urllib.request.urlopen(f"http://{admin}{path}", timeout=SECONDS) as answer:
                self.assertIn(b"segrid_ready 1", answer.read())
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()
            process.stderr.close()
            process.wait(SECONDS)


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
