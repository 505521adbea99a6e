"""Corrections of published weeks: proposed by the machine or by HR, applied or dismissed by a person with a reason.

What was published stays as it is; an applied correction lies over it for that run and person only.
"""

import dataclasses
import datetime as dt
import logging
from typing import Any

from django.db import DatabaseError, DataError, connection, transaction
from django.utils.translation import gettext as _

from eligibility import engine, permissions, queries
from eligibility.models import Correction, Decision, Run
from eligibility.rules import BROKEN, BadPolicy
from employees.models import AgencyInputs, Employee
from ledger.models import JobChunk, JobRun
from ledger.trail import record

from .refused import Refused

KIND = "CORRECTIONS"
log = logging.getLogger(__name__)
State, Cause = Correction.State, Correction.Cause


# --- proposed by the machine -------------------------------------------------------------------


def propose_due(*, at: dt.datetime) -> int:
    """Look at the published weeks that are not over, where anything changed since the last look; how many proposals
    were made, changed or became needless. Doing it twice changes nothing."""
    runs = queries.open_runs(at)
    inputs = dict(AgencyInputs.objects.filter(agency__in={run.agency_id for run in runs}).values_list("pk", "changes"))
    seen = {int(key): counts["inputs"] for key, counts in _looks([run.pk for run in runs])}
    due = [run for run in runs if inputs.get(run.agency_id, 0) != seen.get(run.pk, run.inputs_seen)]
    return sum(_looked_at(run, at) for run in due)


def _looked_at(run: Run, at: dt.datetime) -> int:
    try:
        return propose(run_id=run.pk, by=None, at=at)
    except (BadPolicy, DatabaseError):
        log.exception("comparing run %s failed", run.pk)  # the other agencies are looked at all the same
        return 0


def _looks(runs: list[int]):
    rows = JobChunk.objects.filter(job__kind=KIND, job__key__in=[str(pk) for pk in runs])
    return rows.values_list("job__key", "counts")


@transaction.atomic
def propose(*, run_id: int, by, at: dt.datetime) -> int:
    """Compare a published week with what the same policy says now. A constant number of statements.

    One open proposal a person: it follows the newest difference and becomes needless with it. What a person dismissed
    is not proposed again while it says the same; what people proposed is left alone. Returns how many rows changed.
    """
    run = _run_in_line(run_id)
    if by is not None:
        permissions.check_may_propose(by, run.agency_id)
    if run.state != Run.State.PUBLISHED:
        raise Refused("NOT_PUBLISHED", _("Only a published week is corrected; compute this one again instead."))
    inputs = AgencyInputs.objects.filter(agency=run.agency_id).values_list("changes", flat=True).first() or 0
    counts = _compared(run, at)
    _remember(run, inputs, counts, at)
    if any(counts.values()):
        record(verb="corrections.propose", subject=run, by=by, at=at, agency_id=run.agency_id, after=counts)
    return sum(counts.values())


def _remember(run: Run, inputs: int, counts: dict[str, int], at: dt.datetime) -> None:
    job, _new = JobRun.objects.update_or_create(
        kind=KIND,
        key=str(run.pk),
        defaults={"agency_id": run.agency_id, "state": JobRun.State.DONE, "started_at": at, "finished_at": at},
    )
    JobChunk.objects.update_or_create(
        job=job, lo=0, defaults={"hi": 1, "state": JobChunk.State.DONE, "counts": counts | {"inputs": inputs}}
    )


def _compared(run: Run, at: dt.datetime) -> dict[str, int]:
    names: dict[str, Any] = {"agency": run.agency_id, "track": run.track, "number": run.number}
    names |= {"run": run.pk, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED)
        _judge(run, engine.prepare(run.computed_under, engine.Scope(run.agency_id, run.week, at)))
        cursor.execute("ANALYZE judged")
        cursor.execute("CREATE TEMP TABLE differing ON COMMIT DROP AS " + _DIFFERING, names)
        cursor.execute("DROP TABLE judged")
        cursor.execute("ANALYZE differing")
        counts = {}
        for name, sql in (("needless", _NEEDLESS), ("changed", _CHANGED), ("new", _NEW)):
            cursor.execute(sql, names)
            counts[name] = cursor.rowcount
        cursor.execute("DROP TABLE differing")
    return counts


