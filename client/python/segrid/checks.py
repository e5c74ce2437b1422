"""Whether a response can be the one to what was sent. An empty response must not be taken for success."""

from __future__ import annotations

from typing import Any, Iterable

import grpc

from segrid.errors import Error


def _impossible(what: str) -> Error:
  return Error(grpc.StatusCode.INTERNAL, "IMPOSSIBLE_ANSWER",
               f"the server's answer does not fit what was sent, so nobody knows what became of it: {what}")


def _check_sum(whole: int, response: Any, names: Iterable[str]) -> None:
  counts = {name: getattr(response, name) for name in names}
  if min(counts.values()) < 0 or sum(counts.values()) != whole:
    shown = ", ".join(f"{name} is {count}" for name, count in counts.items())
    raise _impossible(f"{shown}; the sum must be {whole}")


def _check_events(sent: int | None, response: Any) -> None:
  if response.event_count < 0 or sent not in (None, response.event_count):
    raise _impossible(f"event_count is {response.event_count}{'' if sent is None else f' for {sent} events'}")
  for issue in response.issues:
    if not 0 <= issue.index < response.event_count:
      raise _impossible(f"an issue is about event {issue.index} of {response.event_count}")


def check_transform(sent: int | None, response: Any) -> Any:
  """Gives the response, or raises Error. `sent`: the number of events, when it is known."""
  _check_events(sent, response)
  _check_sum(response.event_count, response, ("track_count", "skipped_count", "rejected_count"))
  if not response.batch_json and len(response.tracks) != response.track_count:
    raise _impossible(f"track_count is {response.track_count}, but there are {len(response.tracks)}")
  return response


def check_forward(sent: int | None, response: Any) -> Any:
  """Gives the response, or raises Error."""
  _check_events(sent, response)
  names = ("accepted_count", "duplicate_count", "skipped_count", "rejected_count")
  for source in response.sources:
    _check_sum(response.event_count, source, names)
  if response.event_count > 0 and not response.sources:
    raise _impossible("no source has answered")
  _check_sum(response.event_count * len(response.sources), response, names)
  return response
