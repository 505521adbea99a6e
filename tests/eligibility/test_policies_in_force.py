"""Where a policy applies and from when; and policies as files."""

import datetime as dt
import json

import pytest
from django.core.management import call_command
from django.utils import translation
from psycopg2.extras import DateRange

from eligibility import queries
from eligibility.actions import (
    Refused,
    approve_policy,
    load_policies,
    load_policy,
    publish_run,
    put_in_force,
    start_run,
    submit_policy,
    take_back_plan,
    work_run,
)
from eligibility.models import Policy, PolicyInForce
from eligibility.permissions import Denied
from ledger.models import Event

from .test_policies import MONDAY, NEXT, approved, content, drafted, in_force


def test_a_policy_put_in_force_ends_what_applied_before(cast, at):
    first, second = approved(cast, at), approved(cast, at, code="DUA")
    in_force(cast, at, first, MONDAY)
    made = in_force(cast, at, second, NEXT)
    rows = PolicyInForce.objects.order_by("valid").values_list("policy__code", "valid", "approved_by")
    hadi = cast.hadi_user.pk
    assert list(rows) == [("COBA-2026", DateRange(MONDAY, NEXT), hadi), ("DUA", DateRange(NEXT, None), hadi)]
    assert in_force(cast, at, second, NEXT) == made  # twice is once
    event = Event.objects.get(verb="policy.in_force", subject_id=made.pk)
    assert (event.before["policy"], event.after["policy"]) == (first.pk, second.pk)


def test_a_validity_ends_by_itself(cast, at):
    policy = approved(cast, at, since=NEXT, until=NEXT + dt.timedelta(days=4))
    assert in_force(cast, at, policy, NEXT).valid == DateRange(NEXT, NEXT + dt.timedelta(days=5))


def refused_in_force(cast, at, policy, since):
    before = list(PolicyInForce.objects.order_by("pk").values())
    with translation.override("en"), pytest.raises(Refused) as refused:
        in_force(cast, at, policy, since)
    assert list(PolicyInForce.objects.order_by("pk").values()) == before
    return refused.value.code, str(refused.value)


@pytest.mark.parametrize("since", [MONDAY, NEXT + dt.timedelta(days=5)])
def test_outside_its_validity_a_policy_is_not_put_in_force(cast, at, since):
    policy = approved(cast, at, since=NEXT, until=NEXT + dt.timedelta(days=4))
    code, said = refused_in_force(cast, at, policy, since)
    assert code == "OUTSIDE_VALIDITY"
    assert "may apply from" in said


def test_only_what_is_approved_and_the_agencys_is_put_in_force(cast, at):
    draft = drafted(cast, at)
    assert refused_in_force(cast, at, draft, NEXT)[0] == "NOT_APPROVED"
    assert refused_in_force_by_code(cast, at, "COBA-2026") == "NO_POLICY"
    theirs = Policy.objects.create(
        agency=cast.other, code="MEREKA", version=1, state="APPROVED", approved_by=cast.ratna_user, **content()
    )
    assert refused_in_force(cast, at, theirs, NEXT)[0] == "NO_POLICY"
    assert refused_in_force_by_code(cast, at, "MEREKA") == "NO_POLICY"
    with pytest.raises(Denied):
        put_in_force(agency=cast.other, policy=draft, since=NEXT, by=cast.hadi_user, at=at)


def refused_in_force_by_code(cast, at, code):
    with pytest.raises(Refused) as refused:
        put_in_force(agency=cast.agency, policy_code=code, since=NEXT, by=None, at=at)
    return refused.value.code


def test_by_its_code_the_newest_approved_version_is_meant(cast, at):
    shared = load_policy(data={"code": "BERSAMA", "version": 1} | content(), by=None, at=at)
    policy = drafted(cast, at, before=shared)
    put = put_in_force(agency=cast.agency, policy_code="BERSAMA", since=MONDAY, by=None, at=at)
    assert put.policy == shared
    submit_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=1)
    approve_policy(policy_id=policy.pk, by=cast.hadi_user, at=at, edition=2)
    put = put_in_force(agency=cast.agency, policy_code="BERSAMA", since=NEXT, by=None, at=at)
    assert put.policy == policy
    theirs = put_in_force(agency=cast.other, policy_code="BERSAMA", since=NEXT, by=None, at=at)
    assert theirs.policy == shared


def test_two_plans_of_a_track_never_overlap(cast, at):
    first, second = approved(cast, at), approved(cast, at, code="DUA")
    brief = approved(cast, at, code="TIGA", until=NEXT + dt.timedelta(days=6))
    beside = approved(cast, at, code="EMPAT", track="FRIDAY")
    in_force(cast, at, first, NEXT + dt.timedelta(days=7))
    code, said = refused_in_force(cast, at, second, NEXT)
    assert code == "OVERLAP"
    assert "COBA-2026 v1 is already planned from" in said
    assert refused_in_force(cast, at, second, NEXT + dt.timedelta(days=7))[0] == "SAME_DAY"
    in_force(cast, at, brief, NEXT)  # ends before the other begins
    in_force(cast, at, beside, NEXT)  # another track


