"""The life of a weekly run: started, computed in chunks, held or published, withdrawn or recorded as missed."""

import datetime as dt

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from eligibility import engine, permissions, queries
from eligibility.models import Run
from eligibility.rules import flat, read
from employees.calendar import week_name
from employees.models import Agency, AgencyInputs, Employee, Feed
from ledger import jobs, outbox
from ledger.models import Outbox
from ledger.trail import record

from .refused import Refused

KIND = "RECOMPUTE"


def start_run(*, agency: Agency, track: str, week: dt.date, by, at: dt.datetime, by_hand: bool = False) -> Run:
    """Open the run of an agency, track and week (its Monday) and cut its work into chunks.

    A run still waiting for an earlier week, or overtaken by changed inputs, is withdrawn. Two starts at once make one
    run; one started `by_hand` waits for a person's publication. Raises `Refused`: ALREADY_PUBLISHED, RUNNING, WAITING,
    TOO_OLD, NO_POLICY.
    """
    try:
        with transaction.atomic():
            return _start(agency, track, week, by, at, by_hand)
    except IntegrityError as error:
        raise Refused("RUNNING", _("This week is already being computed.")) from error


def _start(agency: Agency, track: str, week: dt.date, by, at, by_hand: bool) -> Run:
    runs = Run.objects.select_for_update(no_key=True).filter(agency=agency, track=track)
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)  # starts of one agency stand in line
    _check_start(runs, agency, track, week)
    policy = queries.policy_of(agency.pk, track, week)
    if policy is None:
        raise Refused("NO_POLICY", _("No policy of this track is in force in that week."))
    if runs.filter(state=Run.State.WAITING, week=week, policy=policy, inputs_seen=_inputs(agency.pk)).exists():
        raise Refused("WAITING", _("This week is computed and nothing has changed since; it waits for publication."))
    for stale in runs.filter(state=Run.State.WAITING):
        _withdraw(stale, by, at, reason=f"superseded by {week_name(week)}")
    run = Run.objects.create(
        agency=agency,
        track=track,
        week=week,
        number=(runs.aggregate(last=Max("number"))["last"] or 0) + 1,
        policy=policy,
        hold=Run.Hold.BY_HAND if by_hand else "",
        cutoff_at=at,
        started_by=by,
        inputs_seen=_inputs(agency.pk),
    )
    job = jobs.start(kind=KIND, key=f"{agency.pk}:{track}", agency_id=agency.pk, cuts=_cuts(agency.pk), at=at)
    Run.objects.filter(pk=run.pk).update(job_id=job.pk)
    run.job_id = job.pk
    after = {"week": week_name(week), "number": run.number, "policy": policy.pk}
    record(verb="run.start", subject=run, by=by, at=at, agency_id=agency.pk, after=after)
    outbox.put(kind=Outbox.Kind.JOB, key=f"job:{job.pk}", at=at, payload={"job": job.pk}, agency_id=agency.pk)
    return run


def _check_start(runs, agency, track, week) -> None:
    named = {"week": week_name(week)}
    if runs.filter(state=Run.State.COMPUTING).exists():
        raise Refused("RUNNING", _("This agency is already being computed; wait for it to end."))
    newest = queries.latest_published(agency.pk, track)
    if newest and newest.week == week:
        raise Refused("ALREADY_PUBLISHED", _("%(week)s is published and frozen; a change is a correction.") % named)
    if newest and newest.week > week:
        raise Refused("TOO_OLD", _("A later week is published; %(week)s can only be corrected.") % named)


def _inputs(agency_id: int) -> int:
    return AgencyInputs.objects.filter(agency_id=agency_id).values_list("changes", flat=True).first() or 0


def _cuts(agency_id: int) -> list[int]:
    """Every so many people an id, where somebody follows: ranges of equal work, in the order in which rows lie on disk.
    In steps along the index (numbering everybody took three times as long)."""
    people = f"FROM {Employee._meta.db_table} WHERE agency_id = %(agency)s AND id"
    step = f"(SELECT id {people} > {{after}} ORDER BY id OFFSET %(size)s - 1 LIMIT 1)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE cut (id) AS (
                {step.format(after=0)} UNION ALL SELECT {step.format(after="cut.id")} FROM cut WHERE cut.id IS NOT NULL
              ) SELECT id FROM cut WHERE EXISTS (SELECT {people} > cut.id) ORDER BY id""",  # noqa: S608  our own parts
            {"agency": agency_id, "size": settings.JOB_CHUNK},
        )
        return [pk for (pk,) in cursor.fetchall()]


def work_run(*, job_id: int, at: dt.datetime) -> Run | None:
    """Do chunks of a run's job until none is left, then close it. Any number of workers may call this at once."""
    run = Run.objects.select_related("policy", "agency").filter(job_id=job_id, state=Run.State.COMPUTING).first()
    if run is None:
        return None
    patience = dt.timedelta(seconds=settings.JOB_CHUNK_SECONDS)
    if jobs.work(job_id, lambda lo, hi: engine.compute(run, lo, hi), patience=patience):
        finish_run(run_id=run.pk, at=at)
    return Run.objects.get(pk=run.pk)


