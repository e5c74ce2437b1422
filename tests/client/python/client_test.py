"""The Python client beside a server that answers as a test wants. Runs with the installed package."""

import concurrent.futures
import re
import unittest

import grpc
import segrid
from segrid.retry import Retrier
from segrid.rpc.v1 import errors_pb2
from segrid.v1 import admin_pb2, bridge_pb2

OPEN = {"event": "open", "email": "ada@example.com", "timestamp": 1591726752}
BODY = b'[{"event":"open"}]'
ONE = bridge_pb2.TransformResponse(event_count=1, track_count=1, tracks=[segrid.Track(event="Email Opened")])
TAKEN = bridge_pb2.ForwardResponse(event_count=1, accepted_count=1, sources=[bridge_pb2.SourceResult(source="a", accepted_count=1)])
REPLAYED = admin_pb2.ReplayDeadLettersResponse(replayed_count=3)


def failure(code, reason="", delay=None, field="", message="no"):
  """What a server sends for an error with details."""
  status = errors_pb2.Status(code=code.value[0], message=message)

  def add(name, detail):
    status.details.add(type_url=f"type.googleapis.com/google.rpc.{name}", value=detail.SerializeToString())
  if reason:
    add("ErrorInfo", errors_pb2.ErrorInfo(reason=reason, domain="segrid", metadata={"limit": "7"}))
  if field:
    add("BadRequest", errors_pb2.BadRequest(field_violations=[errors_pb2.BadRequest.FieldViolation(field=field, description="bad")]))
  if delay is not None:
    retry = errors_pb2.RetryInfo()
    retry.retry_delay.FromNanoseconds(round(delay * 1e9))
    add("RetryInfo", retry)
  return status


