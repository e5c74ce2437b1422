"""A test with servers, databases and a folder of its own."""

import pathlib
import signal
import tempfile
import unittest

from databases import Postgres, has_postgres
from program import Program
from warehouse_programs import take_programs

PROGRAMS = take_programs()


class WarehouseCase(unittest.TestCase):
    """All of it ends with the test."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def postgres(self, *settings):
        if not has_postgres():
            self.skipTest("PostgreSQL is not installed")
        server = Postgres(*settings)
        self.addCleanup(server.close)
        return server

    def serve(self, sources, name="server"):
        program = Program(str(PROGRAMS / "segrid-server"), "sources:\n" + sources, self.folder / name)
        self.addCleanup(lambda: program.process.poll() is None and program.stop(signal.SIGKILL))
        return program
