"""SendGrid event -> Segment Track, a second time.

An independent and plain implementation of the mapping, written from its
specification and not from the C++ code, so that a mistake would have to be
made twice to pass. Standard library only; speed is no aim.

  python3 mapping.py [--source NAME] [--settings FILE] [BODY]

prints what `segrid transform --format outcomes` prints. FILE is a Segrid
configuration in JSON (which is YAML, too).
"""

import argparse
import datetime
import hashlib
import ipaddress
import json
import re
import sys

import strict_json
from values import FIELDS, to_integer, to_string

VERSION = "0.1.0"
MAX_TRACK_BYTES = 32000
LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z

# SendGrid's event -> (filter name, Segment's event). `open` has an extra
# condition, see `classify`.
EVENTS = {
    "processed": ("processed", "Email Processed"),
    "delivered": ("delivered", "Email Delivered"),
    "open": ("open", "Email Opened"),
    "click": ("click", "Email Link Clicked"),
    "dropped": ("drop", "Email Dropped"),
    "bounce": ("bounce", "Email Bounced"),
    "deferred": ("deferred", "Email Deferred"),
    "unsubscribe": ("unsubscribe", "Unsubscribed"),
    "group_unsubscribe": ("group_unsubscribe", "Unsubscribed From Group"),
    "group_resubscribe": ("group_resubscribe", "Resubscribed To Group"),
    "spamreport": ("spamreport", "Email Marked as Spam"),
}
MACHINE_OPEN = ("machine_opened", "Email Machine Opened")
DEFAULT_EVENTS = [name for name, _ in EVENTS.values() if name != "deferred"]
DEFAULT_EVENTS.append(MACHINE_OPEN[0])
RECIPIENTS_ACTS = {"open", "click", "unsubscribe", "group_unsubscribe",
                   "group_resubscribe", "spamreport"}

DEFAULT_SETTINGS = {
    "events": DEFAULT_EVENTS,
    "email_types": ["singlesend", "automation", "other"],
    "email_hash": "normalized",
    "email_subject_from": ["subject", "email_subject"],
    "extra_properties": [],
    "custom_args": "none",  # Or "all", a list of names, or a map to names of properties.
    "custom_args_prefix": "",
    "user_id_from": "",
    "spec_context": False,
    "only": [],
    "not": [],
    "personal": {},
}

# Names in `properties` that the mapping's table owns.
OWNED = {"email_type", "template_id", "email_subject", "test_phase",
         "unsubscribe_group_id", "link_url", "categories", "campaign_name",
         "campaign_id", "automation_name", "automation_id",
         "automation_step_id"}
# Those that a custom argument may fill, and what it is made into.
FILLED = {name: to_string for name in (
    "email_subject", "campaign_name", "campaign_id", "automation_name", "automation_id",
    "automation_step_id")}
FILLED["categories"] = lambda text: [text]
FILLED["unsubscribe_group_id"] = to_integer

# User agents of programs, in lower case: how they begin, what they hold, what they are.
BOTS_BEGIN = (
    "curl/", "wget/", "python-requests/", "python-urllib/", "python-httpx/", "okhttp/",
    "apache-httpclient/", "java/", "java-http-client/", "axios/", "node-fetch",
    "php-curl-class/", "guzzlehttp/", "faraday v", "mechanize/", "restsharp/",
    "postmanruntime/", "scrapy/", "whatsapp/")
BOTS_HOLD = (
    "aiohttp/", "go-http-client/", "jakarta commons-httpclient/", "libwww-perl/",
    "windowspowershell/", "headlesschrome/", "phantomjs/", "puppeteer", "playwright",
    "selenium", "microsoft office existence discovery", "microsoft office protocol discovery",
    "bingpreview/", "skypeuripreview", "yahoo link preview", "slackbot", "slack-imgproxy",
    "facebookexternalhit/", "twitterbot/", "linkedinbot/", "discordbot/", "telegrambot",
    "google-read-aloud", "googlebot", "bingbot", "applebot", "google-safety", "virustotal",
    "safesearch microdata crawler", "safednsbot", "cloudflareradarurlscanner",
    "censysinspect/", "expanse, a palo alto networks company", "w3c-checklink",
    "w3c_validator", "linkchecker")
