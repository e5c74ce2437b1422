"""Repeats calls that failed for a moment, as the C++ client does."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from typing import Callable, TypeVar

import grpc

from segrid.errors import Error

_Response = TypeVar("_Response")
_SHORTEST = 0.001  # Seconds: a try needs some time.


@dataclasses.dataclass(frozen=True)
class Retry:
  """How calls are repeated. No call takes longer than its timeout."""
  max_attempts: int = 20  # Tries that reach a server, the first included; 1: nothing is repeated.
  attempt_timeout: float = 2.0  # Seconds for one try; forward(wait_delivered=True) may use all of the call's time.
  initial_backoff: float = 0.05  # Seconds: the wait is random up to a bound that doubles from this to the next.
  max_backoff: float = 1.0
  budget: int = 1000  # Retries in a row of all calls of a client; each success returns 0.1.

  def __post_init__(self) -> None:
    if not 1 <= self.max_attempts <= 100:
      raise ValueError("max_attempts must be 1 to 100")
    if not _SHORTEST <= self.initial_backoff <= self.max_backoff <= 3600:
      raise ValueError("initial_backoff and max_backoff must be 0.001 to 3600 seconds, in this order")
    if self.attempt_timeout < _SHORTEST:
      raise ValueError("attempt_timeout must be at least 0.001 seconds")
    if not 1 <= self.budget <= 1_000_000:
      raise ValueError("budget must be 1 to 1,000,000")


class Retrier:
  """Makes the tries of calls. Thread safe; the calls of a client share its budget."""

  def __init__(self, retry: Retry, clock: Callable[[], float] = time.monotonic, uniform: Callable[[float, float], float] = random.uniform):
    self._retry = retry
    self._clock = clock
    self._uniform = uniform
    self._closed = threading.Event()
    self._lock = threading.Lock()
    self._budget = retry.budget * 10  # In tenths. Guarded by _lock.

  def close(self) -> None:
    """Ends all waits: calls that wait for another try fail with CLOSED."""
    self._closed.set()

  def run(self, attempt: Callable[[float], _Response], timeout: float, *, exact: bool, whole: bool = False) -> _Response:
    """Calls `attempt(seconds)` until it returns. Blocks up to `timeout` seconds; raises the last Error.

    Args:
      exact: the call may be repeated without an effect. Otherwise only tries without a connection are.
      whole: one try may use all of the call's time.
    """
    deadline = self._clock() + timeout
    asked = 0
    bound = self._retry.initial_backoff
    while True:
      left = max(deadline - self._clock(), _SHORTEST)
      try:
        response = attempt(left if whole else min(left, self._retry.attempt_timeout))
      except Error as error:
        reached = error.reason != "NOT_CONNECTED"
        asked += reached
        error.attempts = max(asked, 1)
        delay = max(self._uniform(0, bound), error.retry_after or 0.0)
        bound = min(bound * 2, self._retry.max_backoff)
        if (not _is_worth_another(error, exact) or self._retry.max_attempts == 1 or asked >= self._retry.max_attempts or
            self._clock() + delay + _SHORTEST > deadline or (reached and not self._take())):
          raise
      else:
        self._succeeded()
        return response
      if self._closed.wait(delay):
        raise Error(grpc.StatusCode.CANCELLED, "CLOSED", "the client was closed")

  def _take(self) -> bool:
    with self._lock:
      if self._budget < 10:
        return False
      self._budget -= 10
      return True

  def _succeeded(self) -> None:
    with self._lock:
      self._budget = min(self._budget + 1, self._retry.budget * 10)


def _is_worth_another(error: Error, exact: bool) -> bool:
  if error.reason == "NOT_CONNECTED":
    return True
  if not exact or error.reason == "CLOSED":
    return False
  if error.code == grpc.StatusCode.RESOURCE_EXHAUSTED:
    return error.retry_after is not None
  return error.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
