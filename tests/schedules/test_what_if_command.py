"""`manage.py what_if`: the same comparison as the page, as text and as JSON, naming nobody."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from eligibility.actions import put_in_force
from eligibility.models import Decision, Policy
from performance.rating import Rating
from schedules.actions import weekly
from tests import factories
from tests.eligibility.test_what_if import rows
from tests.worlds import world

from .weeks import WEEK, in_force

pytestmark = pytest.mark.usefixtures("english")


@world
def tiered(cast, now):
    """REWARD-2019 in force; Sari and Eko very good, Eko's team good."""
    in_force(cast.agency, now)
    for person in (cast.sari, cast.eko):
        factories.appraisal(person)
    for person in cast.team:
        factories.appraisal(person, rating=Rating.GOOD)
    return cast


def asked(*options, agency="KC", policy="REWARD-2019", week="2026-W49"):
    out = io.StringIO()
    call_command("what_if", "--agency", agency, "--policy", policy, "--week", week, *options, stdout=out)
    return out.getvalue()


def refused(capsys, *options, **how):
    with pytest.raises(SystemExit) as left:
        asked(*options, **how)
    assert left.value.code == 2
    return capsys.readouterr().err


def test_counts_as_text(tiered):
    said = asked("--set", "MinimumRating.minimum=4")
    assert "KC 2026-W49: REWARD-2019 v1 compared with REWARD-2019 v1" in said
    assert "eligible 2 → 5 (+3 −0)" in said
    assert "R-PREDIKAT 3 → 0" in said
    assert "Biro Perencanaan: 1 → 4 (+3 −0)" in said
    assert "(nothing written)" in said


def test_units_that_break(tiered):
    said = asked("--set", "MinimumRating.minimum=4", "--set", "UnitCap.percent=25")
    assert "1 units whose staffing breaks" in said
    assert "Biro Perencanaan: 3 of 4 days without a place [R-KUOTA-UNIT]" in said


def test_json_has_all_units_and_nobody_by_name(tiered):
    text = asked("--set", "MinimumRating.minimum=4", "--json")
    body = json.loads(text)
    assert body["totals"] == {"people": 8, "before": 2, "after": 5, "gained": 3, "lost": 0, "broken": 0}
    units = {unit["name"]: unit for unit in body["units"]}
    assert (units["Biro Perencanaan"]["gained"], units["Biro Perencanaan"]["breaks"]) == (3, False)
    assert body["reasons"]["R-PREDIKAT"] == {"before": 3, "after": 0}
    for person in (tiered.sari, tiered.eko, *tiered.team):
        assert person.nip not in text
        assert person.name not in text


def test_what_if_then_in_force_then_the_run_agree(tiered, now):
    """A changed policy is asked about, stored, put in force and run: every count and the run's own are the same."""
    foretold = json.loads(asked("--json", policy="BERJENJANG-2026"))
    put_in_force(agency=tiered.agency, policy_code="BERJENJANG-2026", since=WEEK, by=None, at=now)
    run = weekly.run_week(agency=tiered.agency, track="REWARD", week=WEEK, by=None, at=now, publish=True)
    assert (run.in_scope, run.eligible) == (foretold["totals"]["people"], foretold["totals"]["after"])
    for unit in foretold["units"]:
        placed = Decision.objects.at(run).filter(employee__placements__unit=unit["id"], eligible=True)
        assert placed.count() == unit["after"]
    nothing = json.loads(asked("--json", "--published", policy="BERJENJANG-2026"))
    assert (nothing["totals"]["gained"], nothing["totals"]["lost"]) == (0, 0)


def test_a_draft_can_be_asked_about_and_nothing_is_written(tiered):
    draft = Policy.objects.get(code="REWARD-2019")
    rules = [entry | {"minimum": 3} if entry["rule"] == "MinimumRating" else entry for entry in draft.rules]
    Policy.objects.create(
        agency=tiered.agency, code="REWARD-2019", version=2, track="REWARD", name_id="R", name_en="R", rules=rules
    )
    before = rows()
    assert "REWARD-2019 v2" in asked()
    assert "(+0 −0)" in asked("--edition", "1")
    assert rows() == before


@pytest.mark.parametrize(
    ("options", "how", "said"),
    [
        ((), {"agency": "NONE"}, "No agency NONE."),
        ((), {"policy": "NONE"}, "No policy NONE"),
        (("--edition", "9"), {}, "No policy REWARD-2019 v9"),
        ((), {"week": "2026-W60"}, "2026-W60"),
        (("--set", "MinimumRating.minimum"), {}, "write it as MinimumRating.minimum=4"),
        (("--set", "MinimumRating.minimum=9"), {}, "whole number from 1 to 5"),
        (("--set", "Nothing.here=9"), {}, "is no number of this policy"),
        (("--published",), {}, "No week of this track is published yet"),
    ],
)
def test_refusals_say_what_to_do(tiered, capsys, options, how, said):
    assert said in refused(capsys, *options, **how)


def test_a_policy_of_another_agency_is_not_found(tiered, capsys):
    Policy.objects.create(
        agency=tiered.other, code="MEREKA", version=1, track="REWARD", name_id="M", name_en="M", rules=[]
    )
    assert "No policy MEREKA" in refused(capsys, policy="MEREKA")


def test_agency_policy_and_week_must_be_given(db):
    with pytest.raises(CommandError):
        call_command("what_if")
