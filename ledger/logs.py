"""What a log line may say: ids and routes, never whose number, secret address or row it was about (F42).

One formatter for every process of ours, so exceptions pass through it too. People who must be found stand in the audit
trail, which is protected; logs go anywhere.
"""

import copy
import logging
import re

SECRETS = (
    # An identity number, as typed in one piece or in its usual groups.
    (re.compile(r"(?<![0-9A-Za-z])\d{8}[ .-]?\d{6}[ .-]?\d[ .-]?\d{3}(?![0-9A-Za-z])"), "[18 digits]"),
    # Addresses that open something for whoever knows them.
    (re.compile(r"(/calendar/|/reset/key/)(?!<)[^\s?\"']+"), r"\1[secret]"),
    (re.compile(r"\b(Token|Bearer|Basic) [\w.~+/=-]{8,}"), r"\1 [secret]"),
    # What was searched for or posted by GET.
    (re.compile(r"(/[\w./~-]*)\?[^\s\"']+"), r"\1?[query]"),
    # PostgreSQL repeats the row or the value it refused.
    (
        re.compile(
            r"\b(DETAIL|CONTEXT|LINE \d+): .*?(?=\n\n|\n\S*(?:Error|Exception)\b|\nTraceback |\nHINT:|\Z)", re.S
        ),
        r"\1: [left out]",
    ),
)
PRINTED = "celery.redirected"  # what a worker prints is no log: the demo shows its mails so, with their links


def masked(text: str) -> str:
    """The text without numbers of people, secrets in addresses, query strings and rows of the database."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


class Discreet(logging.Formatter):
    """Names the route instead of the address that was asked for, and masks what is left in message and traceback."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == PRINTED:
            return super().format(record)
        record = copy.copy(record)
        if isinstance(record.args, tuple):
            record.args = tuple(_said(one, record) for one in record.args)
        return masked(super().format(record))


def _said(value, record: logging.LogRecord):
    """An argument of a message: its route if it is the request's path, and in any case one line."""
    if not isinstance(value, str):
        return value
    request = getattr(record, "request", None)
    path = getattr(request, "path", None)
    if path is not None and value in (path, path.encode("unicode_escape").decode("ascii")):
        match = getattr(request, "resolver_match", None)
        return f"/{match.route}" if match else "no such address"
    return value.replace("\r", "\\r").replace("\n", "\\n")
