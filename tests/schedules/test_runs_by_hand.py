"""The weekly run by hand: counts in the operator's language, and weeks too far ahead refused."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import translation

from eligibility.actions import Refused
from eligibility.models import Run
from schedules.actions import weekly

from .weeks import WEEK, in_force


@pytest.fixture
def now(monkeypatch, at):
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    return at


def run_command(capsys, *args):
    with pytest.raises(SystemExit) as ended, translation.override("en"):
        call_command("recompute_eligibility", *args)
    return ended.value.code, capsys.readouterr()


def test_counts_name_problems_and_who_is_left_out(cast, now, capsys):
    in_force(cast.agency, now)
    code, said = run_command(capsys, "--week", "2026-W49", "--dry-run")
    assert (code, Run.objects.count()) == (0, 0)
    assert "8 people, 0 eligible" in said.out
    code, said = run_command(capsys, "--week", "2026-W49")
    assert code == 0
    assert "0 with a problem, 0 left out at their own wish" in said.out
    assert "(started by hand)" in said.out


def test_a_week_beyond_the_next_is_refused(cast, now, capsys):
    in_force(cast.agency, now)
    code, said = run_command(capsys, "--week", "2026-W50")
    assert (code, Run.objects.count()) == (2, 0)
    assert "Compute 2026-W49 first." in said.err
    with pytest.raises(Refused) as refused:
        weekly.run_by_hand(agency=cast.agency, track="REWARD", week=WEEK + dt.timedelta(weeks=1), by=None, at=now)
    assert refused.value.code == "TOO_EARLY"
