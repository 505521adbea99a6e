"""Who gets which day in one unit: the owed first, under every limit, wishes after fairness. Pure and explainable.

No solver: people in order of fairness take the best day left; whoever finds none makes room where a colleague can move
to another of their days (an augmenting path). So as many days as possible are given, and the people served are the
first in the order that can be served at all (the greedy choice is optimal on a transversal matroid: Edmonds 1971).
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations

NO_LIMIT = 10**9
PERIOD_WEEKS = 12  # a fairness period; debts are carried over into the next
LARGEST_SET = 3  # of clashing limits looked for by size; beyond that one is made minimal by leaving out


@dataclasses.dataclass(frozen=True)
class Limit:
    """One rule's numbers for a unit's week: how many more may be at home on each date (missing: no limit there).

    `post`: only holders of that post count against it.
    """

    code: str
    room: dict[dt.date, int]
    post: str = ""
    cap: dict[dt.date, int] = dataclasses.field(default_factory=dict)  # what the sentence names


@dataclasses.dataclass(slots=True)
class Candidate:
    """An eligible person. Amounts of days are counted in half-days, since the fairness period of twelve weeks began."""

    employee_id: int
    lot: int  # drawn by week and person, so that no number is favoured over the weeks
    earned: int  # days this week, by the rating
    owed: int = 0  # half-days earned and neither had nor given back
    carried: int = 0  # the same of the period before
    given: int = 0  # half-days had
    last: int = 0  # ordinal of the latest of them
    wishes: Sequence[int] = ()  # weekdays, the most wished for first
    series: int = 0  # the weekday a supervisor has approved for every week, or 0
    had: Sequence[int] = ()  # how often each weekday was had, Monday first
    away: frozenset[dt.date] = frozenset()  # on leave, or not in the unit
    post: str = ""


@dataclasses.dataclass(slots=True)
class Given:
    """What one person gets, and what the sentence about it rests on."""

    employee_id: int
    place: int
    earned: int
    owed: int
    dates: list[dt.date] = dataclasses.field(default_factory=list)
    why: str = ""
    rank: int | None = None
    wanted: dt.date | None = None
    code: str = ""
    used: int | None = None
    cap: int | None = None


def period_of(week: dt.date) -> dt.date:
    """The Monday on which the fairness period of a week (its Monday) began; periods are counted from Monday 1 Jan 1."""
    return week - dt.timedelta(weeks=(week.toordinal() // 7) % PERIOD_WEEKS)


def order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The owed first, then whoever carried a debt over, then longest without a day, then the lot.

    Within a period nothing drops out of the count, so of two people who earned the same in the same weeks nobody is
    ever more than one day ahead unless a limit of their own kept the other at the office.
    """
    return sorted(candidates, key=lambda c: (-c.owed, -c.carried, c.last, c.lot))


def allocate(
    candidates: Iterable[Candidate], dates: Sequence[dt.date], limits: Sequence[Limit], *, fixed: bool = False
) -> list[Given]:
    """What everybody of a unit gets in a week. `dates` are its working days; `fixed`: the policy names the weekday.

    Everybody's first day comes before anybody's second. The same input gives the same plan, in whatever order.
    """
    return _Week(order(candidates), dates, limits, fixed).fill()