def _judge(run: Run, scope: engine.Scope) -> None:
    """Everybody in scope into `judged`. Whoever has data that cannot be judged is found by halving, as in a run."""
    found = engine.verdicts(run.computed_under, scope)
    facts = ", ".join(f"'{name}', {name}" for name in found.columns[2:])
    now = f"SELECT employee_id, reasons, jsonb_strip_nulls(jsonb_build_object({facts})) FROM ({found.sql}) v"  # noqa: S608  our own parts
    try:
        with transaction.atomic():
            engine.execute(f"INSERT INTO judged {now}")
    except DataError:
        inside = Employee.objects.filter(agency_id=run.agency_id, pk__gt=scope.lo, pk__lte=scope.hi)
        ids = list(inside.order_by("pk").values_list("pk", flat=True))
        if len(ids) > 1:
            middle = ids[len(ids) // 2 - 1]
            _judge(run, dataclasses.replace(scope, hi=middle))
            _judge(run, dataclasses.replace(scope, lo=middle))
            return
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO judged VALUES (%s, %s::varchar[], '{}')", [ids[0], [BROKEN]])


_JUDGED = "CREATE TEMP TABLE judged (employee_id bigint, reasons varchar[], evidence jsonb) ON COMMIT DROP"
# Whoever left the scope has no verdict and keeps what was published; whoever came into it later is proposed a gain.
_DIFFERING = """
WITH applied AS (
  SELECT DISTINCT ON (employee_id) employee_id, after_eligible, after_reasons, cause FROM eligibility_correction
  WHERE run_id = %(run)s AND state = 'APPLIED' AND after_eligible IS NOT NULL
  ORDER BY employee_id, decided_at DESC, id DESC
), stored AS (
  SELECT coalesce(d.employee_id, c.employee_id) AS employee_id, coalesce(c.after_eligible, d.eligible) AS eligible,
    coalesce(c.after_reasons, d.reasons) AS reasons, coalesce(d.evidence, '{}'::jsonb) AS evidence,
    c.cause IN ('OBJECTION', 'BY_HAND') AS by_a_person
  FROM (SELECT * FROM eligibility_decision WHERE agency_id = %(agency)s AND track = %(track)s
        AND from_run <= %(number)s AND (until_run IS NULL OR until_run > %(number)s)) d
  FULL JOIN applied c ON c.employee_id = d.employee_id
)
SELECT j.employee_id, s.eligible AS before_eligible, coalesce(s.reasons, '{}') AS before_reasons,
  cardinality(j.reasons) = 0 AS after_eligible, j.reasons AS after_reasons, j.evidence,
  coalesce((SELECT jsonb_object_agg(key, jsonb_build_array(s.evidence -> key, j.evidence -> key))
    FROM jsonb_object_keys(coalesce(s.evidence, '{}'::jsonb) || j.evidence) AS key
    WHERE s.evidence -> key IS DISTINCT FROM j.evidence -> key), '{}'::jsonb) AS changed_facts
FROM judged j LEFT JOIN stored s ON s.employee_id = j.employee_id
WHERE CASE WHEN s.employee_id IS NULL THEN cardinality(j.reasons) = 0
  ELSE s.reasons IS DISTINCT FROM j.reasons AND s.by_a_person IS NOT TRUE END
"""
_NEEDLESS = """
UPDATE eligibility_correction c SET state = 'OBSOLETE', version = version + 1
WHERE c.run_id = %(run)s AND c.state = 'PROPOSED' AND c.cause = 'INPUTS'
  AND NOT EXISTS (SELECT FROM differing d WHERE d.employee_id = c.employee_id)
"""
_CHANGED = """
UPDATE eligibility_correction c SET before_eligible = d.before_eligible, before_reasons = d.before_reasons,
  after_eligible = d.after_eligible, after_reasons = d.after_reasons, evidence = d.evidence,
  changed_facts = d.changed_facts, proposed_at = %(at)s, version = version + 1
FROM differing d WHERE d.employee_id = c.employee_id AND c.run_id = %(run)s AND c.state = 'PROPOSED'
  AND c.cause = 'INPUTS' AND (c.after_reasons IS DISTINCT FROM d.after_reasons
    OR c.before_reasons IS DISTINCT FROM d.before_reasons OR c.changed_facts IS DISTINCT FROM d.changed_facts)
"""
_NEW = """
INSERT INTO eligibility_correction (run_id, agency_id, employee_id, state, cause, before_eligible, before_reasons,
  after_eligible, after_reasons, evidence, changed_facts, days, proposed_at, reason, version)
SELECT %(run)s, %(agency)s, d.employee_id, 'PROPOSED', 'INPUTS', d.before_eligible, d.before_reasons, d.after_eligible,
  d.after_reasons, d.evidence, d.changed_facts, '[]', %(at)s, '', 1
FROM differing d
WHERE (SELECT c.state = 'DISMISSED' AND c.after_reasons = d.after_reasons AND c.changed_facts = d.changed_facts
       FROM eligibility_correction c WHERE c.run_id = %(run)s AND c.employee_id = d.employee_id
         AND c.after_eligible IS NOT NULL ORDER BY c.id DESC LIMIT 1) IS NOT TRUE
ON CONFLICT DO NOTHING
"""


# --- proposed and decided by people ------------------------------------------------------------


@transaction.atomic
def propose_by_hand(
    *,
    run_id: int,
    employee_id: int,
    eligible: bool,
    reasons: list[str],
    by,
    at: dt.datetime,
    reason: str,
    cause: str = Cause.BY_HAND,
) -> Correction:
    """HR proposes another outcome for one person and published week, with a reason; the HR head decides on it.

    A proposal that waits for the person becomes this one. `by` None: silence has granted an objection, so nobody gives
    a reason. Raises `Denied`, or `Refused`: REASON_MISSING, NOT_PUBLISHED, NO_REASONS, UNKNOWN_CODE, NO_DIFFERENCE,
    NOT_HERE, UPHELD.
    """
    run = _run_in_line(run_id)
    if by is not None:
        permissions.check_may_propose(by, run.agency_id, employee_id)
        if not reason.strip():
            raise Refused("REASON_MISSING", _("Give a reason; it stays on record."))
    before = queries.decision_at(run, employee_id)
    _check_proposal(run, employee_id, before, eligible, reasons)
    open_ones = Correction.objects.filter(run=run, employee=employee_id, state=State.PROPOSED)
    waiting = open_ones.filter(after_eligible__isnull=False).select_for_update().first()
    if waiting and waiting.cause == Cause.OBJECTION and cause != Cause.OBJECTION:
        text = _("An objection of this person was upheld and its correction waits; the HR head decides on that first.")
        raise Refused("UPHELD", text)
    made = waiting or Correction(run=run, agency_id=run.agency_id, employee_id=employee_id, version=0)
    made.cause, made.proposed_at, made.evidence, made.changed_facts = cause, at, {}, {}  # no fact changed
    made.before_eligible = before.eligible if before else None
    made.before_reasons = before.reasons if before else []
    made.after_eligible, made.after_reasons, made.reason = eligible, list(reasons), reason.strip()
    made.version += 1
    made.save()
    _record("correction.propose", made, by, at, made.reason)
    return made


def _run_in_line(run_id: int) -> Run:
    """A run under its lock: proposals of one week, by whomever, are made one after the other."""
    rows = Run.objects.select_for_update(of=("self",), no_key=True).select_related("policy", "agency")
    return rows.get(pk=run_id)


def _check_proposal(run: Run, employee_id: int, before: Decision | None, eligible: bool, reasons: list[str]) -> None:
    if run.state != Run.State.PUBLISHED:
        raise Refused("NOT_PUBLISHED", _("Only a published week is corrected; compute this one again instead."))
    # whoever was decided about and works elsewhere by now keeps the right to have that week put right
    if before is None and not Employee.objects.filter(pk=employee_id, agency=run.agency_id).exists():
        raise Refused("NOT_HERE", _("This person does not belong to the agency of that week."))
    if eligible == bool(reasons):
        raise Refused("NO_REASONS", _("Choose at least one condition that is not met, or none where all are met."))
    if unknown := set(reasons) - known_codes(run):
        named = {"codes": ", ".join(sorted(unknown))}
        raise Refused("UNKNOWN_CODE", _("The policy of that week does not know these conditions: %(codes)s.") % named)
    if before is not None and before.eligible == eligible and set(before.reasons) == set(reasons):
        raise Refused("NO_DIFFERENCE", _("That is what counts already; there is nothing to correct."))


def known_codes(run: Run) -> set[str]:
    """The codes of every condition that the policy of a run can find unmet."""
    return {code for rule in engine.week_rules(run.computed_under) for code in rule.codes_here()}


@transaction.atomic
def apply_correction(*, correction_id: int, by, at: dt.datetime, reason: str, version: int) -> Correction:
    """From now on the correction counts for that person and week. What follows for days is the schedules' task: pages
    and commands call `schedules.actions.corrections.apply`. Raises `Denied`, or `Refused`: REASON_MISSING, DECIDED,
    STALE."""
    return _decide(State.APPLIED, "correction.apply", correction_id, by, at, reason, version)


@transaction.atomic
def dismiss_correction(*, correction_id: int, by, at: dt.datetime, reason: str, version: int) -> Correction:
    """What was published stays. Raises as `apply_correction`."""
    return _decide(State.DISMISSED, "correction.dismiss", correction_id, by, at, reason, version)


def _decide(state: str, verb: str, correction_id: int, by, at: dt.datetime, reason: str, version: int) -> Correction:
    one = _locked(correction_id)
    if state == State.APPLIED:
        permissions.check_may_apply(by, one, queries.proposed_by(one))
    else:
        permissions.check_may_correct(by, one.agency_id, one.employee_id)
    if not reason.strip():
        raise Refused("REASON_MISSING", _("Give a reason; it stays on record."))
    if one.state != State.PROPOSED:
        raise Refused(
            "DECIDED", _("This correction is no longer open: it is %(state)s.") % {"state": one.get_state_display()}
        )
    if one.version != version:
        raise Refused("STALE", _("This correction has changed since the page was opened. Load the page again."))
    one.state, one.decided_by, one.decided_at, one.reason = state, by, at, reason.strip()
    one.version += 1
    one.save()
    _record(verb, one, by, at, one.reason)
    return one


def _locked(correction_id: int) -> Correction:
    rows = Correction.objects.select_for_update(of=("self",)).select_related("run__policy", "agency", "employee")
    return rows.get(pk=correction_id)


def _record(verb: str, one: Correction, by, at: dt.datetime, reason: str) -> None:
    before = {"eligible": one.before_eligible, "reasons": list(one.before_reasons)}
    after = {"eligible": one.after_eligible, "reasons": list(one.after_reasons), "run": one.run_id, "cause": one.cause}
    if one.is_of_days:
        before, after = {"days": [day["date"] for day in one.days]}, {"run": one.run_id, "cause": one.cause}
    record(verb=verb, subject=one, by=by, at=at, agency_id=one.agency_id, reason=reason, before=before, after=after)
