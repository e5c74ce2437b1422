"""What `transform` says of an event is what SQL reads of it, in every table, in PostgreSQL and in SQLite.

    warehouse_equality_test.py --programs FOLDER

The bodies are all that tests/data and tests/golden have, and random ones: SEGRID_TEST_SEED repeats a run,
SEGRID_WAREHOUSE_EVENTS (300; full size 20000) says how many.
"""

import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for folder in ("tests/testing", "tests/reference", "tests/server/endurance"):
    sys.path.insert(0, str(ROOT / folder))

import nasty_events  # noqa: E402
from databases import Postgres, Sqlite, has_postgres  # noqa: E402
from program import Program  # noqa: E402
from warehouse_load import wait_for_delivery  # noqa: E402
from warehouse_rows import COMMON, OF_THE_LAYOUT, read_back, row_of, same  # noqa: E402
from warehouse_programs import take_programs  # noqa: E402

SEED = int(os.environ.get("SEGRID_TEST_SEED", random.SystemRandom().randrange(2**32)))
EVENTS = int(os.environ.get("SEGRID_WAREHOUSE_EVENTS", 300))
PROGRAMS = take_programs()
MAX_COLUMNS = 120
PER_BODY = 300  # A webhook's body is bounded.

EXTRA = ("sg_event_id sg_message_id smtp-id reason response status type bounce_classification sg_content_type domain from "
         "attempt tls cert_err template_hash template_version_id sg_template_name mc_pod_id send_at "
         "marketing_campaign_version marketing_campaign_split_id reseller_id sg_user_id url_offset pool newsletter "
         "x_message_id suspected_bot").split()
FILTERS = ("processed delivered open machine_opened click drop bounce unsubscribe group_unsubscribe group_resubscribe "
           "spamreport deferred").split()

# Names of custom arguments that have broken warehouses.
NAMES = ["select", "SELECT", "Order", "group", "user", "primary", "table", "userID", "UserId", "user_id_", "user id", "USER-ID",
         "id", "ID", "Id", "event", "received_at", "receivedAt", "context_ip", "context.ip", "timestamp ", "uuid ts", "1st", "9",
         "_", "__", "-", ".", "%", "a\"b", "a'b", "a;DROP TABLE tracks;--", "a\\b", "größe", "Größe", "名前", "住所", "😀", "a😀b",
         "nul\0name", "tab\tname", "line\nname", "xmin", "XMAX", "ctid", "tableoid", "oid", "rowid", "_rowid_", "other_properties",
         "otherProperties", "x" * 63, "x" * 64, "x" * 500, "X" * 64, "y" * 62 + "-z", "y" * 62 + "_z", "HTTPCode", "httpCode",
         "part2Name", "part2name", "segrid_load_email_opened", "constructor", "null", "true", "count(*)", "$1", ":id", "?", "@x"]
VALUES = ["", "x", "0", "007", "1e3", "-1", "1.50", "NaN", "true", "null", "\0", "a\0b\0", "😀", "\U0010ffff", "ä", "e\u0301",
          "\ufeff", "\u2028", "'", "\"", "\\", "\\N", "\\.", "\x1f", "\x7f", "line\nline\r\n", "\t", "x" * 3000, "{}", "[1]",
          "{\"a\":\"\\u0000\"}", "'); DROP TABLE tracks; --", "2020-01-01", "\\u0000", 0, 7, -1, 1.5, 10**18, 2**63, 1e300, True,
          False, None, [], ["a"], {"a": 1}]


def names_and_values(rng):
    count = rng.choice([0, 1, 3, 8, 30])
    return {rng.choice(NAMES): rng.choice(VALUES) for _ in range(count)}


def element(rng, number):
    """One event as JSON text."""
    if rng.random() < 0.5:
        return nasty_events.element(rng)
    event = {
        "email": rng.choice(["ada@example.com", "Bob@Example.org ", "x" * 200 + "@example.net"]), "timestamp": 1591726752 + number,
        "event": rng.choice("processed delivered open click dropped bounce deferred unsubscribe group_unsubscribe "
                            "group_resubscribe spamreport".split()),
        "sg_event_id": f"random-{number}", "ip": "203.0.113.9", "useragent": "Mozilla/5.0 😀", "url": "https://example.com/?a=\0",
        "sg_machine_open": rng.random() < 0.5, "category": rng.choice(["a", ["a", "b\0c", "\"", "😀"], []]), "asm_group_id": 42,
        "pool": {"name": "p", "id": 7}, "url_offset": {"index": 0, "type": "html"}, "attempt": "3", "reason": "full \"x\" \0",
        "phase_id": rng.choice(["test", "send"]), "smtp-id": "<x>", "tls": 1, "send_at": 9,
    }
    event.update(names_and_values(rng))
    if rng.random() < 0.1:
        event.update({f"many{rng.randrange(400)}": "x" for _ in range(rng.randrange(100))})
    if rng.random() < 0.05:
        event.update({f"full{i}": "0123456789012345678901" for i in range(300)})
    return json.dumps(event, ensure_ascii=rng.random() < 0.5)


def shipped_bodies():
    """Files that hold events, each as it is."""
    for folder in ("tests/data/sendgrid", "tests/data/warehouse", "tests/data/bench", "tests/golden"):
        for path in sorted((ROOT / folder).rglob("*.json")):
            if path.name in ("tracks.json", "settings.json", "config.json"):
                continue
            yield path