class _Week:
    def __init__(self, people: list[Candidate], dates: Sequence[dt.date], limits: Sequence[Limit], fixed: bool):
        self.people, self.dates, self.fixed = people, sorted(dates), fixed
        self.shared = [limit for limit in limits if not limit.post]
        self.room = {date: min((li.room.get(date, NO_LIMIT) for li in self.shared), default=NO_LIMIT) for date in dates}
        self.start = dict(self.room)
        self.posts = {limit.post: dict(limit.room) for limit in limits if limit.post}
        self.post_codes = {limit.post: limit for limit in limits if limit.post}
        self.at: dict[dt.date, list[int]] = {date: [] for date in dates}  # places in `people`
        self.got: list[list[dt.date]] = [[] for _ in people]
        self.best = [self._best(person) for person in people]

    def fill(self) -> list[Given]:
        given = [self._open(n) for n in range(len(self.people))]
        for turn in range(1, max((one.earned for one in given), default=0) + 1):
            for n, one in enumerate(given):
                if one.earned >= turn and not self._take(n):
                    self._note(n, one)
        for n, one in enumerate(given):
            self._close(n, one)
        return given

    # --- taking a day ---

    def _best(self, person: Candidate) -> list[dt.date]:
        """The dates on which the person could be at home at all, wished ones first."""
        free = [date for date in self.dates if date not in person.away]
        if not person.wishes and not person.series:
            return free
        return sorted(free, key=lambda date: (self._rank(person, date), date))

    @staticmethod
    def _rank(person: Candidate, date: dt.date) -> int:
        day = date.isoweekday()
        if day == person.series:
            return 0
        return person.wishes.index(day) + 1 if day in person.wishes else 9

    def _fits(self, n: int, date: dt.date) -> bool:
        return self.room[date] > 0 and self._post_fits(n, date)

    def _post_fits(self, n: int, date: dt.date) -> bool:
        post = self.people[n].post
        return post not in self.posts or self.posts[post].get(date, NO_LIMIT) > 0

    def _take(self, n: int) -> bool:
        """The best day that fits; where none does, one that colleagues can make room on."""
        person, mine = self.people[n], self.got[n]
        fitting = [date for date in self.best[n] if date not in mine and self._fits(n, date)]
        if fitting:
            # Among equal wishes: the weekday had least often, then the day with the most room, then the earliest.
            had, room = person.had, self.room
            self._put(
                n,
                min(
                    fitting,
                    key=lambda d: (self._rank(person, d), had[d.weekday()] if had else 0, -room[d], d),
                ),
            )
            return True
        return any(left > 0 for left in self.room.values()) and self._make_room(n, set())

    def _make_room(self, n: int, seen: set) -> bool:
        for date in self.best[n]:
            if date in self.got[n]:
                continue
            if self._fits(n, date):
                self._put(n, date)
                return True
            post = self.people[n].post if not self._post_fits(n, date) else None
            if self.start[date] <= 0 or (date, post) in seen:
                continue
            seen.add((date, post))
            for other in reversed(self.at[date]):  # the last in the order move first
                if other == n or (post is not None and self.people[other].post != post):
                    continue
                self._drop(other, date)
                seen_by_other = seen | {(date, None), (date, self.people[other].post)}
                if self._elsewhere(other, date, seen_by_other):
                    self._put(n, date)
                    return True
                self._put(other, date)
        return False

    def _elsewhere(self, n: int, date: dt.date, seen: set) -> bool:
        """Another date than this for a person who has just left it."""
        self.got[n].append(date)  # not this one
        moved = self._make_room(n, seen)
        self.got[n].remove(date)
        return moved

    def _put(self, n: int, date: dt.date) -> None:
        self._count(n, date, -1)
        self.at[date].append(n)
        self.got[n].append(date)

    def _drop(self, n: int, date: dt.date) -> None:
        self._count(n, date, 1)
        self.at[date].remove(n)
        self.got[n].remove(date)

    def _count(self, n: int, date: dt.date, change: int) -> None:
        self.room[date] += change
        rooms = self.posts.get(self.people[n].post)
        if rooms is not None and date in rooms:
            rooms[date] += change

    # --- saying why ---

    def _open(self, n: int) -> Given:
        person = self.people[n]
        return Given(person.employee_id, n + 1, min(person.earned, len(self.best[n])), person.owed)

    def _note(self, n: int, one: Given) -> None:
        """What stood against the best day when no place was found."""
        if one.code or not self.best[n]:
            return
        wanted = next((d for d in self.best[n] if d not in self.got[n] and self.start[d] > 0), self.best[n][0])
        self._blame(n, one, wanted)

    def _blame(self, n: int, one: Given, date: dt.date) -> None:
        limit = self._against(n, date)
        if limit is None:
            return
        one.wanted, one.code = date, limit.code
        one.cap = limit.cap.get(date)
        if one.cap is not None:
            taken = limit.room[date] - self._left(n, limit, date)
            one.used = one.cap - max(limit.room[date], 0) + taken

    def _against(self, n: int, date: dt.date) -> Limit | None:
        post = self.people[n].post
        if self.room[date] <= 0:
            return min(self.shared, key=lambda li: li.room.get(date, NO_LIMIT), default=None)
        return self.post_codes.get(post) if not self._post_fits(n, date) else None

    def _left(self, n: int, limit: Limit, date: dt.date) -> int:
        if limit.post:
            return self.posts[limit.post].get(date, 0)
        return limit.room[date] - len(self.at[date])

    def _close(self, n: int, one: Given) -> None:
        person = self.people[n]
        one.dates = sorted(self.got[n])
        if not one.dates:
            one.why = "AWAY" if not self.best[n] else "NO_ROOM" if self._any_open(n) else "CLOSED"
            return
        ranks = [self._rank(person, date) for date in one.dates]
        best = min(ranks)
        if best == 0:
            one.why = "SERIES"
        elif best < 9:
            one.why, one.rank = "CHOICE", best
        else:
            one.why = "FIXED" if self.fixed else "ROOM"
        first = self.best[n][0]
        if not one.code and (person.wishes or person.series) and self._rank(person, first) < best:
            self._blame(n, one, first)

    def _any_open(self, n: int) -> bool:
        return any(self.start[date] > 0 for date in self.best[n])


