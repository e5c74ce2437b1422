"""Makes the Debian packages, looks into them, and runs the service as its unit would, from the unpacked package.

    packages_test.py <build dir> <source dir>
"""

import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

BUILD, SOURCE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
START_SECONDS = 30
BUILD_ONLY = {"libcli11-dev", "libgtest-dev", "libgmock-dev", "libbenchmark-dev"}


def run(*command, **keywords):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **keywords)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(str(word) for word in command)}\n{done.stdout}{done.stderr}")
    return done.stdout


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.scratch.name)
        run("cpack", "-G", "DEB", "-B", folder, "--config", BUILD / "CPackConfig.cmake", cwd=BUILD)
        cls.packages = {path.name.split("_")[0]: path for path in folder.glob("*.deb")}
        cls.root = folder / "root"
        run("dpkg-deb", "-x", cls.packages["segrid-server"], cls.root)
        cls.unit = (cls.root / "usr/lib/systemd/system/segrid-server.service").read_text()

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def field(self, package, name):
        return run("dpkg-deb", "-f", self.packages[package], name).strip()

    def contents(self, package):
        return [path.removeprefix(".") for path in
                re.findall(r"(?m) (\./\S+)", run("dpkg-deb", "-c", self.packages[package]))]

    def test_there_are_four(self):
        self.assertEqual(set(self.packages), {"segrid-server", "segrid-bench", "libsegrid-dev", "libsegrid0.1"})
        for package in self.packages:
            self.assertEqual(self.field(package, "Version"), "0.1.0")
            self.assertIn(f"/usr/share/doc/{package}/copyright", self.contents(package))

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_lintian_finds_nothing(self):
        said = run("lintian", "--allow-root", "--tag-display-limit", "0", "--fail-on", "error,warning", *self.packages.values())
        self.assertNotRegex(said, "(?m)^[EW]:")

    def test_the_server_has_what_operators_need(self):
        there = self.contents("segrid-server")
        for path in ("/usr/bin/segrid-server", "/usr/bin/segrid", "/etc/segrid/segrid.yaml",
                     "/usr/lib/systemd/system/segrid-server.service", "/usr/lib/systemd/system/segrid-server.socket",
                     "/usr/share/man/man1/segrid-server.1.gz", "/usr/share/man/man1/segrid.1.gz",
                     "/usr/share/bash-completion/completions/segrid", "/usr/share/zsh/vendor-completions/_segrid",
                     "/usr/share/doc/segrid-server/segrid.example.yaml"):
            self.assertIn(path, there)
        self.assertFalse([path for path in there if path.startswith(("/usr/etc", "/usr/local", "/usr/include"))])
        # dpkg asks before it replaces what an operator has changed.
        self.assertEqual(run("dpkg-deb", "-I", self.packages["segrid-server"], "conffiles"), "/etc/segrid/segrid.yaml\n")
        self.assertIn("segrid-server/purge-data", run("dpkg-deb", "-I", self.packages["segrid-server"], "templates"))
        for script in ("postinst", "prerm", "postrm"):
            run("sh", "-n", "/dev/stdin", input=run("dpkg-deb", "-I", self.packages["segrid-server"], script))

    def test_libraries_are_where_they_belong(self):
        self.assertTrue([path for path in self.contents("libsegrid0.1") if re.search(r"/libsegrid-client\.so\.0\.1$", path)])
        dev = self.contents("libsegrid-dev")
        for pattern in (r"/libsegrid-client\.so$", r"/libsegrid_client\.a$", r"/segrid/client/client\.h$",
                        r"/segridConfig\.cmake$", r"/pkgconfig/segrid-client\.pc$", r"/segrid/v1/bridge\.proto$"):
            self.assertTrue([path for path in dev if re.search(pattern, path)], pattern)
        self.assertIn("/usr/bin/segrid-bench", self.contents("segrid-bench"))

    def test_the_fakes_of_the_package_compile_into_unit_tests(self):
        """As client/README.md says, against what the packages install."""
        folder = pathlib.Path(self.scratch.name)
        for package in ("libsegrid-dev", "libsegrid0.1"):
            run("dpkg-deb", "-x", self.packages[package], folder / "dev")
        run("cmake", "-S", SOURCE / "client/examples/testing", "-B", folder / "receipts", "-G", "Ninja",
            f"-DCMAKE_PREFIX_PATH={folder / 'dev/usr'}")
        run("cmake", "--build", folder / "receipts")
        self.assertIn("100% tests passed", run("ctest", "--test-dir", folder / "receipts"))
        self.assertIn(str(folder), run("grep", "segrid_DIR", folder / "receipts/CMakeCache.txt"))

    def test_what_they_depend_on_is_what_they_link(self):
        depends = {package: self.field(package, "Depends") for package in self.packages}
        for library in ("libgrpc++1.51", "librocksdb7.8", "libssl3", "libprotobuf32", "ca-certificates"):
            self.assertIn(library, depends["segrid-server"])
        self.assertIn("libsegrid0.1 (= 0.1.0)", depends["libsegrid-dev"])
        self.assertIn("libgrpc++-dev", depends["libsegrid-dev"])
        # Static libraries bring along what they link, so what the build needs of others, they need.
        needed = re.search(r"BUILD_PACKAGES=\((.*?)\)", (SOURCE / "dev").read_text(), re.S).group(1)
        for package in set(re.findall(r"lib[\w.+-]+-dev", needed)) - BUILD_ONLY:
            self.assertIn(package, depends["libsegrid-dev"])
        self.assertNotIn("libsegrid", depends["segrid-server"])
        self.assertNotIn("-dev", depends["segrid-server"] + depends["libsegrid0.1"])
        # The image is made by hand; its packages are the same.
        image = re.search(r'libraries="(.*?)"', (SOURCE / "server/deploy/rootfs.sh").read_text(), re.S).group(1)
        for package in re.findall(r"lib[\w.+-]+", depends["segrid-server"]):
            if package not in ("libc6", "libgcc-s1", "libstdc++6", "libabsl20220623", "libfmt9", "libgrpc29"):
                self.assertIn(package.removesuffix("-fmt9"), image)

    def command(self, name):
        """A command line of the unit, with the paths of the machine below the unpacked package."""
        line = re.search(rf"(?m)^{name}=(.*)$", self.unit).group(1)
        words = [re.sub(r"^/(?=usr/|etc/|var/)", f"{self.root}/", word) for word in shlex.split(line)]
        return words

    def test_its_units_command_serves(self):
        (self.root / "var/lib/segrid").mkdir(parents=True)
        environment = {key: value for key, value in os.environ.items() if key != "SEGMENT_WRITE_KEY"}
        self.assertIn("OK", run(*self.command("ExecStartPre"), env=environment))
        port = self.root / "port"
        # Another process may have the packaged ports: free ones, by the same options that an operator has.
        config = self.root / "etc/segrid/segrid.yaml"
        config.write_text(config.read_text() + 'http: {listen: ["127.0.0.1:0"]}\nadmin: {listen: ["127.0.0.1:0"]}\n')
        process = subprocess.Popen([*self.command("ExecStart"), "--listen", "127.0.0.1:0", "--port-file", str(port)],
                                   stderr=subprocess.PIPE, text=True, env=environment)
        try:
            serving = next(line for line in process.stderr if '"serving"' in line)
            next(line for line in process.stderr if '"ready"' in line)
            http = re.search(r'"http":"([^"]+)"', serving).group(1)
            body = b'[{"event":"open","email":"ada@example.com","timestamp":1700000000,"sg_event_id":"one"}]'
            with urllib.request.urlopen(f"http://{http}/v1/webhook", data=body, timeout=START_SECONDS) as answer:
                self.assertEqual(answer.status, 200)
            done = run(self.root / "usr/bin/segrid", "status", "--server", f"127.0.0.1:{port.read_text().strip()}")
            self.assertIn("default", done)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()
            process.stderr.close()
            self.assertEqual(process.wait(START_SECONDS), 0)
        tracks = (self.root / "var/lib/segrid/tracks.ndjson").read_text()
        self.assertIn('"event":"Email Opened"', tracks)

    def test_a_fresh_install_serves_as_its_unit_says(self):
        """With dpkg, the packaged configuration and addresses, and what systemd gives: in namespaces of its own."""
        spaces = ["unshare", "--mount", "--net", "--pid", "--fork"]
        if subprocess.run([*spaces, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("only root can make namespaces")
        folder = tempfile.mkdtemp(dir=self.scratch.name)
        done = run(*spaces, sys.executable, SOURCE / "tests/packages/fresh_install.py", self.packages["segrid-server"],
                   folder)
        os.rmdir(folder)
        if done.startswith("cannot mount"):
            self.skipTest(done)
        self.assertIn("serves", done)


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
