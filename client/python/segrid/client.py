"""Transform and Forward."""

from __future__ import annotations

import dataclasses
import json
import uuid
from typing import Any, Iterable, Iterator, Mapping, Sequence, Union

from segrid import checks, errors
from segrid.admin import Admin
from segrid.connection import Connection, Tls
from segrid.retry import Retry
from segrid.v1 import bridge_pb2
from segrid.v1.segment_track_pb2 import Track
from segrid.v1.sendgrid_event_pb2 import SendGridEvent

# A body as SendGrid posted it; or events, all as messages or all as dicts with SendGrid's names.
Events = Union[bytes, str, Sequence[SendGridEvent], Sequence[Mapping[str, Any]]]
_SERVICE = "/segrid.v1.BridgeService/"


@dataclasses.dataclass(frozen=True)
class StreamAnswer:
  """What became of one batch of a stream."""
  index: int  # Position of the batch, 0-based.
  response: Any  # TransformResponse or ForwardResponse; None when the batch failed.
  error: errors.Error | None


def outcomes(response: bridge_pb2.TransformResponse) -> Iterator[Track | bridge_pb2.EventIssue]:
  """For each event, in order: its Track, or the issue that says why there is none."""
  issues = {issue.index: issue for issue in response.issues}
  tracks = iter(response.tracks)
  for index in range(response.event_count):
    yield issues[index] if index in issues else next(tracks)


def _fill(request: Any, events: Events) -> int | None:
  """Puts the events into a request; gives their number when it is known."""
  if isinstance(events, (bytes, bytearray, memoryview)):
    request.webhook_json = bytes(events)
    return None
  if isinstance(events, str):
    request.webhook_json = events.encode()
    return None
  listed: list[Any] = list(events)
  if all(isinstance(event, SendGridEvent) for event in listed):
    request.events.extend(listed)
    if not listed:
      request.webhook_json = b"[]"
  elif all(isinstance(event, Mapping) for event in listed):
    request.webhook_json = json.dumps([dict(event) for event in listed]).encode()
  else:
    raise TypeError("events must be a JSON body, or all SendGridEvent, or all mappings")
  return len(listed)


class Client:
  """A connection to a Segrid server. Thread safe; make one, and share it.

  Every call has a deadline: `timeout` seconds for the whole call, retries included. Calls that failed for a moment are
  repeated, because Transform has no effect and a Forward keeps its idempotency key. All methods block, and raise Error.

  Args:
    address: `host:port`, `unix:/path`, or a name of gRPC's such as `dns:///segrid:50051`.
    tls: None for no TLS, on loopback, Unix sockets and private networks.
    token: sent as `authorization: Bearer …`. Needs `tls`, or an address on this machine.
    timeout: seconds, 0.001 to 86,400.
    retry: how calls are repeated.
  """

  def __init__(self, address: str = "127.0.0.1:50051", *, tls: Tls | None = None, token: str = "", timeout: float = 10.0,
               retry: Retry = Retry()):
    self._connection = Connection(address, tls, token, timeout, retry)
    self.admin = Admin(self._connection)

  def close(self) -> None:
    """Ends the connection; calls that run fail with CANCELLED."""
    self._connection.close()

  def __enter__(self) -> Client:
    return self

  def __exit__(self, *_: object) -> None:
    self.close()

  def transform(self, events: Events, *, source: str = "", output: bridge_pb2.Output = bridge_pb2.OUTPUT_TRACKS,
                timeout: float | None = None) -> bridge_pb2.TransformResponse:
    """Turns events into Tracks and gives them back; nothing is stored or sent. A bad event is an issue of the response."""
    request = bridge_pb2.TransformRequest(source=source, output=output)
    sent = _fill(request, events)
    response = self._connection.call(_SERVICE + "Transform", request, bridge_pb2.TransformResponse, timeout, exact=True)
    return checks.check_transform(sent, response)

  def forward(self, events: Events, *, sources: Iterable[str] = (), wait_delivered: bool = False, idempotency_key: str = "",
              timeout: float | None = None) -> bridge_pb2.ForwardResponse:
    """Queues events for delivery. When it returns, a durable queue has synced them to disk.

    Args:
      sources: those that get the events; none: all of the server.
      wait_delivered: waits until the receivers have the events, or the call's time is nearly over.
      idempotency_key: names this call, so that a repeated one counts nothing twice; "": a random one.
    """
    wait = bridge_pb2.WAIT_DELIVERED if wait_delivered else bridge_pb2.WAIT_ACCEPTED
    request = bridge_pb2.ForwardRequest(sources=sources, wait=wait)
    sent = _fill(request, events)
    response = self._connection.call(_SERVICE + "Forward", request, bridge_pb2.ForwardResponse, timeout, exact=True,
                                     whole=wait_delivered, key=idempotency_key or uuid.uuid4().hex)
    return checks.check_forward(sent, response)

  def transform_stream(self, batches: Iterable[Events], *, source: str = "",
                       timeout: float | None = None) -> Iterator[StreamAnswer]:
    """Transform for many batches over one stream, whose time is `timeout`. Nothing is repeated; a failed batch has an error."""

    def requests() -> Iterator[bridge_pb2.TransformStreamRequest]:
      for index, events in enumerate(batches):
        request = bridge_pb2.TransformStreamRequest(request_id=str(index))
        request.request.source = source
        _fill(request.request, events)
        yield request
    return self._answers("TransformStream", requests(), bridge_pb2.TransformStreamRequest, bridge_pb2.TransformStreamResponse,
                         checks.check_transform, timeout)

  def forward_stream(self, batches: Iterable[Events], *, sources: Iterable[str] = (), wait_delivered: bool = False,
                     timeout: float | None = None) -> Iterator[StreamAnswer]:
    """Forward for many batches over one stream; answers may have another order than the batches."""
    wait = bridge_pb2.WAIT_DELIVERED if wait_delivered else bridge_pb2.WAIT_ACCEPTED
    names = list(sources)

    def requests() -> Iterator[bridge_pb2.ForwardStreamRequest]:
      for index, events in enumerate(batches):
        request = bridge_pb2.ForwardStreamRequest(request_id=str(index))
        request.request.sources.extend(names)
        request.request.wait = wait
        _fill(request.request, events)
        yield request
    return self._answers("ForwardStream", requests(), bridge_pb2.ForwardStreamRequest, bridge_pb2.ForwardStreamResponse,
                         checks.check_forward, timeout)

  def _answers(self, method: str, requests: Iterator[Any], request: Any, response: Any, check: Any,
               timeout: float | None) -> Iterator[StreamAnswer]:
    for answer in self._connection.exchange(_SERVICE + method, requests, request, response, timeout):
      index = int(answer.request_id)
      if answer.WhichOneof("result") == "response":
        try:
          yield StreamAnswer(index, check(None, answer.response), None)
        except errors.Error as impossible:
          yield StreamAnswer(index, None, impossible)
      else:
        yield StreamAnswer(index, None, errors.from_status(answer.error))
