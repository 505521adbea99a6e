"""Which run counts for a week, which decision for a person."""

import dataclasses
import datetime as dt

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


# What a decision `d` says, without what it is stored under; and two sums of hashes of all that is said, which do not
# hang on their order, so that a week in which little changes adds and takes away little.
SAID = """ROW(d.employee_id, d.eligible, d.reasons, d.placement_id, d.appraisal_id, d.rating, d.score, d.kind,
  d.legal_status, d.direct_service, d.facts_key)::text AS said"""
HASHES = ", ".join(f"coalesce(sum(hashtextextended(said, {seed})::numeric), 0)" for seed in (0, 1))
WORD = 2**64
_DIGEST = f"""
SELECT {HASHES}, count(*), count(*) FILTER (WHERE eligible) FROM (
  SELECT {SAID}, d.eligible FROM eligibility_decision d
  WHERE d.agency_id = %(agency)s AND d.track = %(track)s AND d.from_run <= %(number)s
    AND (d.until_run IS NULL OR d.until_run > %(number)s) OFFSET 0
) held
"""  # noqa: S608  built from our own constants


@dataclasses.dataclass(frozen=True)
class Tally:
    """The decisions that hold at a run: two sums of their hashes, how many, and how many of them yes."""

    first: int = 0
    second: int = 0
    people: int = 0
    eligible: int = 0

    @property
    def digest(self) -> str:
        """32 hexadecimal digits and the number of decisions: the same decisions give the same digest."""
        return f"{self.first % WORD:016x}{self.second % WORD:016x}-{self.people}"

    def plus(self, changes: dict[str, int]) -> "Tally":
        """What holds after a run's chunks, which counted what they opened and closed."""
        return Tally(
            self.first + changes.get("first", 0),
            self.second + changes.get("second", 0),
            self.people + changes.get("entered", 0) - changes.get("left", 0),
            self.eligible + changes.get("more_eligible", 0),
        )


def tally_of(run: Run) -> Tally:
    """Counted anew, over all decisions that hold at a run."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, {"agency": run.agency_id, "track": run.track, "number": run.number})
        return Tally(*(int(number) for number in cursor.fetchone()))


def tally_after(run: Run, changes: dict[str, int]) -> Tally:
    """What holds after a run, from what held before it and what its chunks changed."""
    earlier = Run.objects.filter(agency=run.agency_id, track=run.track, number__lt=run.number)
    before = earlier.filter(state__in=[Run.State.PUBLISHED, Run.State.WAITING]).order_by("-number").first()
    if before is None:
        return Tally().plus(changes)
    if len(before.digest) < 33:  # of a time before digests
        return tally_of(run)
    words = int(before.digest[:16], 16), int(before.digest[16:32], 16)
    return Tally(*words, before.in_scope, before.eligible).plus(changes)


def digest_of(run: Run) -> str:
    """The digest of all decisions that hold at a run, counted anew."""
    return tally_of(run).digest


def altered_runs() -> list[int]:
    """Ids of published runs whose decisions are no longer those that were published. Corrections lie over them and
    change none."""
    runs = Run.objects.published().exclude(digest="").order_by("pk")
    return [run.pk for run in runs.iterator() if digest_of(run) != run.digest]
