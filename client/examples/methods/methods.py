"""Calls every method of the API once. docs/api.md shows the parts between `# sample:` and `# end`.

  methods.py SERVER     # a host:port

The server has a source `default`, a source `slow` with two dead letters, and events of a source `old` that it no longer has.
Stubs: protoc --python_out=. --grpc_python_out=. --plugin=protoc-gen-grpc_python=$(which grpc_python_plugin) …
"""

import sys

# sample: setup
import uuid

import grpc
from segrid.v1 import admin_pb2, admin_pb2_grpc, bridge_pb2, bridge_pb2_grpc

server = sys.argv[1]  # 127.0.0.1:50051
channel = grpc.insecure_channel(server)
bridge = bridge_pb2_grpc.BridgeServiceStub(channel)
admin = admin_pb2_grpc.AdminServiceStub(channel)
body = b'[{"event":"open","email":"ada@example.com","timestamp":1591726752,"sg_event_id":"python"}]'
# end

print("BridgeService.Transform")
# sample: BridgeService.Transform
response = bridge.Transform(bridge_pb2.TransformRequest(webhook_json=body), timeout=10)
for track in response.tracks:
  print(track.event, track.anonymous_id)
for issue in response.issues:  # Events that gave no Track.
  print(issue.index, bridge_pb2.Reason.Name(issue.reason))
# end

print("BridgeService.Forward")
# sample: BridgeService.Forward
response = bridge.Forward(
    bridge_pb2.ForwardRequest(webhook_json=body, sources=["default"], wait=bridge_pb2.WAIT_DELIVERED),
    timeout=10, metadata=[("segrid-idempotency-key", str(uuid.uuid4()))])  # The same key in each retry.
print(response.accepted_count, response.delivered_count)
# end

print("BridgeService.TransformStream")
# sample: BridgeService.TransformStream
requests = [bridge_pb2.TransformStreamRequest(
    request_id=str(number), request=bridge_pb2.TransformRequest(webhook_json=body)) for number in range(3)]
for answer in bridge.TransformStream(iter(requests), timeout=10):  # In any order.
  print(answer.request_id, answer.response.track_count, answer.error.message)
# end

print("BridgeService.ForwardStream")
# sample: BridgeService.ForwardStream
requests = [bridge_pb2.ForwardStreamRequest(
    request_id=str(number), request=bridge_pb2.ForwardRequest(webhook_json=body, sources=["default"])) for number in range(3)]
for answer in bridge.ForwardStream(iter(requests), timeout=10):
  print(answer.request_id, answer.response.duplicate_count, answer.error.message)
# end

print("AdminService.ListSources")
# sample: AdminService.ListSources
for source in admin.ListSources(admin_pb2.ListSourcesRequest(), timeout=10).sources:
  print(source.name, source.receiver)
# end

print("AdminService.GetStatus")
# sample: AdminService.GetStatus
status = admin.GetStatus(admin_pb2.GetStatusRequest(), timeout=10).status
for source in status.sources:
  print(source.name, admin_pb2.SourceState.Name(source.state), source.pending_count)
# end

print("AdminService.WatchStatus")
# sample: AdminService.WatchStatus
request = admin_pb2.WatchStatusRequest()
request.interval.FromMilliseconds(500)
watch = admin.WatchStatus(request)
for response in watch:
  print(response.status.ready)
  watch.cancel()  # Until then a response comes every half second.
  break
# end

print("AdminService.TailTracks")
# sample: AdminService.TailTracks
tail = admin.TailTracks(admin_pb2.TailTracksRequest(sources=["default"], sample_ratio=1))
for response in tail:
  for tailed in response.tracks:
    print(tailed.source, tailed.track.event)
  if response.tracks:
    tail.cancel()  # Until then it goes on.
    break
# end

print("AdminService.PauseSource")
# sample: AdminService.PauseSource
admin.PauseSource(admin_pb2.PauseSourceRequest(source="default"), timeout=10)
# end

print("AdminService.ResumeSource")
# sample: AdminService.ResumeSource
admin.ResumeSource(admin_pb2.ResumeSourceRequest(source="default"), timeout=10)
# end

print("AdminService.ListDeadLetters")
# sample: AdminService.ListDeadLetters
slow = admin_pb2.DeadLetterFilter(source="slow")
page = admin.ListDeadLetters(admin_pb2.ListDeadLettersRequest(filter=slow, page_size=100), timeout=10)
for letter in page.dead_letters:
  print(letter.id, letter.reason, letter.answer)
# end

print("AdminService.ReplayDeadLetters")
# sample: AdminService.ReplayDeadLetters
one = admin_pb2.DeadLetterFilter(source="slow", ids=[page.dead_letters[0].id])
print(admin.ReplayDeadLetters(admin_pb2.ReplayDeadLettersRequest(filter=one), timeout=10).replayed_count)
# end

print("AdminService.PurgeDeadLetters")
# sample: AdminService.PurgeDeadLetters
expired = admin_pb2.DeadLetterFilter(source="slow", reason="EXPIRED")
print(admin.PurgeDeadLetters(admin_pb2.PurgeDeadLettersRequest(filter=expired), timeout=10).purged_count)
# end

print("AdminService.DropSource")
# sample: AdminService.DropSource
try:
  dropped = admin.DropSource(admin_pb2.DropSourceRequest(source="old"), timeout=10)
  print(dropped.pending_count)
except grpc.RpcError as error:  # Such as NOT_FOUND: the queue has nothing of it.
  print(error.code(), error.details())
# end

print("AdminService.ReloadConfig")
# sample: AdminService.ReloadConfig
reloaded = admin.ReloadConfig(admin_pb2.ReloadConfigRequest(), timeout=10)
for change in reloaded.changes:
  print(change.key, getattr(change, "from"), change.to)
# end

print("AdminService.Drain")
# sample: AdminService.Drain
admin.Drain(admin_pb2.DrainRequest(), timeout=10)
# end
channel.close()
