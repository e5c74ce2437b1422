"""SendGrid's fields, and how a value of another type becomes one of theirs.

"Strict about meaning, lenient about spelling": each converter gives None for a
value that is missing or cannot be converted safely.
"""

import datetime
from fractions import Fraction
import re

from strict_json import Number


def to_string(value):
  if isinstance(value, Number):
    return value.text
  if isinstance(value, bool):
    return "true" if value else "false"
  return value if isinstance(value, str) and value else None


def to_integer(value):
  text = value.text if isinstance(value, Number) else value
  if not isinstance(text, str) or not re.fullmatch("-?[0-9]+", text):
    return None
  digits = text.lstrip("-").lstrip("0") or "0"
  if len(digits) > 19:
    return None
  integer = -int(digits) if text.startswith("-") else int(digits)
  return integer if -2**63 <= integer < 2**63 else None


def to_boolean(value):
  if isinstance(value, bool):
    return value
  text = value.text if isinstance(value, Number) else value
  if text in ("1", "0"):
    return text == "1"
  if not isinstance(value, str) or not value.isascii():
    return None
  return {"true": True, "false": False}.get(value.lower())


class Time(int):
  """A time as the integer that stands for it, and its milliseconds."""

  def __new__(cls, integer, milliseconds):
    time = super().__new__(cls, integer)
    time.milliseconds = milliseconds
    return time


def to_time(value):
  integer = to_integer(value)
  if integer is not None:
    return Time(integer, integer if integer >= 10**11 else integer * 1000)
  text = value.text if isinstance(value, Number) else value
  if not isinstance(text, str):
    return None
  milliseconds = _decimal_time(text)
  if milliseconds is None and isinstance(value, str):
    milliseconds = _rfc3339(text)
  if milliseconds is None:
    return None
  whole_second = milliseconds % 1000 == 0
  return Time(milliseconds // 1000 if whole_second else milliseconds, milliseconds)


def _decimal_time(text):
  """Milliseconds of digits with a fraction or an exponent, all written out."""
  match = re.fullmatch(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?", text)
  if match is None or len(text) > 4000:
    return None
  sign, whole, fraction, exponent = match.groups()
  last_place = int(exponent or 0) - len(fraction or "")
  if abs(last_place) > 5000:
    return None
  number = int(whole + (fraction or "")) * Fraction(10)**last_place
  is_milliseconds = number >= 10**11
  if last_place > (3 if is_milliseconds else 0):
    return None  # Digits down to the second are missing.
  return (-1 if sign else 1) * int(number if is_milliseconds else number * 1000)


def _rfc3339(text):
  match = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
                       r"(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))", text)
  if match is None:
    return None
  *parts, fraction, sign, hours, minutes = match.groups()
  try:
    time = datetime.datetime(*map(int, parts), tzinfo=datetime.timezone.utc)
  except ValueError:
    return None
  offset = 0
  if sign:
    if int(hours) > 23 or int(minutes) > 59:
      return None
    offset = (int(hours) * 60 + int(minutes)) * (1 if sign == "+" else -1)
  epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
  seconds = (time - epoch) // datetime.timedelta(seconds=1) - offset * 60
  return seconds * 1000 + int(((fraction or "") + "000")[:3])


def to_list(value):
  elements = value if isinstance(value, list) else [value]
  strings = [to_string(element) for element in elements]
  return [string for string in strings if string is not None] or None


def to_object(members):
  def convert(value):
    if not isinstance(value, dict):
      return None
    converted = {name: to_member(value.get(name)) for name, to_member in members.items()}
    return {name: v for name, v in converted.items() if v is not None} or None
  return convert


# Every key that SendGrid itself posts. All others are custom arguments.
FIELDS = {name: to_string for name in (
    "email event sg_event_id sg_message_id smtp-id mc_stats phase_id ip useragent url "
    "template_id sg_template_id sg_template_name template_hash template_version_id "
    "singlesend_id singlesend_name mc_auto_id mc_auto_name mc_auto_step_id mc_pod_id send_at "
    "reason response status type bounce_classification sg_content_type domain from "
    "marketing_campaign_id marketing_campaign_name marketing_campaign_version").split()}
FIELDS["timestamp"] = to_time
FIELDS.update({name: to_integer for name in (
    "asm_group_id attempt marketing_campaign_split_id reseller_id sg_user_id").split()})
FIELDS.update({name: to_boolean for name in "sg_machine_open tls cert_err".split()})
FIELDS["category"] = to_list
FIELDS["url_offset"] = to_object({"index": to_integer, "type": to_string})
FIELDS["pool"] = to_object({"name": to_string, "id": to_string})
FIELDS["newsletter"] = to_object({name: to_string for name in (
    "newsletter_user_list_id", "newsletter_id", "newsletter_send_id")})
