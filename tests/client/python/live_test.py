"""The installed Python package beside a real server with TLS and a token.

Arguments: --server PROGRAM.
"""

import argparse
import pathlib
import sys
import time
import unittest

import grpc
import segrid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))
from secured_server import secured_server  # noqa: E402

GIVEN = None  # The arguments; set by main.
OPEN = {"event": "open", "email": "ada@example.com", "timestamp": 1591726752}


class Live(unittest.TestCase):

  @classmethod
  def setUpClass(cls):
    cls.address, cls.ca, cls.token = cls.enterClassContext(secured_server(GIVEN.server))
    cls.client = cls.enterClassContext(cls.connect(cls.token))

  @classmethod
  def connect(cls, token="", **tls):
    given = {"ca_file": cls.ca, "server_name": "segrid.test", **tls}
    return segrid.Client(cls.address, tls=segrid.Tls(**given), token=token)

  def test_transforms_and_forwards(self):
    events = [{**OPEN, "sg_event_id": "dict"}, {"event": "open"}]
    track, issue = segrid.outcomes(self.client.transform(events))
    self.assertEqual((track.event, issue.field), ("Email Opened", "email"))
    response = self.client.forward(events, sources=["default"], wait_delivered=True)
    self.assertEqual((response.accepted_count, response.delivered_count, response.rejected_count), (1, 1, 1))
    typed = segrid.SendGridEvent(event="open", email="ada@example.com", timestamp=1591726752, sg_event_id="typed")
    self.assertEqual(self.client.forward([typed], sources=["default"]).accepted_count, 1)
    self.assertEqual(self.client.forward([typed], sources=["default"]).duplicate_count, 1)

  def test_a_key_makes_a_second_call_the_same(self):
    for _ in range(2):
      response = self.client.forward([{**OPEN, "sg_event_id": "keyed"}], sources=["default"], idempotency_key="one call")
      self.assertEqual((response.accepted_count, response.duplicate_count), (1, 0))

  def test_streams(self):
    answers = list(self.client.transform_stream([[OPEN], b"{}", [OPEN, OPEN]]))
    self.assertEqual([answer.response and answer.response.track_count for answer in answers], [1, None, 2])
    self.assertEqual(answers[1].error.reason, "NOT_AN_ARRAY")
    batches = [[{**OPEN, "sg_event_id": f"stream-{number}"}] for number in range(3)]
    accepted = [answer.response.accepted_count for answer in self.client.forward_stream(batches, sources=["default"])]
    self.assertEqual(accepted, [1, 1, 1])

  def test_an_error_has_its_details(self):
    for call, code, reason in (
        (lambda: self.client.transform(b"[1"), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_JSON"),
        (lambda: self.client.forward([OPEN], sources=["none"]), grpc.StatusCode.NOT_FOUND, "UNKNOWN_SOURCE"),
        (self.client.admin.get_status, grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING"),
        (lambda: self.connect().transform([OPEN]), grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")):
      with self.subTest(reason), self.assertRaises(segrid.Error) as caught:
        call()
      self.assertEqual((caught.exception.code, caught.exception.reason), (code, reason))
      self.assertTrue(caught.exception.message)

  def test_a_deadline_ends_a_call(self):
    started = time.monotonic()
    response = self.client.forward([{**OPEN, "sg_event_id": "late"}], sources=["nowhere"], wait_delivered=True, timeout=0.5)
    self.assertEqual(response.pending_count, 1)  # The server answers just before the deadline.
    with self.assertRaises(segrid.Error) as caught:
      self.client.transform([{**OPEN, "pad": "x" * 100_000}] * 20, timeout=0.001)
    self.assertEqual(caught.exception.code, grpc.StatusCode.DEADLINE_EXCEEDED)
    self.assertLess(time.monotonic() - started, 30)

  def test_another_certificate_is_refused(self):
    with self.connect(self.token, server_name="other.test") as client, self.assertRaises(segrid.Error) as caught:
      client.transform([OPEN], timeout=0.5)
    self.assertEqual(caught.exception.code, grpc.StatusCode.UNAVAILABLE)


if __name__ == "__main__":
  arguments = argparse.ArgumentParser()
  arguments.add_argument("--server", required=True)
  GIVEN, rest = arguments.parse_known_args()
  unittest.main(argv=[sys.argv[0], *rest])
