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
    if not _has_typed_time(event):
      return None
    events.append({**event, "custom_args": mapping.arguments_of(raw)})
  try:
    json.dumps(events, ensure_ascii=False).encode("utf-8")
  except UnicodeEncodeError:
    return None
  return events


def _has_typed_time(event):
  """Typed times are whole seconds, or milliseconds from 1e11 on."""
  time = event.get("timestamp")
  return time is None or (time < 2**63 and
                          time.milliseconds == (time if time >= 10**11 else time * 1000))


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
