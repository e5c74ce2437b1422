"""The errors of calls, with the details that the server sends."""

from __future__ import annotations

import dataclasses
import re

import grpc
from google.protobuf.message import DecodeError

from segrid.rpc.v1 import errors_pb2

_TYPE = "type.googleapis.com/google.rpc."
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_MAX_DELAY = 86_400.0
# gRPC says it in words only. With other words the reason is empty, and nothing else changes.
_NEVER_CONNECTED = ("failed to connect to all addresses", "connections to all backends failing", "DNS resolution failed")


@dataclasses.dataclass(frozen=True)
class FieldViolation:
  """A wrong field of a request."""
  field: str  # Its path, such as `events[3].email`.
  description: str


class Error(Exception):
  """A call failed as a whole. Compare `code` and `reason` in programs, because `message` may change at any time.

  Attributes:
    code: the gRPC code.
    reason: stable, such as "QUEUE_FULL" (docs/errors.md lists them); "" when the response has none. The client's own are
      "NOT_CONNECTED", "CLOSED" and "IMPOSSIBLE_ANSWER".
    message: what was wrong, and what to do. Without event data, keys and tokens.
    retry_after: seconds after which the same call may succeed; None when the server gave no hint.
    violations: the wrong fields, in the order of the request.
    index: position of the first event that `violations` names, 0-based; None when they name none.
    metadata: values that the message also has, such as the limit that was exceeded.
    attempts: how often the server was asked.
  """

  def __init__(self, code: grpc.StatusCode, reason: str = "", message: str = "", *, retry_after: float | None = None,
               violations: tuple[FieldViolation, ...] = (), metadata: dict[str, str] | None = None):
    super().__init__(message)
    self.code = code
    self.reason = reason
    self.message = message
    self.retry_after = retry_after
    self.violations = violations
    self.metadata = metadata or {}
    self.attempts = 1

  @property
  def index(self) -> int | None:
    for violation in self.violations:
      found = re.match(r"events\[(\d+)\]", violation.field)
      if found:
        return int(found[1])
    return None

  def __str__(self) -> str:
    return f"{self.code.name}{f' ({self.reason})' if self.reason else ''}: {self.message}"


def from_status(status: errors_pb2.Status) -> Error:
  """The error of a batch in a stream, or of a call. Details that cannot be read are left out."""
  error = Error(_CODES.get(status.code, grpc.StatusCode.UNKNOWN), message=status.message)
  for detail in status.details:
    try:
      _add_detail(error, detail.type_url, detail.value)
    except DecodeError:
      continue
  return error


def _add_detail(error: Error, kind: str, content: bytes) -> None:
  if kind == _TYPE + "ErrorInfo":
    info = errors_pb2.ErrorInfo.FromString(content)
    error.reason, error.metadata = info.reason, dict(info.metadata)
  elif kind == _TYPE + "BadRequest":
    request = errors_pb2.BadRequest.FromString(content)
    error.violations = tuple(FieldViolation(each.field, each.description) for each in request.field_violations)
  elif kind == _TYPE + "RetryInfo":
    delay = errors_pb2.RetryInfo.FromString(content).retry_delay
    error.retry_after = min(max(delay.seconds + delay.nanos / 1e9, 0.0), _MAX_DELAY)


def from_call(failed: grpc.RpcError, address: str) -> Error:
  """The error of a call that failed."""
  trailers = dict(failed.trailing_metadata() or ())
  status = errors_pb2.Status()
  try:
    status.ParseFromString(trailers.get("grpc-status-details-bin", b""))
  except DecodeError:
    status.Clear()  # Details of somebody else: the code and the message remain.
  status.code, status.message = failed.code().value[0], failed.details() or ""
  error = from_status(status)
  if error.code == grpc.StatusCode.UNAVAILABLE and not error.reason and error.message.startswith(_NEVER_CONNECTED):
    error.reason = "NOT_CONNECTED"
    error.message = f"cannot connect to {address}: {error.message}"
  elif error.code == grpc.StatusCode.DEADLINE_EXCEEDED and not error.reason:
    error.message = f"no answer from {address} in time"
  return error
