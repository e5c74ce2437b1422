"""Calls every method of the API once. docs/api.md shows the parts between `# sample:` and `# end`.

  methods.py SERVER     # a host:port

The server has a source `default`, a source `slow` with two dead letters, and events of a source `old` that it no longer has.
Needs the package client/python.
"""

import sys

# sample: setup
import segrid
from segrid.v1 import admin_pb2, bridge_pb2

server = sys.argv[1]  # 127.0.0.1:50051
client = segrid.Client(server)
body = b'[{"event":"open","email":"ada@example.com","timestamp":1591726752,"sg_event_id":"python"}]'
# end

print("BridgeService.Transform")
# sample: BridgeService.Transform
response = client.transform(body)
for track in response.tracks:
  print(track.event, track.anonymous_id)
for issue in response.issues:  # Events that gave no Track.
  print(issue.index, bridge_pb2.Reason.Name(issue.reason))
# end

print("BridgeService.Forward")
# sample: BridgeService.Forward
try:
  response = client.forward(body, sources=["default"], wait_delivered=True)  # Retries by itself.
  print(response.accepted_count, response.delivered_count)
except segrid.Error as error:
  print(error.code, error.reason, error.retry_after)
# end

print("BridgeService.TransformStream")
# sample: BridgeService.TransformStream
for answer in client.transform_stream([body, body, body]):
  print(answer.index, answer.response.track_count if answer.response else answer.error)
# end

print("BridgeService.ForwardStream")
# sample: BridgeService.ForwardStream
for answer in client.forward_stream([body, body, body], sources=["default"]):  # In any order.
  print(answer.index, answer.response.duplicate_count if answer.response else answer.error)
# end

print("AdminService.ListSources")
# sample: AdminService.ListSources
for source in client.admin.list_sources().sources:
  print(source.name, source.receiver)
# end

print("AdminService.GetStatus")
# sample: AdminService.GetStatus
for source in client.admin.get_status().sources:
  print(source.name, admin_pb2.SourceState.Name(source.state), source.pending_count)
# end

print("AdminService.WatchStatus")
# sample: AdminService.WatchStatus
for status in client.admin.watch_status(interval=0.5):
  print(status.ready)
  break  # This ends the call; until then a status comes every half second.
# end

print("AdminService.TailTracks")
# sample: AdminService.TailTracks
for response in client.admin.tail_tracks(sources=["default"]):
  for tailed in response.tracks:
    print(tailed.source, tailed.track.event)
  if response.tracks:
    break  # This ends the call; until then it goes on.
# end

print("AdminService.PauseSource")
# sample: AdminService.PauseSource
client.admin.pause_source("default")
# end

print("AdminService.ResumeSource")
# sample: AdminService.ResumeSource
client.admin.resume_source("default")
# end

print("AdminService.ListDeadLetters")
# sample: AdminService.ListDeadLetters
letters = list(client.admin.list_dead_letters(source="slow"))  # All pages.
for letter in letters:
  print(letter.id, letter.reason, letter.answer)
# end

print("AdminService.ReplayDeadLetters")
# sample: AdminService.ReplayDeadLetters
print(client.admin.replay_dead_letters(source="slow", ids=[letters[0].id]))
# end

print("AdminService.PurgeDeadLetters")
# sample: AdminService.PurgeDeadLetters
print(client.admin.purge_dead_letters(source="slow", reason="EXPIRED"))
# end

print("AdminService.DropSource")
# sample: AdminService.DropSource
try:
  print(client.admin.drop_source("old").pending_count)
except segrid.Error as error:  # Such as NOT_FOUND: the queue has nothing of it.
  print(error)
# end

print("AdminService.ErasePerson")
# sample: AdminService.ErasePerson
for source in client.admin.erase_person(email="a@example.com").sources:
  print(source.source, source.pending_count, source.dead_letter_count)
# end

print("AdminService.ReloadConfig")
# sample: AdminService.ReloadConfig
for change in client.admin.reload_config().changes:
  print(change.key, getattr(change, "from"), change.to)
# end

print("AdminService.Drain")
# sample: AdminService.Drain
client.admin.drain()
# end
client.close()
