"""What operators do: status, pauses, dead letters, reload, drain."""

from __future__ import annotations

from typing import Any, Iterable, Iterator

from segrid.connection import Connection
from segrid.v1 import admin_pb2

_SERVICE = "/segrid.v1.AdminService/"


class Admin:
  """The methods of AdminService; take it from `Client.admin`. Thread safe; all methods block, and raise Error.

  Calls are repeated as those of Client are. Replay, purge, drop, erase, reload and drain are repeated only while there is no
  connection, because the response to a second one would be about what the first one left; their one try may use all the time.
  """

  def __init__(self, connection: Connection):
    self._connection = connection

  def list_sources(self, *, timeout: float | None = None) -> admin_pb2.ListSourcesResponse:
    return self._call("ListSources", admin_pb2.ListSourcesRequest(), admin_pb2.ListSourcesResponse, timeout)

  def get_status(self, *, timeout: float | None = None) -> admin_pb2.ServerStatus:
    return self._call("GetStatus", admin_pb2.GetStatusRequest(), admin_pb2.GetStatusResponse, timeout).status

  def watch_status(self, *, interval: float = 1.0, timeout: float | None = None) -> Iterator[admin_pb2.ServerStatus]:
    """A status every `interval` seconds. Without a timeout it has no end; the call ends with the loop over it."""
    request = admin_pb2.WatchStatusRequest()
    request.interval.FromNanoseconds(round(interval * 1e9))
    for response in self._connection.watch(_SERVICE + "WatchStatus", request, admin_pb2.WatchStatusResponse, timeout):
      yield response.status

  def tail_tracks(self, *, sources: Iterable[str] = (), sample_ratio: float = 1.0,
                  timeout: float | None = None) -> Iterator[admin_pb2.TailTracksResponse]:
    """Tracks as they are accepted. Without a timeout it has no end; the call ends with the loop over it."""
    request = admin_pb2.TailTracksRequest(sources=sources, sample_ratio=sample_ratio)
    return self._connection.watch(_SERVICE + "TailTracks", request, admin_pb2.TailTracksResponse, timeout)

  def pause_source(self, source: str, *, timeout: float | None = None) -> None:
    self._call("PauseSource", admin_pb2.PauseSourceRequest(source=source), admin_pb2.PauseSourceResponse, timeout)

  def resume_source(self, source: str, *, timeout: float | None = None) -> None:
    self._call("ResumeSource", admin_pb2.ResumeSourceRequest(source=source), admin_pb2.ResumeSourceResponse, timeout)

  def list_dead_letters(self, *, page_size: int = 100, include_track_json: bool = False, timeout: float | None = None,
                        **filters: Any) -> Iterator[admin_pb2.DeadLetter]:
    """All dead letters that fit the filters, which are the fields of DeadLetterFilter; the time is for each page."""
    request = admin_pb2.ListDeadLettersRequest(filter=admin_pb2.DeadLetterFilter(**filters), page_size=page_size,
                                               include_track_json=include_track_json)
    while True:
      page = self._call("ListDeadLetters", request, admin_pb2.ListDeadLettersResponse, timeout)
      yield from page.dead_letters
      if not page.next_page_token:
        return
      request.page_token = page.next_page_token

  def replay_dead_letters(self, *, timeout: float | None = None, **filters: Any) -> int:
    """Queues them again; gives their number."""
    request = admin_pb2.ReplayDeadLettersRequest(filter=admin_pb2.DeadLetterFilter(**filters))
    return self._call("ReplayDeadLetters", request, admin_pb2.ReplayDeadLettersResponse, timeout, exact=False).replayed_count

  def purge_dead_letters(self, *, timeout: float | None = None, **filters: Any) -> int:
    """Deletes them; gives their number."""
    request = admin_pb2.PurgeDeadLettersRequest(filter=admin_pb2.DeadLetterFilter(**filters))
    return self._call("PurgeDeadLetters", request, admin_pb2.PurgeDeadLettersResponse, timeout, exact=False).purged_count

  def drop_source(self, source: str, *, timeout: float | None = None) -> admin_pb2.DropSourceResponse:
    """Deletes what the queue has of a source that the configuration no longer has."""
    request = admin_pb2.DropSourceRequest(source=source)
    return self._call("DropSource", request, admin_pb2.DropSourceResponse, timeout, exact=False)

  def erase_person(self, *, email: str = "", user_id: str = "", source: str = "", dry_run: bool = False,
                   timeout: float = 600.0) -> admin_pb2.ErasePersonResponse:
    """Deletes what the queue has of one person, who has either an `email` or a `user_id`. It may take minutes."""
    request = admin_pb2.ErasePersonRequest(email=email, user_id=user_id, source=source, dry_run=dry_run)
    return self._call("ErasePerson", request, admin_pb2.ErasePersonResponse, timeout, exact=False)

  def reload_config(self, *, timeout: float | None = None) -> admin_pb2.ReloadConfigResponse:
    return self._call("ReloadConfig", admin_pb2.ReloadConfigRequest(), admin_pb2.ReloadConfigResponse, timeout, exact=False)

  def drain(self, *, timeout: float | None = None) -> None:
    """Stops the server after what runs."""
    self._call("Drain", admin_pb2.DrainRequest(), admin_pb2.DrainResponse, timeout, exact=False)

  def _call(self, method: str, request: Any, response: Any, timeout: float | None, exact: bool = True) -> Any:
    return self._connection.call(_SERVICE + method, request, response, timeout, exact=exact, whole=not exact)
