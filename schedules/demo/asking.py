"""A handful of people ask the demo's supervisor for another day."""

import datetime as dt

from employees.calendar import local_date, monday_of
from employees.models import Agency, Placement
from schedules.actions.refused import Refused
from schedules.actions.requests import send_request
from schedules.models import WfhDay

from .people import AgencySpec, cast_of

REASONS = (
    "Menyelesaikan laporan triwulan tanpa gangguan rapat.",
    "Ada rapat tatap muka pada hari semula.",
    "Menyusun bahan paparan pimpinan.",
    "Perbaikan jaringan di ruang kerja pada hari tersebut.",
)
WANTED = 3


def ask(spec: AgencySpec, agency: Agency, at: dt.datetime) -> int:
    """Ask for another day in place of one that is still to come; how many requests were sent."""
    today = local_date(at, agency.zone)
    cast = cast_of(spec.code)
    team = Placement.objects.on(today).filter(supervisor__nip=cast["supervisor"].nip)
    days = WfhDay.objects.active().filter(employee__in=team.values("employee"), date__gt=today)
    others = days.exclude(employee__nip=cast["employee"].nip).select_related("employee__user").order_by("date", "pk")
    sent = 0
    for day in others:
        if sent < WANTED:
            sent += _ask_one(day, today, REASONS[sent], at)
    return sent


def _ask_one(day: WfhDay, today: dt.date, reason: str, at: dt.datetime) -> int:
    """A request for the first other day of the week that fits."""
    monday = monday_of(day.date)
    for date in (monday + dt.timedelta(days=n) for n in (3, 4, 1, 0, 2)):
        if date <= today or date == day.date:
            continue
        try:
            send_request(by=day.employee.user, date=date, gives_up_id=day.pk, reason=reason, at=at)
        except Refused:
            continue  # that day does not fit; the next may
        return 1
    return 0
