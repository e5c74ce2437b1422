"""The server's memory stays flat over a long load into both databases.

    warehouse_memory_test.py --programs FOLDER

SEGRID_WAREHOUSE_TRACKS (30000; full size 500000) says how many Tracks are loaded.
"""

import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for below in ("tests/testing", "tests/server/endurance"):
    sys.path.insert(0, str(ROOT / below))

from databases import Postgres, has_postgres  # noqa: E402
from program import Program, size  # noqa: E402
from warehouse_load import body, wait_for_delivery  # noqa: E402
from warehouse_programs import take_programs  # noqa: E402

TRACKS = size("SEGRID_WAREHOUSE_TRACKS", 30_000)
PER_POST = 1000
MAY_GROW = 1.25
SERVER = take_programs() / "segrid-server"


class Memory(unittest.TestCase):

    def test_is_flat_over_a_long_load(self):
        sources = "sources:\n- {name: small, receiver: warehouse, database: 'sqlite:events.db', custom_args: all, keep: 1d}\n"
        names = ["small"]
        if has_postgres():
            postgres = Postgres()
            self.addCleanup(postgres.close)
            sources += f"- {{name: large, receiver: warehouse, database: '{postgres.url()}', custom_args: all, keep: 1d}}\n"
            names.append("large")
        with tempfile.TemporaryDirectory() as folder:
            program = Program(str(SERVER), sources, pathlib.Path(folder) / "server")
            self.addCleanup(lambda: program.process.poll() is None and program.stop(9))
            peaks = []
            posts = TRACKS // PER_POST
            for i in range(posts):
                self.assertEqual(program.ask("http", "/v1/webhook", "POST", body(i * PER_POST, PER_POST))[0], 200)
                if i % (posts // 6) == posts // 6 - 1:  # Six parts, each delivered before the next.
                    wait_for_delivery(program, *names)
                    peaks.append(program.status("VmHWM"))
                    program.forget_peak()
            self.assertEqual(program.stop(), 0)
        print("figure: peaks of memory in MiB, in six parts of "
              f"{TRACKS} Tracks: {', '.join(str(peak >> 20) for peak in peaks)}")
        # The first third warms up: caches of both databases' libraries, threads, the queue's own.
        self.assertLess(max(peaks[3:]), MAY_GROW * max(peaks[1:3]), peaks)


if __name__ == "__main__":
    unittest.main()
