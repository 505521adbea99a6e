"""Loading the demo: through the same imports, approvals and weekly runs that an agency uses."""

import csv
import datetime as dt
import io
import random
from typing import Any

import holidays
from django.db import transaction
from django.utils.translation import gettext as _

from eligibility.actions import load_policies
from employees.actions import create_accounts, create_named_account, give_role, set_complete_until
from employees.calendar import week_of
from employees.feeds import Completeness
from employees.intake import (
    ABSENCES,
    DISCIPLINE,
    FACTS,
    Outcome,
    import_agencies,
    import_employees,
    import_leave,
    import_records,
    import_units,
)
from employees.models import Agency, Employee, Holiday, Role, User
from employees.staging import MANY, analyze
from ledger.models import Event
from ledger.trail import record
from performance.actions import approve
from performance.intake import import_appraisals
from performance.models import Appraisal

from .leave import leave
from .people import AGENCIES, CAST, AgencySpec, cast_of, people, units
from .records import records
from .scores import Files, scores
from .settings import set_rules, set_wishes
from .weeks import publish_weeks

PLATFORM = "platform"  # the account name of the platform administrator
VERB = "demo.seed"
WEEK = dt.timedelta(days=7)
APPROVE_AT_ONCE = 2_000


class DemoRefused(Exception):
    """The database holds other people than the demo's."""


def is_seeded() -> bool:
    """Whether the demo's people were loaded here before."""
    return Event.objects.filter(verb=VERB).exists()


def seed(*, count: int, number: int, at: dt.datetime) -> bool:
    """Load `count` made-up people, the same for the same `number`, as of the instant `at`.

    People and scores come in one transaction; weeks already published are left alone, so an interrupted start goes on
    where it ended. False if everything was there already. Raises `DemoRefused` where other people are.
    """
    fresh = not is_seeded()
    if fresh:
        if Employee.objects.exists():
            raise DemoRefused(_("This database already holds people. The demo goes into an empty one."))
        _load_people(count, number, at)
    platform = User.objects.get(username=PLATFORM)
    load_policies(by=platform, at=at)
    worked = [publish_weeks(spec, at) for spec in AGENCIES]
    return fresh or any(worked)


# --- people and scores --------------------------------------------------------------------------


def _load_people(count: int, number: int, at: dt.datetime) -> None:
    worlds = [_world(spec, count, number, at) for spec in AGENCIES]  # before the transaction, which may not idle
    with transaction.atomic():
        platform = create_named_account(name=PLATFORM, email=f"{PLATFORM}@contoh.test", by=None, at=at)
        _give(platform, Role.PLATFORM_ADMIN, None, dt.date(2024, 1, 1), by=None)
        _load_holidays(at)
        rows = [
            {"kode": s.code, "nama": s.name, "lingkup": s.scope, "zona_waktu": s.zone, "hari_kerja": "5"}
            for s in AGENCIES
        ]
        _whole(import_agencies(content=_file(rows), by=platform, at=at))
        for spec, unit_rows, person_rows, files in worlds:
            _load_agency(spec, unit_rows, person_rows, files, platform, at)
            _load_records(spec, person_rows, number, at)
            _load_week(spec, person_rows, number, at)
        record(verb=VERB, subject=platform, by=platform, at=at, agency_id=None, after={"people": count})


def _world(spec: AgencySpec, count: int, number: int, at: dt.datetime):
    chance = random.Random(f"{number}-{spec.code}")  # noqa: S311 - made-up data must come out the same again
    unit_rows, sizes = units(spec, max(40, round(count * spec.share)), chance)
    person_rows = people(spec, sizes, chance)
    return spec, unit_rows, person_rows, scores(spec, person_rows, at.year - 1, chance)


def _load_agency(spec: AgencySpec, unit_rows, person_rows, files: Files, platform: User, at: dt.datetime) -> None:
    agency = Agency.objects.get(code=spec.code)
    began = dt.date(at.year - 2, 1, 1)
    _whole(import_units(content=_file(unit_rows), agency=agency, by=platform, at=at))
    _whole(import_employees(content=_file(person_rows), agency=agency, on=began, by=platform, at=at))
    create_accounts(agency=agency, by=platform, at=at)
    analyze("employees_user", rows=MANY)
    _load_roles(spec, agency, began, platform)
    cast = {one.key: User.objects.get(employee__nip=one.nip) for one in CAST if one.agency == spec.code}
    zone = agency.zone
    february = [dt.datetime(year, 2, 3, 9, tzinfo=zone) for year in (at.year - 1, at.year)]
    deliveries = [
        (files.before, cast["hr_data"], min(february[0], at), True),
        (files.last, cast["hr_data"], min(february[1], at), True),
        (files.late, cast["hr_data"], at - dt.timedelta(days=4), False),
        (files.own, cast["hr_officer"], at - dt.timedelta(days=2), False),
    ]
    for rows, by, when, approved in deliveries:
        if not rows:
            continue
        _whole(import_appraisals(content=_file(rows), agency=agency, by=by, at=when, file_name="penilaian.csv"))
        if approved:
            _approve_all(agency, cast["hr_head"], cast["hr_officer"], min(when + WEEK, at))