BOTS_ARE = (
    "undici", "node", "ruby", "mozilla/5.0")

# Ids that documentation samples have on every event.
PLACEHOLDERS = {"sg_event_id", "sendgrid_internal_event_id"}

# Objects whose members are custom arguments; the first one wins.
ARGUMENT_OBJECTS = ("custom_args", "unique_args")


# --- One event ---------------------------------------------------------------


class Skipped(Exception):
  pass


class Rejected(Exception):
  pass


def classify(raw, fields):
  """(filter name, Segment's event) of an event."""
  name = raw.get("event")
  if not isinstance(name, str) or not name:
    raise Rejected("MISSING_EVENT")
  if name not in EVENTS:
    raise Skipped("UNSUPPORTED_EVENT")
  if name == "open" and fields["sg_machine_open"]:
    return MACHINE_OPEN
  return EVENTS[name]


def received_email(raw):
  """The address as it came, or None."""
  email = raw.get("email")
  return email if isinstance(email, str) and trim(email) else None


def trim(text):
  return text.strip(" \t\n\v\f\r")


def anonymous_id(email, settings):
  if settings["email_hash"] == "normalized":
    email = "".join(c.lower() if c.isascii() else c for c in trim(email))
  return sha256(email)


def sha256(text):
  return hashlib.sha256(text.encode("utf-8")).hexdigest()


def iso_time(timestamp):
  milliseconds = 0 if timestamp is None else timestamp.milliseconds
  if not 0 < milliseconds < (LAST_SECOND + 1) * 1000:
    raise Rejected("BAD_TIMESTAMP")
  time = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=milliseconds)
  return time.isoformat(timespec="milliseconds") + "Z"


def message_id(fields, event, source):
  tag = f"-{sha256(source)[:4]}" if source else ""
  own_id = fields["sg_event_id"]
  if own_id is None or own_id in PLACEHOLDERS:
    parts = [event, fields["email"], fields["timestamp"], fields["sg_message_id"], fields["url"],
             fields["asm_group_id"], fields["smtp-id"], fields["reason"]]
    own_id = "".join(("" if part is None else str(part)) + "\x1f" for part in parts)
  elif len(own_id + tag) <= 64 and re.fullmatch("[A-Za-z0-9._-]+", own_id):
    return own_id + tag
  return f"sg-{sha256(own_id)[:40]}{tag}"


def email_type(fields):
  if fields["mc_stats"] is not None:
    return {"singlesend": "Singlesend", "automation": "Automation"}.get(fields["mc_stats"])
  if fields["singlesend_id"] is not None:
    return "Singlesend"
  return "Automation" if fields["mc_auto_id"] is not None else None


def arguments_of(raw):
  """The custom arguments by name: those at top level win."""
  found = {}
  for key in reversed(ARGUMENT_OBJECTS):
    if isinstance(raw.get(key), dict):
      found.update({name: value for name, value in raw[key].items() if name not in FIELDS})
  found.update({name: value for name, value in raw.items() if name not in FIELDS
                and not (name in ARGUMENT_OBJECTS and isinstance(value, dict))})
  texts = {name: to_string(value) for name, value in found.items()}
  return {name: text for name, text in texts.items() if text is not None}


def table_of(event, fields, arguments, settings):
  """What the definition's table makes, None where it makes nothing."""
  kind = email_type(fields)
  subjects = (arguments.get(name) for name in settings["email_subject_from"])
  phase = {"test": True, "send": False}.get(fields["phase_id"])
  return {
      "email_type": kind,
      "template_id": fields["template_id"] or fields["sg_template_id"],
      "email_subject": next((s for s in subjects if s is not None), None),
      "test_phase": phase if kind == "Singlesend" else None,
      "unsubscribe_group_id": fields["asm_group_id"],
      "link_url": kept_link(fields["url"], settings) if event == "click" else None,
      "categories": fields["category"],
      "campaign_name": fields["singlesend_name"] or fields["marketing_campaign_name"],
      "campaign_id": fields["singlesend_id"] or fields["marketing_campaign_id"],
      "automation_name": fields["mc_auto_name"],
      "automation_id": fields["mc_auto_id"],
      "automation_step_id": fields["mc_auto_step_id"],
  }


