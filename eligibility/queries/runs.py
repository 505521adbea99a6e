"""Which run counts for a week, which decision for a person."""

import datetime as dt
import hashlib

from django.db import connection

from eligibility.models import Decision, Policy, PolicyInForce, Run

from .corrections import applied, corrected, is_corrected


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
    """A person's decision at a run, with the correction that was applied since."""
    stored = Decision.objects.at(run).filter(employee_id=employee_id).annotate(mended=is_corrected(run)).first()
    if stored is not None and not stored.mended:
        return stored
    return corrected(run, employee_id, stored)


def eligible_at(run: Run, employee_ids: list[int]) -> set[int]:
    """Who of these is eligible at a run, corrections counted."""
    rows = Decision.objects.at(run).filter(~is_corrected(run), employee_id__in=employee_ids, eligible=True)
    mended = applied(run).filter(employee__in=employee_ids, after_eligible=True)
    stored = rows.order_by().values_list("employee_id", flat=True)
    return set(stored.union(mended.order_by().values_list("employee_id", flat=True)))


def latest_published(agency_id: int, track: str) -> Run | None:
    return Run.objects.published().filter(agency_id=agency_id, track=track).order_by("-week").first()


# What a decision says, without what it is stored under. The sum of the rows' hashes does not hang on their order.
HASHES = """coalesce(sum(hashtextextended(ROW(d.employee_id, d.eligible, d.reasons, d.placement_id, d.appraisal_id,
  d.rating, d.score, d.kind, d.legal_status, d.direct_service, d.facts_key)::text, 0)::numeric), 0)"""
_DIGEST = f"""
SELECT {HASHES}, count(*) FROM eligibility_decision d WHERE d.agency_id = %(agency)s AND d.track = %(track)s
  AND d.from_run <= %(number)s AND (d.until_run IS NULL OR d.until_run > %(number)s)
"""  # noqa: S608  built from our own constants


def digest_of(run: Run) -> str:
    """SHA-256 of all decisions that hold at a run, in no order: the same decisions give the same digest."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, {"agency": run.agency_id, "track": run.track, "number": run.number})
        return digest_from(*cursor.fetchone())


def digest_from(hashes: int, people: int) -> str:
    """The digest from the sum of the rows' hashes, as the chunks of a run add it up, and their number."""
    return hashlib.sha256(f"{int(hashes)}:{people}".encode()).hexdigest()


def altered_runs() -> list[int]:
    """Ids of published runs whose decisions are no longer those that were published. Corrections lie over them and
    change none."""
    runs = Run.objects.published().exclude(digest="").order_by("pk")
    return [run.pk for run in runs.iterator() if digest_of(run) != run.digest]
