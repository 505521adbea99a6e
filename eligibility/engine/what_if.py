"""Two policies side by side, or a policy beside a published week: who would gain, who would lose, and why.

The verdicts are the engine's own, compared by one statement in the database; nothing is written, not even a temporary
table, so that it runs in a transaction which may only read.
"""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from django.db import DataError, connection, transaction

from eligibility.models import Policy, Run
from eligibility.rules import BROKEN, flat, read
from eligibility.rules.top_share import TopShare
from employees.models import Employee

from .facts import Scope, execute, filled
from .judging import standings, verdicts

EXAMPLES = 20
FETCH = 20_000  # rows at a time
NOBODY = (
    """SELECT 0::bigint AS employee_id, NULL::varchar[] AS reasons, 0::bigint AS unit_id, 0 AS rating WHERE false"""
)


class Side(Protocol):
    """One of the two that are compared: rows of everybody in scope."""

    @property
    def sql(self) -> str:
        """A SELECT of employee_id, reasons (empty: eligible), unit_id and rating, complete with its values."""

    def mended(self) -> "Side":
        """The same with the people whose data break a rule judged as a run would."""


@dataclasses.dataclass(frozen=True)
class Nobody:
    """Where no policy is in force nobody is in scope."""

    sql = "SELECT 0::bigint AS employee_id, '{}'::varchar[] AS reasons, 0::bigint AS unit_id, 0 AS rating WHERE false"

    def mended(self) -> "Nobody":
        return self


@dataclasses.dataclass(frozen=True)
class Judged:
    """What a policy, stored or not, would decide."""

    policy: Policy
    scope: Scope
    broken: tuple[int, ...] = ()  # people whose data break a rule, in ascending order

    @property
    def sql(self) -> str:
        return " UNION ALL ".join([*self._pieces(), *(self._broken(pk) for pk in self.broken)])

    def _pieces(self) -> list[str]:
        """The scope without the people whose data break a rule."""
        bounds = [self.scope.lo, *self.broken, self.scope.hi]
        cuts = [(low, high - (high in self.broken)) for low, high in zip(bounds, bounds[1:], strict=False)]
        return [self._judged(low, high) for low, high in cuts if low < high]

    def _judged(self, low: int, high: int, columns: str = "") -> str:
        found = verdicts(self.policy, dataclasses.replace(self.scope, lo=low, hi=high, standings=self._standings()))
        rating = "rating::int" if "rating" in found.columns else "NULL::int"
        columns = columns or f"employee_id, reasons, unit_id, {rating} AS rating"
        return f"(WITH {found.relations}, verdict AS ({found.verdict}) SELECT {columns} FROM verdict)"  # noqa: S608  our own parts

    def _standings(self) -> str:
        """SQL: who stands where, where a rule asks for it."""
        ranked = any(isinstance(rule, TopShare) for rule in flat(read(self.policy.rules)))
        return f"({standings(self.policy, self.scope)})" if ranked else ""

    def _broken(self, employee_id: int) -> str:
        return f"""(SELECT e.id, ARRAY['{BROKEN}']::varchar[], p.unit_id, NULL::int FROM employees_employee e
          JOIN employees_placement p ON p.employee_id = e.id AND p.valid @> '{self.scope.as_of}'::date
          WHERE e.id = {int(employee_id)})"""  # noqa: S608  built from our own constants

    def mended(self) -> "Judged":
        if self.broken:
            return self
        people = Employee.objects.filter(agency_id=self.scope.agency_id, pk__gt=self.scope.lo, pk__lte=self.scope.hi)
        ids = list(people.order_by("pk").values_list("pk", flat=True))
        return dataclasses.replace(self, broken=tuple(self._search(ids)))

    def _search(self, ids: list[int]) -> list[int]:
        """Those of these people, neighbours by id, whose data break a rule: found by halving."""
        if not ids or self._whole(ids[0] - 1, ids[-1]):
            return []
        if len(ids) == 1:
            return ids
        middle = len(ids) // 2
        return self._search(ids[:middle]) + self._search(ids[middle:])

    def _whole(self, low: int, high: int) -> bool:
        """Whether everybody in a range can be judged."""
        try:
            with transaction.atomic():
                execute(self._judged(low, high, "count(ROW(verdict.*)::text)"))
        except DataError:
            return False
        return True


@dataclasses.dataclass(frozen=True)
class Published:
    """What was decided for a published week, with the corrections that were applied since."""

    run: Run

    @property
    def sql(self) -> str:
        names = {"agency": self.run.agency_id, "track": self.run.track, "number": self.run.number, "run": self.run.pk}
        return filled(DECIDED, names)

    def mended(self) -> "Published":
        return self


DECIDED = """SELECT coalesce(d.employee_id, c.employee_id) AS employee_id,
  coalesce(c.reasons, d.reasons) AS reasons, p.unit_id, d.rating::int AS rating
FROM (
  SELECT * FROM eligibility_decision WHERE agency_id = %(agency)s AND track = %(track)s AND from_run <= %(number)s
  AND (until_run IS NULL OR until_run > %(number)s)
) d FULL JOIN (
  SELECT DISTINCT ON (employee_id) employee_id, after_reasons AS reasons FROM eligibility_correction
  WHERE run_id = %(run)s AND state = 'APPLIED' AND after_eligible IS NOT NULL
  ORDER BY employee_id, decided_at DESC, id DESC
) c ON c.employee_id = d.employee_id
LEFT JOIN employees_placement p ON p.id = d.placement_id
"""