def _load_records(spec: AgencySpec, person_rows, number: int, at: dt.datetime) -> None:
    """Discipline, absences, facts and special circumstances, all of them complete until last week."""
    agency = Agency.objects.get(code=spec.code)
    officer = User.objects.get(employee__nip=cast_of(spec.code)["hr_data"].nip)
    chance = random.Random(f"{number}-{spec.code}-records")  # noqa: S311 - the same again for the same number
    week = week_of(at, agency.zone)
    off = set(Holiday.objects.values_list("date", flat=True))
    files = records(spec, person_rows, week, off, chance)
    complete = Completeness(week - dt.timedelta(days=1))
    who: dict[str, Any] = {"agency": agency, "by": officer, "at": at}
    for kind, rows in ((DISCIPLINE, files.discipline), (ABSENCES, files.absences), (FACTS, files.facts)):
        if rows:
            _whole(import_records(kind, content=_file(rows), complete=complete, **who))
        else:  # a small demo may have nobody punished; nobody is a complete record too
            set_complete_until(agency=agency, kind=kind.feed, until=complete.until, by=officer, at=at)
    if files.special:
        _whole(import_employees(content=_file(files.special), on=dt.date(at.year - 2, 1, 1), **who))


def _load_week(spec: AgencySpec, person_rows, number: int, at: dt.datetime) -> None:
    """What the weekly plan leans on: leave, wishes, and the rules of units."""
    agency = Agency.objects.get(code=spec.code)
    cast = {one.key: User.objects.get(employee__nip=one.nip) for one in CAST if one.agency == spec.code}
    chance = random.Random(f"{number}-{spec.code}-leave")  # noqa: S311 - the same again for the same number
    rows = leave(spec, person_rows, week_of(at, agency.zone), chance)
    _whole(import_leave(content=_file(rows), agency=agency, by=cast["hr_data"], at=at))
    set_wishes(agency, at)
    set_rules(spec, agency, cast["hr_officer"], at)


def _approve_all(agency: Agency, head: User, officer: User, at: dt.datetime) -> None:
    """The head approves everything but their own score, which the officer approves."""
    waiting = list(Appraisal.objects.filter(agency=agency).waiting().values_list("pk", flat=True))
    for start in range(0, len(waiting), APPROVE_AT_ONCE):
        approve(appraisal_ids=waiting[start : start + APPROVE_AT_ONCE], by=head, at=at)
    approve(appraisal_ids=Appraisal.objects.filter(employee=head.employee).waiting(), by=officer, at=at)


def _load_holidays(at: dt.datetime) -> None:
    years = range(at.year - 1, at.year + 2)
    source = f"python-holidays {holidays.__version__}, unconfirmed"
    named: dict[dt.date, tuple[str, str]] = {}
    for category, kind in (("government", Holiday.Kind.JOINT), ("public", Holiday.Kind.NATIONAL)):
        named |= {d: (n, kind) for d, n in holidays.ID(years=years, categories=(category,), language="id").items()}
    rows = [Holiday(date=d, name=n[:200], kind=kind, source=source) for d, (n, kind) in sorted(named.items())]
    Holiday.objects.bulk_create(rows)


# --- accounts -----------------------------------------------------------------------------------


def _load_roles(spec: AgencySpec, agency: Agency, since: dt.date, platform: User) -> None:
    """The platform gives the first administrator, who gives the rest."""
    users = {one: User.objects.get(employee__nip=one.nip) for one in cast_of(spec.code).values() if one.role}
    admin = next((user for one, user in users.items() if one.role == Role.AGENCY_ADMIN), platform)
    for one, user in sorted(users.items(), key=lambda pair: pair[1] != admin):
        _give(user, one.role, agency, since, by=platform if user == admin else admin)


def _give(user: User, role: str, agency: Agency | None, since: dt.date, *, by: User | None) -> None:
    at = dt.datetime.combine(since, dt.time(9), tzinfo=agency.zone if agency else dt.UTC)
    place: dict[str, Any] = {"agency": agency, "unit": None, "first": since, "last": None}
    give_role(user=user, role=role, **place, by=by, at=at, reason="Demo")


# --- files --------------------------------------------------------------------------------------


def _file(rows: list[dict]) -> bytes:
    """Rows as the CSV file an agency would send."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _whole(outcome: Outcome) -> None:
    """The demo's own files hold no bad row."""
    if outcome.bad:
        raise DemoRefused(f"{outcome.bad_lines}: {outcome.bad[0]}")