class FakeServer(grpc.GenericRpcHandler):
  """Answers unary calls with what is in `answers`, the last one again and again, and keeps what it was sent."""

  def __init__(self):
    self.answers, self.requests, self.metadata, self.remaining = [], [], [], []
    self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), handlers=[self])
    self.port = self.server.add_insecure_port("127.0.0.1:0")
    self.server.start()

  def service(self, handler_call_details):
    name = handler_call_details.method.rpartition("/")[2]
    if name.endswith("Stream"):
      return grpc.stream_stream_rpc_method_handler(self.stream)
    return grpc.unary_unary_rpc_method_handler(self.unary)

  def unary(self, request, context):
    self.requests.append(request)
    self.metadata.append(dict(context.invocation_metadata()))
    self.remaining.append(context.time_remaining())
    answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
    if isinstance(answer, errors_pb2.Status):
      context.set_trailing_metadata([("grpc-status-details-bin", answer.SerializeToString())])
      codes = {code.value[0]: code for code in grpc.StatusCode}
      context.abort(codes[answer.code], answer.message)
    return answer.SerializeToString()

  def stream(self, requests, _):
    for number, request in enumerate(requests):
      got = bridge_pb2.TransformStreamRequest.FromString(request)
      answer = bridge_pb2.TransformStreamResponse(request_id=got.request_id)
      if number == 1:
        answer.error.CopyFrom(failure(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_JSON"))
      else:
        answer.response.CopyFrom(ONE)
      yield answer.SerializeToString()


class Calls(unittest.TestCase):

  def setUp(self):
    self.fake = FakeServer()
    self.addCleanup(self.fake.server.stop, None)
    self.client = self.enterContext(segrid.Client(f"127.0.0.1:{self.fake.port}", retry=segrid.Retry(initial_backoff=0.001)))

  def answer(self, *answers):
    self.fake.answers = list(answers)

  def error_of(self, call, *given, **options):
    with self.assertRaises(segrid.Error) as caught:
      call(*given, **options)
    return caught.exception

  def test_an_error_has_its_details(self):
    self.answer(failure(grpc.StatusCode.INVALID_ARGUMENT, "BAD_EVENT", field="events[3].email", message="events[3].email is no text"))
    error = self.error_of(self.client.transform, BODY)
    self.assertEqual((error.code, error.reason, error.index), (grpc.StatusCode.INVALID_ARGUMENT, "BAD_EVENT", 3))
    self.assertEqual(error.violations, (segrid.FieldViolation("events[3].email", "bad"),))
    self.assertEqual(error.metadata, {"limit": "7"})
    self.assertEqual(str(error), "INVALID_ARGUMENT (BAD_EVENT): events[3].email is no text")
    self.assertEqual(len(self.fake.requests), 1)  # It would be wrong again.

  def test_details_that_cannot_be_read_leave_code_and_message(self):
    broken = errors_pb2.Status(code=3, message="no")
    broken.details.add(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff")
    self.answer(broken)
    error = self.error_of(self.client.transform, BODY)
    self.assertEqual((error.code, error.message), (grpc.StatusCode.INVALID_ARGUMENT, "no"))

  def test_a_call_has_a_deadline(self):
    self.answer(ONE)
    self.client.transform(BODY)
    self.client.transform(BODY, timeout=0.9)
    self.answer(TAKEN)
    self.client.forward(BODY, wait_delivered=True)
    for remaining, seconds in zip(self.fake.remaining, (2, 0.9, 10)):  # A try's, the call's, and all for a receiver.
      self.assertAlmostEqual(remaining, seconds, delta=0.5)  # gRPC rounds it on its way.

  def test_what_failed_for_a_moment_is_repeated_with_its_key(self):
    full = failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", delay=0.001)
    for failed in (full, failure(grpc.StatusCode.UNAVAILABLE, "QUEUE_UNAVAILABLE"), failure(grpc.StatusCode.CANCELLED)):
      self.fake.metadata.clear()
      self.answer(failed, TAKEN)
      self.assertEqual(self.client.forward(BODY).accepted_count, 1)
      first, second = (sent["segrid-idempotency-key"] for sent in self.fake.metadata)
      self.assertEqual(first, second)
    self.answer(TAKEN)
    self.client.forward(BODY)
    self.assertNotEqual(self.fake.metadata[-1]["segrid-idempotency-key"], second)
    self.client.forward(BODY, idempotency_key="mine")
    self.assertEqual(self.fake.metadata[-1]["segrid-idempotency-key"], "mine")

  def test_what_does_not_help_is_not_repeated(self):
    for failed in (failure(grpc.StatusCode.RESOURCE_EXHAUSTED), failure(grpc.StatusCode.NOT_FOUND, "UNKNOWN_SOURCE"),
                   failure(grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING"), failure(grpc.StatusCode.INTERNAL)):
      self.fake.requests.clear()
      self.answer(failed)
      self.assertEqual(self.error_of(self.client.forward, BODY).attempts, 1)
      self.assertEqual(len(self.fake.requests), 1)

  def test_a_replay_is_made_once(self):
    self.answer(failure(grpc.StatusCode.UNAVAILABLE, "DRAINING"), REPLAYED)
    self.assertEqual(self.error_of(self.client.admin.replay_dead_letters, source="a").reason, "DRAINING")
    self.assertEqual(self.client.admin.replay_dead_letters(source="a", reason="EXPIRED"), 3)
    self.assertEqual(admin_pb2.ReplayDeadLettersRequest.FromString(self.fake.requests[-1]).filter.reason, "EXPIRED")

  def test_there_is_a_function_for_every_method(self):
    for client, service in ((self.client, bridge_pb2.DESCRIPTOR.services_by_name["BridgeService"]),
                            (self.client.admin, admin_pb2.DESCRIPTOR.services_by_name["AdminService"])):
      for method in service.methods:
        self.assertTrue(hasattr(client, re.sub(r"(?<!^)([A-Z])", r"_\1", method.name).lower()), method.name)

  def test_what_is_made_once_has_all_the_time(self):
    self.answer(admin_pb2.ErasePersonResponse())
    self.client.admin.erase_person(email="ada@example.com")
    self.assertGreater(self.fake.remaining[-1], 500)

  def test_the_server_says_when_to_retry(self):
    self.answer(failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", delay=60))
    error = self.error_of(self.client.transform, BODY)  # 60 s are more than the call has.
    self.assertEqual((error.reason, error.retry_after, error.attempts), ("OVERLOADED", 60.0, 1))

  def test_events_may_be_a_body_messages_or_dicts(self):
    self.answer(ONE)
    typed = segrid.SendGridEvent(event="open", email="ada@example.com")
    sent = []
    for events in (BODY, BODY.decode(), bytearray(BODY), [OPEN], [typed]):
      self.client.transform(events, source="a")
      sent.append(bridge_pb2.TransformRequest.FromString(self.fake.requests[-1]))
    self.assertEqual([request.webhook_json for request in sent[:3]], [BODY] * 3)
    self.assertIn(b'"email": "ada@example.com"', sent[3].webhook_json)
    self.assertEqual((list(sent[4].events), sent[4].source), ([typed], "a"))
    with self.assertRaises(TypeError):
      self.client.transform([typed, OPEN])

  def test_an_impossible_answer_is_no_success(self):
    no_source = bridge_pb2.ForwardResponse(event_count=1)
    wrong_sum = bridge_pb2.ForwardResponse(event_count=1, accepted_count=2, sources=TAKEN.sources)
    for answer, call, events in (
        (bridge_pb2.TransformResponse(), self.client.transform, [OPEN]), (no_source, self.client.forward, [OPEN]),
        (wrong_sum, self.client.forward, BODY), (bridge_pb2.TransformResponse(event_count=1, track_count=1), self.client.transform, BODY),
        (bridge_pb2.TransformResponse(event_count=1, rejected_count=1, issues=[bridge_pb2.EventIssue(index=1)]), self.client.transform, BODY),
        (bridge_pb2.TransformResponse(event_count=1, skipped_count=-1, rejected_count=2), self.client.transform, BODY)):
      self.answer(answer)
      self.assertEqual(self.error_of(call, events).reason, "IMPOSSIBLE_ANSWER", answer)

  def test_a_stream_goes_on_after_a_bad_batch(self):
    answers = list(self.client.transform_stream([BODY, b"no", BODY]))
    self.assertEqual([answer.index for answer in answers], [0, 1, 2])
    self.assertEqual(answers[1].error.reason, "INVALID_JSON")
    self.assertEqual([answer.response and answer.response.track_count for answer in answers], [1, None, 1])

  def test_outcomes_are_in_the_order_of_the_events(self):
    response = bridge_pb2.TransformResponse(event_count=2, track_count=1, skipped_count=1, tracks=ONE.tracks)
    response.issues.add(index=0, reason=bridge_pb2.REASON_EVENT_NOT_SELECTED)
    issue, track = segrid.outcomes(response)
    self.assertEqual((issue.reason, track.event), (bridge_pb2.REASON_EVENT_NOT_SELECTED, "Email Opened"))

  def test_a_token_is_sent_and_never_in_the_clear(self):
    self.answer(ONE)
    with segrid.Client(f"127.0.0.1:{self.fake.port}", token="secret") as client:
      client.transform(BODY)
    self.assertEqual(self.fake.metadata[-1]["authorization"], "Bearer secret")
    for address in ("segrid.example.com:50051", "127.0.0.1.example.com:50051", "localhost.example.com:1"):
      with self.assertRaises(ValueError, msg=address):
        segrid.Client(address, token="secret")

  def test_a_closed_client_says_so(self):
    self.client.close()
    self.assertEqual(self.error_of(self.client.transform, BODY).reason, "CLOSED")

  def test_options_out_of_range_are_refused(self):
    for options in ({"max_attempts": 0}, {"initial_backoff": 2.0}, {"attempt_timeout": 0}, {"budget": 0}):
      with self.assertRaises(ValueError, msg=options):
        segrid.Retry(**options)
    with self.assertRaises(ValueError):
      self.client.transform(BODY, timeout=0)
    with self.assertRaises(ValueError):
      segrid.Client(tls=segrid.Tls(cert_file="a"))


class WithoutAServer(unittest.TestCase):

  def test_says_that_there_is_no_connection(self):
    unused = FakeServer()
    unused.server.stop(None).wait()
    with segrid.Client(f"127.0.0.1:{unused.port}", timeout=0.3) as client, self.assertRaises(segrid.Error) as caught:
      client.transform(BODY)
    self.assertEqual(caught.exception.reason, "NOT_CONNECTED", caught.exception)
    self.assertIn(str(unused.port), caught.exception.message)


class Retries(unittest.TestCase):
  """The loop with a clock that the test moves."""

  def setUp(self):
    self.now, self.tries = 0.0, []

  def run_loop(self, error, timeout=10.0, exact=True, **options):
    retrier = Retrier(segrid.Retry(initial_backoff=0.001, max_backoff=0.001, **options), lambda: self.now, lambda low, _: low)

    def attempt(seconds):
      self.tries.append(seconds)
      self.now += 0.5
      raise error
    with self.assertRaises(segrid.Error) as caught:
      retrier.run(attempt, timeout, exact=exact)
    return caught.exception

  def test_a_call_makes_at_most_so_many_tries(self):
    error = self.run_loop(segrid.Error(grpc.StatusCode.UNAVAILABLE), max_attempts=3)
    self.assertEqual((len(self.tries), error.attempts), (3, 3))

  def test_no_try_is_longer_than_the_call(self):
    self.run_loop(segrid.Error(grpc.StatusCode.UNAVAILABLE), timeout=2.2)
    self.assertEqual([round(seconds, 3) for seconds in self.tries], [2.0, 1.7, 1.2, 0.7, 0.2])

  def test_tries_without_a_connection_do_not_count(self):
    self.run_loop(segrid.Error(grpc.StatusCode.UNAVAILABLE, "NOT_CONNECTED"), exact=False, max_attempts=2)
    self.assertEqual(len(self.tries), 20)

  def test_the_calls_share_a_budget(self):
    self.run_loop(segrid.Error(grpc.StatusCode.UNAVAILABLE), budget=2)
    self.assertEqual(len(self.tries), 3)


if __name__ == "__main__":
  unittest.main()
