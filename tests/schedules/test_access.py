"""The access report, and the people whose requests reach no supervisor."""

import datetime as dt
import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from psycopg2.extras import DateRange

from employees.models import Employee, Placement, User
from ledger import exports
from ledger.models import Event, ReadLog
from ledger.reading import seen
from ledger.trail import denied, record
from schedules.actions.requests.clock import run_clock
from schedules.models import Delegation, Request
from schedules.permissions import may_decide
from schedules.queries.access import authorities, undecided
from schedules.queries.approvers import DEEPEST, holder_for, line_above
from schedules.queries.inbox import waiting_for
from tests import factories
from tests.employees.roles import somebody

from .pages import asked

PAGE = reverse("admin:access")
TODAY = dt.date(2026, 11, 23)


def lend(cast, at):
    valid = DateRange(TODAY, TODAY + dt.timedelta(days=5))
    people = {"agency": cast.agency, "delegator": cast.budi, "delegate": cast.eko}
    return Delegation.objects.create(**people, valid=valid, created_at=at, created_by=cast.budi_user)


def test_roles_lines_and_stand_ins_with_their_last_use(cast, at):
    lend(cast, at)
    told = {"subject": cast.sari, "at": at, "agency_id": cast.agency.pk}
    record(verb="run.publish", by=cast.dewi_user, **told)
    record(verb="request.approve", by=cast.budi_user, **told)
    record(verb="request.send", by=cast.hadi_user, **told)
    record(verb="request.reject", by=cast.eko_user, on_behalf_of=cast.budi_user, **told)
    rows = {(one.kind, one.person): one for one in authorities(cast.agency, TODAY, at)}
    assert rows["ROLE", "Dewi Lestari"].last_used == at
    assert rows["ROLE", "Hadi Wijaya"].last_used is None, "asking for a day is no use of a role"
    assert rows["LINE", "Budi Santoso"].last_used == at
    assert rows["LINE", "Eko Prasetyo"].last_used is None
    assert rows["LINE", "Eko Prasetyo"].where == "3"
    stand_in = rows["STAND_IN", "Eko Prasetyo"]
    assert (stand_in.last_used, stand_in.until, stand_in.soon) == (at, TODAY + dt.timedelta(days=4), True)
    assert not any("Ratna" in person for _kind, person in rows)


def test_what_was_refused_or_is_ones_own_is_no_use_and_an_auditors_reading_is_one(cast, at):
    auditor = somebody(cast, "auditor")
    for user in (cast.dewi_user, auditor):
        told = {"by": user, "at": at, "agency_id": cast.agency.pk}
        for verb in ("account.factor-added", "account.sessions_ended", "export.alarm"):
            record(verb=verb, subject=user, **told)
        record(verb="data.copy", subject=cast.sari, **told)
        record(verb="suspension.ask", subject=cast.sari, **told)
        denied(by=user, at=at, agency_id=cast.agency.pk, route="runs", code="DENIED")
    assert Event.objects.filter(verb="denied").count() == 2
    rows = {one.user_id: one for one in authorities(cast.agency, TODAY, at) if one.kind == "ROLE"}
    assert rows[cast.dewi_user.pk].last_used is None
    assert rows[auditor.pk].last_used is None
    record(verb="account.close", subject=cast.sari_user, by=cast.dewi_user, at=at, agency_id=cast.agency.pk)
    seen(by=auditor, people=[(cast.sari.pk, cast.agency.pk)], what="record", at=at)
    seen(by=auditor, people=[(cast.ratna.pk, cast.ratna.agency_id)], what="record", at=at + dt.timedelta(hours=1))
    seen(by=cast.dewi_user, people=[(cast.sari.pk, cast.agency.pk)], what="record", at=at + dt.timedelta(hours=1))
    rows = {one.user_id: one for one in authorities(cast.agency, TODAY, at) if one.kind == "ROLE"}
    assert (rows[cast.dewi_user.pk].last_used, rows[auditor.pk].last_used) == (at, at)


def test_its_queries_do_not_grow(cast, at):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            authorities(cast.agency, TODAY, at)
            undecided(cast.agency, TODAY)
        return len(asked)

    first = count()
    for n in range(5):
        boss = factories.employee(cast.root, f"Atasan {n}", cast.hadi)
        factories.account(boss)
        factories.employee(cast.root, f"Bawahan {n}", boss)
    assert count() == first


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("agency_admin", 200),
        ("auditor", 200),
        ("hadi", 200),
        ("dewi", 403),
        ("admin_of_general", 403),
        ("platform", 403),
        ("sari", 302),
        ("eko", 302),
    ],
)
def test_who_reads_it(cast, client, who, expected):
    client.force_login(somebody(cast, who))
    assert client.get(PAGE).status_code == expected
    assert client.post(PAGE, {"reason": "review"}).status_code == expected
    assert client.put(PAGE).status_code in (302, 405)


