"""The printed accounts of the demo: one a role, and what to try with each."""

import dataclasses
import datetime as dt
from collections.abc import Callable

from django.utils.translation import gettext as _

from employees.actions import set_password
from employees.actions.factors import lend_app, needs_factor
from employees.calendar import local_date, monday_of
from employees.models import Agency, User
from performance.queries import to_decide
from schedules.models import Request, WfhDay

from .load import PLATFORM, DemoRefused, is_seeded
from .people import AGENCIES, cast_of


@dataclasses.dataclass(frozen=True)
class Printed:
    role: str
    user: User
    hint: str


def give_passwords(*, make: Callable[[], str], at: dt.datetime) -> list[dict[str, str]]:
    """New passwords for the printed accounts, in the order to try them, and an app for each whose role needs a second
    factor. Raises `DemoRefused` without demo data."""
    if not is_seeded():
        raise DemoRefused(_("There are no demo data here. Run seed_demo first."))
    rows = []
    for one in _printed(at):
        password = make()
        set_password(user=one.user, password=password, by=None, at=at)
        if needs_factor(one.user):
            lend_app(user=one.user, at=at)
        person = one.user.employee
        rows.append(
            {
                "role": one.role,
                "nip": person.nip if person else one.user.username,
                "name": person.name if person else "–",
                "password": password,
                "try": one.hint,
            }
        )
    return rows


def _printed(at: dt.datetime) -> list[Printed]:
    spec = AGENCIES[0]
    cast = cast_of(spec.code)
    users = {key: _user(one.nip) for key, one in cast.items()}
    today = local_date(at, Agency.objects.get(code=spec.code).zone)
    employee = _employee(users["employee"], users["supervisor"], today)
    supervisor, officer = users["supervisor"], users["hr_officer"]
    waiting = Request.objects.waiting().filter(supervisor=supervisor.employee, date__gt=today).count()
    return [
        Printed("Employee", employee, f"{employee} opens / to see this week's day, why, and asks for another."),
        Printed("Supervisor", supervisor, f"{supervisor} opens /approvals/ ({waiting} waiting) and decides."),
        Printed(
            "HR officer",
            officer,
            f"{officer} opens /admin/ and approves some of {to_decide(officer).count()} waiting scores.",
        ),
        Printed(
            "HR head",
            users["hr_head"],
            f"{users['hr_head']} opens /admin/, looks at the draft that waits, publishes it.",
        ),
        Printed("Auditor", users["auditor"], ""),
        Printed("Agency administrator", users["agency_admin"], ""),
        Printed("HR of another agency", _user(cast_of(AGENCIES[1].code)["hr_officer"].nip), ""),
        Printed("Platform administrator", User.objects.get(username=PLATFORM), ""),
    ]


def _user(nip: str) -> User:
    return User.objects.select_related("employee").get(employee__nip=nip)


def _employee(wanted: User, supervisor: User, today: dt.date) -> User:
    """The demo's employee, or a colleague if that person has no WFH day this week."""
    monday = monday_of(today)
    days = WfhDay.objects.active().filter(date__range=(monday, monday + dt.timedelta(days=6)))
    if days.filter(employee=wanted.employee_id).exists():
        return wanted
    asked = Request.objects.waiting().values("employee")
    near = days.filter(employee__placements__supervisor=supervisor.employee_id).exclude(employee__in=asked)
    day = near.select_related("employee__user").order_by("employee_id").first()
    return _user(day.employee.nip) if day else wanted
