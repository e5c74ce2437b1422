"""Each accepted event is exactly once in `tracks` and in its event's table, whatever is killed when, and the two agree in
any snapshot.

    warehouse_kill_test.py --programs FOLDER

SEGRID_WAREHOUSE_KILLS (3; full size 50) says how often the server is killed, SEGRID_DATABASE_KILLS (4; full size 50) how
often PostgreSQL is interrupted, SEGRID_FAIL_OVERS (1; full size 10) how often a standby takes over.
"""

import os
import pathlib
import random
import shutil
import signal
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for below in ("tests/testing", "tests/server/endurance"):
    sys.path.insert(0, str(ROOT / below))

from databases import Sqlite  # noqa: E402
from program import size  # noqa: E402
from warehouse_case import WarehouseCase  # noqa: E402
from warehouse_load import Loader, Reader, tables_agree, wait_for_delivery, wait_until  # noqa: E402

SERVER_KILLS = size("SEGRID_WAREHOUSE_KILLS", 3)
DATABASE_KILLS = size("SEGRID_DATABASE_KILLS", 4)
FAIL_OVERS = size("SEGRID_FAIL_OVERS", 1)
SEED = size("SEGRID_TEST_SEED", random.SystemRandom().randrange(2**32))
LOADERS = 2
APART = 10_000_000
AGREE = tables_agree("mail_events")
SQLITE = "- {name: small, receiver: warehouse, database: 'sqlite:events.db', custom_args: all}\n"


def to_postgres(url):
    return f"- {{name: large, receiver: warehouse, database: '{url}', schema: mail_events, custom_args: all, connect_timeout: 1s}}\n"


class Kills(WarehouseCase):

    def setUp(self):
        super().setUp()
        print(f"SEGRID_TEST_SEED={SEED}", flush=True)
        self.rng = random.Random(SEED)
        self.accepted = set()

    def sqlite(self):
        database = Sqlite(self.folder / "server/data/events.db")
        self.addCleanup(database.close)
        return database

    def check(self, database, reader):
        """Afterwards: nothing is missing, nothing is there twice, and nothing was ever seen to be half there."""
        reader.stop()
        self.assertEqual(reader.wrong, [])
        self.assertGreater(reader.looks, 3)
        self.assertEqual(database.query(AGREE)[1], [])
        ids = [row[0] for row in database.query("SELECT id FROM mail_events.tracks")[1]]
        self.assertEqual(len(ids), len(set(ids)))
        found = {int(identity.split("-")[1]) for identity in ids}  # event-<number>-<tag>
        self.assertEqual(self.accepted - found, set())
        return len(found)

    def test_when_the_server_is_killed(self):
        postgres = self.postgres()
        sources = SQLITE + to_postgres(postgres.url())
        program = self.serve(sources)
        readers = [(postgres, Reader(lambda: postgres.snapshot(AGREE))),
                   (self.sqlite(), Reader(lambda: self.sqlite_look()))]
        next_number = [i * APART for i in range(LOADERS)]
        for _ in range(SERVER_KILLS):
            loaders = [Loader(program.ports["http"], first) for first in next_number]
            for loader in loaders:
                loader.wait_for(self.rng.randrange(1, 1500))
            program.stop(signal.SIGKILL)
            for i, loader in enumerate(loaders):
                self.accepted.update(loader.stop())
                next_number[i] = loader.next  # What was not acknowledged comes again.
            program = self.serve(sources)
        wait_for_delivery(program, "small", "large")
        self.assertEqual(program.stop(), 0)
        for database, reader in readers:
            count = self.check(database, reader)
            print(f"figure: {SERVER_KILLS} kill -9 of the server, {database.dialect}: {len(self.accepted)} accepted, {count} in the "
                  f"tables, {reader.looks} snapshots agree")

    def sqlite_look(self):
        database = Sqlite(self.folder / "server/data/events.db")
        try:
            return database.query(AGREE)[1]
        finally:
            database.close()

    def interrupt(self, postgres, kind):
        if kind == "immediate stop":
            postgres.stop("immediate")
            postgres.start()
        elif kind == "crash":
            postgres.kill()
            postgres.start()
        elif kind == "terminated backends":
            postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'segrid warehouse'")
        elif kind == "killed backend":  # All other backends are ended by PostgreSQL then, and it recovers.
            pid = postgres.query("SELECT min(pid) FROM pg_stat_activity WHERE application_name = 'segrid warehouse'")[1][0][0]
            if pid is not None:
                os.kill(int(pid), signal.SIGKILL)

    def test_when_postgresql_is_interrupted(self):
        postgres = self.postgres()
        program = self.serve(to_postgres(postgres.url()))
        reader = Reader(lambda: postgres.snapshot(AGREE))
        loaders = [Loader(program.ports["http"], i * APART, per_post=10) for i in range(LOADERS)]
        kinds = ["immediate stop", "terminated backends", "killed backend", "crash"]
        name = 'segrid_queue_delivered_total{source="large"}'
        for i in range(DATABASE_KILLS):
            before = program.metrics().get(name, 0)
            wait_until(program, lambda samples, least=before: samples.get(name, 0) > least + self.rng.randrange(1, 50))
            self.interrupt(postgres, kinds[i % len(kinds)])
        for loader in loaders:
            self.accepted.update(loader.stop())
        wait_for_delivery(program, "large")
        self.assertEqual(program.metrics().get('segrid_queue_dead{source="large"}'), 0)
        self.assertEqual(program.stop(), 0)
        count = self.check(postgres, reader)
        print(f"figure: {DATABASE_KILLS} interruptions of PostgreSQL: {len(self.accepted)} accepted, {count} in the tables, "
              f"{reader.looks} snapshots agree, {reader.unanswered} looks while it was down")

    def test_when_a_standby_takes_over(self):
        primary = self.postgres("synchronous_standby_names='*'", "wal_level=replica", "synchronous_commit=local", "wal_keep_size=64MB")
        standby = primary.make_standby()
        self.addCleanup(standby.close)
        hosts = ",".join(server.url().split("@")[1].split("/")[0] for server in (primary, standby))
        url = f"postgresql://segrid@{hosts}/postgres?target_session_attrs=read-write&options=-c%20synchronous_commit%3Dremote_apply"
        program = self.serve(to_postgres(url))
        now = [primary]  # The one that is read.
        reader = Reader(lambda: now[0].snapshot(AGREE))
        loaders = [Loader(program.ports["http"], i * APART, per_post=10) for i in range(LOADERS)]
        name = 'segrid_queue_delivered_total{source="large"}'
        for _ in range(FAIL_OVERS):
            before = program.metrics().get(name, 0)
            wait_until(program, lambda samples, least=before: samples.get(name, 0) > least + 20)
            primary.kill()
            standby.promote()
            shutil.rmtree(pathlib.Path(primary.folder) / "data")
            primary.follow(standby)
            primary, standby = standby, primary
            now[0] = primary
        for loader in loaders:
            self.accepted.update(loader.stop())
        wait_for_delivery(program, "large")
        self.assertEqual(program.stop(), 0)
        count = self.check(primary, reader)
        print(f"figure: {FAIL_OVERS} fail-overs to a standby: {len(self.accepted)} accepted, {count} in the tables")


if __name__ == "__main__":
    unittest.main()
