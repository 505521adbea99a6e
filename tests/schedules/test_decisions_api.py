"""Decisions over the API: the same explanation as the page and the command, to whom reasons may be shown."""

import datetime as dt
import io
import json

import pytest
from django.core.management import call_command
from knox.models import AuthToken

from eligibility.actions import load_policies, put_in_force
from eligibility.models import Correction, Policy, Run
from performance.rating import Rating
from schedules.actions.weekly import run_week
from tests import factories
from tests.worlds import world

WEEK = dt.date(2026, 11, 23)


@world
def decided(cast, at):
    load_policies(by=None, at=at)
    factories.appraisal(cast.sari, rating=Rating.GOOD)
    for agency in (cast.agency, cast.other):
        put_in_force(agency=agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
        run_week(agency=agency, track="REWARD", week=WEEK, by=None, at=at, publish=True)
    return cast


def get(client, user, path):
    return client.get(path, headers={"authorization": f"Token {AuthToken.objects.create(user=user)[1]}"})


def path_of(person, week="2026-W48"):
    return f"/api/v1/decisions/{person.public_id}~{week}/"


def test_the_command_the_page_and_the_api_show_the_same(client, decided):
    body = get(client, decided.sari_user, path_of(decided.sari)).json()
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("explain", decided.sari.nip, "--week", "2026-W48", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert body["reasons"] == said["reasons"] == ["R-PREDIKAT"]
    (policy,), (shown,) = body["policies"], said["policies"]
    assert policy["evidence"] == said["evidence"]["REWARD-2019"]
    keys = ("code", "passed", "label", "article")
    assert [[r[k] for k in keys] for r in policy["rules"]] == [[r[k] for k in keys] for r in shown["rules"]]
    client.force_login(decided.sari_user)
    page = client.get("/why/2026-W48/").content.decode()
    for rule in policy["rules"]:
        assert rule["text"]
        assert rule["sentence"] in page
        assert all(fact["value"] in page for fact in rule["facts"])


@pytest.mark.parametrize(
    ("who", "status"),
    [("sari", 200), ("dewi", 200), ("hadi", 200), ("budi", 404), ("eko", 404), ("ratna", 404)],
)
def test_reasons_are_for_the_person_hr_and_the_auditor(client, decided, who, status):
    assert get(client, getattr(decided, f"{who}_user"), path_of(decided.sari)).status_code == status


@pytest.mark.parametrize(
    "path", [path_of, lambda person: path_of(person, "2026-W54"), lambda person: path_of(person, "x")]
)
def test_a_week_without_decision_says_so_and_odd_ones_do_not_exist(client, decided, path):
    found = get(client, decided.sari_user, path(decided.sari))
    assert found.status_code == (200 if path is path_of else 404)
    later = get(client, decided.sari_user, path_of(decided.sari, "2027-W10")).json()
    assert (later["eligible"], later["policies"]) == (None, [])


def test_the_list_is_of_ones_own_agency_in_a_constant_number_of_queries(client, decided, django_assert_num_queries):
    body = get(client, decided.dewi_user, "/api/v1/decisions/?week=2026-W48").json()
    names = {row["nip"] for row in body["results"]}
    assert decided.sari.nip in names
    assert decided.ratna.nip not in names
    (sari,) = [row for row in body["results"] if row["nip"] == decided.sari.nip]
    assert (sari["eligible"], sari["reasons"]) == (False, ["R-PREDIKAT"])
    assert get(client, decided.dewi_user, sari["url"]).status_code == 200
    one = get(client, decided.dewi_user, "/api/v1/decisions/?week=2026-W48&unit=UMUM").json()["results"]
    assert {row["nip"] for row in one} == {decided.sari.nip, decided.budi.nip}
    assert [
        row["nip"] for row in get(client, decided.eko_user, "/api/v1/decisions/?week=2026-W48").json()["results"]
    ] == [decided.eko.nip]
    assert get(client, decided.dewi_user, "/api/v1/decisions/").status_code == 400
    for unit in ("UMUM", "REN"):
        with django_assert_num_queries(9):
            get(client, decided.dewi_user, f"/api/v1/decisions/?week=2026-W48&unit={unit}")


def test_a_correction_counts_in_list_detail_and_command(client, decided, at):
    run = Run.objects.published().get(agency=decided.agency)
    Correction.objects.create(
        run=run,
        agency=decided.agency,
        employee=decided.sari,
        state="APPLIED",
        before_eligible=False,
        before_reasons=["R-PREDIKAT"],
        after_eligible=True,
        after_reasons=[],
        proposed_at=at,
        decided_at=at,
        decided_by=decided.hadi_user,
        reason="Nilai diperbaiki",
    )
    rows = get(client, decided.dewi_user, "/api/v1/decisions/?week=2026-W48").json()["results"]
    (sari,) = [row for row in rows if row["nip"] == decided.sari.nip]
    assert (sari["eligible"], sari["reasons"], sari["corrected"]) == (True, [], True)
    body = get(client, decided.sari_user, path_of(decided.sari)).json()
    assert (body["eligible"], body["reasons"]) == (True, [])
    (one,) = body["corrections"]
    assert (one["by"], one["reason"], one["before"]) == (str(decided.hadi_user), "Nilai diperbaiki", ["R-PREDIKAT"])
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("explain", decided.sari.nip, "--week", "2026-W48", stdout=out)
    assert "Nilai diperbaiki" in out.getvalue()


def test_the_command_asks_no_policy_of_another_agency(decided, client):
    """Two agencies may each have a policy of one code; the person's own agency's and everybody's count."""
    for agency, rules in ((decided.agency, [{"rule": "ActiveStatus"}]), (decided.other, [{"rule": "DutyCriteria"}])):
        Policy.objects.create(
            agency=agency, code="INTERN", version=1, track="UJI", name_id="x", name_en="x", rules=rules
        )
    Policy.objects.create(
        agency=decided.other, code="INTERN", version=2, track="UJI", name_id="x", name_en="x", rules=[]
    )
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("explain", decided.sari.nip, "--week", "2026-W48", "--policy", "INTERN", "--json", stdout=out)
    (found,) = json.loads(out.getvalue())["policies"]
    assert (found["version"], len(found["rules"])) == (1, 1)
    with pytest.raises(SystemExit):
        call_command(
            "explain", decided.ratna.nip, "--week", "2026-W48", "--policy", "INTERN", stdout=(out := io.StringIO())
        )
    assert "INTERN v2" in out.getvalue()
