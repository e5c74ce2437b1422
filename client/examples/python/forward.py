#!/usr/bin/python3
"""Shows what becomes of a webhook body, then gives it to Segrid for delivery.

  forward.py [--server HOST:PORT] [--source NAME] BODY.json

Needs grpcio and protobuf, and the message classes (see README.md).
"""

import argparse
import os
import sys

import grpc
from segrid.v1 import bridge_pb2

TIMEOUT_SECONDS = 10


class Bridge:
  """The two calls; grpc's generic methods need no generated stub."""

  def __init__(self, channel):
    self._transform = self._method(channel, "Transform")
    self._forward = self._method(channel, "Forward")

  @staticmethod
  def _method(channel, name):
    return channel.unary_unary(
        f"/segrid.v1.BridgeService/{name}",
        request_serializer=getattr(bridge_pb2, f"{name}Request").SerializeToString,
        response_deserializer=getattr(bridge_pb2, f"{name}Response").FromString)

  def transform(self, request):
    return self._transform(request, timeout=TIMEOUT_SECONDS, wait_for_ready=True)

  def forward(self, request):
    return self._forward(request, timeout=TIMEOUT_SECONDS, wait_for_ready=True)


def name_of(enum, number):
  """The name of a value; its number when a newer server has it."""
  return enum.Name(number) if number in enum.values() else str(number)


def outcome_lines(response):
  """A line per event. What has no issue has the next of the Tracks."""
  issues = {issue.index: issue for issue in response.issues}
  tracks = iter(response.tracks)
  for index in range(response.event_count):
    if index in issues:
      issue = issues[index]
      outcome = name_of(bridge_pb2.Outcome, issue.outcome).removeprefix("OUTCOME_").lower()
      yield f"{index}: {outcome}, {name_of(bridge_pb2.Reason, issue.reason).removeprefix('REASON_')}"
    else:
      track = next(tracks)
      yield f"{index}: {track.event} ({track.timestamp.ToJsonString()}, {track.message_id})"


def main():
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("body", metavar="BODY.json")
  arguments.add_argument("--server", default=os.environ.get("SEGRID_SERVER", "127.0.0.1:50051"))
  arguments.add_argument("--source", default="", help="only to this source; default: all")
  given = arguments.parse_args()
  with open(given.body, "rb") as file:
    body = file.read()

  with grpc.insecure_channel(given.server) as channel:
    bridge = Bridge(channel)
    try:
      seen = bridge.transform(bridge_pb2.TransformRequest(webhook_json=body, source=given.source))
      for line in outcome_lines(seen):
        print(line)
      taken = bridge.forward(bridge_pb2.ForwardRequest(
          webhook_json=body, sources=[given.source] if given.source else []))
    except grpc.RpcError as error:
      print(f"{error.code().name}: {error.details()}", file=sys.stderr)
      return 1
  print(f"forwarded: accepted={taken.accepted_count} duplicate={taken.duplicate_count} "
        f"skipped={taken.skipped_count} rejected={taken.rejected_count}")
  return 0


if __name__ == "__main__":
  sys.exit(main())
