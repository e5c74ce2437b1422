"""Queries in the forms that Segment's documentation shows for its warehouses run unchanged: in PostgreSQL, and in SQLite
after ATTACH as far as its dialect goes. The results are compared with what the Tracks say.

    warehouse_queries_test.py --programs FOLDER
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for below in ("tests/testing", "tests/server/endurance"):
    sys.path.insert(0, str(ROOT / below))

from databases import Postgres, Sqlite, has_postgres  # noqa: E402
from program import Program  # noqa: E402
from warehouse_programs import take_programs  # noqa: E402

STORY = ROOT / "tests/data/warehouse/story.json"
BOTH = ("postgresql", "sqlite")
PROGRAMS = take_programs()


def of(tracks, event):
    return [track for track in tracks if track["event"] == event]


def table(track):
    return track["event"].lower().replace(" ", "_")


def email(track):
    return track["context"]["traits"]["email"]


def campaign(track):
    return track["properties"].get("campaign_name")


def counted(values):
    return sorted((list(key) if isinstance(key, tuple) else [key]) + [count]
                  for key, count in collections.Counter(values).items())


def first_open_of_each(tracks):
    first = {}
    for track in of(tracks, "Email Opened"):
        key = track["anonymousId"]
        if key not in first or track["timestamp"] < first[key]["timestamp"]:
            first[key] = track
    return sorted([email(track), campaign(track)] for track in first.values() if campaign(track))


def gaps(tracks):
    """How often a person's next open is more than half an hour later."""
    by_person = collections.defaultdict(list)
    for track in of(tracks, "Email Opened"):
        by_person[track["anonymousId"]].append(track["timestamp"])
    return [[sum(len(times) for times in by_person.values()), len(by_person)]]


def funnel(tracks):
    people = {event: {t["anonymousId"] for t in of(tracks, event) if campaign(t) == "June news"}
              for event in ("Email Delivered", "Email Opened", "Email Link Clicked")}
    delivered, opened, clicked = people.values()
    return [[len(delivered), len(delivered & opened), len(delivered & opened & clicked)]]