class Equality(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        print(f"SEGRID_TEST_SEED={SEED}", flush=True)
        if not has_postgres():
            raise unittest.SkipTest("PostgreSQL is not installed")
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.postgres = Postgres()
        cls.addClassCleanup(cls.postgres.close)
        rng = random.Random(SEED)
        cls.bodies = list(shipped_bodies())
        for first in range(0, EVENTS, PER_BODY):
            elements = [element(rng, first + i) for i in range(min(PER_BODY, EVENTS - first))]
            cls.bodies.append(cls.folder / f"generated-{first}.json")
            cls.bodies[-1].write_text("[" + ",\n".join(elements) + "]", encoding="utf-8", errors="surrogatepass")
        settings = (f"events: [{', '.join(FILTERS)}], extra_properties: [{', '.join(EXTRA)}], custom_args: all, "
                    f"spec_context: true, user_id_from: user, max_columns: {MAX_COLUMNS}")
        cls.program = Program(PROGRAMS / "segrid-server", f"""
sources:
- {{name: mail_events, receiver: warehouse, database: 'sqlite:events.db', {settings}}}
- {{name: mail_prod, receiver: warehouse, database: '{cls.postgres.url()}', schema: mail_events, {settings}}}
""", cls.folder / "server")
        cls.address = f"127.0.0.1:{cls.program.ports['grpc']}"
        cls.tracks = {"mail_events": {}, "mail_prod": {}}
        for body in cls.bodies:
            cls.load(body)
        wait_for_delivery(cls.program, "mail_events", "mail_prod")
        cls.counters = cls.program.metrics()
        cls.program.stop()
        sqlite = Sqlite(cls.folder / "server/data/events.db")
        cls.addClassCleanup(sqlite.close)
        cls.databases = {"mail_events": sqlite, "mail_prod": cls.postgres}

    @classmethod
    def load(cls, body):
        """Through Transform for what is expected, through Forward for what is loaded; the order is one."""
        said = subprocess.run([PROGRAMS / "segrid", "transform", body, "--server", cls.address, "--source", "mail_events",
                               "--format", "tracks"], check=False, capture_output=True)
        for line in said.stdout.splitlines():
            for source, tracks in cls.tracks.items():
                track = json.loads(line)
                # The id ends with the source's tag.
                identity = track["messageId"].rpartition("-")[0] + "-" + hashlib.sha256(source.encode()).hexdigest()[:4]
                track["messageId"] = identity
                tracks.setdefault(identity, track)
        text = body.read_bytes()
        if text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):  # Else the webhook does not take it.
            cls.program.ask("http", "/v1/webhook", "POST", text)
        else:
            subprocess.run([PROGRAMS / "segrid", "forward", body, "--server", cls.address], check=False, capture_output=True)

    def rows_of(self, source):
        database = self.databases[source]
        for event in [row[0] for row in database.query("SELECT DISTINCT event FROM mail_events.tracks ORDER BY event")[1]]:
            names, rows = database.query(f"SELECT * FROM mail_events.{event}")
            self.assertLessEqual(len(names), MAX_COLUMNS + 1, event)
            for values in rows:
                yield event, read_back(names, values, database.dialect)

    def test_every_track_is_a_row_of_its_event_with_every_property(self):
        for source, tracks in self.tracks.items():
            with self.subTest(database=self.databases[source].dialect):
                self.assertGreater(len(tracks), 300)
                found = {}
                for event, row in self.rows_of(source):
                    self.assertNotIn(row["id"], found)
                    found[row["id"]] = event, row
                self.assertEqual(set(found), set(tracks))
                self.assertEqual({event for event, _ in found.values()}, {
                    "email_processed", "email_delivered", "email_opened", "email_machine_opened", "email_link_clicked",
                    "email_dropped", "email_bounced", "email_deferred", "unsubscribed", "unsubscribed_from_group",
                    "resubscribed_to_group", "email_marked_as_spam"})
                for identity, track in tracks.items():
                    self.compare(track, *found[identity])

    def compare(self, track, event, row):
        expected, other, _ = row_of(track)
        self.assertEqual(event, expected["event"])
        found_other = row.pop("other_properties", {})
        for name, value in other.items():
            self.assertEqual(found_other.pop(name), value, name)
        for name, value in expected.items():
            if name in row:
                self.assertTrue(same(value, row[name]), (track["messageId"], name, value, row[name]))
                continue
            # Over max_columns, or what a page of PostgreSQL's has no room for.
            self.assertNotIn(name, COMMON | OF_THE_LAYOUT)
            self.assertTrue(any(same(value, each) for each in found_other.values()), (name, value, found_other))
        for name in set(row) - set(expected):
            self.assertIn(name, ("received_at", "sent_at", "uuid_ts"))
        self.assertLessEqual({"received_at", "sent_at", "uuid_ts"}, set(row))

    def test_tracks_has_the_common_columns_of_all(self):
        for source, tracks in self.tracks.items():
            database = self.databases[source]
            with self.subTest(database=database.dialect):
                names, rows = database.query("SELECT * FROM mail_events.tracks")
                self.assertEqual(set(names), COMMON)
                self.assertEqual(len(rows), len(tracks))
                for values in rows:
                    row = read_back(names, values, database.dialect)
                    expected, _, _ = row_of(tracks[row["id"]])
                    for name in COMMON & set(expected):
                        self.assertEqual(row[name], expected[name])

    def test_what_is_not_as_it_was_is_counted(self):
        for source in self.tracks:
            for reason in ("name_taken", "max_columns", "reserved_name", "nul_replaced"):
                name = f'segrid_delivery_changed_values_total{{source="{source}",reason="{reason}"}}'
                self.assertGreater(self.counters.get(name, 0), 0, name)
            self.assertIn('"a receiver could not keep values as they are"', self.program.log)


if __name__ == "__main__":
    unittest.main()
