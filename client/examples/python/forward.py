#!/usr/bin/python3
"""Shows what becomes of a webhook body, then gives it to Segrid for delivery.

  forward.py [--server HOST:PORT] [--source NAME] BODY.json

Needs the package `segrid` (see README.md).
"""

import argparse
import os
import sys

import segrid
from segrid.v1 import bridge_pb2


def name_of(enum, number):
  """The name of a value; its number when a newer server has it."""
  return enum.Name(number) if number in enum.values() else str(number)


def outcome_lines(response):
  """A line per event."""
  for index, outcome in enumerate(segrid.outcomes(response)):
    if isinstance(outcome, segrid.Track):
      yield f"{index}: {outcome.event} ({outcome.timestamp.ToJsonString()}, {outcome.message_id})"
    else:
      said = name_of(bridge_pb2.Outcome, outcome.outcome).removeprefix("OUTCOME_").lower()
      yield f"{index}: {said}, {name_of(bridge_pb2.Reason, outcome.reason).removeprefix('REASON_')}"


def main():
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("body", metavar="BODY.json")
  arguments.add_argument("--server", default=os.environ.get("SEGRID_SERVER", "127.0.0.1:50051"))
  arguments.add_argument("--source", default="", help="only to this source; default: all")
  given = arguments.parse_args()
  with open(given.body, "rb") as file:
    body = file.read()

  with segrid.Client(given.server) as client:
    try:
      for line in outcome_lines(client.transform(body, source=given.source)):
        print(line)
      taken = client.forward(body, sources=[given.source] if given.source else [])
    except segrid.Error as error:
      print(error, file=sys.stderr)
      return 1
  print(f"forwarded: accepted={taken.accepted_count} duplicate={taken.duplicate_count} "
        f"skipped={taken.skipped_count} rejected={taken.rejected_count}")
  return 0


if __name__ == "__main__":
  sys.exit(main())
