"""What the database says, row by row of the table of errors: whether the source waits, is held or gives one event up, and
what people are told, by the server and by the commands that only look.

    warehouse_states_test.py --programs FOLDER
"""

import contextlib
import os
import pathlib
import re
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for below in ("tests/testing", "tests/server/endurance"):
    sys.path.insert(0, str(ROOT / below))

from warehouse_case import PROGRAMS, WarehouseCase  # noqa: E402
from warehouse_load import body, wait_for_delivery, wait_until  # noqa: E402

PER_POST = 20

FUNCTION = ("CREATE OR REPLACE FUNCTION mail.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF {condition} THEN RAISE EXCEPTION 'not wanted' USING DETAIL = NEW.context_traits_email; END IF; RETURN NEW; END $$; "
            "CREATE TRIGGER refuse BEFORE INSERT ON mail.tracks FOR EACH ROW EXECUTE FUNCTION mail.refuse()")
DROP = "DROP TRIGGER refuse ON mail.tracks"

# The mistake, SQL that makes it, SQL that undoes it, the state of the source, and what it says.
ROWS = [
    ("a refused insert", "REVOKE INSERT ON mail.tracks FROM loader", "GRANT INSERT ON mail.tracks TO loader", "misconfigured",
     "SQLSTATE 42501: permission denied for table tracks"),
    ("no use of the schema", "REVOKE USAGE ON SCHEMA mail FROM loader", "GRANT USAGE ON SCHEMA mail TO loader", "misconfigured",
     "SQLSTATE 42501: permission denied for schema mail"),
    ("a column of another type", "ALTER TABLE mail.email_opened ALTER context_traits_ip TYPE inet USING NULL",
     "ALTER TABLE mail.email_opened ALTER context_traits_ip TYPE text", "misconfigured", "context_traits_ip"),
    ("a view in the way", "ALTER TABLE mail.tracks RENAME TO kept; CREATE VIEW mail.tracks AS SELECT * FROM mail.kept; "
     "GRANT ALL ON mail.tracks TO loader", "DROP VIEW mail.tracks; ALTER TABLE mail.kept RENAME TO tracks", "misconfigured",
     '"mail"."tracks" is a view, where Segrid needs a table'),
    ("a trigger that refuses all", FUNCTION.format(condition="true"), DROP, "misconfigured", "every message is refused: SQLSTATE P0001"),
    ("a server that is read-only", "ALTER ROLE loader SET default_transaction_read_only = on; {terminate}",
     "ALTER ROLE loader RESET default_transaction_read_only; {terminate}", "backing_off", "SQLSTATE 25006"),
    ("too many connections", "ALTER ROLE loader CONNECTION LIMIT 0; {terminate}", "ALTER ROLE loader CONNECTION LIMIT -1",
     "backing_off", "SQLSTATE 53300"),
    ("a disk that is full", FUNCTION.format(condition="true").replace("USING DETAIL", "USING ERRCODE = '53100', DETAIL"), DROP, "backing_off", "SQLSTATE 53100"),
    ("a deadlock", FUNCTION.format(condition="true").replace("USING DETAIL", "USING ERRCODE = '40P01', DETAIL"), DROP, "backing_off",
     "SQLSTATE 40P01"),
    ("a role that may not log in", "ALTER ROLE loader NOLOGIN; {terminate}", "ALTER ROLE loader LOGIN", "misconfigured",
     "SQLSTATE 28000"),
]
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'segrid warehouse'"


def old_server(listener):
    """Answers as PostgreSQL 9.4 does when a client connects."""
    def message(kind, content):
        return kind + struct.pack("!I", len(content) + 4) + content

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):  # It ends when it has seen the version.
            connection.recv(4096)
            connection.sendall(b"N")  # No TLS.
            connection.recv(4096)
            connection.sendall(message(b"R", struct.pack("!I", 0)) + message(b"S", b"server_version\x009.4.26\0") +
                               message(b"S", b"server_encoding\0UTF8\0") + message(b"S", b"client_encoding\0UTF8\0") +
                               message(b"Z", b"I"))
            while connection.recv(4096):
                connection.sendall(message(b"C", b"SET\0") + message(b"Z", b"I"))


