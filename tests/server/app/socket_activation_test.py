"""Sockets that systemd would open, given to the real program.

    socket_activation_test.py <segrid-server>
"""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

SERVER = str(pathlib.Path(sys.argv.pop(1)).resolve())


def listening(host="127.0.0.1"):
    sock = socket.socket()
    sock.bind((host, 0))
    sock.listen(16)
    return sock


def activated(folder, sockets, names, arguments=(), pid=None):
    """The program, with the sockets as descriptors 3, 4, ...; its log goes to a pipe."""
    def place():
        copies = [os.dup(each.fileno()) for each in sockets]
        high = [os.dup2(copy, 100 + i) for i, copy in enumerate(copies)]
        for i, copy in enumerate(high):
            os.dup2(copy, 3 + i)
    environment = {key: value for key, value in os.environ.items() if key != "SEGMENT_WRITE_KEY"}
    environment |= {"LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(names)}
    # The shell becomes the program, so its process is the one that LISTEN_PID names.
    return subprocess.Popen(["/bin/sh", "-c", f"LISTEN_PID={pid or '$$'} exec \"$0\" \"$@\"", SERVER, *arguments],
                            cwd=folder, env=environment, stderr=subprocess.PIPE, text=True,
                            preexec_fn=place, close_fds=False)


def serving(process):
    """The log line that says where it serves."""
    for line in process.stderr:
        if '"serving"' in line:
            return line
    raise AssertionError("it does not serve")


@contextlib.contextmanager
def stopped_at_the_end(process):
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        process.stderr.close()
        process.wait(30)


class SocketActivation(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.sockets = []

    def passed(self, *hosts):
        for host in hosts:
            sock = listening(host)
            self.addCleanup(sock.close)
            self.sockets.append(sock)
        return [sock.getsockname()[1] for sock in self.sockets]

    def refusal(self, sockets, names, arguments=()):
        process = activated(self.folder, sockets, names, arguments)
        text = process.stderr.read()
        process.stderr.close()
        return process.wait(30), text

    def test_each_door_serves_on_its_socket(self):
        grpc, http, admin = self.passed("127.0.0.1", "127.0.0.1", "127.0.0.1")
        # A client that came before the service did: it waits, and is answered.
        early = socket.create_connection(("127.0.0.1", http))
        self.addCleanup(early.close)
        early.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        process = activated(self.folder, self.sockets, ["grpc", "webhook", "admin"])
        with stopped_at_the_end(process):
            line = serving(process)
            self.assertIn(f'"grpc":"127.0.0.1:{grpc}"', line)
            self.assertIn(f'"http":"127.0.0.1:{http}"', line)
            self.assertIn(f'"admin":"127.0.0.1:{admin}"', line)
            self.assertIn(b"200 OK", early.recv(4096))
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=10) as answer:
                self.assertEqual(answer.status, 200)
            # HTTP/2 is spoken at the gRPC door: its first frame is SETTINGS.
            with socket.create_connection(("127.0.0.1", grpc), timeout=10) as client:
                client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
                self.assertEqual(client.recv(9)[3], 4)
        self.assertEqual(process.returncode, 0)
        # They are systemd's: the next start finds who has come meanwhile.
        late = socket.create_connection(("127.0.0.1", http))
        late.close()

    def test_a_socket_file_stays(self):
        path = self.folder / "grpc.sock"
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.bind(str(path))
        sock.listen(1)
        (self.folder / "c.yaml").write_text("http: {listen: []}\nadmin: {listen: []}\n")
        process = activated(self.folder, [sock], ["grpc"], ["--config", "c.yaml"])
        with stopped_at_the_end(process):
            self.assertIn(f'"grpc":"unix:{path}"', serving(process))
        self.assertTrue(path.is_socket())

    def test_sockets_of_another_process_are_left_alone(self):
        (port,) = self.passed("127.0.0.1")
        (self.folder / "c.yaml").write_text("http: {listen: []}\nadmin: {listen: []}\n")
        process = activated(self.folder, self.sockets, ["grpc"], ["--config", "c.yaml", "--listen", "127.0.0.1:0"],
                            pid=1)
        with stopped_at_the_end(process):
            self.assertNotIn(f":{port}", serving(process))

    def test_unknown_names_and_other_descriptors_are_refused(self):
        self.passed("127.0.0.1")
        code, text = self.refusal(self.sockets, ["segrid-server.socket"])
        self.assertEqual(code, 1)
        self.assertIn("FileDescriptorName=", text)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            code, text = self.refusal([datagrams], ["grpc"])
        self.assertEqual(code, 1)
        self.assertIn("no stream socket that listens", text)

    def test_what_others_can_reach_needs_what_its_door_needs(self):
        self.passed("0.0.0.0")
        for name, remedy in (("grpc", "client_ca"), ("http", "public_keys"), ("admin", "allow_insecure_bind")):
            code, text = self.refusal(self.sockets, [name])
            self.assertEqual(code, 2, text)
            self.assertIn(remedy, text)

    def test_a_reload_keeps_them(self):
        self.passed("127.0.0.1")
        config = self.folder / "c.yaml"
        config.write_text("http: {listen: []}\nadmin: {listen: []}\n")
        process = activated(self.folder, self.sockets, ["grpc"], ["--config", "c.yaml"])
        with stopped_at_the_end(process):
            serving(process)
            for line in process.stderr:
                if '"ready"' in line:
                    break
            process.send_signal(signal.SIGHUP)
            line = next(line for line in process.stderr if "reloaded" in line)
            self.assertRegex(line, r'"needs_restart":""')


class Units(unittest.TestCase):
    def test_name_their_descriptors_as_the_program_does(self):
        deploy = pathlib.Path(__file__).parents[3] / "server/deploy"
        names = {}
        for unit in deploy.glob("*.socket"):
            text = unit.read_text()
            names[re.search(r"^FileDescriptorName=(\w+)$", text, re.M).group(1)] = unit.name
            self.assertTrue(unit.stem == "segrid-server" or "\nService=segrid-server.service\n" in text, unit.name)
            self.assertIn("\nListenStream=", text)
        self.assertEqual(set(names), {"grpc", "http", "admin"})


if __name__ == "__main__":
    unittest.main()