def extra_property(name, event, fields, settings):
  """The value of an opted-in property."""
  if name == "suspected_bot":
    return suspected_bot(event, fields)
  if name == "x_message_id":
    return (fields["sg_message_id"] or "").lstrip(" \t\n\v\f\r").split(".")[0] or None
  switches = {"email": kept_email, "ip": kept_ip, "useragent": kept_agent, "url": kept_link}
  return switches[name](fields[name], settings) if name in switches else fields[name]


def suspected_bot(event, fields):
  """True for an open or click by a program, else None."""
  if event not in ("open", "click"):
    return None
  agent = "".join(c.lower() if c.isascii() else c for c in fields["useragent"] or "")
  known = (agent.startswith(BOTS_BEGIN) or agent in BOTS_ARE or
           any(text in agent for text in BOTS_HOLD))
  return True if fields["sg_machine_open"] or known else None


def given_name(name, settings):
  """The property that a custom argument becomes, or None."""
  wanted = settings["custom_args"]
  if isinstance(wanted, dict):
    return wanted.get(name)
  if wanted == "all" or wanted != "none" and name in wanted:
    return settings["custom_args_prefix"] + name
  return None


def properties(event, fields, arguments, settings):
  table = table_of(event, fields, arguments, settings)
  opted_in = [name for name in settings["extra_properties"] if name not in OWNED]
  more = {name: extra_property(name, event, fields, settings) for name in opted_in}
  for argument, value in arguments.items():
    name = given_name(argument, settings)
    if name is None or name in opted_in:
      continue
    if name not in OWNED:
      more[name] = value
    elif settings["custom_args"] != "all" and name in FILLED and table[name] is None:
      table[name] = FILLED[name](value)
  return {name: value for name, value in {**table, **more}.items() if value is not None}


# --- Personal data ------------------------------------------------------------


def kept(value, settings, switch):
  return None if settings["personal"].get(switch) == "omit" else value


def kept_email(value, settings):
  return kept(value, settings, "email")


def kept_agent(value, settings):
  return kept(value, settings, "user_agent")


def kept_ip(value, settings):
  if settings["personal"].get("ip") != "truncate" or value is None:
    return kept(value, settings, "ip")
  try:
    bits = 24 if ipaddress.ip_address(value).version == 4 else 48
    if "%" in value:
      return None
    network = ipaddress.ip_network(f"{value}/{bits}", strict=False)
  except ValueError:
    return None
  return str(network.network_address)


def kept_link(value, settings):
  if settings["personal"].get("link_query") != "omit" or value is None:
    return value
  return re.split("[?#]", value)[0] or None


def context(event, fields, email, settings):
  of_recipient = event in RECIPIENTS_ACTS
  ip = kept_ip(fields["ip"], settings) if of_recipient else None
  agent = kept_agent(fields["useragent"], settings) if of_recipient else None
  spec = settings["spec_context"]
  traits = {"email": kept_email(email, settings), "ip": ip, "user_agent": agent}
  return {
      "library": {"name": "segrid", "version": VERSION},
      **({"ip": ip} if spec and ip is not None else {}),
      **({"userAgent": agent} if spec and agent is not None else {}),
      "traits": {name: value for name, value in traits.items() if value is not None},
  }


# --- Routing ------------------------------------------------------------------


def as_texts(value):
  """A value, or each of a list, as it is compared with a condition."""
  if isinstance(value, list):
    return [text for element in value for text in as_texts(element)]
  if value is None:
    return []
  return [{True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)]


