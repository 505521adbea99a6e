"""Scores are submitted, approved, returned and corrected. Nothing but an approved version in force counts.

Every action takes `by` (the account that answers for it) and `at` (the instant), runs in one transaction and is
recorded in the ledger. What was rated never changes: a correction is a new version (rulings.md 4).
"""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.models import AgencyInputs, Employee, User
from ledger.trail import record, record_each

from .models import Appraisal
from .permissions import (
    ARRIVED_LATER,
    NOT_WAITING,
    NOT_YOURS,
    OWN_IMPORT,
    OWN_SCORE,
    UNRATED,
    WAITING_STATES,
    covered_by,
    not_by_you,
    not_now,
)
from .rating import Regime, Unratable, rate

State = Appraisal.State

SENTENCES = {
    NOT_YOURS: gettext_lazy("This score does not exist or is not yours to decide."),
    ARRIVED_LATER: gettext_lazy(
        "This score arrived after the list was shown. Open the list again and look at it first."
    ),
    NOT_WAITING: gettext_lazy("This score is not waiting for approval."),
    UNRATED: gettext_lazy("This score has no rating, so it cannot be approved. Correct it or return it with a reason."),
    OWN_SCORE: gettext_lazy("This is your own score; a colleague must decide on it."),
    OWN_IMPORT: gettext_lazy("You entered or imported this score; a second pair of eyes must decide on it."),
}
RATED_FROM = ("goals", "behaviour_score", "weight_goals", "new_idea", "result", "behaviour")
BLANK = {"result": "", "behaviour": "", "appraiser": "", "note": ""}


