"""Two servers load into one database at once; archives are loaded into a warehouse source alone; a database that hangs
delays no other source.

    warehouse_servers_test.py --programs FOLDER
"""

import gzip
import json
import pathlib
import socket
import subprocess
import sys
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for below in ("tests/testing", "tests/server/endurance"):
    sys.path.insert(0, str(ROOT / below))

from databases import Sqlite  # noqa: E402
from warehouse_case import PROGRAMS, WarehouseCase  # noqa: E402
from warehouse_load import body, tables_agree, wait_for_delivery, wait_until  # noqa: E402

AGREE = tables_agree("mail_events")
ROUNDS = 12
PER_POST = 50


class Servers(WarehouseCase):

    def test_two_servers_load_into_one_database_and_both_add_the_same_columns(self):
        postgres = self.postgres()
        source = (f"- {{name: mail_events, receiver: warehouse, database: '{postgres.url()}', custom_args: all, "
                  "requests_per_second: 1000}\n")
        started = [threading.Thread(target=lambda name=name: programs.__setitem__(name, self.serve(source, name)))
                   for name in ("one", "two")]
        programs = {}
        for thread in started:  # Both make the tables at once, too.
            thread.start()
        for thread in started:
            thread.join()
        self.assertEqual(set(programs), {"one", "two"})
        together = threading.Barrier(2)

        def post(number, program):
            for i in range(ROUNDS):
                together.wait()
                # The same events for both, then some of their own, all with a column that is new to both.
                for first in (i * PER_POST, (number + 1) * 1_000_000 + i * PER_POST):
                    status, _, _ = program.ask("http", "/v1/webhook", "POST", body(first, PER_POST, {f"new_{i}": "x"}))
                    self.assertEqual(status, 200)

        posts = [threading.Thread(target=post, args=(i, program)) for i, program in enumerate(programs.values())]
        for thread in posts:
            thread.start()
        for thread in posts:
            thread.join()
        for program in programs.values():
            wait_for_delivery(program, "mail_events")
            samples = program.metrics()
            self.assertEqual(samples['segrid_delivery_failed_attempts_total{source="mail_events"}'], 0, program.log[-3000:])
            self.assertEqual(samples['segrid_queue_dead{source="mail_events"}'], 0)
            self.assertEqual(program.stop(), 0)
        self.assertEqual(postgres.query(AGREE)[1], [])
        _, rows = postgres.query("SELECT count(*), count(DISTINCT id) FROM mail_events.tracks")
        self.assertEqual(rows, [[str(3 * ROUNDS * PER_POST)] * 2])
        for i in range(ROUNDS):
            _, rows = postgres.query(f"SELECT count(new_{i}) FROM mail_events.email_opened")
            self.assertEqual(rows, [[str(3 * PER_POST // 5)]])

    def test_archives_go_into_the_warehouse_alone_and_a_second_time_adds_nothing(self):
        postgres = self.postgres()
        archive = self.folder / "archive.ndjson.gz"
        events = json.loads(body(0, 3000))
        for event in events:
            event["timestamp"] = 1300000000 + 1000 * int(event["sg_event_id"].split("-")[1])  # Years ago.
        with gzip.open(archive, "wt") as lines:
            lines.writelines(json.dumps(event) + "\n" for event in events)
        sources = ("- {name: mail_events, receiver: warehouse, database: 'sqlite:events.db'}\n"
                   + f"- {{name: large, receiver: warehouse, database: '{postgres.url()}', schema: mail_events}}\n"
                   + "- {name: live, receiver: file, path: tracks.ndjson}\n")
        database_file = self.folder / "events.db"
        for run in ("first", "second"):  # Each server is new: it remembers no id.
            data = self.folder / run / "data"
            data.mkdir(parents=True)
            if run == "second":
                (data / "events.db").write_bytes(database_file.read_bytes())
            program = self.serve(sources, run)
            done = subprocess.run([PROGRAMS / "segrid", "backfill", archive, "--server", f"127.0.0.1:{program.ports['grpc']}",
                                   "--source", "mail_events", "--source", "large", "--rate", "100000"], check=False,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            wait_for_delivery(program, "mail_events", "large")
            samples = program.metrics()
            for source, delivered in (("mail_events", 3000), ("large", 3000), ("live", 0)):
                self.assertEqual(samples[f'segrid_queue_delivered_total{{source="{source}"}}'], delivered)
            self.assertEqual(program.stop(), 0)
            sqlite = Sqlite(data / "events.db")
            for database in (sqlite, postgres):
                self.assertEqual(database.query(AGREE)[1], [])
                self.assertEqual(str(database.query("SELECT count(*) FROM mail_events.tracks")[1][0][0]), "3000")
                self.assertEqual(str(database.query(
                    "SELECT count(*) FROM mail_events.email_opened WHERE \"timestamp\" < '2012-01-01'")[1][0][0]) != "0", True)
            sqlite.connection.execute("PRAGMA mail_events.wal_checkpoint(TRUNCATE)")
            sqlite.close()
            database_file.write_bytes((data / "events.db").read_bytes())

    def test_a_database_that_hangs_delays_no_other_source(self):
        # The kernel connects, and nobody answers.
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"postgresql://segrid@127.0.0.1:{silent.getsockname()[1]}/d"
            program = self.serve(f"- {{name: hung, receiver: warehouse, database: '{url}', connect_timeout: 30s}}\n"
                                 "- {name: small, receiver: warehouse, database: 'sqlite:events.db'}\n"
                                 "- {name: live, receiver: file, path: tracks.ndjson}\n"
                                 "drain: {grace: 1s}\n", "hung")
            for i in range(20):
                self.assertEqual(program.ask("http", "/v1/webhook", "POST", body(i * PER_POST, PER_POST))[0], 200)
            wait_for_delivery(program, "small", "live")
            samples = wait_until(program, lambda samples: samples['segrid_delivery_in_flight{source="hung"}'] == 1)
            self.assertEqual(samples['segrid_queue_pending{source="hung"}'], 20 * PER_POST)
            for source in ("small", "live"):
                latency = f'segrid_delivery_latency_seconds_bucket{{source="{source}",le="5"}}'
                self.assertEqual(samples[latency], 20 * PER_POST, [name for name in samples if "latency" in name][:30])
            # The connection that waits is given up when the grace is over, and the program ends as it should.
            self.assertEqual(program.stop(), 0, program.log[-2000:])


if __name__ == "__main__":
    unittest.main()
