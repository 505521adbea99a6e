"""A handful of people ask the demo's supervisor for another day."""

import datetime as dt

from employees.calendar import local_date, monday_of
from employees.models import Agency, Placement, User
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
    """Send requests for days that are still to come; how many were sent."""
    today = local_date(at, agency.zone)
    cast = cast_of(spec.code)
    team = Placement.objects.on(today).filter(supervisor__nip=cast["supervisor"].nip)
    people = User.objects.filter(employee__in=team.values("employee")).exclude(employee__nip=cast["employee"].nip)
    sent = 0
    for user in people.select_related("employee").order_by("employee_id"):
        if sent < WANTED:
            sent += _ask_one(user, today, REASONS[sent % len(REASONS)], at)
    return sent


def _ask_one(user: User, today: dt.date, reason: str, at: dt.datetime) -> int:
    """One request for the first day that fits, in place of the day the person has, if it is still to come."""
    for ahead in range(1, 12):
        date = today + dt.timedelta(days=ahead)
        week = (monday_of(date), monday_of(date) + dt.timedelta(days=6))
        has = WfhDay.objects.active().filter(employee=user.employee_id, date__range=week).first()
        if has and (has.date <= today or has.date == date):
            continue
        try:
            send_request(by=user, date=date, gives_up_id=has and has.pk, reason=reason, at=at)
        except Refused:
            continue  # that day does not fit; the next may
        return 1
    return 0