def test_a_published_week_is_not_computed_anew_under_another_policy(cast, at):
    first, second = approved(cast, at), approved(cast, at, code="DUA")
    in_force(cast, at, first, MONDAY)
    made = start_run(agency=cast.agency, track="REWARD", week=MONDAY, by=None, at=at)
    done = work_run(job_id=made.job_id, at=at)
    publish_run(run_id=done.pk, by=None, at=at, version=done.version)
    code, said = refused_in_force(cast, at, second, MONDAY + dt.timedelta(days=6))
    assert code == "PUBLISHED"
    assert "2026-W48 is published" in said
    in_force(cast, at, second, NEXT)
    assert queries.policy_of(cast.agency.pk, "REWARD", MONDAY) == first


def test_a_plan_that_has_not_begun_is_taken_back_and_the_one_before_goes_on(cast, at):
    first, second = approved(cast, at), approved(cast, at, code="DUA")
    running, planned = in_force(cast, at, first, MONDAY), in_force(cast, at, second, NEXT)
    with pytest.raises(Denied):
        take_back_plan(in_force_id=planned.pk, by=cast.dewi_user, at=at)
    with pytest.raises(Refused) as begun:
        take_back_plan(in_force_id=running.pk, by=cast.hadi_user, at=at)
    assert begun.value.code == "BEGUN"
    take_back_plan(in_force_id=planned.pk, by=cast.hadi_user, at=at)
    assert list(PolicyInForce.objects.values_list("policy", "valid")) == [(first.pk, DateRange(MONDAY, None))]
    with pytest.raises(Refused) as gone:
        take_back_plan(in_force_id=planned.pk, by=cast.hadi_user, at=at)
    assert gone.value.code == "GONE"
    assert Event.objects.get(verb="policy.take_back").before == {"policy": second.pk, "since": "2026-11-30"}


# --- files ---


TOML = """
code = "MUSIM-2026"
version = 1
track = "SEASON"
name_id = "Musim"
name_en = "Season"
since = 2026-04-01
until = 2026-12-31
feed_days = 7
note_en = "A trial"

[[rules]]
rule = "MinimumScore"
minimum = 90.10

[[rules]]
rule = "DateWindow"
since = 2026-04-01
"""


def test_a_toml_file_says_the_same_and_no_number_becomes_a_float(at, db, tmp_path):
    path = tmp_path / "musim.toml"
    path.write_text(TOML)
    (policy,) = load_policies(by=None, at=at, files=[path])
    assert load_policies(by=None, at=at, files=[path]) == [policy]
    policy.refresh_from_db()
    assert policy.rules[0] == {"rule": "MinimumScore", "minimum": "90.10"}
    assert policy.rules[1] == {"rule": "DateWindow", "since": "2026-04-01"}
    assert (policy.since, policy.until, policy.feed_days) == (dt.date(2026, 4, 1), dt.date(2026, 12, 31), 7)
    again = {"code": "MUSIM-2026", "version": 1, "since": "2026-04-01", "until": "2026-12-31"}
    path = tmp_path / "musim.json"
    path.write_text(json.dumps(content(track="SEASON", name_id="Musim", name_en="Season", rules=policy.rules) | again))
    assert load_policies(by=None, at=at, files=[path]) == [policy]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.toml", "code = ", "cannot be read as TOML"),
        ("x.json", "{", "cannot be read as JSON"),
        ("x.json", "[]", "does not hold a policy"),
        ("x.toml", TOML.replace("MinimumScore", "Magic"), "MUSIM-2026: There is no rule “Magic”"),
        ("x.toml", TOML.replace("90.10", "121"), "from 0 to 120"),
        ("x.toml", TOML.replace("2026-12-31", "2026-01-31"), "lies before the first"),
        ("x.toml", TOML.replace("2026-12-31", '"soon"'), "since and until are days"),
        ("x.toml", TOML.replace("version = 1", "version = 0"), "a whole number from 1 on"),
        ("x.toml", TOML.replace("note_en", "colour"), "unknown colour"),
        ("x.toml", TOML.replace("track =", "note_id ="), "missing track"),
        ("x.toml", TOML.replace('"MUSIM-2026"', '"musim"'), "capital letters"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_what_is_wrong(db, tmp_path, capsys, name, text, said):
    path = tmp_path / name
    path.write_text(text)
    with translation.override("en"), pytest.raises(SystemExit) as ended:
        call_command("load_policies", path)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert not Policy.objects.exists()


def test_other_content_needs_a_higher_version(cast, at):
    load_policy(data={"code": "BERSAMA", "version": 1} | content(), by=None, at=at)
    with pytest.raises(Refused) as taken:
        load_policy(data={"code": "BERSAMA", "version": 1} | content(brake_percent=1), by=None, at=at)
    assert taken.value.code == "VERSION_TAKEN"
    load_policy(data={"code": "BERSAMA", "version": 2} | content(brake_percent=1), by=None, at=at)