class Refused(Exception):
    """The action was not done. `code` is stable, the text is for the reader, `field` names the input at fault."""

    def __init__(self, code: str, message, field: str = ""):
        super().__init__(str(message))
        self.code = code
        self.field = field


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a selection: how many were decided, how many were left alone for which reason (by code)."""

    done: int
    skipped: dict[str, int]
    left: Appraisal | None = None  # one of those left alone, to say in the single case who decided it and when

    @property
    def approved(self) -> int:
        return self.done


def approve(*, appraisal_ids: Iterable[int] | QuerySet, by: User, at: dt.datetime, shown_up_to: int | None = None):
    """Approve the scores that wait; each replaces the approved version it corrects. Returns an `Outcome`.

    A constant number of statements for any number of scores. Those the user may not approve are left alone and counted
    by reason. `shown_up_to` is the highest id the user saw: what came in later is left alone (rulings.md 27).
    """
    with transaction.atomic():
        asked, rows = _locked(appraisal_ids, by)
        taken, skipped, left = _sort_out(asked, rows, by, shown_up_to, must_be_rated=True)
        scores = Appraisal.objects.filter(pk__in=[row.pk for row in taken])
        replaced = _in_force_beside(taken, rows)
        Appraisal.objects.filter(pk__in=replaced).update(superseded_at=at)
        scores.update(state=State.APPROVED, decided_by=by, decided_at=at, decision_reason="")
        _recorded("appraisal.approve", scores, by, at, State.APPROVED)
    return Outcome(len(taken), skipped, left)


def return_(*, appraisal_ids: Iterable[int] | QuerySet, by: User, at: dt.datetime, reason: str, shown_up_to=None):
    """Send waiting scores back with a reason (required; raises `Refused`). Returns an `Outcome`, as `approve` does."""
    reason = _needed(reason, _("Say why the score is returned; whoever entered it reads this."))
    with transaction.atomic():
        asked, rows = _locked(appraisal_ids, by)
        taken, skipped, left = _sort_out(asked, rows, by, shown_up_to, must_be_rated=False)
        scores = Appraisal.objects.filter(pk__in=[row.pk for row in taken])
        scores.update(state=State.RETURNED, decided_by=by, decided_at=at, decision_reason=reason)
        _recorded("appraisal.return", scores, by, at, State.RETURNED, reason)
    return Outcome(len(taken), skipped, left)


def approve_one(*, appraisal_id: int, by: User, at: dt.datetime) -> None:
    """Approve one score, or raise `Refused` with the sentence that says why not (who decided it and when)."""
    _one(approve(appraisal_ids=[appraisal_id], by=by, at=at))


def return_one(*, appraisal_id: int, by: User, at: dt.datetime, reason: str) -> None:
    """Return one score, or raise `Refused` with the sentence that says why not."""
    _one(return_(appraisal_ids=[appraisal_id], by=by, at=at, reason=reason))


def submit(
    *, by: User, at: dt.datetime, employee: Employee, kind: str, year: int, period: int = 0, regime: str, **inputs
) -> Appraisal:
    """Enter a first score by hand; it waits for a colleague. `inputs`: see `correct`. Raises `Refused`."""
    _check_person(by, employee.pk, employee.agency_id)
    _check_period(kind, year, period, at)
    versions = Appraisal.objects.filter(employee=employee, kind=kind, year=year, period=period)
    with transaction.atomic():
        live = list(versions.filter(superseded_at__isnull=True).select_for_update().order_by("pk"))
        if live:
            raise Refused("EXISTS", _("There is already a score for this person and period. Open it and correct it."))
        score = Appraisal(employee=employee, agency_id=employee.agency_id, kind=kind, year=year, period=period)
        return _entered(score, _fitting(inputs | {"regime": regime}), versions, by, at, "appraisal.submit", "")


def correct(*, appraisal_id: int, by: User, at: dt.datetime, reason: str, **inputs) -> Appraisal:
    """Make a new version of a score; it waits for a colleague. An approved one counts until the new one is approved;
    one that waits is replaced at once.

    `inputs` (those not given stay): regime, goals and behaviour_score (Decimal, 0–120), weight_goals (%), new_idea,
    result and behaviour (`Level`), appraiser, note. Raises `Refused`, with `field` where an input is at fault.
    """
    reason = _needed(reason, _("Say why the score is corrected."))
    with transaction.atomic():
        row = Appraisal.objects.filter(covered_by(by), pk=appraisal_id).first()
        if row is None:
            raise Refused(NOT_YOURS, SENTENCES[NOT_YOURS])
        _check_person(by, row.employee_id, row.agency_id)
        versions = Appraisal.objects.filter(
            employee_id=row.employee_id, kind=row.kind, year=row.year, period=row.period
        )
        live = list(versions.filter(superseded_at__isnull=True).select_for_update().order_by("pk"))
        if row.pk not in {one.pk for one in live}:
            raise Refused("REPLACED", _("A newer version has replaced this score. Open that one."))
        kept = _fitting({name: getattr(row, name) for name in (*RATED_FROM, "regime", "appraiser", "note")} | inputs)
        if any(all(getattr(one, name) == value for name, value in kept.items()) for one in live):
            raise Refused("UNCHANGED", _("Nothing was changed."))
        waiting = [one.pk for one in live if one.state in WAITING_STATES]
        Appraisal.objects.filter(pk__in=waiting).update(superseded_at=at)
        score = Appraisal(
            employee_id=row.employee_id, agency_id=row.agency_id, kind=row.kind, year=row.year, period=row.period
        )
        return _entered(score, kept, versions, by, at, "appraisal.correct", reason, before={"version": row.number})


def described(code: str, score: Appraisal | None = None) -> str:
    """The sentence for a reason code; with the score at hand it names who decided it and when."""
    if code == NOT_WAITING and score is not None:
        if score.superseded_at is not None:
            return _("A newer version has replaced this score. Open that one.")
        if score.decided_at is not None:
            who = score.decided_by
            when = date_format(timezone.localtime(score.decided_at, score.agency.zone), "DATETIME_FORMAT")
            if score.state == State.APPROVED:
                return _("%(who)s already approved this score on %(when)s.") % {"who": who, "when": when}
            if score.state == State.RETURNED:
                return _("%(who)s already returned this score on %(when)s.") % {"who": who, "when": when}
    return str(SENTENCES[code])


# --- inside -----------------------------------------------------------------------------------------


def _locked(appraisal_ids, by) -> tuple[list[int], list[Appraisal]]:
    """The ids asked for, and under lock the rows among them that the user covers with the live versions beside them.

    Everybody locks the versions of a person and period in the order of their ids, so two actions never wait for each
    other in a circle.
    """
    asked = list(appraisal_ids.values_list("pk", flat=True)) if isinstance(appraisal_ids, QuerySet) else appraisal_ids
    asked = sorted(set(asked))
    people = Appraisal.objects.filter(covered_by(by), pk__in=asked).values("employee_id")
    rows = (
        Appraisal.objects.filter(Q(pk__in=asked) | Q(superseded_at__isnull=True), covered_by(by), employee__in=people)
        .select_related("agency")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    return asked, list(rows)


def _sort_out(asked, rows, by, shown_up_to, *, must_be_rated):
    """Which of the scores asked for are taken, how many are left alone by reason, and one of the latter."""
    wanted = set(asked)
    known = [row for row in rows if row.pk in wanted]
    skipped: Counter[str] = Counter()
    taken, left = [], None
    for row in known:
        code = _why_not(row, by, shown_up_to, must_be_rated)
        if code:
            skipped[code] += 1
            left = row
        else:
            taken.append(row)
    if unknown := len(wanted) - len(known):
        skipped[NOT_YOURS] += unknown
    return taken, dict(skipped), left


def _why_not(row, by, shown_up_to, must_be_rated) -> str:
    if shown_up_to is not None and row.pk > shown_up_to:
        return ARRIVED_LATER
    if code := not_now(row):
        return code
    if must_be_rated and row.rating is None:
        return UNRATED
    return not_by_you(by, row, row.agency.four_eyes_import)


def _in_force_beside(taken, rows) -> list[int]:
    """The ids of the approved versions that those taken replace."""

    def key(row):
        return row.employee_id, row.kind, row.year, row.period

    keys = {key(row) for row in taken}
    return [row.pk for row in rows if row.state == State.APPROVED and not row.superseded_at and key(row) in keys]


def _recorded(verb, scores, by, at, after, reason="") -> None:
    """The events, and the agencies' input counters: a run previewed before this must be computed again."""
    if not record_each(
        verb=verb,
        subjects=scores,
        by=by,
        at=at,
        reason=reason,
        before={"state": State.SUBMITTED},
        after={"state": after},
    ):
        return
    AgencyInputs.objects.filter(agency__in=scores.values("agency_id")).changed()