# --- when limits clash --------------------------------------------------------------------------


def all_served(people: list[Candidate], dates: Sequence[dt.date], limits: Sequence[Limit]) -> bool:
    """Whether everybody who could be at home at all gets a first day."""
    first = [dataclasses.replace(person, earned=min(person.earned, 1), wishes=(), series=0) for person in people]
    return all(one.dates or not one.earned for one in allocate(first, dates, limits))


def clash(people: list[Candidate], dates: Sequence[dt.date], limits: Sequence[Limit]) -> list[Limit]:
    """A smallest set of limits that together leave somebody without a day; leaving any one of it out serves all.

    Sets of up to `LARGEST_SET` are tried by size, so nothing smaller clashes; a larger one is made minimal by leaving
    out one limit after the other. Empty where everybody is served.
    """
    binding = [limit for limit in limits if limit.room]
    if all_served(people, dates, binding):
        return []
    for size in range(1, min(LARGEST_SET, len(binding)) + 1):
        for some in combinations(binding, size):
            if not all_served(people, dates, some):
                return list(some)
    left = list(binding)
    for limit in binding:
        fewer = [one for one in left if one is not limit]
        if not all_served(people, dates, fewer):
            left = fewer
    return left


def relief(people: list[Candidate], dates: Sequence[dt.date], limits: Sequence[Limit], one: Limit) -> int | None:
    """How many more people a day a limit would have to let go home so that everybody is served; None: it alone
    cannot help."""

    def widened(extra: int) -> list[Limit]:
        wider = dataclasses.replace(one, room={date: max(n, 0) + extra for date, n in one.room.items()})
        return [wider if limit is one else limit for limit in limits]

    if not all_served(people, dates, widened(len(people))):
        return None
    low, high = 1, max(len(people), 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if all_served(people, dates, widened(middle)) else (middle + 1, high)
    return low


# --- fairness -----------------------------------------------------------------------------------


def balance(had: Sequence[tuple[int, int]]) -> int:
    """How evenly days had (first) follow days earned (second), 0–100: Jain's index of the shares, in per cent.

    100: everybody has the same share of what they earned; 100/n: one person has everything (Jain, Chiu, Hawe 1984).
    """
    shares = [Fraction(got, earned) for got, earned in had if earned > 0]
    square = sum(share * share for share in shares)
    if not square:
        return 100
    return int(100 * sum(shares) ** 2 / (len(shares) * square))


def gap(had: Sequence[tuple[int, int]]) -> int:
    """The largest difference of days had among people who earned the same (in the unit of the input)."""
    by_earned: dict[int, list[int]] = {}
    for got, earned in had:
        by_earned.setdefault(earned, []).append(got)
    return max((max(group) - min(group) for group in by_earned.values()), default=0)