class States(WarehouseCase):

    def setUp(self):
        super().setUp()
        self.posted = 0

    def post(self, program, count=PER_POST):
        self.assertEqual(program.ask("http", "/v1/webhook", "POST", body(self.posted, count))[0], 200)
        self.posted += count

    def segrid(self, *arguments):
        return subprocess.run([PROGRAMS / "segrid", *arguments], check=False, capture_output=True, text=True)

    def detail(self, program):
        """Why its only source does not deliver, as `segrid status` shows it."""
        return self.segrid("status", "--server", f"127.0.0.1:{program.ports['grpc']}").stdout

    def resume(self, program, source):
        said = self.segrid("resume", source, "--server", f"127.0.0.1:{program.ports['grpc']}")
        self.assertEqual(said.returncode, 0, said.stderr)

    def test_each_row_of_the_table_of_errors(self):
        postgres = self.postgres()
        postgres.psql("CREATE ROLE loader LOGIN; CREATE SCHEMA mail")
        source = f"- {{name: mail, receiver: warehouse, database: '{postgres.url('loader')}', create_tables: false}}\n"
        (self.folder / "made.yaml").write_text("sources:\n" + source)
        postgres.psql(self.segrid("warehouse", "ddl", "--config", self.folder / "made.yaml").stdout.replace(
            "-- GRANT", "GRANT").replace("<database>", "postgres"))
        program = self.serve(source)
        self.post(program)
        wait_for_delivery(program, "mail")
        for wrong, break_it, mend_it, state, says in ROWS:
            with self.subTest(wrong=wrong):
                postgres.psql(break_it.replace("{terminate}", TERMINATE))
                self.post(program)
                name = f'segrid_source_state{{source="mail",state="{state}"}}'
                wait_until(program, lambda samples, name=name, says=says: samples[name] == 1 and says in self.detail(program))
                postgres.psql(mend_it.replace("{terminate}", TERMINATE))
                self.resume(program, "mail")
                wait_for_delivery(program, "mail")
                _, rows = postgres.query("SELECT count(*) FROM mail.tracks")
                self.assertEqual(rows, [[str(self.posted)]])
        self.assertEqual(program.metrics()['segrid_queue_dead{source="mail"}'], 0)
        self.assertIn("SQLSTATE 42501: permission denied for table tracks", program.log)
        self.assertNotIn("example.com", program.log)
        self.assertEqual(program.stop(), 0)

    def test_postgresql_is_away_and_comes_back(self):
        postgres = self.postgres()
        program = self.serve(f"- {{name: mail, receiver: warehouse, database: '{postgres.url()}'}}\n")
        postgres.stop("fast")
        self.post(program)
        wait_until(program, lambda samples: samples['segrid_source_state{source="mail",state="backing_off"}'] == 1)
        postgres.start()
        wait_for_delivery(program, "mail")
        self.assertEqual(postgres.query("SELECT count(*) FROM mail.tracks")[1], [[str(PER_POST)]])
        self.assertEqual(program.stop(), 0)

    def test_one_event_that_is_refused_is_given_up_and_no_other(self):
        postgres = self.postgres()
        program = self.serve(f"- {{name: mail, receiver: warehouse, database: '{postgres.url()}'}}\n"
                             "- {name: small, receiver: warehouse, database: 'sqlite:events.db'}\n")
        self.post(program)
        wait_for_delivery(program, "mail", "small")
        bad = "event-22-"  # An open.
        postgres.psql(FUNCTION.format(condition=f"NEW.id LIKE '{bad}%'"))
        with sqlite3.connect(self.folder / "server/data/events.db") as events:
            events.execute("CREATE TRIGGER refuse BEFORE INSERT ON email_opened "
                           f"WHEN NEW.id LIKE '{bad}%' BEGIN SELECT RAISE(ABORT, 'not wanted'); END")
        self.post(program)
        for i in range(2):  # What is taken after it is the proof.
            self.post(program)
        for source in ("mail", "small"):
            wait_until(program, lambda samples, source=source: samples[f'segrid_queue_dead{{source="{source}"}}'] == 1)
            wait_for_delivery(program, source)
            letters = self.segrid("dead-letters", "list", "--source", source, "--server", f"127.0.0.1:{program.ports['grpc']}").stdout
            self.assertIn("BAD_MESSAGE", letters)
        self.assertEqual(postgres.query("SELECT count(*) FROM mail.tracks")[1], [[str(self.posted - 1)]])
        self.assertNotIn("example.com", program.log)
        self.assertEqual(program.stop(), 0)

    def test_all_tables_are_there_before_the_first_event(self):
        postgres = self.postgres()
        program = self.serve(f"- {{name: mail, receiver: warehouse, database: '{postgres.url()}'}}\n"
                             "- {name: small, receiver: warehouse, database: 'sqlite:events.db'}\n")
        def tables():
            return postgres.query("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'mail'")[1] == [["13"]]
        wait_until(program, lambda _: tables())
        def small_tables():
            path = self.folder / "server/data/events.db"
            if not path.exists():
                return False
            with sqlite3.connect(path) as events:
                return events.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone() == (13,)
        wait_until(program, lambda _: small_tables())
        self.assertEqual(oct((self.folder / "server/data/events.db").stat().st_mode & 0o777), "0o600")
        self.assertEqual(program.stop(), 0)

    def test_old_rows_are_deleted_without_an_event(self):
        postgres = self.postgres()
        sources = (f"- {{name: mail, receiver: warehouse, database: '{postgres.url()}', keep: 30d}}\n"
                   "- {name: small, receiver: warehouse, database: 'sqlite:events.db', keep: 30d}\n")
        program = self.serve(sources)
        self.post(program, 2000)
        wait_for_delivery(program, "mail", "small")
        self.assertEqual(program.stop(), 0)
        for event in ("tracks", "email_opened", "email_delivered", "email_processed", "email_link_clicked", "email_bounced"):
            postgres.psql(f"UPDATE mail.{event} SET received_at = received_at - interval '31 days' WHERE id NOT LIKE 'event-1%'")
        with sqlite3.connect(self.folder / "server/data/events.db") as events:
            for (event,) in events.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'segrid_schema'").fetchall():
                events.execute(f"UPDATE {event} SET received_at = '2001-01-01T00:00:00.000Z' WHERE id NOT LIKE 'event-1%'")
            kept = events.execute("SELECT count(*) FROM tracks WHERE id LIKE 'event-1%'").fetchone()[0]
        program = self.serve(sources)
        wait_until(program, lambda _: postgres.query("SELECT count(*) FROM mail.tracks")[1] == [[str(kept)]])
        wait_until(program, lambda _: self.count_small("tracks") == kept)
        self.assertEqual(program.stop(), 0)
        of_events = [self.count_small(event) for event in ("email_opened", "email_delivered", "email_processed", "email_link_clicked",
                                                           "email_bounced")]
        self.assertEqual(sum(of_events), kept)

    def count_small(self, table):
        with sqlite3.connect(self.folder / "server/data/events.db") as events:
            return events.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def test_the_commands_that_look_say_what_is_missing(self):
        postgres = self.postgres()
        postgres.psql("CREATE ROLE loader LOGIN; CREATE ROLE guarded LOGIN PASSWORD 'good'; CREATE ROLE owner LOGIN SUPERUSER; "
                      "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        hba = pathlib.Path(postgres.folder) / "data/pg_hba.conf"
        hba.write_text("local all guarded scram-sha-256\n" + hba.read_text())
        postgres.psql("SELECT pg_reload_conf()")
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        threading.Thread(target=old_server, args=(listener,), daemon=True).start()
        old = f"postgresql://segrid@127.0.0.1:{listener.getsockname()[1]}/d"
        rows = [
            (postgres.url("loader"), "", "GRANT CREATE ON DATABASE postgres TO loader"),
            (postgres.url("segrid", "nowhere"), "", 'database "nowhere" does not exist'),
            (postgres.url("guarded"), "database_password: bad", 'password authentication failed for user "guarded"'),
            (postgres.url("guarded"), "", "password"),
            (postgres.url("segrid", "latin"), "", "the database's encoding is LATIN1"),
            (old, "", "the server is PostgreSQL 9, and Segrid needs 12 or newer"),
            ("postgresql://segrid@127.0.0.1:1/d", "", "Connection refused"),
        ]
        for i, (url, extra, says) in enumerate(rows):
            config = self.folder / f"{i}.yaml"
            config.write_text(f"data_dir: {self.folder}/looked\nsources:\n- name: mail\n  receiver: warehouse\n  database: '{url}'\n"
                              f"  connect_timeout: 2s\n  {extra}\n")
            with self.subTest(says=says):
                for command in (("warehouse", "check", "--config"), ("dry-run", "--config")):
                    said = self.segrid(*command, config)
                    self.assertNotEqual(said.returncode, 0, said.stdout)
                    self.assertIn(says, said.stdout + said.stderr, command)
                    self.assertNotIn("bad", re.sub("BAD_", "", said.stdout + said.stderr))
                said = subprocess.run([PROGRAMS / "segrid-server", "validate", "--config", config], check=False,
                                      capture_output=True, text=True)
                self.assertEqual(said.returncode, 0, said.stderr)  # The configuration is good.
                self.assertIn("warning: source 'mail': ", said.stderr)
                self.assertIn(says, said.stderr)
        self.assertFalse((self.folder / "looked").exists())

    def test_the_commands_that_look_say_what_is_wrong_with_a_file(self):
        looked = self.folder / "looked"
        (looked / "queue").mkdir(parents=True)
        (looked / "folder.db").mkdir()
        (looked / "link.db").symlink_to(looked / "queue/x")
        (looked / "text.db").write_text("not a database at all, but long enough to be looked at\n" * 40)
        sealed = looked / "sealed"
        sealed.mkdir()
        sealed.chmod(0o555)
        (looked / "kept.db").touch(0o444)
        rows = [("folder.db", "is a directory"), ("link.db", "leads to the server's own files"), ("text.db", "not a database"),
                ("sealed/events.db", "no permission to write"), ("kept.db", "no permission to write")]
        user = []
        if os.getuid() == 0:  # Who may do everything is told nothing.
            user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
            for path in (self.folder, looked):
                path.chmod(0o755)
        for i, (file, says) in enumerate(rows):
            config = self.folder / f"{i}.yaml"
            config.write_text(f"data_dir: {looked}\nsources: [{{name: mail, receiver: warehouse, database: 'sqlite:{file}'}}]\n")
            with self.subTest(says=says):
                said = subprocess.run([*user, PROGRAMS / "segrid", "warehouse", "check", "--config", config], check=False,
                                      capture_output=True, text=True)
                self.assertNotEqual(said.returncode, 0)
                self.assertIn(says, said.stdout + said.stderr)


if __name__ == "__main__":
    unittest.main()
