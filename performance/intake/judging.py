"""What each row of a file of appraisals would do, looked at against the versions that stand now."""

import dataclasses
import datetime as dt
from collections.abc import Iterable

from django.db.models import Max
from django.utils.translation import gettext as _

from employees.intake.people import transfer_sentence
from employees.models import Agency, Employee
from employees.reading import BadCell, BadRow, Column, code, nip, one_of, read_row, score, whole, yes_no
from performance.models import Appraisal
from performance.permissions import WAITING_STATES, covered_by
from performance.rating import WEIGHTS, Level, Regime, Unratable, rate

SIASN = {"1": Level.ABOVE.value, "2": Level.AS.value, "3": Level.BELOW.value}  # 1 is best


def level(text: str) -> str:
    """How results or behaviour stand: our word, or SIASN's code."""
    return SIASN.get(text) or one_of(Level.values)(text)


def weights(text: str) -> int:
    """`70/30` or `60/40`: the share of the goals in percent."""
    known = {"70/30": 70, "60/40": 60}
    if text.replace(" ", "") not in known:
        raise BadCell(_("Write the weights of goals and behaviour as 70/30 or 60/40."))
    return known[text.replace(" ", "")]


def remark(text: str) -> str:
    """Free text, with line breaks."""
    if len(text) > 2000:
        raise BadCell(_("At most %(longest)d characters.") % {"longest": 2000})
    return text


COLUMNS = (
    Column("nip", "nip", nip, required=True),
    Column("jenis", "kind", one_of(Appraisal.Kind.values), required=True),
    Column("tahun", "year", whole(2000, 2100), required=True),
    Column("periode", "period", whole(0, 12)),
    Column("rezim", "regime", one_of(Regime.values), required=True),
    Column("nilai_skp", "goals", score),
    Column("nilai_perilaku", "behaviour_score", score),
    Column("bobot", "weight_goals", weights),
    Column("ide_baru", "new_idea", yes_no),
    Column("hasil_kerja", "result", level, empty=""),
    Column("perilaku_kerja", "behaviour", level, empty=""),
    Column("nip_penilai", "appraiser", code(30), empty=""),
    Column("catatan", "note", remark, empty=""),
)
NAME_OF = {column.field: column.name for column in COLUMNS}
RATED_FROM = ("goals", "behaviour_score", "weight_goals", "new_idea", "result", "behaviour")
STRANGE = {Regime.P6: RATED_FROM[:4], Regime.PP30: RATED_FROM[4:], Regime.PP46: RATED_FROM[3:]}
COMPARED = ("regime", *RATED_FROM, "appraiser", "note")
EMPTY: dict[str, object] = {column.field: column.empty for column in COLUMNS} | {"period": 0}


@dataclasses.dataclass
class Judged:
    """Rows by what they would do. New and changed ones are ready to be written."""

    new: list[dict] = dataclasses.field(default_factory=list)
    changed: list[dict] = dataclasses.field(default_factory=list)
    same: list[int] = dataclasses.field(default_factory=list)
    bad: list[BadRow] = dataclasses.field(default_factory=list)


def judge(
    rows: Iterable[tuple[int, dict[str, str]]], *, agency: Agency, at: dt.datetime, by=None, lock: bool = False
) -> Judged:
    """Look at rows of text. With `by`, only people this user is HR for exist; with `lock`, the versions are held."""
    judged = Judged()
    read = _read(rows, judged.bad, at.astimezone(agency.zone).year + 1)
    read = _once(read, judged.bad)
    read = _known_people(read, judged.bad, agency, by)
    live, numbers = _versions({values["employee_id"] for _line, values in read}, lock)
    for line, values in read:
        key = _key(values)
        there = live.get(key, [])
        values["line"] = line
        if any(all(getattr(one, name) == values[name] for name in COMPARED) for one in there):
            judged.same.append(line)
            continue
        values["waiting_id"] = next((one.pk for one in there if one.state in WAITING_STATES), None)
        values["number"] = numbers.get(key, 0) + 1
        (judged.changed if key in numbers else judged.new).append(values)
    return judged


