"""Load on a server with warehouse sources, and a reader that looks whether the tables agree while it runs."""

import http.client
import json
import threading

EVENTS = ("processed", "delivered", "open", "click", "bounce")
SECONDS = 60


def tables_agree(schema):
    """A statement, of one snapshot, that gives nothing while `tracks` and the events' tables agree."""
    tables = ("email_processed", "email_delivered", "email_opened", "email_machine_opened", "email_link_clicked", "email_dropped",
              "email_bounced", "unsubscribed", "unsubscribed_from_group", "resubscribed_to_group", "email_marked_as_spam")
    rows = " UNION ALL ".join(f"SELECT id, '{table}' AS event FROM {schema}.{table}" for table in tables)
    return (f"SELECT id, event, sum(of_tracks) AS of_tracks, count(*) - sum(of_tracks) AS of_events FROM ("
            f"SELECT id, event, 1 AS of_tracks FROM {schema}.tracks UNION ALL SELECT id, event, 0 FROM ({rows}) AS r) AS u "
            "GROUP BY id, event HAVING sum(of_tracks) <> 1 OR count(*) <> 2 LIMIT 5")


def body(first, count, extra=None):
    events = [{"event": EVENTS[i % len(EVENTS)], "email": f"p{i}@example.com", "timestamp": 1700000000,
               "sg_event_id": f"event-{i}", "ip": "203.0.113.9", "url": "https://example.com/", "plan": "a", **(extra or {})}
              for i in range(first, first + count)]
    return json.dumps(events).encode()


class Loader(threading.Thread):
    """Posts until it is stopped or refused. `accepted`: numbers of events whose post was answered by 200."""

    def __init__(self, port, first, per_post=40):
        super().__init__(daemon=True)
        self.port, self.next, self.per_post = port, first, per_post
        self.accepted = []
        self.changed = threading.Condition()
        self.stopping = False
        self.ended = False
        self.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            while not self.stopping:
                connection.request("POST", "/v1/webhook", body(self.next, self.per_post))
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    return
                with self.changed:
                    self.accepted += range(self.next, self.next + self.per_post)
                    self.next += self.per_post
                    self.changed.notify_all()
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()
            with self.changed:
                self.ended = True
                self.changed.notify_all()

    def wait_for(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.accepted) >= count or self.ended, SECONDS):
                raise AssertionError("nothing is accepted")

    def stop(self):
        self.stopping = True
        self.join(SECONDS)
        return self.accepted


class Reader(threading.Thread):
    """Asks again and again, each time in a snapshot of its own, whether the tables agree. `query` gives rows."""

    def __init__(self, query):
        super().__init__(daemon=True)
        self.query = query
        self.looks = 0
        self.unanswered = 0
        self.wrong = []
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.is_set():
            try:
                rows = self.query()
            except Exception:  # pylint: disable=broad-except
                self.unanswered += 1  # The database is down.
                self.stopping.wait(0.02)
                continue
            self.looks += 1
            if rows:
                self.wrong.append(rows)

    def stop(self):
        self.stopping.set()
        self.join(SECONDS)


def wait_until(program, condition, progress=None):
    """Asks for the metrics until the condition on them is true; not longer than SECONDS without progress."""
    waiting = threading.Event()
    looks, last = 0, None
    while looks < SECONDS * 20:
        samples = program.metrics()
        if condition(samples):
            return samples
        now = progress(samples) if progress else None
        looks = 0 if now != last else looks + 1
        last = now
        waiting.wait(0.05)
    raise AssertionError("it did not come: " + program.log[-2000:])


def wait_for_delivery(program, *sources):
    def figures(name, samples):
        return [samples.get(f'segrid_queue_{name}{{source="{source}"}}') for source in sources]
    return wait_until(program, lambda samples: figures("pending", samples) == [0] * len(sources),
                      lambda samples: figures("delivered_total", samples))
