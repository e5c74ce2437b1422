"""What the clients of all languages are asked, and how their answers compare."""

import codecs
import datetime
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/reference"))
import mapping  # noqa: E402
import strict_json  # noqa: E402
import values  # noqa: E402

SOURCES = ["", "plain", "everything"]
VERSION = ""  # Of the build under test; set by the test.


_EVENT = b'{"email":"canary@example.com","event":"open","timestamp":1591726752,"sg_event_id":"refused"}'
_BACKFILL = "`segrid backfill`"
# Bodies that are refused, by name: what a server says of them, and what the command line says of the file; None where the
# command line takes it.
REFUSED = {
    "nothing": (b"", "it is empty", "is empty"),
    "a comma at the end": (b"[" + _EVENT + b",]", f"a comma after the last value (byte {1 + len(_EVENT)}), in element 0", "a comma after the last"),
    "a comma in an event": (b"[{},{\"canary\":1,}]", "a comma after the last value (byte 15), in element 1", "not '}' (byte 16)"),
    "Latin-1": (b"[{\"canary\":\xe9}]", "is it Latin-1? (byte 11), in element 0", "is it Latin-1? (byte 11)"),
    "a second byte order mark": (b"[\xef\xbb\xbf{}]", "a byte order mark is inside the body (byte 1), in element 0", "byte order mark"),
    "UTF-16": ("[{}]".encode("utf-16"), "it is UTF-16 or UTF-32; send it as UTF-8", "UTF-16"),
    "UTF-16 without a mark": ("[{}]".encode("utf-16-le"), "it is UTF-16 or UTF-32; send it as UTF-8", "is it UTF-16?"),
    "a form": (b"email=canary%40example.com&event=open", "it is a form post; the Event Webhook posts JSON", "is a form post"),
    "Inbound Parse": (b"--xYzZY\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\ncanary\r\n", "as SendGrid's Inbound Parse posts mail",
                      "Inbound Parse"),
    "a lone event": (_EVENT, f"a lone event is what {_BACKFILL} takes", None),
    "lines": (_EVENT + b"\n" + _EVENT, f"the second at byte {1 + len(_EVENT)}: send them as [{{...}},{{...}}]; events line by line are what {_BACKFILL} takes", None),
    "events with commas": (_EVENT + b"," + _EVENT, f"without [ and ] (byte {len(_EVENT)})", None),
    "bodies": (b"[" + _EVENT + b"]\n[]", f"several are what {_BACKFILL} takes", None),
    "a string": (b'"[]"', "was it encoded twice?", "was it encoded twice?"),
    "HTML": (b"<html>canary</html>", "it is HTML or XML", "HTML or XML"),
    "words": (b"canary", "a value is expected here, not a letter (byte 0)", "not a letter (byte 0)"),
    "quotes": (b"[{'canary':1}]", "a single quote instead of a double one (byte 2), in element 0", "a single quote instead of a double one (byte 2)"),
    "NaN": (b'[{},{"a":NaN}]', "JSON has no NaN (byte 9), in element 1", "JSON has no NaN (byte 9)"),
    "a cut": (b"[" + _EVENT[:40], "a string is not closed; is the body cut off? (byte", "cut off"),
    "an open array": (b"[" + _EVENT, f"it is cut off after {1 + len(_EVENT)} bytes, in element 0", "cut off"),
}


def bodies():
  """Every webhook body of the tree, by name. Single objects become arrays."""
  found = {}
  for path in sorted([*ROOT.glob("tests/data/sendgrid/*.json"), *ROOT.glob("tests/golden/*/body.json"),
                      ROOT / "tests/data/bench/bench-events-100.json"]):
    name = path.parent.name if path.name == "body.json" else path.name
    body = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
      parsed = strict_json.parse(body)
    except strict_json.NotJson:
      continue  # A fragment of a document.
    found[name] = body if isinstance(parsed, list) else b"[" + body + b"]"
  return found


