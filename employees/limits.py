"""How often a log-in may be tried in vain: one account guessed, many accounts sprayed, and an alarm for all together.

Counted are failures, never good log-ins: two thousand people of one office come from one address on a Monday. Counters
are rows changed by one statement each, so that parallel tries cannot pass between looking and counting (Django's cache
and DRF's throttles are not atomic). `ledger.limits` is the plain window; here a pause grows with each failure, a good
try is given back and no stranger can lock anybody out: hence two. Sources: reliability.md 4.3, F38, F39; OWASP
Authentication Cheat Sheet.
"""

import dataclasses
import datetime as dt
import logging
import math

from django.db import connection
from django.db.models import Q
from django.utils.crypto import salted_hmac

from ledger.trail import record

from .models import Attempt

log = logging.getLogger(__name__)
MINUTE = dt.timedelta(minutes=1)
KNOWN = dt.timedelta(days=30)  # so long an account's address counts as its own after a good log-in
WINDOW = 10 * MINUTE
KEPT = dt.timedelta(days=8)
FEWEST = 200  # failures in a window below which nothing is unusual, however quiet the week was
UNUSUAL = 5  # times the usual number of failures


@dataclasses.dataclass(frozen=True)
class Limit:
    """So many tries in a window; then a pause, twice as long after each further one, never longer than `longest`.

    `memory` is how long after a pause the count goes on. Without it a new window begins when the old one is over.
    """

    name: str
    amount: int
    window: dt.timedelta
    pause: dt.timedelta
    longest: dt.timedelta
    memory: dt.timedelta = dt.timedelta(0)


ACCOUNT = Limit("account", 10, 15 * MINUTE, MINUTE, 15 * MINUTE, 15 * MINUTE)
ACCOUNT_HERE = Limit("here", 5, MINUTE, MINUTE, MINUTE)
ADDRESS = Limit("address", 100, WINDOW, MINUTE, MINUTE)
CODE = Limit("code", 5, 5 * MINUTE, 5 * MINUTE, 15 * MINUTE, 15 * MINUTE)

# A row that is in a pause is left alone, so the statement returns nothing: refused.
TAKE = """
INSERT INTO employees_attempt AS old (key, count, since, until)
VALUES (%(key)s, 1, %(at)s, CASE WHEN %(amount)s <= 1 THEN %(at)s + %(pause)s END)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN {over} THEN 1 ELSE old.count + 1 END,
  since = CASE WHEN {over} THEN %(at)s ELSE old.since END,
  until = CASE WHEN {over} OR old.count + 1 < %(amount)s THEN NULL
               ELSE %(at)s + least(%(longest)s, %(pause)s * power(2, least(old.count + 1 - %(amount)s, 20))) END
WHERE old.until IS NULL OR old.until <= %(at)s
RETURNING count
""".replace("{over}", "greatest(old.since + %(window)s, old.until + %(memory)s) <= %(at)s")


class TooMany(Exception):
    """Too many tries in vain; `minutes` is how long to wait, rounded up."""

    code = "TOO_MANY_ATTEMPTS"

    def __init__(self, until: dt.datetime, at: dt.datetime):
        self.seconds = max(1, math.ceil((until - at).total_seconds()))
        self.minutes = math.ceil(self.seconds / 60)
        super().__init__(self.code)


def take(limit: Limit, subject: str, *, at: dt.datetime) -> int:
    """Count one try in vain beforehand, so that two at once are two; a good one is given back. Which try of the window
    it is. Raises `TooMany`."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"key": _key(limit.name, subject), "at": at, **_spans(limit)})
        row = cursor.fetchone()
    if row is None:
        raise TooMany(_until(limit, subject) or at + limit.pause, at)
    return row[0]


def give_back(limit: Limit, subject: str) -> None:
    """The try was good: it does not count, and no pause follows from it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE employees_attempt SET count = greatest(count - 1, 0), until = NULL WHERE key = %s",
            [_key(limit.name, subject)],
        )


def clear(limit: Limit, subject: str) -> None:
    """Forget what was tried in vain."""
    Attempt.objects.filter(key=_key(limit.name, subject)).delete()


