#!/usr/bin/python3
"""A webhook between SendGrid and Segment as one would write it in Python: aiohttp takes the post and sends the Tracks,
cryptography checks the signature. The Tracks are in memory when the post is answered.

    service.py --public-key KEY --segment http://127.0.0.1:PORT --port-file FILE
"""

import argparse
import asyncio
import base64
import hashlib
import json
import os
import signal
import string
import time
from datetime import datetime, timezone

import aiohttp
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

NAMES = {
    "processed": "Email Processed", "delivered": "Email Delivered", "open": "Email Opened", "click": "Email Link Clicked",
    "dropped": "Email Dropped", "bounce": "Email Bounced", "unsubscribe": "Unsubscribed",
    "group_unsubscribe": "Unsubscribed From Group", "group_resubscribe": "Resubscribed To Group",
    "spamreport": "Email Marked as Spam",
}
RECIPIENT_ACTS = {"open", "click", "unsubscribe", "group_unsubscribe", "group_resubscribe", "spamreport"}
SAFE = set(string.ascii_letters + string.digits + "._-")
MAX_BODY = 4 << 20
BATCH = 500  # Tracks of a request to Segment.
REPLAY_WINDOW = 600  # Seconds.


def email_type(event):
    stats = event.get("mc_stats")
    if stats:
        return {"singlesend": "Singlesend", "automation": "Automation"}.get(stats)
    if event.get("singlesend_id"):
        return "Singlesend"
    return "Automation" if event.get("mc_auto_id") else None


def message_id(event):
    given = event.get("sg_event_id") or ""
    if given and len(given) <= 64 and set(given) <= SAFE:
        return given
    text = given or json.dumps(event, sort_keys=True)
    return "sg-" + hashlib.sha256(text.encode()).hexdigest()[:40]


def track(event):
    """The Track of an event, in the form of docs/mapping.md; None if it gives none. Events of the form that SendGrid sends."""
    kind = event.get("event")
    name = "Email Machine Opened" if kind == "open" and event.get("sg_machine_open") else NAMES.get(kind)
    email = event.get("email")
    if name is None or not email:
        return None
    kind_of_mail = email_type(event)
    phase = event.get("phase_id")
    category = event.get("category")
    properties = {
        "email_type": kind_of_mail,
        "template_id": event.get("template_id") or event.get("sg_template_id"),
        "email_subject": event.get("subject") or event.get("email_subject"),
        "test_phase": phase == "test" if kind_of_mail == "Singlesend" and phase in ("test", "send") else None,
        "unsubscribe_group_id": event.get("asm_group_id"),
        "link_url": event.get("url") if kind == "click" else None,
        "categories": category if isinstance(category, list) else [category] if category else None,
        "campaign_name": event.get("singlesend_name") or event.get("marketing_campaign_name"),
        "campaign_id": event.get("singlesend_id") or event.get("marketing_campaign_id"),
        "automation_name": event.get("mc_auto_name"),
        "automation_id": event.get("mc_auto_id"),
        "automation_step_id": event.get("mc_auto_step_id"),
    }
    traits = {"email": email}
    if kind in RECIPIENT_ACTS:
        traits.update({key: value for key, value in (("ip", event.get("ip")), ("user_agent", event.get("useragent"))) if value})
    at = datetime.fromtimestamp(int(event["timestamp"]), timezone.utc)
    return {
        "type": "track",
        "messageId": message_id(event),
        "anonymousId": hashlib.sha256(email.strip().lower().encode()).hexdigest(),
        "event": name,
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "properties": {key: value for key, value in properties.items() if value is not None},
        "context": {"library": {"name": "bench-python", "version": "1"}, "traits": traits},
    }


class Sender:
    """Sends what is in memory, a batch at a time."""

    def __init__(self, segment):
        self.url = segment + "/v1/batch"
        self.headers = {"Authorization": "Basic " + base64.b64encode(b"bench-key:").decode(), "Content-Type": "application/json"}
        self.tracks = []
        self.there = asyncio.Event()

    def add(self, tracks):
        self.tracks.extend(tracks)
        self.there.set()

    async def run(self):
        async with aiohttp.ClientSession() as session:
            while True:
                await self.there.wait()
                batch, self.tracks = self.tracks[:BATCH], self.tracks[BATCH:]
                if not self.tracks:
                    self.there.clear()
                body = json.dumps({"batch": batch, "sentAt": datetime.now(timezone.utc).isoformat()}, separators=(",", ":"))
                async with session.post(self.url, data=body, headers=self.headers) as response:
                    if response.status != 200:
                        self.add(batch)
                    await response.read()


def is_signed(key, headers, body):
    signature = headers.get("X-Twilio-Email-Event-Webhook-Signature")
    timestamp = headers.get("X-Twilio-Email-Event-Webhook-Timestamp")
    if signature is None or timestamp is None or abs(time.time() - int(timestamp)) > REPLAY_WINDOW:
        return False
    try:
        key.verify(base64.b64decode(signature), timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


async def serve(options):
    key = load_der_public_key(base64.b64decode(options.public_key))
    sender = Sender(options.segment)

    async def post(request):
        body = await request.read()
        if not is_signed(key, request.headers, body):
            return web.Response(status=401)
        sender.add([made for made in map(track, json.loads(body)) if made is not None])
        return web.Response(status=200)

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_post("/v1/webhook", post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # pylint: disable=protected-access
    with open(options.port_file + ".new", "w", encoding="ascii") as file:
        file.write(f"{port}\n")
    os.rename(options.port_file + ".new", options.port_file)
    await sender.run()


def main():
    parser = argparse.ArgumentParser()
    for option in ("--public-key", "--segment", "--port-file"):
        parser.add_argument(option, required=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