def outcomes_of_program(segrid, body, config, source):
  """What `segrid transform` says, comparable."""
  command = [segrid, "transform", "--format", "outcomes"]
  if source:
    command += ["--config", config, "--source", source]
  done = subprocess.run(command, input=body, capture_output=True, timeout=60, check=True)
  return canonical(json.loads(line) for line in done.stdout.decode("utf-8").split("\n")[:-1])


def canonical(outcomes):
  """Comparable: in Python `True == 1`, as JSON they differ."""
  return [json.dumps(outcome, sort_keys=True, ensure_ascii=False) for outcome in outcomes]


def typed_events(body):
  """The body's events as dicts with the names of SendGridEvent; None when an element is no object,
  or holds text that no protobuf string can, or a time that no typed event can say."""
  events = []
  for raw in strict_json.parse(body):
    if not isinstance(raw, dict):
      return None
    event = {}
    for key, value in raw.items():
      if key not in values.FIELDS or key in ("event", "email") and not isinstance(value, str):
        continue
      converted = values.FIELDS[key](value)
      if converted is not None:
        event[key.replace("-", "_")] = converted
    if not has_typed_time(raw):
      return None
    events.append({**event, "custom_args": mapping.arguments_of(raw)})
  try:
    json.dumps(events, ensure_ascii=False).encode("utf-8")
  except UnicodeEncodeError:
    return None
  return events


def has_typed_time(raw):
  """False where no typed event can express the time: typed times are whole seconds, or milliseconds from 1e11 on."""
  time = values.to_time(raw.get("timestamp"))
  if time is None or time <= 0:
    return True
  return time < 2**63 and time.milliseconds == (time if time >= 10**11 else time * 1000)


def outcomes_of_answer(answer):
  """The outcomes of a typed answer, a dict with the names of TransformResponse."""
  issues = {issue.get("index", 0): issue for issue in answer.get("issues", [])}
  return canonical(_outcomes(answer["event_count"], issues,
                             iter(segment_track(track) for track in answer.get("tracks", []))))


def outcomes_of_batch(answer):
  """The same of an answer with `batch_json` in place of Tracks."""
  issues = {issue.get("index", 0): issue for issue in answer.get("issues", [])}
  return canonical(_outcomes(answer["event_count"], issues,
                             iter(json.loads(answer["batch_json"])["batch"])))


def _outcomes(count, issues, tracks):
  for index in range(count):
    if index in issues:
      outcome = issues[index]["outcome"].removeprefix("OUTCOME_").lower()
      yield {"index": index, outcome: issues[index]["reason"].removeprefix("REASON_")}
    else:
      yield {"index": index, "track": next(tracks)}
  assert next(tracks, None) is None, "more Tracks than events"


def segment_track(track):
  """Segment's JSON of a typed Track, a dict with the names of the .proto file."""
  properties = {name: int(value) if name == "unsubscribe_group_id" else value
                for name, value in track.get("properties", {}).items() if name != "extra"}
  extra = track.get("properties", {}).get("extra", {})
  properties.update({name: _extra(value) for name, value in extra.items()})
  context = track.get("context", {})
  names = {"ip": "ip", "user_agent": "userAgent"}
  result = {
      "type": "track", "messageId": track["message_id"],
      **({"anonymousId": track["anonymous_id"]} if track.get("anonymous_id") else {}),
      "event": track["event"], "timestamp": _iso(track["timestamp"]), "properties": properties,
      "context": {"library": {"name": "segrid", "version": VERSION},
                  "traits": context.get("traits", {}),
                  **{there: context[here] for here, there in names.items() if here in context}}}
  if "user_id" in track:
    result["userId"] = track["user_id"]
  return result


def _extra(value):
  (kind, content), = value.items()
  if kind == "integer_value":
    return int(content)
  if kind == "list_value":
    return content["values"]
  if kind == "url_offset" and "index" in content:
    return {**content, "index": int(content["index"])}
  return content


def _iso(timestamp):
  moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(timestamp["seconds"]))
  return f"{moment.isoformat(timespec='seconds')}.{timestamp.get('nanos', 0) // 1_000_000:03}Z"