# --- comparing ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Group:
    """People of one unit with one rating (None: without), those in scope of either side."""

    unit_id: int | None
    rating: int | None
    people: int
    before: int  # eligible
    after: int
    gained: int
    lost: int


@dataclasses.dataclass(frozen=True)
class Turn:
    """One person for whom the answer turns; None: not in scope on that side."""

    employee_id: int
    unit_id: int | None
    was: list[str] | None
    now: list[str] | None


@dataclasses.dataclass(frozen=True)
class Difference:
    """All that is counted. `reasons`: code → people with it (before, after)."""

    groups: list[Group]
    reasons: dict[str, tuple[int, int]]
    gained: list[Turn]
    lost: list[Turn]
    before: Side
    after: Side

    def total(self, name: str) -> int:
        return sum(getattr(group, name) for group in self.groups)


PAIR = """
WITH before AS ({before}), after AS ({after}), pair AS (
  SELECT coalesce(a.employee_id, b.employee_id) AS employee_id, coalesce(a.unit_id, b.unit_id) AS unit_id,
    coalesce(a.rating, b.rating) AS rating, b.reasons AS was, a.reasons AS now,
    coalesce(cardinality(b.reasons) = 0, false) AS had, coalesce(cardinality(a.reasons) = 0, false) AS has,
    b.rating AS rating_before, a.rating AS rating_after
  FROM before b FULL JOIN after a ON a.employee_id = b.employee_id
)
"""
COUNTED = """
SELECT jsonb_build_object(
  'groups', (SELECT coalesce(jsonb_agg(to_jsonb(g)), '[]') FROM (
    SELECT unit_id, rating, count(*) AS people, count(*) FILTER (WHERE had) AS before,
      count(*) FILTER (WHERE has) AS after, count(*) FILTER (WHERE has AND NOT had) AS gained,
      count(*) FILTER (WHERE had AND NOT has) AS lost
    FROM pair GROUP BY 1, 2 ORDER BY 1, 2) g),
  'reasons', (SELECT coalesce(jsonb_agg(jsonb_build_array(code, before, after)), '[]') FROM (
    SELECT code, count(*) FILTER (WHERE side = 0) AS before, count(*) FILTER (WHERE side = 1) AS after
    FROM (SELECT 0 AS side, unnest(was) AS code FROM pair UNION ALL SELECT 1, unnest(now) FROM pair) told
    GROUP BY code ORDER BY code) r),
  'gained', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM ({gained}) t),
  'lost', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM ({lost}) t))
"""
SOME = """SELECT p.employee_id, p.unit_id, p.was, p.now FROM pair p JOIN employees_employee e ON e.id = p.employee_id
  WHERE {turned} ORDER BY e.name, e.id LIMIT {most}"""


def difference(before: Side, after: Side, *, examples: int = EXAMPLES) -> Difference:
    """Who gains and who loses, counted by unit and rating, with the first people by name. One statement."""
    before, after, found = _mended(before, after, _counted(examples))
    return Difference(
        groups=[Group(**group) for group in found["groups"]],
        reasons={code: (was, now) for code, was, now in found["reasons"]},
        gained=[Turn(**turn) for turn in found["gained"]],
        lost=[Turn(**turn) for turn in found["lost"]],
        before=before,
        after=after,
    )


def _counted(examples: int) -> str:
    return COUNTED.format(
        gained=SOME.format(turned="has AND NOT had", most=int(examples)),
        lost=SOME.format(turned="had AND NOT has", most=int(examples)),
    )


def _mended(before: Side, after: Side, what: str) -> tuple[Side, Side, dict[str, Any]]:
    """The answer, and the sides as they could be judged: where data break a rule, only those people are set apart."""
    try:
        with transaction.atomic():
            return before, after, _answer(before, after, what)
    except DataError:
        before, after = before.mended(), after.mended()
        return before, after, _answer(before, after, what)


def _answer(before: Side, after: Side, what: str) -> dict[str, Any]:
    ((answer,),) = execute(_pair(before, after) + what, rows=True)
    return json.loads(answer)


def _pair(before: Side, after: Side) -> str:
    return PAIR.format(before=before.sql, after=after.sql)


def each(found: Difference, columns: Sequence[str], where: str = "true", order: str = "employee_id") -> Iterator[tuple]:
    """The compared people one by one, streamed; call inside `only_reading`. Columns: employee_id, unit_id, was, now
    (codes), had, has, rating_before, rating_after."""
    sql = f"SELECT {', '.join(columns)} FROM pair WHERE {where} ORDER BY {order}"  # noqa: S608  our own constants
    with connection.chunked_cursor() as cursor:
        cursor.execute(_pair(found.before, found.after) + sql)
        while rows := cursor.fetchmany(FETCH):
            yield from rows


@contextmanager
def only_reading(patience: str = ""):
    """A transaction in which PostgreSQL refuses every write; the outermost one also sees one moment only. `patience`:
    how long one statement may take (`5min`), default as everywhere."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            if outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            if patience:
                cursor.execute("SET LOCAL statement_timeout = %s", [patience])
        yield