def test_another_agencys_does_not_exist(cast, client):
    client.force_login(somebody(cast, "other_admin"))
    assert client.get(PAGE, {"agency": cast.agency.pk}).status_code == 404
    assert client.get(PAGE, {"agency": "x"}).status_code == 404
    page = client.get(PAGE).content.decode() + client.post(PAGE, {"reason": "review"}).content.decode()
    assert "Ratna" in page
    assert "Budi" not in page


def test_a_name_is_no_formula(cast, client):
    type(cast.budi).objects.filter(pk=cast.budi.pk).update(name="=1+1")
    client.force_login(auditor := somebody(cast, "auditor"))
    taken = client.post(PAGE, {"reason": "yearly review"})
    assert "'=1+1" in taken.content.decode()
    assert exports.check(taken.content).ours
    event = Event.objects.get(verb="export")
    assert (event.reason, event.after["what"], event.after["rows"]) == ("yearly review", "access", 5)
    assert ReadLog.objects.filter(actor_id=auditor.pk, employee_id=cast.budi.pk, what="access").exists()


@pytest.mark.parametrize("status", ["PENSIUN", "DIBERHENTIKAN", "CLTN", "MPP"])
def test_a_supervisor_who_has_left_supervises_nobody_though_the_account_is_open(cast, at, status):
    one = asked(cast, cast.sari, TODAY + dt.timedelta(days=3), at)
    assert may_decide(cast.budi_user, one)
    assert Employee.objects.visible_to(cast.budi_user).filter(pk=cast.sari.pk).exists()
    Employee.objects.filter(pk=cast.budi.pk).update(legal_status=status)
    budi = User.objects.get(pk=cast.budi_user.pk)
    assert not Employee.objects.visible_to(budi).filter(pk=cast.sari.pk).exists()
    assert not may_decide(budi, one)
    assert not Request.objects.visible_to(budi).exists()
    assert not waiting_for(budi).exists()
    assert holder_for(line_above(cast.sari.pk, TODAY), TODAY, never={cast.sari.pk}) is None
    assert cast.sari in {line.employee for line in undecided(cast.agency, TODAY)}
    (row,) = [who for who in authorities(cast.agency, TODAY, at) if (who.kind, who.person) == ("LINE", "Budi Santoso")]
    assert row.closed
    assert run_clock(at=at)["escalated"] == 1, "what was laid before them goes on"
    one.refresh_from_db()
    assert one.holder_id is None
    assert run_clock(at=at)["escalated"] == 0


def test_under_discipline_one_still_supervises(cast):
    Employee.objects.filter(pk=cast.budi.pk).update(legal_status="HUKUMAN_DISIPLIN")
    assert Employee.objects.visible_to(User.objects.get(pk=cast.budi_user.pk)).filter(pk=cast.sari.pk).exists()
    assert holder_for(line_above(cast.sari.pk, TODAY), TODAY, never={cast.sari.pk}) == cast.budi.pk


def test_who_has_no_supervisor_is_listed_and_who_is_hr_alone_has_nobody(cast):
    User.objects.filter(pk=cast.hadi_user.pk).update(is_active=False)
    rows = {one.employee: one for one in undecided(cast.agency, TODAY)}
    assert cast.sari not in rows
    assert (rows[cast.budi].why, rows[cast.budi].by_hr) == ("NONE", True)
    assert not rows[cast.dewi].by_hr, "Dewi is the only HR that is left"


@pytest.mark.parametrize("number", range(6))
def test_everybody_reaches_an_approver_or_is_on_the_list(cast, number):
    """Invariant 30, over random lines with circles put in by SQL."""
    chance = random.Random(number)
    people = [factories.employee(cast.general, f"Orang {n}") for n in range(25)]
    for person in people:
        if chance.random() < 0.7:
            factories.account(person, is_active=chance.random() < 0.8)
        boss = chance.choice([*people, None])
        if boss not in (None, person):
            Placement.objects.filter(employee=person).update(supervisor=boss)
    listed = {one.employee.pk: one for one in undecided(cast.agency, TODAY)}
    for person in people:
        line = line_above(person.pk, TODAY)
        holder = holder_for(line, TODAY, never={person.pk})
        assert (holder is None) == (person.pk in listed)
        assert holder != person.pk
        assert len(line.ids) <= DEEPEST
        if holder is None:
            assert listed[person.pk].why == ("CIRCLE" if line.circular else "OUT_OF_REACH" if line.ids else "NONE")


def test_the_page_says_it(cast, client):
    client.force_login(somebody(cast, "agency_admin"))
    client.cookies["language"] = "en"
    page = client.get(PAGE).content.decode()
    assert "no supervisor is recorded" in page
    assert "second pair of eyes" in page
    assert timezone.localdate().strftime("%Y") in page
