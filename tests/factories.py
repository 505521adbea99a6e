"""Plain makers of rows, without surprises: everything not named has one fixed value."""

import datetime as dt
import itertools
import sys
import types
import uuid
from decimal import Decimal

from django.db import connection
from django.template import Node
from psycopg2.extras import DateRange

from employees.models import (
    Absence,
    Agency,
    AgencyInputs,
    Discipline,
    Employee,
    Fact,
    Leave,
    Placement,
    Role,
    RoleGrant,
    Unit,
    User,
)
from performance.models import Appraisal
from performance.rating import Level, Rating, Regime

ALWAYS = DateRange(dt.date(2019, 1, 1), None)
UTC = dt.UTC
PLACED = ("direct_service", "job_group", "job_title", "in_post_since", "valid")
_serial = itertools.count(1)


class UndefinedVariable(str):
    """`string_if_invalid`: fails the test that renders it in a template of ours. Frameworks' own templates (admin,
    allauth) lean on silence and on `default`; there this is the empty text that Django uses without the setting."""

    def __bool__(self):
        frame = sys._getframe(1)
        while frame is not None:
            node = frame.f_locals.get("self")
            if isinstance(node, Node):
                return "site-packages" not in node.origin.name
            frame = frame.f_back
        return True

    def __contains__(self, part):
        return part == "%s"

    def __mod__(self, variable):
        raise AssertionError(f"undefined template variable: {variable}")


def nip(born="19850320", appointed="201001", sex="1", serial=None):
    number = next(_serial) if serial is None else serial
    # 999 serials a birth date; walk on to later days so that a test may have thousands of people
    day = dt.date.fromisoformat(f"{born[:4]}-{born[4:6]}-{born[6:]}") + dt.timedelta(days=number // 999)
    return f"{day:%Y%m%d}{appointed}{sex}{number % 999 + 1:03d}"


def agency(code="KC", name="Kementerian Contoh", **fields):
    made = Agency.objects.create(code=code, name=name, **fields)
    AgencyInputs.objects.create(agency=made)
    return made


def unit(agency, code="U1", name="Biro Umum", parent=None, **fields):
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('employees_unit', 'id'))")
        (pk,) = cursor.fetchone()
    path = f"{parent.path}.{pk}" if parent else str(pk)
    return Unit.objects.create(pk=pk, agency=agency, code=code, name=name, parent=parent, path=path, **fields)


def _public_id(agency, name):
    """Lots are drawn by a hash of this: the same people draw the same lot in every run of a test."""
    namesakes = Employee.objects.filter(agency=agency, name=name).count()
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{agency.code}/{name}/{namesakes}")


def employee(unit, name="Pegawai", supervisor=None, kind="PNS", place=True, **fields):
    placement = {k: fields.pop(k) for k in PLACED if k in fields}
    fields.setdefault("nip", nip(appointed="202021" if kind.startswith("PPPK") else "201001"))
    fields.setdefault("public_id", _public_id(unit.agency, name))
    person = Employee.objects.create(
        agency=unit.agency, name=name, kind=kind, email=f"{name.lower().replace(' ', '.')}@contoh.test", **fields
    )
    if place:
        placement.setdefault("valid", ALWAYS)
        placement.setdefault("direct_service", False)
        Placement.objects.create(employee=person, agency=unit.agency, unit=unit, supervisor=supervisor, **placement)
    return person


def account(person=None, password="rahasia-sekali-1", **fields):
    return User.objects.create_user(employee=person, password=password, **fields)


def grant(user, role, agency=None, unit=None, valid=ALWAYS):
    return RoleGrant.objects.create(user=user, role=role, agency=agency, unit=unit, valid=valid)


def leave(person, first, last, kind="Cuti tahunan", **fields):
    """A person's leave from the first to the last day, both included."""
    valid = DateRange(first, last + dt.timedelta(days=1))
    return Leave.objects.create(employee=person, agency=person.agency, valid=valid, kind=kind, **fields)


def discipline(person, start, end=None, **fields):
    """From the first to the last day, both included."""
    return Discipline.objects.create(employee=person, agency=person.agency, start=start, end=end, **fields)


def absence(person, date, **fields):
    return Absence.objects.create(employee=person, agency=person.agency, date=date, **fields)


def fact(person, key, text, first=None, last=None):
    """A fact of the agency's own; its number as the import would read it."""
    until = dt.date.fromisoformat(last) + dt.timedelta(days=1) if last else None
    number = Decimal(text) if text.replace(".", "", 1).isdigit() else None
    valid = DateRange(dt.date.fromisoformat(first) if first else None, until)
    return Fact.objects.create(employee=person, agency=person.agency, key=key, text=text, number=number, valid=valid)


def appraisal(person, year=2025, rating=Rating.VERY_GOOD, state=Appraisal.State.APPROVED, by=None, at=None, **fields):
    """An annual appraisal under PermenPANRB 6/2022 unless told otherwise; approved unless told otherwise."""
    at = at or dt.datetime(2026, 2, 2, 3, tzinfo=UTC)
    if state in (Appraisal.State.APPROVED, Appraisal.State.RETURNED) and "decided_by" not in fields:
        fields["decided_by"] = (
            by or User.objects.filter(username="system-approver").first() or account(username="system-approver")
        )
        fields["decided_at"] = at
    defaults = {
        "kind": Appraisal.Kind.ANNUAL,
        "regime": Regime.P6,
        "result": Level.ABOVE,
        "behaviour": Level.ABOVE,
        "fetched_at": at,
    }
    return Appraisal.objects.create(
        employee=person, agency=person.agency, year=year, rating=rating, state=state, **defaults | fields
    )


def numeric(person, score, rating=Rating.GOOD, **fields):
    """An annual appraisal under PP 30/2019 with a number."""
    score = Decimal(score)
    return appraisal(
        person,
        rating=rating,
        regime=Regime.PP30,
        score=score,
        goals=score,
        behaviour_score=score,
        weight_goals=70,
        result="",
        behaviour="",
        **fields,
    )


def cast():
    """See `tests.conftest.cast`."""
    ministry, other = agency(), agency("LAIN", "Badan Lain")
    root = unit(ministry, "SETJEN", "Sekretariat Jenderal")
    general, planning = unit(ministry, "UMUM", "Biro Umum", root), unit(ministry, "REN", "Biro Perencanaan", root)
    theirs = unit(other, "PUSAT", "Pusat Data")
    budi = employee(general, "Budi Santoso", job_group="ADMINISTRATOR")
    sari = employee(general, "Sari Rahmawati", budi)
    dewi, hadi = employee(root, "Dewi Lestari"), employee(root, "Hadi Wijaya")
    eko = employee(planning, "Eko Prasetyo")
    team = [employee(planning, f"Anggota {n}", eko) for n in range(1, 4)]
    ratna = employee(theirs, "Ratna Sari")
    stranger = employee(theirs, "Orang Lain", ratna)
    people = dict(budi=budi, sari=sari, dewi=dewi, hadi=hadi, eko=eko, ratna=ratna)
    users = {f"{name}_user": account(person) for name, person in people.items()}
    grant(users["dewi_user"], Role.HR_OFFICER, ministry)
    grant(users["hadi_user"], Role.HR_HEAD, ministry)
    grant(users["ratna_user"], Role.HR_OFFICER, other)
    grant(users["ratna_user"], Role.HR_HEAD, other)
    return types.SimpleNamespace(
        agency=ministry,
        other=other,
        root=root,
        general=general,
        planning=planning,
        theirs=theirs,
        team=team,
        stranger=stranger,
        **people,
        **users,
    )