@dataclasses.dataclass
class Try:
    """One log-in being tried: ask `begin` before the password is looked at, then `failed` or `succeeded`."""

    account: str  # as typed, known to the portal or not: both are treated alike
    address: str

    @property
    def here(self) -> str:
        return f"{self.account} {self.address}"

    def begin(self, *, at: dt.datetime) -> None:
        """Raises `TooMany`. Who logged in from here before is not held up by what strangers do elsewhere, nor by what
        others do at the same address: so nobody can lock somebody else out of their own office."""
        self.known = Attempt.objects.filter(key=_key("good", self.here), since__gt=at - KNOWN).exists()
        if not self.known:
            self._ask_address(at)
        self.held = self.here if self.known else self.account
        take(ACCOUNT_HERE, self.here, at=at)
        take(ACCOUNT, self.held, at=at)

    def failed(self, *, at: dt.datetime) -> None:
        _count("address", self.address, at)
        alarm(at=at)

    def first_lock(self, *, at: dt.datetime) -> bool:
        """Whether this account was not refused before in this window: one event is enough for it."""
        return _count("locked", self.account, at) == 1

    def succeeded(self, *, at: dt.datetime) -> None:
        give_back(ACCOUNT, self.held)
        clear(ACCOUNT_HERE, self.here)
        fresh = Attempt.objects.filter(key=_key("good", self.here), since__gt=at - WINDOW).exists()
        Attempt.objects.update_or_create(key=_key("good", self.here), defaults={"since": at})
        if not fresh:
            _count("people", self.address, at)  # each account once a window: nobody buys tries with one good log-in

    def _ask_address(self, at: dt.datetime) -> None:
        """A rate of failures, not a number: as many as people come in well from here are nobody's attack."""
        window = _window(at)
        keys = [_key(name, f"{self.address} {window}") for name in ("address", "people")]
        counts = dict(Attempt.objects.filter(key__in=keys).values_list("key", "count"))
        if counts.get(keys[0], 0) >= ADDRESS.amount + counts.get(keys[1], 0):
            raise TooMany(window + WINDOW, at)


def alarm(*, at: dt.datetime) -> None:
    """Count a failure of anybody; once a window, when they are far more than usual, log it and write an event."""
    count = _count("everybody", "", at)
    if count < FEWEST or count % FEWEST:
        return
    usual = _usual(at)
    if count < UNUSUAL * usual:
        return
    row, first = Attempt.objects.get_or_create(key=_key("alarm", f"{_window(at)}"), defaults={"since": at})
    if first:
        log.error("Failed log-ins: %s in ten minutes, usually %s. Somebody may be guessing passwords.", count, usual)
        after = {"failures": count, "usual": usual}
        Attempt.objects.filter(pk=row.pk).update(count=count)
        record(verb="login.alarm", subject=_Alarm(), by=None, at=at, agency_id=None, after=after)


class _Alarm:
    """What the event is about: all log-ins together, no row."""

    pk = 0
    _meta = Attempt._meta


def _usual(at: dt.datetime) -> int:
    """Failures in a window at the same time of day, on average of the last seven days."""
    before = [_key("everybody", f" {_window(at - dt.timedelta(days=days))}") for days in range(1, 8)]
    counts = list(Attempt.objects.filter(key__in=before).values_list("count", flat=True))
    return sum(counts) // len(before)


def purge(*, at: dt.datetime) -> int:
    """Delete what no longer counts; how many rows that were."""
    counted = Q(since__lt=at - KEPT, count__gt=0)
    return Attempt.objects.filter(counted | Q(since__lt=at - KNOWN)).delete()[0]


def _count(name: str, subject: str, at: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO employees_attempt AS old (key, count, since) VALUES (%s, 1, %s)
               ON CONFLICT (key) DO UPDATE SET count = old.count + 1 RETURNING count""",
            [_key(name, f"{subject} {_window(at)}"), at],
        )
        return cursor.fetchone()[0]


def _window(at: dt.datetime) -> dt.datetime:
    """The beginning of the ten minutes `at` lies in."""
    seconds = int(at.timestamp()) // 600 * 600
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)


def _until(limit: Limit, subject: str) -> dt.datetime | None:
    return Attempt.objects.filter(key=_key(limit.name, subject)).values_list("until", flat=True).first()


def _spans(limit: Limit) -> dict:
    spans = {name: getattr(limit, name) for name in ("window", "pause", "longest", "memory")}
    return {"amount": limit.amount, **spans}


def _key(name: str, subject: str) -> str:
    """A keyed digest: who reads the table learns neither numbers nor addresses."""
    return salted_hmac("employees.limits", f"{name} {subject}", algorithm="sha256").hexdigest()