# A form, the dialects that have it, the query and what it gives.
QUERIES = [
    ("events by their number", BOTH,
     "SELECT event, event_text, COUNT(*) FROM mail_events.tracks GROUP BY event, event_text ORDER BY event",
     lambda tracks: counted((table(t), t["event"]) for t in tracks)),
    ("the events of one person", BOTH,
     "SELECT event, COUNT(*) FROM mail_events.tracks WHERE context_traits_email = 'ada@example.com' "
     "AND received_at > '2020-01-01' GROUP BY event ORDER BY event",
     lambda tracks: counted(table(t) for t in tracks if email(t) == "ada@example.com")),
    ("a count of one event's table", BOTH, "SELECT COUNT(*) FROM mail_events.email_opened",
     lambda tracks: [[len(of(tracks, "Email Opened"))]]),
    ("people by an event", BOTH,
     "SELECT COUNT(DISTINCT anonymous_id) AS people FROM mail_events.email_link_clicked",
     lambda tracks: [[len({t["anonymousId"] for t in of(tracks, "Email Link Clicked")})]]),
    ("tracks joined with an event by id", BOTH,
     "SELECT o.campaign_name, COUNT(t.id) FROM mail_events.tracks t INNER JOIN mail_events.email_opened o ON t.id = o.id "
     "WHERE t.event = 'email_opened' AND o.campaign_name IS NOT NULL GROUP BY o.campaign_name",
     lambda tracks: counted(campaign(t) for t in of(tracks, "Email Opened") if campaign(t))),
    ("a span of time", BOTH,
     "SELECT COUNT(*) FROM mail_events.email_delivered WHERE timestamp BETWEEN '2026-06-09' AND '2026-06-10'",
     lambda tracks: [[len([t for t in of(tracks, "Email Delivered") if "2026-06-09" <= t["timestamp"] <= "2026-06-10"])]]),
    ("two events in one list", BOTH,
     "WITH opens AS (SELECT anonymous_id, 'human' AS who FROM mail_events.email_opened UNION ALL "
     "SELECT anonymous_id, 'machine' FROM mail_events.email_machine_opened) SELECT who, COUNT(*) FROM opens GROUP BY who ORDER BY who",
     lambda tracks: [["human", len(of(tracks, "Email Opened"))], ["machine", len(of(tracks, "Email Machine Opened"))]]),
    ("the first event of each person", BOTH,
     "SELECT context_traits_email, campaign_name FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY anonymous_id ORDER BY timestamp) "
     "AS number FROM mail_events.email_opened) AS numbered WHERE number = 1 AND campaign_name IS NOT NULL ORDER BY 1, 2",
     first_open_of_each),
    ("sessions by the gap before", BOTH,
     "SELECT COUNT(*), SUM(CASE WHEN before IS NULL THEN 1 ELSE 0 END) FROM (SELECT LAG(timestamp) OVER "
     "(PARTITION BY anonymous_id ORDER BY timestamp) AS before FROM mail_events.email_opened) AS opens",
     gaps),
    ("a funnel", BOTH,
     "SELECT COUNT(DISTINCT d.anonymous_id), COUNT(DISTINCT o.anonymous_id), COUNT(DISTINCT c.anonymous_id) "
     "FROM mail_events.email_delivered d LEFT JOIN mail_events.email_opened o ON d.anonymous_id = o.anonymous_id "
     "AND d.campaign_id = o.campaign_id LEFT JOIN mail_events.email_link_clicked c ON o.anonymous_id = c.anonymous_id "
     "AND o.campaign_id = c.campaign_id WHERE d.campaign_name = 'June news'",
     funnel),
    ("properties that are set", BOTH,
     "SELECT template_id, COUNT(*) FROM mail_events.email_processed WHERE template_id LIKE 'd-%' GROUP BY 1 HAVING COUNT(*) > 1 "
     "ORDER BY 1",
     lambda tracks: [row for row in counted(t["properties"]["template_id"] for t in of(tracks, "Email Processed")) if row[1] > 1]),
    ("by month", ("postgresql",),
     "SELECT DATE_TRUNC('month', timestamp)::date AS month, COUNT(*) FROM mail_events.tracks GROUP BY 1 ORDER BY 1",
     lambda tracks: counted(t["timestamp"][:7] + "-01" for t in tracks)),
    ("by day, cast", ("postgresql",),
     "SELECT timestamp::date AS day, COUNT(DISTINCT anonymous_id) FROM mail_events.email_opened GROUP BY day ORDER BY day",
     lambda tracks: [[day, len({t["anonymousId"] for t in of(tracks, "Email Opened") if t["timestamp"][:10] == day})]
                     for day in sorted({t["timestamp"][:10] for t in of(tracks, "Email Opened")})]),
    ("the tables of the schema", ("postgresql",),
     "SELECT table_name FROM information_schema.tables WHERE table_schema = 'mail_events' AND table_name LIKE 'email_op%'",
     lambda tracks: [["email_opened"]]),
    ("what was loaded lately", BOTH,
     "SELECT COUNT(*) FROM mail_events.tracks WHERE uuid_ts >= received_at AND sent_at = uuid_ts AND received_at > '2026-01-01'",
     lambda tracks: [[len(tracks)]]),
]


class Queries(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not has_postgres():
            raise unittest.SkipTest("PostgreSQL is not installed")
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        postgres = Postgres()
        cls.addClassCleanup(postgres.close)
        program = Program(PROGRAMS / "segrid-server", f"""
sources:
- {{name: mail_events, receiver: warehouse, database: 'sqlite:events.db'}}
- {{name: other, receiver: warehouse, database: '{postgres.url()}', schema: mail_events}}
""", folder / "server")
        address = f"127.0.0.1:{program.ports['grpc']}"
        said = subprocess.run([PROGRAMS / "segrid", "transform", STORY, "--server", address, "--source", "mail_events", "--format",
                               "tracks"], check=True, capture_output=True)
        cls.tracks = [json.loads(line) for line in said.stdout.splitlines()]
        subprocess.run([PROGRAMS / "segrid", "forward", STORY, "--server", address, "--wait", "--timeout", "60s"], check=True,
                       capture_output=True)
        program.stop()
        sqlite = Sqlite(folder / "server/data/events.db")
        cls.addClassCleanup(sqlite.close)
        cls.databases = [postgres, sqlite]

    def test_give_what_the_tracks_say(self):
        for database in self.databases:
            for form, dialects, sql, expected in QUERIES:
                if database.dialect not in dialects:
                    continue
                with self.subTest(form=form, database=database.dialect):
                    _, rows = database.query(sql)
                    self.assertEqual([[str(value) for value in row] for row in rows],
                                     [[str(value) for value in row] for row in expected(self.tracks)])
                    self.assertGreater(len(rows), 0)


if __name__ == "__main__":
    unittest.main()
