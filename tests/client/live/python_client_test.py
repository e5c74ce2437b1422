"""A Python client made from the published .proto files gets the answers that `segrid transform` gives.

JSON and typed in, typed and JSON out, field by field; errors can be read as `google.rpc` details.
"""

import argparse
import subprocess
import sys
import tempfile
import unittest

import grpc
from google.protobuf import json_format

import cases
import google_rpc
from running_server import running_server

GIVEN = None  # The command line.


def make_stubs(protoc, directory):
  protos = sorted(str(path.relative_to(cases.ROOT / "proto"))
                  for path in (cases.ROOT / "proto/segrid").rglob("*.proto"))
  subprocess.run([protoc, f"--proto_path={cases.ROOT / 'proto'}", f"--python_out={directory}", *protos],
                 check=True)
  sys.path.insert(0, directory)


def as_dict(response):
  """With the names of the .proto file; timestamps as they are."""
  answer = json_format.MessageToDict(response, preserving_proto_field_name=True)
  answer.setdefault("event_count", 0)
  for track, message in zip(answer.get("tracks", []), response.tracks):
    track["timestamp"] = {"seconds": message.timestamp.seconds, "nanos": message.timestamp.nanos}
  answer["batch_json"] = response.batch_json
  return answer


class PythonClient(unittest.TestCase):

  @classmethod
  def setUpClass(cls):
    from segrid.v1 import admin_pb2, bridge_pb2
    cls.messages, cls.admin = bridge_pb2, admin_pb2
    cls.resources = cls.enterClassContext(running_server(GIVEN.server))
    cls.address, cls.config = cls.resources
    cls.channel = cls.enterClassContext(grpc.insecure_channel(cls.address))

  @classmethod
  def call(cls, name, request, service="Bridge"):
    module = cls.messages if service == "Bridge" else cls.admin
    method = cls.channel.unary_unary(
        f"/segrid.v1.{service}Service/{name}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=getattr(module, f"{name}Response").FromString)
    return method(request, timeout=20, wait_for_ready=True)

  def transform(self, body, source, **more):
    request = self.messages.TransformRequest(webhook_json=body, source=source, **more)
    return as_dict(self.call("Transform", request))

  def assert_counts(self, answer):
    counts = [answer.get(f"{name}_count", 0) for name in ("track", "skipped", "rejected")]
    self.assertEqual(answer["event_count"], sum(counts))

  def test_gets_the_same_tracks_on_all_ways(self):
    bodies = cases.bodies()
    self.assertGreater(len(bodies), 70)
    typed_count = 0
    for name, body in bodies.items():
      for source in cases.SOURCES:
        with self.subTest(body=name, source=source):
          wanted = cases.outcomes_of_program(GIVEN.segrid, body, self.config, source)
          tracks = self.transform(body, source)
          self.assert_counts(tracks)
          self.assertEqual(cases.outcomes_of_answer(tracks), wanted)
          batch = self.transform(body, source, output=self.messages.OUTPUT_BATCH_JSON)
          self.assertEqual(cases.outcomes_of_batch(batch), wanted)
          events = cases.typed_events(body)
          if not events:
            continue
          typed_count += 1
          request = json_format.ParseDict({"events": events, "source": source},
                                          self.messages.TransformRequest())
          self.assertEqual(cases.outcomes_of_answer(as_dict(self.call("Transform", request))), wanted)
    self.assertGreater(typed_count, 200)

  def failure(self, name, request, service="Bridge"):
    with self.assertRaises(grpc.RpcError) as caught:
      self.call(name, request, service)
    error = caught.exception
    trailer = dict(error.trailing_metadata())["grpc-status-details-bin"]
    status, details = google_rpc.read_details(trailer)
    self.assertEqual(status.code, error.code().value[0])
    self.assertEqual(status.message, error.details())
    self.assertEqual(details["ErrorInfo"].domain, "segrid")
    return error.code(), details

  def test_reads_the_reason_of_each_error(self):
    new = self.messages.TransformRequest
    code = grpc.StatusCode
    expected = [
        (new(), code.INVALID_ARGUMENT, "NO_INPUT"),
        (new(webhook_json=b"[]", events=[{"event": "open"}]), code.INVALID_ARGUMENT, "TWO_INPUTS"),
        (new(webhook_json=b"[1"), code.INVALID_ARGUMENT, "INVALID_JSON"),
        (new(webhook_json=b"{}"), code.INVALID_ARGUMENT, "NOT_AN_ARRAY"),
        (new(webhook_json=b"[" + b"0," * 10_000 + b"0]"), code.INVALID_ARGUMENT, "TOO_MANY_EVENTS"),
        (new(webhook_json=b"[]", source="nobody"), code.NOT_FOUND, "UNKNOWN_SOURCE"),
    ]
    for request, code, reason in expected:
      with self.subTest(reason=reason):
        got, details = self.failure("Transform", request)
        self.assertEqual((got, details["ErrorInfo"].reason), (code, reason))

  def test_reads_what_is_wrong_with_each_body(self):
    for name, (body, said, _) in cases.REFUSED.items():
      for method, new in (("Transform", self.messages.TransformRequest), ("Forward", self.messages.ForwardRequest)):
        if not body:
          continue  # No input at all.
        with self.subTest(body=name, method=method):
          with self.assertRaises(grpc.RpcError) as caught:
            self.call(method, new(webhook_json=body))
          self.assertIn(said, caught.exception.details())
          self.assertNotIn("canary", caught.exception.details())

  def test_reads_which_field_is_wrong(self):
    request = self.messages.TransformRequest(events=[{"event": "open"}] * 10_001)
    _, details = self.failure("Transform", request)
    violation, = details["BadRequest"].field_violations
    self.assertEqual(violation.field, "events")
    self.assertNotEqual(violation.description, "")

  def test_reads_when_to_try_again(self):
    self.call("PauseSource", self.admin.PauseSourceRequest(source="plain"), "Admin")
    self.addCleanup(lambda: self.call(
        "ResumeSource", self.admin.ResumeSourceRequest(source="plain"), "Admin"))
    for batch in range(100):  # Of about 50 KB: the queue takes 1 MiB.
      request = self.messages.ForwardRequest(sources=["plain"], events=[
          {"event": "open", "email": "ada@example.com", "timestamp": 1591726752,
           "sg_event_id": f"full-{batch}-{event}"} for event in range(120)])
      try:
        self.call("Forward", request)
      except grpc.RpcError:
        break
    code, details = self.failure("Forward", request)
    self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED)
    self.assertEqual(details["ErrorInfo"].reason, "QUEUE_FULL")
    delay = details["RetryInfo"].retry_delay
    self.assertGreater(delay.seconds + delay.nanos, 0)


def main():
  global GIVEN
  arguments = argparse.ArgumentParser()
  for name in ("segrid", "server", "protoc", "version"):
    arguments.add_argument(f"--{name}", required=True)
  GIVEN, rest = arguments.parse_known_args()
  cases.VERSION = GIVEN.version
  with tempfile.TemporaryDirectory() as stubs:
    make_stubs(GIVEN.protoc, stubs)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
  main()
