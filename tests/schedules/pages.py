"""What the tests of pages share: rows of days and requests in 2026-W48, and reading an answer as plain text."""

import datetime as dt

from django.test import Client

from schedules.models import Request, WfhDay

MONDAY = dt.date(2026, 11, 23)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + dt.timedelta(days=n) for n in (1, 2, 3, 4))


def given(cast, person, date, **fields):
    """A WFH day of a person in their unit."""
    unit = person.placements.get().unit
    return WfhDay.objects.create(employee=person, agency=cast.agency, unit=unit, date=date, track="REWARD", **fields)


def asked(cast, person, date, now, gives_up=None, supervisor=None, **fields):
    """A request as the sending action writes it: it waits for the supervisor until 15.00 on the day before."""
    boss = supervisor or cast.budi
    due = dt.datetime.combine(date - dt.timedelta(days=1), dt.time(15), tzinfo=now.tzinfo)
    defaults = {
        "kind": Request.Kind.MOVE if gives_up else Request.Kind.EXTRA,
        "week": date - dt.timedelta(days=date.weekday()),
        "supervisor": boss,
        "holder": boss,
        "sent_at": now,
        "due_at": due,
        "next_at": due,
    }
    return Request.objects.create(
        employee=person, agency=person.agency, date=date, gives_up=gives_up, **defaults | fields
    )


def as_(user):
    client = Client()
    client.force_login(user)
    return client


def text(answer):
    return " ".join(answer.content.decode().split())
