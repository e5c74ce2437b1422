"""SendGrid's fields, and how a value of another type becomes one of theirs.

"Strict about meaning, lenient about spelling": each converter gives None for a
value that is missing or cannot be converted safely.
"""

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
  return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


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
FIELDS.update({name: to_integer for name in (
    "timestamp asm_group_id attempt marketing_campaign_split_id reseller_id sg_user_id").split()})
FIELDS.update({name: to_boolean for name in "sg_machine_open tls cert_err".split()})
FIELDS["category"] = to_list
FIELDS["url_offset"] = to_object({"index": to_integer, "type": to_string})
FIELDS["pool"] = to_object({"name": to_string, "id": to_string})
FIELDS["newsletter"] = to_object({name: to_string for name in (
    "newsletter_user_list_id", "newsletter_id", "newsletter_send_id")})
