"""A history of mails for measuring queries: rows of the tables without a server, made by the database itself."""

import time as clock

# How many of 1,000 mails have an event, and how long after the mail in seconds.
SHARES = (("email_processed", "Email Processed", 1000, 0), ("email_delivered", "Email Delivered", 960, 4),
          ("email_opened", "Email Opened", 250, 3600), ("email_machine_opened", "Email Machine Opened", 120, 60),
          ("email_link_clicked", "Email Link Clicked", 60, 3900), ("email_bounced", "Email Bounced", 35, 5),
          ("unsubscribed", "Unsubscribed", 8, 7200), ("unsubscribed_from_group", "Unsubscribed From Group", 5, 7200),
          ("email_marked_as_spam", "Email Marked as Spam", 2, 9000))
EXTRA_COLUMNS = ("x_message_id", "bounce_classification")
DAYS = 185  # Until now.
PEOPLE_SHARE = 20  # Mails for each person.


def mails_for(rows):
    return rows * 1000 // sum(share for _, _, share, _ in SHARES)


def statements(dialect, rows):
    """SQL that fills the tables, which are there, with about this many Tracks."""
    mails = mails_for(rows)
    people = max(mails // PEOPLE_SHARE, 1)
    seconds_per_mail = DAYS * 86400 / mails
    first = int(clock.time()) - DAYS * 86400
    postgres = dialect == "postgresql"
    if postgres:
        series = f"generate_series(0::bigint, {mails - 1}) AS s(n)"

        def time(seconds):
            return f"to_timestamp(floor({seconds}))"
    else:
        series = (f"(WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < {mails - 1}) SELECT n FROM c) AS s")

        def time(seconds):
            return f"strftime('%Y-%m-%dT%H:%M:%S.000Z', CAST({seconds} AS INTEGER), 'unixepoch')"

    person = f"((n * 7919) % {people})"
    # 64 hexadecimal digits, spread as a hash would be.
    hexadecimal = (f"encode(sha256({person}::text::bytea), 'hex')" if postgres else
                   " || ".join(f"printf('%016x', ({person} + 1) * {factor} & 4294967295)" for factor in
                               (2654435761, 2246822519, 3266489917, 668265263)))
    kind = "(n % 10)"  # 0 to 5: a campaign of 50; 6 to 8: an automation's step; 9: a receipt.
    columns = {
        "anonymous_id": hexadecimal,
        "context_library_name": "'segrid'", "context_library_version": "'0.1.0'",
        "context_traits_email": f"'person-' || {person} || '@' || CASE n % 4 WHEN 0 THEN 'example.com' WHEN 1 THEN 'example.org' "
                                "WHEN 2 THEN 'example.net' ELSE 'mail.example' END",
    }
    properties = {
        "email_type": f"CASE WHEN {kind} < 6 THEN 'Singlesend' WHEN {kind} < 9 THEN 'Automation' END",
        "template_id": f"'d-' || (n % 40)",
        "test_phase": f"CASE WHEN {kind} < 6 THEN n % 7 = 0 END",
        "categories": "CASE n % 3 WHEN 0 THEN '[\"news\"]' WHEN 1 THEN '[\"news\",\"june\"]' ELSE '[\"welcome\"]' END",
        "campaign_name": f"CASE WHEN {kind} < 6 THEN CASE n / 10 % 50 WHEN 7 THEN 'June news' ELSE 'Campaign ' || (n / 10 % 50) END END",
        "campaign_id": f"CASE WHEN {kind} < 6 THEN 'c-' || (n / 10 % 50) END",
        "automation_name": f"CASE WHEN {kind} BETWEEN 6 AND 8 THEN 'Welcome ' || (n / 10 % 5) END",
        "automation_id": f"CASE WHEN {kind} BETWEEN 6 AND 8 THEN 'a-' || (n / 10 % 5) END",
        "automation_step_id": f"CASE WHEN {kind} BETWEEN 6 AND 8 THEN 'a-' || (n / 10 % 5) || '-step-' || {kind} END",
        "x_message_id": "'message-' || n",
        "bounce_classification": "CASE n % 2 WHEN 0 THEN 'Invalid Address' ELSE 'Reputation' END",
    }
    for table, text, share, delay in SHARES:
        at = time(f"{first} + n * {seconds_per_mail} + {delay} + n % 5")
        common = {"id": f"'{table}-' || n", "event": f"'{table}'", "event_text": f"'{text}'", "timestamp": at,
                  "original_timestamp": at, "received_at": at, "sent_at": at, "uuid_ts": at, **columns}
        chosen = f"(n * 37 + {share}) % 1000 < {share}"
        for into, values in ((table, {**common, **properties}), ("tracks", common)):
            names = ", ".join(f'"{name}"' for name in values)
            yield f"INSERT INTO mail_events.{into} ({names}) SELECT {', '.join(values.values())} FROM {series} WHERE {chosen}"
    yield "ANALYZE"