@transaction.atomic
def finish_run(*, run_id: int, at: dt.datetime) -> None:
    """All chunks are done: count, then publish where the brake allows, else wait for a person. Happens once."""
    run = Run.objects.select_for_update(of=("self",), no_key=True).select_related("policy").get(pk=run_id)
    if run.state != Run.State.COMPUTING or not jobs.finish(run.job_id, at=at):
        return
    total = jobs.counts(run.job_id)
    for name in ("changed", "gained", "lost", "problems", "left_out"):
        setattr(run, name, total.get(name, 0))
    tally = queries.tally_after(run, total)
    run.in_scope, run.eligible, run.digest = tally.people, tally.eligible, tally.digest
    engine.tidy(run)
    run.hold = _hold(run)
    run.state = Run.State.WAITING
    run.save()
    after = {"in_scope": run.in_scope, "eligible": run.eligible, "changed": run.changed, "hold": run.hold}
    record(verb="run.computed", subject=run, by=None, at=at, agency_id=run.agency_id, after=after)
    if not run.hold:
        _publish(run, None, at)


def _hold(run: Run) -> str:
    """Why the run waits for a person (rulings.md 15), or ""."""
    last = queries.latest_published(run.agency_id, run.track)
    if run.hold:
        return run.hold
    if run.problems:
        return Run.Hold.PROBLEMS
    if _stale_feeds(run):
        return Run.Hold.STALE_FEED
    if last is None:
        return Run.Hold.FIRST
    if last.policy_id != run.policy_id or _other_policy(run):
        return Run.Hold.NEW_POLICY
    if last.week.isocalendar().year != run.week.isocalendar().year:
        return Run.Hold.NEW_YEAR
    if run.flips * 100 > run.computed_under.brake_percent * max(last.in_scope, 1):
        return Run.Hold.BRAKE
    return ""


def _other_policy(run: Run) -> bool:
    """Whether the week is no longer under the policy that its run was computed with."""
    policy = queries.policy_of(run.agency_id, run.track, run.week)
    return policy is None or policy.pk != run.policy_id


def _stale_feeds(run: Run) -> list[str]:
    """Kinds of records that the policy leans on and that are not complete close enough to the week (rulings.md 16)."""
    policy = run.computed_under
    if policy.feed_days is None:
        return []
    needed = sorted({kind for rule in flat(read(policy.rules)) for kind in rule.feeds})
    border = run.week - dt.timedelta(days=policy.feed_days)
    fresh = Feed.objects.filter(agency=run.agency_id, kind__in=needed, complete_until__gte=border)
    return sorted(set(needed) - set(fresh.values_list("kind", flat=True)))


@transaction.atomic
def publish_run(*, run_id: int, by, at: dt.datetime, version: int) -> Run:
    """Make a waiting run the one that counts for its week. Refused where anything changed since it was computed."""
    run = (
        Run.objects.select_for_update(of=("self",), no_key=True)
        .select_related("policy", "agency", "published_by__employee")
        .get(pk=run_id)
    )
    if by is not None:
        permissions.check_may_publish(by, run.agency_id)
    if run.state == Run.State.PUBLISHED:
        who = {"who": run.published_by or _("the system"), "when": f"{run.published_at:%Y-%m-%d %H:%M}"}
        raise Refused("ALREADY_PUBLISHED", _("Already published by %(who)s (%(when)s UTC).") % who)
    if run.state != Run.State.WAITING or run.version != version:
        raise _stale()
    if _other_policy(run):
        raise Refused("POLICY_CHANGED", _("Another policy is in force since this run was computed. Compute it again."))
    if _inputs(run.agency_id) != run.inputs_seen:
        raise Refused("INPUTS_CHANGED", _("Scores or people changed since this run was computed. Compute it again."))
    return _publish(run, by, at)


