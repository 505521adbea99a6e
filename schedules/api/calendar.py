"""`GET calendar/<token>.ics`: one's own WFH days for a calendar programme. Whoever knows the address may read, so it
holds dates and nothing else: no name, number, score or reason, and nobody else's days (reliability.md F41)."""

import datetime as dt
import hashlib

from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from icalendar import Calendar, Event, vDuration
from rest_framework import exceptions, renderers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.views import APIView

from employees.actions.connections import digest_of
from employees.calendar import local_date
from employees.models import Employee
from ledger.api import problems
from ledger.throttle import Throttle
from schedules.models import WfhDay
from schedules.queries import feed

AGAIN = dt.timedelta(hours=4)  # how often a programme is asked to read anew


class PerAddress(Throttle):
    """By address, not by where the call comes from: a whole office, or a calendar service, comes from one place."""

    def counted(self, request, view) -> tuple[str, str]:
        return "calendar", digest_of(view.kwargs["token"])


class Guesses(Throttle):
    """Addresses that lead nowhere are counted by where the call comes from."""

    def counted(self, request, view) -> tuple[str, str]:
        return "guess", self.get_ident(request)


class AsIs(BaseContentNegotiation):
    """Calendar programmes ask for `text/calendar`, for anything, or for nothing: they all get the calendar."""

    def select_parser(self, request, parsers):
        return None

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class CalendarFeed(APIView):
    """One's own WFH days as iCalendar (RFC 5545), at the secret address made on the account page.

    All-day entries; a day that fell away stays as cancelled. `ETag` and `If-None-Match` save reading the same again.
    """

    authentication_classes: list = []
    permission_classes: list = []
    throttle_classes = [PerAddress]
    renderer_classes = [renderers.JSONRenderer]  # of problems
    content_negotiation_class = AsIs

    @extend_schema(
        operation_id="calendar",
        auth=[],
        responses={(200, "text/calendar"): OpenApiResponse(OpenApiTypes.STR), **problems(401, 404, 429)},
    )
    def get(self, request, token: str):
        owner = feed.owner_of(digest_of(token))
        people = Employee.objects.with_zone().select_related("agency")
        person = people.get(pk=owner.employee_id) if owner else None
        if owner is None or person is None:
            guesses = Guesses()
            if not guesses.allow_request(request, self):
                raise exceptions.Throttled(guesses.wait())
            raise exceptions.NotFound
        with translation.override(owner.language):
            text = written(feed.entries(person, local_date(timezone.now(), person.zone)), str(person.zone))
        answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'inline; filename="wfh.ics"'
        answer["Cache-Control"] = "private, no-cache"
        etag = quote_etag(hashlib.sha256(text).hexdigest()[:32])
        answer["ETag"] = etag
        return get_conditional_response(request, etag=etag, response=answer)


def written(days: list[feed.Entry], zone: str) -> bytes:
    """The calendar's bytes: the same days are the same bytes."""
    made = Calendar()
    made.add("prodid", "-//Portal WFH ASN//WFH//ID")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", _("WFH days"))
    made.add("x-wr-timezone", zone)
    made.add("refresh-interval", AGAIN, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(AGAIN).to_ical().decode())
    for day in days:
        made.add_component(_event(day))
    return made.to_ical()


def _event(day: feed.Entry) -> Event:
    made = Event()
    made.add("uid", day.uid)
    made.add("dtstamp", day.stamp)
    made.add("dtstart", day.date)  # a date without a time: the same day in every zone
    made.add("dtend", day.date + dt.timedelta(days=1))
    half = "" if day.slot == WfhDay.Slot.FULL else f" ({WfhDay.Slot(day.slot).label})"
    made.add("summary", f"WFH{half}")
    made.add("sequence", day.sequence)
    made.add("status", "CANCELLED" if day.cancelled else "CONFIRMED")
    made.add("transp", "TRANSPARENT")  # one works on it; it blocks no meeting
    return made
