"""The ten queries of docs/warehouse.md over many rows: each within a second, by the index that serves it.

    warehouse_plans_test.py --programs FOLDER

SEGRID_WAREHOUSE_ROWS (30000; full size 1000000) says how many Tracks there are. Times are checked from 1,000,000 on.
"""

import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for below in ("tests/testing", "tests/server/endurance"):
    sys.path.insert(0, str(ROOT / below))

from databases import Postgres, Sqlite, has_postgres, queries_of_the_page  # noqa: E402
from program import size  # noqa: E402
from warehouse_history import EXTRA_COLUMNS, SHARES, statements  # noqa: E402
from warehouse_programs import take_programs  # noqa: E402

ROWS = size("SEGRID_WAREHOUSE_ROWS", 30_000)
FULL = 1_000_000
WITHIN_SECONDS = 1.0
PAGES_COST = 100  # To read a table of so many pages, in the planner's unit.
PROGRAMS = take_programs()

def ddl(dialect):
    return subprocess.run([PROGRAMS / "segrid", "warehouse", "ddl", "--dialect", dialect], check=True, capture_output=True,
                          text=True).stdout


class Plans(unittest.TestCase):

    def measure(self, database, explain):
        for number, title, text in queries_of_the_page(database.dialect):
            with self.subTest(query=title, database=database.dialect):
                plan = explain(text)
                # Each is of a span of time, which has an index in each of its tables. Of a few pages none is faster.
                scans = [(table, cost) for table, cost in re.findall(r"Seq Scan on (\w+).*cost=[\d.]+\.\.([\d.]+)", plan)
                         if float(cost) > PAGES_COST or ROWS < FULL]
                scans += re.findall(r"SCAN (?:mail_events\.)?(\w+)$", plan, re.M)
                self.assertEqual([scan for scan in scans if scan not in ("opens",)], [], plan)
                if "Seq Scan" not in plan:
                    self.assertIn("_received_at_idx", plan)
                took = []
                # SQLite works in this thread, whose time does not depend on what else the machine does.
                clock = time.monotonic if database.dialect == "postgresql" else time.thread_time
                for _ in range(4):  # From the second time on from memory.
                    began = clock()
                    _, rows = database.query(text)
                    took.append(clock() - began)
                self.assertGreater(len(rows), 0)
                print(f"figure: {ROWS} rows, {database.dialect}, query {number}: {min(took):.2f} s", flush=True)
                if ROWS >= FULL:
                    self.assertLess(min(took), WITHIN_SECONDS, plan)

    def test_in_postgresql(self):
        if not has_postgres():
            self.skipTest("PostgreSQL is not installed")
        # As a server of two cores with 2 GiB is set up.
        postgres = Postgres("shared_buffers=512MB", "work_mem=64MB", "max_wal_size=4GB")
        self.addCleanup(postgres.close)
        postgres.psql(ddl("postgresql"))
        for table, _, _, _ in SHARES:
            for column in EXTRA_COLUMNS:
                postgres.psql(f"ALTER TABLE mail_events.{table} ADD COLUMN {column} text")
        postgres.psql(";\n".join(statements("postgresql", ROWS)))
        postgres.psql("VACUUM ANALYZE")
        # A small table is read as fast from its beginning to its end, so the planner has to be told what is asked.
        small = "SET enable_seqscan = off;" if ROWS < FULL else ""
        self.measure(postgres, lambda text: postgres.psql(f"{small} EXPLAIN {text}"))

    def test_in_sqlite(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "events.db"
            made = sqlite3.connect(path)
            made.executescript(ddl("sqlite"))
            for table, _, _, _ in SHARES:
                for column in EXTRA_COLUMNS:
                    made.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT")
            made.close()
            sqlite = Sqlite(path)
            self.addCleanup(sqlite.close)
            sqlite.connection.execute("PRAGMA mail_events.cache_size = -400000")  # KiB
            sqlite.connection.execute("BEGIN")
            for statement in statements("sqlite", ROWS):
                sqlite.connection.execute(statement)
            sqlite.connection.execute("COMMIT")
            self.measure(sqlite, lambda text: "\n".join(row[3] for row in sqlite.query("EXPLAIN QUERY PLAN " + text)[1]))


if __name__ == "__main__":
    unittest.main()
