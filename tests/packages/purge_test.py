"""What dpkg does with the queue: a package with the real scripts is installed, removed and purged, in namespaces of its own.

    purge_test.py <source dir>

Exit code 77, a skip for ctest, where namespaces cannot be made.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(sys.argv[1]).resolve() / "cmake/package/deb"
CONTROL = """Package: segrid-server
Version: 0.1
Architecture: all
Maintainer: Segrid <segrid@example.com>
Depends: debconf
Description: the scripts without the program
"""
# All of the machine's files, with what changes in memory.
IN_A_ROOT = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1/root"
mkdir "$1/root/upper" "$1/root/work" "$1/root/all"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/root/upper,workdir=$1/root/work" "$1/root/all"
cp "$1/package.deb" "$1/root/all/root/package.deb"
exec chroot "$1/root/all" sh -c "$2"
"""
PURGE = """export DEBIAN_FRONTEND=noninteractive
dpkg -i /root/package.deb >&2 && mkdir -p /var/lib/segrid/queue
{}
[ -e /var/lib/segrid/queue ] && echo kept || echo deleted
"""
SPACES = ["unshare", "--mount", "--pid", "--fork"]
ANSWER = "echo segrid-server segrid-server/purge-data boolean {} | debconf-set-selections\n"

if subprocess.run([*SPACES, "true"], capture_output=True, check=False).returncode != 0:
    print("skipped: only root can make namespaces")
    sys.exit(77)


class Purge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        control = cls.folder / "package/DEBIAN"
        control.mkdir(parents=True)
        (cls.folder / "root").mkdir()
        (control / "control").write_text(CONTROL)
        for name in ("postinst", "prerm", "postrm", "templates"):
            (control / name).write_text((SCRIPTS / name).read_text())
            (control / name).chmod(0o644 if name == "templates" else 0o755)
        subprocess.run(["dpkg-deb", "-b", cls.folder / "package", cls.folder / "package.deb"], check=True,
                       capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def outcome(self, commands):
        done = subprocess.run([*SPACES, "sh", "-c", IN_A_ROOT, "sh", self.folder, PURGE.format(commands)],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.split()[-1], done.stderr

    def test_keeps_the_queue_when_nobody_can_be_asked(self):
        for commands in ("dpkg --purge segrid-server", "dpkg --remove segrid-server && dpkg --purge segrid-server"):
            outcome, words = self.outcome(commands)
            self.assertEqual(outcome, "kept", words)
            self.assertIn("/var/lib/segrid stays", words)

    def test_does_what_the_answer_says(self):
        self.assertEqual(self.outcome(ANSWER.format("false") + "dpkg --purge segrid-server")[0], "kept")
        self.assertEqual(self.outcome(ANSWER.format("true") + "dpkg --purge segrid-server")[0], "deleted")
        self.assertEqual(self.outcome(ANSWER.format("true") + "dpkg --remove segrid-server")[0], "kept")

    def test_does_what_the_variable_says(self):
        self.assertEqual(self.outcome("SEGRID_PURGE_DATA=yes dpkg --purge segrid-server")[0], "deleted")
        self.assertEqual(self.outcome("SEGRID_PURGE_DATA=no dpkg --purge segrid-server")[0], "kept")

    def test_leaves_nothing_in_debconf(self):
        shown = "dpkg --purge segrid-server\ndebconf-show segrid-server | grep -c purge-data >&2 || echo none >&2"
        self.assertIn("none", self.outcome(shown)[1].split())


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