def _publish(run: Run, by, at) -> Run:
    run.state, run.published_at, run.published_by = Run.State.PUBLISHED, at, by
    run.version += 1
    run.save()
    after = {"week": week_name(run.week), "number": run.number}
    record(verb="run.publish", subject=run, by=by, at=at, agency_id=run.agency_id, after=after)
    payload = {"agency": run.agency_id, "week": run.week.isoformat()}
    outbox.put(kind=Outbox.Kind.PLAN, key=f"plan:{run.pk}", at=at, payload=payload, agency_id=run.agency_id)
    return run


def _stale() -> Refused:
    return Refused("STALE", _("This run has changed since the page was opened. Load the page again."))


def withdraw_run(*, run_id: int, by, at: dt.datetime, reason: str, version: int | None = None) -> Run:
    """Take back a run that is not published, or cancel one at work; its decisions vanish as if it had never run.

    Raises `permissions.Denied`, or `Refused`: NO_REASON, STALE, BUSY.
    """
    if by is not None and not reason.strip():
        raise Refused("NO_REASON", _("Write why the run is withdrawn; the reason is kept with it."))
    try:
        with transaction.atomic():
            run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
            if by is not None:
                permissions.check_may_publish(by, run.agency_id)
            if run.state not in (Run.State.COMPUTING, Run.State.WAITING) or version not in (None, run.version):
                raise _stale()
            return _withdraw(run, by, at, reason.strip())
    except OperationalError as error:  # a worker holds a chunk for longer than we wait
        raise Refused("BUSY", _("A worker is in the middle of this run. Please try again in a moment.")) from error


def _withdraw(run: Run, by, at, reason: str) -> Run:
    jobs.cancel(run.job_id, at=at)  # first: nobody writes decisions of this run any more
    engine.withdraw(run)
    engine.tidy(run)
    hold = Run.Hold.BY_HAND if by else ""  # what a person took back the timetable does not start again
    Run.objects.filter(pk=run.pk).update(state=Run.State.WITHDRAWN, hold=hold, version=F("version") + 1)
    record(verb="run.withdraw", subject=run, by=by, at=at, agency_id=run.agency_id, reason=reason)
    run.refresh_from_db()
    return run


@transaction.atomic
def resume_run(*, run_id: int, by, at: dt.datetime, version: int | None = None) -> Run:
    """Hand a run that nobody works on to a worker again; parts that failed too often get another life.

    Raises `permissions.Denied`, or `Refused`: STALE, AT_WORK.
    """
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    permissions.check_may_publish(by, run.agency_id)
    if run.state != Run.State.COMPUTING or version not in (None, run.version):
        raise _stale()
    renewed = jobs.renew(run.job_id)
    patience = dt.timedelta(seconds=settings.JOB_CHUNK_SECONDS)
    if run.job_id not in jobs.unattended(at=at, patience=patience):
        raise Refused("AT_WORK", _("A worker is at this run. It shows here when it is done."))
    key = f"job:{run.job_id}:{at:%Y%m%d%H%M%S}"
    outbox.put(kind=Outbox.Kind.JOB, key=key, at=at, payload={"job": run.job_id}, agency_id=run.agency_id)
    record(verb="run.resume", subject=run, by=by, at=at, agency_id=run.agency_id, after={"renewed": renewed})
    return run


@transaction.atomic
def recompute(*, run_id: int, by, at: dt.datetime, version: int | None = None) -> Run:
    """Withdraw a waiting run and start the same week anew, with what is approved by now; or start a week anew whose run
    was withdrawn. `version`: of the run that was looked at. Raises as both of them."""
    run = Run.objects.select_related("agency").get(pk=run_id)
    Agency.objects.select_for_update(no_key=True).get(pk=run.agency_id)  # before the run, as `_start` does
    if run.state != Run.State.WITHDRAWN:
        run = withdraw_run(run_id=run_id, by=by, at=at, reason="recomputed", version=version)
    else:
        if by is not None:
            permissions.check_may_publish(by, run.agency_id)
        if version not in (None, run.version):
            raise _stale()
    return _start(run.agency, run.track, run.week, by, at, by_hand=True)


@transaction.atomic
def record_missed(*, agency: Agency, track: str, week: dt.date, at: dt.datetime) -> Run | None:
    """Note a week that nobody computed in its time; it is never made up for (rulings.md 7)."""
    runs = Run.objects.select_for_update(no_key=True).filter(agency=agency, track=track)
    if runs.filter(week=week).exclude(state=Run.State.WITHDRAWN).exists():
        return None
    number = (runs.aggregate(last=Max("number"))["last"] or 0) + 1
    run = Run.objects.create(agency=agency, track=track, week=week, number=number, state=Run.State.MISSED, cutoff_at=at)
    record(verb="run.missed", subject=run, by=None, at=at, agency_id=agency.pk, after={"week": week_name(week)})
    return run