def _read(rows, bad: list[BadRow], last_year: int) -> list[tuple[int, dict]]:
    good = []
    for line, cells in rows:
        values, problems = read_row(cells, COLUMNS)
        values = EMPTY | values | {"period": values.get("period") or 0}
        if not problems:
            problem = _misfit(values, last_year) or _rated(values)
            problems = [problem] if problem else []
        bad += [BadRow(line, column, reason) for column, reason in problems]
        if not problems:
            good.append((line, values))
    return good


def _misfit(values: dict, last_year: int) -> tuple[str, str] | None:
    """What does not fit together in a row, as (column, reason)."""
    lowest, highest = {Appraisal.Kind.QUARTERLY: (1, 4), Appraisal.Kind.MONTHLY: (1, 12)}.get(values["kind"], (0, 0))
    if values["year"] > last_year:
        return "tahun", _("Write a year from 2000 to %(last)d.") % {"last": last_year}
    if not lowest <= values["period"] <= highest:
        return "periode", _("Write 1–4 for a quarter, 1–12 for a month, nothing for a year.")
    for field in STRANGE[Regime(values["regime"])]:
        if values[field] not in (None, ""):
            message = _("Under %(regime)s there is no such value; leave the cell empty or correct the regime.")
            return NAME_OF[field], message % {"regime": Regime(values["regime"]).label}
    return None


def _rated(values: dict) -> tuple[str, str] | None:
    """Add score and rating; why that cannot be done, as (column, reason)."""
    try:
        rated = rate(values["regime"], **{field: values[field] for field in RATED_FROM})
    except Unratable as problem:
        return NAME_OF[problem.field], str(problem.message)
    if values["regime"] in WEIGHTS and values["weight_goals"] is None:
        values["weight_goals"] = WEIGHTS[values["regime"]][0]  # what `rate` has used
    values["score"], values["rating"] = rated.score, rated.rating
    return None


def _once(read, bad: list[BadRow]) -> list[tuple[int, dict]]:
    """Without the rows that speak of the same person and period twice: which of them is right is not ours to say."""
    lines: dict[tuple, list[int]] = {}
    for line, values in read:
        lines.setdefault((values["nip"], values["kind"], values["year"], values["period"]), []).append(line)
    for where in lines.values():
        if len(where) > 1:
            reason = _("The same person and period stands on the lines %(lines)s.")
            bad += [BadRow(line, "nip", reason % {"lines": ", ".join(map(str, where))}) for line in where]
    twice = {line for where in lines.values() if len(where) > 1 for line in where}
    return [(line, values) for line, values in read if line not in twice]


def _known_people(read, bad: list[BadRow], agency: Agency, by) -> list[tuple[int, dict]]:
    people = Employee.objects.filter(agency=agency, nip__in=[values["nip"] for _line, values in read]).order_by()
    if by is not None:
        people = people.filter(covered_by(by, employee="pk"))
    ids = dict(people.values_list("nip", "pk"))
    known = []
    for line, values in read:
        if values["nip"] in ids:
            known.append((line, values | {"employee_id": ids[values["nip"]]}))
        else:
            bad.append(BadRow(line, "nip", transfer_sentence()))
    return known


def _versions(people: set[int], lock: bool) -> tuple[dict[tuple, list[Appraisal]], dict[tuple, int]]:
    """The versions that wait or are in force, and the highest number there is, both by person and period."""
    every = Appraisal.objects.filter(employee_id__in=people)
    keys = ("employee_id", "kind", "year", "period")
    numbers = {row[:4]: row[4] for row in every.order_by().values_list(*keys).annotate(Max("number"))}
    counting = every.filter(superseded_at__isnull=True, state__in=[*WAITING_STATES, Appraisal.State.APPROVED])
    counting = counting.only("state", *keys, *COMPARED).order_by("pk")
    live: dict[tuple, list[Appraisal]] = {}
    for one in counting.select_for_update() if lock else counting:
        live.setdefault((one.employee_id, one.kind, one.year, one.period), []).append(one)
    return live, numbers


def _key(values: dict) -> tuple[int, str, int, int]:
    return values["employee_id"], values["kind"], values["year"], values["period"]