def fits(route, fields, arguments):
  """True when the event fits all conditions of a map of `only` or `not`."""
  for key, values in route.items():
    if key == "custom_args":
      pairs = [(arguments.get(name), wanted) for name, wanted in values.items()]
    elif key == "pool":
      pairs = [((fields["pool"] or {}).get("name"), values)]
    else:
      pairs = [(fields[key], values)]
    if not all(set(as_texts(value)) & set(as_texts(wanted)) for value, wanted in pairs):
      return False
  return True


def is_routed(fields, arguments, settings):
  only, excluded = ([rule] if isinstance(rule, dict) else rule
                    for rule in (settings["only"], settings["not"]))
  if only and not any(fits(route, fields, arguments) for route in only):
    return False
  return not any(fits(route, fields, arguments) for route in excluded)


def track(raw, settings, source):
  """The Track of one element of the body. Raises Skipped or Rejected."""
  if not isinstance(raw, dict):
    raise Rejected("NOT_AN_OBJECT")
  fields = {name: convert(raw.get(name)) for name, convert in FIELDS.items()}
  fields["email"] = raw.get("email") if isinstance(raw.get("email"), str) else None
  fields["email"] = fields["email"] or None  # Never converted; "" is missing.
  filter_name, segment_event = classify(raw, fields)
  if filter_name not in settings["events"]:
    raise Skipped("EVENT_NOT_SELECTED")
  arguments = arguments_of(raw)
  email = received_email(raw)
  user_id = trim(arguments.get(settings["user_id_from"], "")) if settings["user_id_from"] else ""
  if email is None and not user_id:
    raise Rejected("MISSING_EMAIL")
  timestamp = iso_time(fields["timestamp"])
  if (email_type(fields) or "other").lower() not in settings["email_types"]:
    raise Skipped("EMAIL_TYPE_NOT_SELECTED")
  if not is_routed(fields, arguments, settings):
    raise Skipped("NOT_ROUTED")

  event = raw["event"]
  made = {
      "type": "track",
      "messageId": message_id(fields, event, source),
      **({"userId": user_id} if user_id else {}),
      **({"anonymousId": anonymous_id(email, settings)} if email is not None else {}),
      "event": segment_event,
      "timestamp": timestamp,
      "properties": properties(event, fields, arguments, settings),
      "context": context(event, fields, email, settings),
  }
  if len(compact(made).encode("utf-8")) > MAX_TRACK_BYTES:
    raise Rejected("TOO_LARGE")
  return made


# --- A body ------------------------------------------------------------------


def compact(value):
  """JSON without spaces and with the minimal escapes."""
  return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def settings_of(config, source):
  """The settings of one source of a configuration, defaults filled in."""
  given = next(s for s in config["sources"] if s["name"] == source)
  chosen = {name: given.get(name, default) for name, default in DEFAULT_SETTINGS.items()}
  if isinstance(chosen["email_subject_from"], str):
    chosen["email_subject_from"] = [chosen["email_subject_from"]]
  return chosen


def outcomes(body, settings=None, source=""):
  """One dict per element of `body` (bytes), as `--format outcomes` prints it.

  Raises strict_json.NotJson when the body is not JSON and TypeError when it is
  not an array.
  """
  events = strict_json.parse(body)
  if not isinstance(events, list):
    raise TypeError("the body is JSON, but not an array")
  result = []
  for index, raw in enumerate(events):
    try:
      outcome = {"track": track(raw, settings or DEFAULT_SETTINGS, source)}
    except Skipped as skipped:
      outcome = {"skipped": str(skipped)}
    except Rejected as rejected:
      outcome = {"rejected": str(rejected)}
    result.append({"index": index, **outcome})
  return result


def main():
  arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  arguments.add_argument("body", nargs="?", default="-")
  arguments.add_argument("--source", default="")
  arguments.add_argument("--settings")
  given = arguments.parse_args()
  settings = None
  if given.settings:
    with open(given.settings, encoding="utf-8") as file:
      settings = settings_of(json.load(file), given.source)
  body = sys.stdin.buffer.read() if given.body == "-" else open(given.body, "rb").read()
  for outcome in outcomes(body, settings, given.source):
    print(compact(outcome))


if __name__ == "__main__":
  sys.setrecursionlimit(10000)
  main()
