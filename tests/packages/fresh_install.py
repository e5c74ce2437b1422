"""Installs a package into a root of its own and runs the unit's commands as systemd would. For packages_test.py, which
starts it as root in new namespaces.

    fresh_install.py <package.deb> <empty folder>

Nothing is cleaned up: what is mounted goes with the namespace, and what is in it is in memory.
"""

import ctypes
import fcntl
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
import urllib.request

SECONDS = 30
USER = 61184  # The first that DynamicUser gives.
UNIT = "segrid-server.service"
BODY = b'[{"event":"open","email":"ada@example.com","timestamp":1700000000,"sg_event_id":"one"}]'
PR_SET_NO_NEW_PRIVS = 38


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout


def make_root(folder):
    """The machine's files, on top of which nothing is seen by anyone else."""
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "tmpfs", folder)
    for name in ("upper", "work", "root"):
        (folder / name).mkdir()
    run("mount", "-t", "overlay", "overlay", "-o",
        f"lowerdir=/,upperdir={folder}/upper,workdir={folder}/work", folder / "root")
    run("mount", "-t", "proc", "proc", folder / "root/proc")
    for name in ("dev", "run", "tmp"):
        run("mount", "-t", "tmpfs", "tmpfs", folder / "root" / name)
    for name in ("full", "null", "random", "urandom", "zero"):
        device = folder / "root/dev" / name
        device.touch()
        run("mount", "--bind", f"/dev/{name}", device)
    return folder / "root"


def raise_loopback():
    with socket.socket() as any_socket:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


class Unit:
    """The unit as it was installed, and its service in the root."""

    def __init__(self, root):
        self.root = root
        self.text = (root / "usr/lib/systemd/system" / UNIT).read_text()
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (root / "run/systemd").mkdir()
        self.notices.bind(f"{root}/run/systemd/notify")
        os.chmod(f"{root}/run/systemd/notify", 0o777)
        self.notices.settimeout(SECONDS)
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8",
                            "NOTIFY_SOCKET": "/run/systemd/notify", "WATCHDOG_USEC": "1000000"}
        for key, parent in (("StateDirectory", "var/lib"), ("RuntimeDirectory", "run")):
            name = self.value(key)
            self.own(root / parent / name, lambda path: path.mkdir(mode=0o700))
            self.environment[re.sub("(?<=.)([A-Z])", r"_\1", key).upper()] = f"/{parent}/{name}"
        self.environment["CONFIGURATION_DIRECTORY"] = "/etc/" + self.value("ConfigurationDirectory")
        credentials = root / "run/credentials" / UNIT
        self.own(credentials, lambda path: path.mkdir(parents=True))
        self.own(credentials / self.value("LoadCredential").split(":")[0], lambda path: path.write_text("canary-key\n"))
        self.environment["CREDENTIALS_DIRECTORY"] = f"/run/credentials/{UNIT}"

    @staticmethod
    def own(path, make):
        make(path)
        os.chown(path, USER, USER)

    def value(self, key):
        return re.search(rf"(?m)^{key}=(.*)$", self.text).group(1)

    def become(self):
        os.chroot(self.root)
        os.chdir("/")
        os.umask(int(self.value("UMask"), 8))
        os.setgroups([])
        os.setgid(USER)
        os.setuid(USER)
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    def start(self, key, **keywords):
        return subprocess.Popen(shlex.split(self.value(key)), preexec_fn=self.become, env=self.environment, text=True,
                                **keywords)

    def validate(self):
        process = self.start("ExecStartPre", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = process.communicate(timeout=SECONDS)[0]
        assert process.returncode == 0 and "OK" in text, text
        return text

    def wait_for(self, text):
        seen = []
        while text not in (seen[-1] if seen else ""):
            seen.append(self.notices.recv(4096).decode())
        return seen[-1]


def main():
    package, folder = (pathlib.Path(argument) for argument in sys.argv[1:])
    try:
        root = make_root(folder)
    except SystemExit as error:
        print("cannot mount:", error)
        return
    raise_loopback()
    (root / "tmp/package.deb").write_bytes(package.read_bytes())
    run("chroot", root, "dpkg", "-i", "/tmp/package.deb")
    unit = Unit(root)
    unit.validate()
    process = unit.start("ExecStart", stderr=subprocess.PIPE)
    unit.wait_for("READY=1")
    with urllib.request.urlopen("http://127.0.0.1:8080/v1/webhook", data=BODY, timeout=SECONDS) as answer:
        assert json.load(answer)["accepted"] == 1
    assert "default" in run("chroot", root, "segrid", "status", "--server", "127.0.0.1:50051")
    with urllib.request.urlopen("http://127.0.0.1:8081/readyz", timeout=SECONDS) as answer:
        assert answer.status == 200
    unit.wait_for("WATCHDOG=1")
    process.send_signal(signal.SIGHUP)
    unit.wait_for("RELOADING=1")
    unit.wait_for("READY=1")
    process.send_signal(signal.SIGTERM)
    unit.wait_for("STOPPING=1")
    log = process.stderr.read()
    assert process.wait(SECONDS) == 0, log
    tracks = root / "var/lib/segrid/tracks.ndjson"
    assert '"event":"Email Opened"' in tracks.read_text(), log
    assert tracks.stat().st_uid == USER and tracks.stat().st_mode & 0o077 == 0
    # The configuration that the packaged one proposes, with the credential that systemd would load.
    config = root / "etc/segrid/segrid.yaml"
    proposed = re.search(r"(?ms)^# sources:\n(?:#   .*?\n)+", config.read_text()).group(0)
    config.write_text(re.sub("(?m)^# ", "", proposed))
    assert "canary-key" not in unit.validate()
    run("chroot", root, "dpkg", "--remove", "segrid-server")
    assert tracks.exists()
    # Data that may hold undelivered events go only when somebody says so.
    run("chroot", root, "env", "SEGRID_PURGE_DATA=yes", "dpkg", "--purge", "segrid-server")
    assert not (root / "var/lib/segrid").exists() and not (root / "etc/segrid").exists()
    print("serves")


if __name__ == "__main__":
    main()
