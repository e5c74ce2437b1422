"""Makes webhook elements that SendGrid might post on its worst day.

Every element is made as JSON text, not as a value: duplicate keys, escapes,
number spellings and white space are part of what is tested. The same `Random`
gives the same elements.
"""

import json

import mapping

# What each field usually looks like, as JSON values. None: as a string.
_ID = "fc59bd25-5cb1-11ec-a05d-f2509ce774e9"
USUAL = {
    "email": ["ada@example.com", " Ada@Example.COM\t", "\v\fada@example.com\f", "not an email address",
              "ÄDA@exämple.de"],
    "timestamp": [*[1591726752, "1591726752", 1591726752123, "1591726752123", 1, 99999999999,
                    100000000000] * 6, 1591726752.0, 1591726752.512, "1591726752.5129", "1.591726752e9",
                  "1.591726752512E+9", "1.59173e9", "15917267520e-1", "1.591726752123e12",
                  "1.591726752e12", "1.59172675e12", "99999999999.9", "1.5", "0.0001", "-1.5",
                  "253402300799.9999", "253402300800.0", "2020-06-09T18:19:12Z",
                  "2020-06-09 20:19:12.5+02:00", "2020-06-09T18:19:12.123456789-00:00",
                  "2020-02-30T00:00:00Z", "2020-06-09T18:19:60Z", "2020-06-09T18:19:12",
                  "2020-06-09t18:19:12z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-00:01",
                  "1969-12-31T23:59:59Z", "1970-01-01T00:00:00.001+00:00", "2020-06-09T24:00:00Z"],
    "event": [*mapping.EVENTS, *mapping.EVENTS, "open", "click", "account_status_change"],
    "sg_event_id": ["c2VnLWV2ZW50LWlk", "A-z_0.9" * 8, "x" * 59, "x" * 60, "x" * 64, "x" * 65,
                    "a+b/c==",
                    "sg_event_id", "sendgrid_internal_event_id", "SG_EVENT_ID"],
    "ip": ["203.0.113.9", "2001:db8:85a3::8a2e:370:7334", "::ffff:203.0.113.9", "fe80::1%eth0",
           "010.1.1.1", "1:2:3:4:5:6:7:8", "not an address"],
    "url": ["https://example.com/a?b=1#c", "https://example.com/a#c?b", "?a", "https://example.com/"],
    "sg_message_id": ["14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "", " lead"],
    "smtp-id": ["<14c5d75ce93.dfd.64b469@ismtpd-555>"],
    "category": ["news", ["a", "b"], [], [""], ["a", None, 5, True, "", {"x": 1}, ["y"]]],
    "asm_group_id": [42, "42", -7],
    "useragent": ["Mozilla/5.0", "curl/8.5.0", "Python-Requests/2.9", "not curl/8", "node", "nodes",
                  "Mozilla/5.0 (X11; Linux) HeadlessChrome/74.0", "Ruby", "rubyist",
                  "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"],
    "sg_machine_open": [True, False, 1, "0", "true", "TRUE", "False", "tRuE", "truE "],
    "mc_stats": ["singlesend", "automation", "sendtest"],
    "phase_id": ["send", "test", "other"],
    "type": ["bounce", "blocked", "bounce", "expired", 5],
    "attempt": ["5", 5], "tls": [0, 1, "1", True], "cert_err": [0, "0", False],
    "url_offset": [{"index": 0, "type": "html"}, {"index": "3"}, {"other": 1}, {}],
    "pool": [{"id": 210, "name": "pool"}, {"id": "210"}, {"name": None}],
    "newsletter": [{"newsletter_user_list_id": "10557865", "newsletter_id": 1943530,
                    "newsletter_send_id": "2308608"}],
    "marketing_campaign_id": [12345, "12345"], "marketing_campaign_split_id": [1, "2"],
    "reseller_id": [1], "sg_user_id": ["99"], "send_at": [1591726752, "1591726752"],
}

ARGUMENTS = ["subject", "email_subject", "user", "plan", "New Argument 1", "a.b", "", "ключ",
             "Email", "emai", "emails", "smtp_id", "EVENT", "categories", "link_url", "campaign_id",
             "test_phase", "userId", "messageId", "properties", "__proto__", "nul\0", "quo\"te",
             "x" * 300, "campaign_name", "automation_id", "automation_step_id", "unsubscribe_group_id",
             "email_type", "x_message_id", "suspected_bot", "env", "custom_args", "unique_args"]

# As custom arguments, nested.
NESTED = ["custom_args", "unique_args"]

STRINGS = ["", " ", "0", "1", "-1", "+5", "-", "007", " 5", "1.0", "1e3", "true", "TRUE", "null",
           "٣", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
           "-9223372036854775809", "0" * 30 + "5", "quote\" slash/ back\\", "\0\x01\x1f\x7f",
           "\b\f\n\r\t\v", "naïve 漢字 🙂", "\u2028\u2029\ufeff\ufffd\uffff", "\U0010ffff",
           "</script>", "x" * 1000, "é" * 500, "  padded\t", "production",
          # Bytes that are no UTF-8: Latin-1, cut off, a surrogate.
          "caf\udce9", "\udce2\udc82", "a\udced\udca0\udc80b", "\udcf0\udc9f\udc98\"\udcff"]

NUMBERS = ["0", "-0", "1", "-1", "42", "1e3", "1.0", "0.0", "1E400", "-1.5e-10", "1591726752",
           "253402300799", "253402300800", "253402300799999", "253402300800000", "99999999999",
           "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1" * 400]

ELEMENTS = ["null", "true", "5", '"text"', "[]", "[{}]", "{}", '{"":""}', '[[["deep"]]]']

LONE_SURROGATES = ["\\ud800", "\\uDC00", "\\udbff\\ud800", "\\uD83D\\\\", "\\ud83dx"]


def string_token(rng, text, escapes=0.1):
  """A JSON spelling of `text`; some characters are escaped without need."""
  token = []
  for character in text:
    if rng.random() < escapes and not "\udc80" <= character <= "\udcff":
      units = character.encode("utf-16-be").hex()
      units = [units[i:i + 4] for i in range(0, len(units), 4)]
      token.append("".join("\\u" + rng.choice([u.lower(), u.upper()]) for u in units))
    elif character == "/" and rng.random() < 0.5:
      token.append("\\/")
    else:
      token.append(json.dumps(character, ensure_ascii=False)[1:-1])
  return '"' + "".join(token) + '"'


def nasty_token(rng, depth=0):
  """Any JSON value at all."""
  kind = rng.randrange(10)
  if kind < 3:
    return string_token(rng, rng.choice(STRINGS))
  if kind < 6:
    return rng.choice(NUMBERS)
  if kind < 8:
    return rng.choice(["true", "false", "null"])
  if kind == 8 and rng.random() < 0.3:
    return '"a' + rng.choice(LONE_SURROGATES) + 'b"'
  if depth > 3:
    return "[]"
  inner = [nasty_token(rng, depth + 1) for _ in range(rng.randrange(4))]
  if kind == 8:
    return "[" + ", ".join(inner) + "]"
  keys = ["id", "name", "index", "type", "newsletter_id", "x"]
  return "{" + ",".join(f'"{rng.choice(keys)}":{token}' for token in inner) + "}"


def usual_token(rng, field):
  value = rng.choice(USUAL.get(field, [_ID, f"a {field}", 5]))
  if isinstance(value, str):
    return string_token(rng, value, 0.02)
  return json.dumps(value, ensure_ascii=False)


def element(rng):
  """One element of a body, as JSON text."""
  if rng.random() < 0.02:
    return rng.choice(ELEMENTS)
  nastiness = rng.choice([0, 0, 0.05, 0.3])
  required = {"email": 0.97, "event": 0.98, "timestamp": 0.98, "sg_event_id": 0.8}
  density = rng.choice([0.1, 0.4, 0.9])
  names = [name for name in mapping.FIELDS if rng.random() < required.get(name, density)]
  names += [name for name in ARGUMENTS if rng.random() < density / 4]
  if rng.random() < 0.15 and names:
    names += rng.choices(names, k=2)  # Duplicate keys.
  rng.shuffle(names)
  members = []
  for name in NESTED:
    if rng.random() < density / 4:
      inner = [f"{string_token(rng, rng.choice([*ARGUMENTS, *mapping.FIELDS]))}:{nasty_token(rng, 2)}"
               for _ in range(rng.randrange(5))]
      members.append(f'"{name}":' + "{" + ",".join(inner) + "}")
  for name in names:
    # What decides the outcome is spared, or hardly any Track would be made.
    spared = name in required and rng.random() < 0.8
    nasty = rng.random() < nastiness and not spared
    value = nasty_token(rng) if nasty else usual_token(rng, name)
    space = rng.choice(["", "", "", " ", "\n  ", "\t\r\n"])
    key = string_token(rng, name, 0.3 if rng.random() < 0.05 else 0)
    members.append(f"{space}{key}{space}:{space}{value}{space}")
  if rng.random() < nastiness / 4:
    members.append('"k' + rng.choice(LONE_SURROGATES) + '":"v"')
  rng.shuffle(members)
  return "{" + ",".join(members) + "}"


def batch(rng, count):
  """Elements as JSON texts, in the order of a body; see `body`."""
  return [element(rng) for _ in range(count)]


def body(rng, elements):
  """A webhook body of the elements, with one of SendGrid's separators."""
  separator = rng.choice([",", ",\r\n", " ,\n"])
  text = rng.choice(["", "", "\ufeff"]) + "[" + separator.join(elements) + "]"
  return (text + rng.choice(["", "\r\n"])).encode("utf-8", "surrogateescape")


def near_the_limit(rng, settings, source):
  """Elements whose Tracks have about as many bytes as a Track may have."""
  made = []
  for pad in ["a", "é", "漢", "🙂", "\\\"", "\\\\", "\\/", "\\n", "\\u0001", "\\u0041", "\\u00e9",
              "\\ud83d\\ude00", "\\ud800"]:
    for target in range(-2, 3):
      start = ('{"email":"ada@example.com","event":"click","timestamp":1591726752,'
               f'"sg_event_id":"near{rng.randrange(10**6)}","category":["x')
      def sized(count, rest, start=start, pad=pad):
        text = start + pad * count + "a" * rest + '"]}'
        track = mapping.outcomes(f"[{text}]".encode(), settings, source)[0].get("track")
        return text, len(mapping.compact(track).encode("utf-8")) if track else None
      bytes_0, bytes_1, bytes_2 = (sized(n, r)[1] for n, r in [(0, 0), (1, 0), (0, 1)])
      if bytes_0 is None:
        return made  # The settings do not select this event.
      count, room = divmod(mapping.MAX_TRACK_BYTES + target - bytes_0, bytes_1 - bytes_0)
      made.append(sized(count, room // (bytes_2 - bytes_0))[0])
  return made
