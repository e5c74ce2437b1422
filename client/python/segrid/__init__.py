"""Calls a Segrid server: transforms SendGrid's e-mail events into Segment Tracks, or hands them over for delivery.

    import segrid

    with segrid.Client("127.0.0.1:50051") as client:
      response = client.forward(body)

The messages are protobuf classes: `segrid.v1.bridge_pb2`, `admin_pb2`, `sendgrid_event_pb2`, `segment_track_pb2`.
"""

from segrid.admin import Admin
from segrid.client import Client, StreamAnswer, outcomes
from segrid.connection import VERSION as __version__
from segrid.connection import Tls
from segrid.errors import Error, FieldViolation
from segrid.retry import Retry
from segrid.v1.segment_track_pb2 import Track
from segrid.v1.sendgrid_event_pb2 import SendGridEvent

__all__ = ["Admin", "Client", "Error", "FieldViolation", "Retry", "SendGridEvent", "StreamAnswer", "Tls", "Track", "outcomes"]
