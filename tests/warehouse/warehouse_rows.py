"""The rows that a Track makes in a warehouse, a second time: written from the specification and not from the C++ code,
so that a mistake would have to be made twice to pass. Speed is no aim."""

import hashlib
import json

COMMON = {"id", "anonymous_id", "user_id", "event", "event_text", "timestamp", "original_timestamp", "received_at", "sent_at",
          "uuid_ts", "context_library_name", "context_library_version", "context_traits_email", "context_traits_ip",
          "context_traits_user_agent", "context_ip", "context_user_agent"}
OF_THE_LAYOUT = {"email_type", "template_id", "email_subject", "test_phase", "unsubscribe_group_id", "link_url", "categories",
                 "campaign_name", "campaign_id", "automation_name", "automation_id", "automation_step_id"}
RESERVED = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "other_properties"}


def digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def snake_case(name):
    words, word = [], ""
    for i, c in enumerate(name):
        if not (c.isascii() and c.isalnum()):
            words.append(word)
            word = ""
            continue
        if c.isupper() and word:
            before, behind = name[i - 1], name[i + 1:i + 2]
            last_capital = before.isupper() and behind.isascii() and behind.islower()
            if before.islower() or before.isdigit() or last_capital:
                words.append(word)
                word = ""
        word += c.lower()
    words.append(word)
    snake = "_".join(word for word in words if word)
    if not snake:
        return "_" + digest(name)
    if snake[0].isdigit():
        snake = "_" + snake
    return snake if len(snake) <= 63 else snake[:54] + "_" + digest(name)


def storable(value):
    """Without U+0000, also inside of lists."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [storable(each) for each in value]
    return value


def flat(properties):
    for name, value in properties.items():
        if isinstance(value, dict):
            for member, inner in value.items():
                yield f"{name}_{member}", inner
        elif value is not None:
            yield name, value


def row_of(track, max_columns=None, columns=None):
    """The columns of a Track's row, `other_properties` as a dictionary, and the names of properties that are dropped.

    `columns`: those that its table had before and gets, where max_columns counts.
    """
    context = track.get("context", {})
    traits = context.get("traits", {})
    row = {
        "id": track["messageId"], "anonymous_id": track.get("anonymousId"), "user_id": track.get("userId"),
        "event": snake_case(track["event"]), "event_text": track["event"], "timestamp": track["timestamp"],
        "original_timestamp": track["timestamp"], "context_library_name": context["library"]["name"],
        "context_library_version": context["library"]["version"], "context_traits_email": traits.get("email"),
        "context_traits_ip": traits.get("ip"), "context_traits_user_agent": traits.get("user_agent"),
        "context_ip": context.get("ip"), "context_user_agent": context.get("userAgent"),
    }
    row = {name: storable(value) for name, value in row.items() if value is not None}
    other, dropped = {}, []
    for name, value in flat(track.get("properties", {})):
        column = snake_case(name)
        if column in COMMON:
            dropped.append(name)
        elif column in RESERVED:
            other[storable(name)] = storable(value)
        elif column in row:
            dropped.append(name)
        elif max_columns is not None and column not in columns and len(columns) >= max_columns:
            other[storable(name)] = storable(value)
        else:
            if columns is not None:
                columns.add(column)
            row[column] = storable(value)
    return row, other, dropped


def read_back(names, values, dialect):
    """A row as SQL gave it, in the types of row_of; what is NULL is left out."""
    row = {}
    for name, value in zip(names, values):
        if value is None:
            continue
        if name in ("timestamp", "original_timestamp") and dialect == "postgresql":
            date, _, fraction = value.removesuffix("+00").replace(" ", "T").partition(".")
            value = f"{date}.{(fraction + '000')[:3]}Z"
        elif name in ("categories", "other_properties"):
            value = json.loads(value)
        row[name] = value
    return row


def same(expected, found):
    """Whether a value of a Track is the one that was read: numbers and booleans come back in the database's spelling."""
    if isinstance(expected, bool):
        return found in (("t", 1) if expected else ("f", 0))
    if isinstance(expected, int):
        return str(expected) == str(found)
    return expected == found