def _one(outcome: Outcome) -> None:
    for code in outcome.skipped:
        raise Refused(code, described(code, outcome.left))


def _needed(text: str, message: str) -> str:
    text = text.strip()
    if not text:
        raise Refused("REASON_NEEDED", message, "reason")
    return text


def _check_person(by, employee_id, agency_id) -> None:
    if not Employee.objects.filter(covered_by(by, employee="pk"), pk=employee_id, agency_id=agency_id).exists():
        raise Refused(NOT_YOURS, _("This person does not exist, or you are not their HR officer."), "employee")
    if employee_id == by.employee_id:
        raise Refused(OWN_SCORE, _("This is your own score; a colleague must enter it."), "employee")


def _check_period(kind, year, period, at) -> None:
    lowest, highest = {Appraisal.Kind.QUARTERLY: (1, 4), Appraisal.Kind.MONTHLY: (1, 12)}.get(kind, (0, 0))
    if kind not in Appraisal.Kind.values:
        raise Refused("BAD_KIND", _("Choose annual, quarterly or monthly."), "kind")
    if not lowest <= period <= highest:
        raise Refused("BAD_PERIOD", _("The period is 1–4 for a quarter, 1–12 for a month, empty for a year."), "period")
    if not 2000 <= year <= at.year:
        message = _("Enter a year from 2000 to %(this)s.") % {"this": at.year}
        raise Refused("BAD_YEAR", message, "year")


def _fitting(inputs: dict) -> dict:
    """The inputs with those emptied that their regime does not know."""
    strange = {Regime.P6: RATED_FROM[:4], Regime.PP30: RATED_FROM[4:], Regime.PP46: RATED_FROM[3:]}
    empty = strange.get(inputs["regime"], ()) if "regime" in inputs else ()
    return {name: BLANK.get(name) if value is None or name in empty else value for name, value in inputs.items()}


def _entered(score, inputs, versions, by, at, verb, reason, before=None) -> Appraisal:
    """Rate and save a new version that waits, and record it."""
    for name, value in inputs.items():
        setattr(score, name, value)
    _rate(score)
    score.number = 1 + (versions.order_by("-number").values_list("number", flat=True).first() or 0)
    score.state, score.source, score.fetched_at, score.imported_by = State.SUBMITTED, Appraisal.Source.ENTERED, at, by
    try:
        with transaction.atomic():
            score.save(force_insert=True)
    except IntegrityError:
        raise Refused("RACE", _("Somebody entered a score for this person and period just now. Look again.")) from None
    after = {"state": score.state, "version": score.number}
    record(verb=verb, subject=score, by=by, at=at, agency_id=score.agency_id, reason=reason, before=before, after=after)
    return score


def _rate(score) -> None:
    """Check each input and fill in score and rating."""
    try:
        rated = rate(score.regime, **{name: getattr(score, name) for name in RATED_FROM})
        score.clean_fields(exclude={field.name for field in score._meta.fields} - {*RATED_FROM, *BLANK})
    except Unratable as problem:
        raise Refused("UNRATABLE", problem.message, problem.field) from None
    except ValidationError as problem:
        field, messages = next(iter(problem.message_dict.items()))
        raise Refused("BAD_INPUT", messages[0], field) from None
    score.score, score.rating = rated.score, rated.rating
