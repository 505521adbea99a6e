"""Which run counts for a week, which decision for a person."""

import datetime as dt

from eligibility.models import Decision, Policy, PolicyInForce, Run


def in_force(agency_id: int, on: dt.date) -> list[PolicyInForce]:
    """The policies an agency applies on a date, one a track."""
    return list(
        PolicyInForce.objects.filter(agency_id=agency_id, valid__contains=on).select_related("policy").order_by("track")
    )


def policy_of(agency_id: int, track: str, on: dt.date) -> Policy | None:
    found = PolicyInForce.objects.filter(agency_id=agency_id, track=track, valid__contains=on)
    return next((row.policy for row in found.select_related("policy")), None)


def published_runs(agency_id: int, week: dt.date) -> list[Run]:
    """The runs published for that very week, one a track; without one there is no decision for the week."""
    runs = Run.objects.published().filter(agency_id=agency_id, week=week)
    return list(runs.select_related("policy", "published_by__employee").order_by("track"))


def decision_at(run: Run, employee_id: int) -> Decision | None:
    return Decision.objects.at(run).filter(employee_id=employee_id).first()


def eligible_at(run: Run, employee_ids: list[int]) -> set[int]:
    """Who of these is eligible at a run."""
    rows = Decision.objects.at(run).filter(employee_id__in=employee_ids, eligible=True)
    return set(rows.values_list("employee_id", flat=True))


def latest_published(agency_id: int, track: str) -> Run | None:
    return Run.objects.published().filter(agency_id=agency_id, track=track).order_by("-week").first()
