"""Who gets which day in one unit: the owed first, under every limit, wishes after fairness. Pure and explainable.

No solver: people in order of fairness take the best day left; whoever finds none makes room where a colleague can move
to another of their days (an augmenting path). So as many days as possible are given, and the people served are the
first in the order that can be served at all (the greedy choice is optimal on a transversal matroid: Edmonds 1971).
"""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations

NO_LIMIT = 10**9
NO_WISH = 9  # the rank of a weekday that nobody asked for
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


def room_on(limits: Iterable[Limit], dates: Iterable[dt.date]) -> dict[dt.date, int]:
    """How many the limits that hold for everybody let go home on each date; a date without any is left out."""
    shared = [limit.room for limit in limits if not limit.post]
    least = {date: min((room.get(date, NO_LIMIT) for room in shared), default=NO_LIMIT) for date in dates}
    return {date: max(n, 0) for date, n in least.items() if n < NO_LIMIT}


@dataclasses.dataclass(slots=True)
class Candidate:
    """An eligible person. Amounts of days are counted in half-days, since the fairness period of twelve weeks began."""

    employee_id: int
    lot: int  # drawn by week and person, so that no number is favoured over the weeks
    earned: int  # days this week, by the rating
    before: int = 0  # half-days earned in the weeks before
    owed: int = 0  # of these: neither had nor given back
    carried: int = 0  # owed from the period before
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
    """The owed first: whoever has had the smallest share of the days earned, then whoever carried a debt over, then the
    longest without a day, then the lot.

    Within a period nothing drops out of the count, so of two people who earned the same in the same weeks nobody is
    ever more than one day ahead unless a limit of their own kept the other at the office.
    """
    return sorted(candidates, key=_claim)


def _claim(person: Candidate, turn: int = 0) -> tuple[int, int, int, int, int]:
    """How early a person's claim to a day comes (`turn` 0: the first of this week); the share in whole millionths."""
    had, earned = person.before - person.owed + 2 * turn, person.before + 2 * person.earned
    share = 1_000_000 * had // earned if earned > 0 else 0
    return turn, share, -person.carried, person.last, person.lot


def allocate(
    candidates: Iterable[Candidate], dates: Sequence[dt.date], limits: Sequence[Limit], *, fixed: bool = False
) -> list[Given]:
    """What everybody of a unit gets in a week. `dates` are its working days; `fixed`: the policy names the weekday.

    Everybody's first day comes before anybody's second; among second days too the smallest share comes first. The same
    input gives the same plan, in whatever order it comes.
    """
    return _Week(order(candidates), dates, limits, fixed).fill()


class _Week:
    """The state of filling one unit's week. Dates and people are places in their lists: this loop runs for millions."""

    def __init__(self, people: list[Candidate], dates: Sequence[dt.date], limits: Sequence[Limit], fixed: bool):
        self.people, self.dates, self.fixed = people, sorted(dates), fixed
        self.shared = [limit for limit in limits if not limit.post]
        self.room = [min((li.room.get(date, NO_LIMIT) for li in self.shared), default=NO_LIMIT) for date in self.dates]
        self.start = list(self.room)
        self.posts = {li.post: [li.room.get(date, NO_LIMIT) for date in self.dates] for li in limits if li.post}
        self.post_limits = {limit.post: limit for limit in limits if limit.post}
        self.at: list[list[int]] = [[] for _ in self.dates]
        self.got: list[list[int]] = [[] for _ in people]
        self._ranked: dict[tuple, list[tuple[int, int]]] = {}
        self.best = [self._best(person) for person in people]

    def fill(self) -> list[Given]:
        given = [
            Given(person.employee_id, n + 1, self._earned(n), person.owed + person.carried)
            for n, person in enumerate(self.people)
        ]
        claims = [(_claim(self.people[n], turn), n) for n, one in enumerate(given) for turn in range(one.earned)]
        for _place, n in sorted(claims):
            if not self._take(n):
                self._note(n, given[n])
        for n, one in enumerate(given):
            self._close(n, one)
        return given

    # --- taking a day ---

    def _best(self, person: Candidate) -> list[tuple[int, int]]:
        """(rank, date) for each date on which the person could be at home at all, wished ones first."""
        key = (*person.wishes, person.series)
        ranked = self._ranked.get(key)
        if ranked is None:
            days = [date.isoweekday() for date in self.dates]
            ranked = self._ranked[key] = sorted((self._rank(person, day), i) for i, day in enumerate(days))
        if not person.away:
            return ranked
        return [(rank, i) for rank, i in ranked if self.dates[i] not in person.away]

    def _earned(self, n: int) -> int:
        """As many as their rating says; none where nothing but their own absence leaves no day."""
        return 0 if self._absent(n) else min(self.people[n].earned, len(self.best[n]))

    def _absent(self, n: int) -> bool:
        """Whether they are away whenever the unit has a day open (or, with none open, all week)."""
        if not self.people[n].away:
            return not self.dates
        return not self._has_room(n) and (not self.best[n] or any(left > 0 for left in self.start))

    def _has_room(self, n: int) -> bool:
        return any(self.start[i] > 0 for _rank, i in self.best[n])

    @staticmethod
    def _rank(person: Candidate, day: int) -> int:
        if day == person.series:
            return 0
        return person.wishes.index(day) + 1 if day in person.wishes else NO_WISH

    def _post_fits(self, n: int, i: int) -> bool:
        post = self.people[n].post
        return post not in self.posts or self.posts[post][i] > 0

    def _take(self, n: int) -> bool:
        """The best day that fits; where none does, one that colleagues can make room on.

        Among equal wishes: the weekday had least often, then the day with the most room, then the earliest.
        """
        room, mine, had = self.room, self.got[n], self.people[n].had
        found, found_rank, least, most = -1, NO_WISH, 0, 0
        for rank, i in self.best[n]:
            if found >= 0 and rank > found_rank:
                break
            if room[i] <= 0 or i in mine or not (not self.posts or self._post_fits(n, i)):
                continue
            times = had[self.dates[i].weekday()] if had else 0
            if found < 0 or times < least or (times == least and room[i] > most):
                found, found_rank, least, most = i, rank, times, room[i]
        if found >= 0:
            self._put(n, found)
            return True
        return any(left > 0 for left in room) and self._make_room(n, set())

    def _make_room(self, n: int, seen: set) -> bool:
        for _rank, i in self.best[n]:
            if i in self.got[n]:
                continue
            post_fits = self._post_fits(n, i)
            if self.room[i] > 0 and post_fits:
                self._put(n, i)
                return True
            post = None if post_fits else self.people[n].post
            if self.start[i] <= 0 or (i, post) in seen:
                continue
            seen.add((i, post))
            for other in reversed(self.at[i]):  # the last in the order move first
                if other == n or (post is not None and self.people[other].post != post):
                    continue
                self._drop(other, i)
                self._put(n, i)  # the place is taken at once: nobody on the way may fill it
                if self._elsewhere(other, i, seen):
                    return True
                self._drop(n, i)
                self._put(other, i)
        return False

    def _elsewhere(self, n: int, i: int, seen: set) -> bool:
        """Another date than this for a person who has just left it."""
        self.got[n].append(i)  # not this one
        moved = self._make_room(n, seen)
        self.got[n].remove(i)
        return moved

    def _put(self, n: int, i: int) -> None:
        self.room[i] -= 1
        self.at[i].append(n)
        self.got[n].append(i)
        if self.posts:
            self._count_post(n, i, -1)

    def _drop(self, n: int, i: int) -> None:
        self.room[i] += 1
        self.at[i].remove(n)
        self.got[n].remove(i)
        if self.posts:
            self._count_post(n, i, 1)

    def _count_post(self, n: int, i: int, change: int) -> None:
        rooms = self.posts.get(self.people[n].post)
        if rooms is not None:
            rooms[i] += change

    # --- saying why ---

    def _note(self, n: int, one: Given) -> None:
        """What stood against the best day when no place was found."""
        if one.code or not self.best[n]:
            return
        open_ones = (i for _rank, i in self.best[n] if i not in self.got[n] and self.start[i] > 0)
        self._blame(n, one, next(open_ones, self.best[n][0][1]))

    def _blame(self, n: int, one: Given, i: int) -> None:
        limit, date = self._against(n, i), self.dates[i]
        if limit is None:
            return
        one.wanted, one.code, one.cap = date, limit.code, limit.cap.get(date)
        if one.cap is not None:
            taken = sum(1 for other in self.at[i] if not limit.post or self.people[other].post == limit.post)
            one.used = one.cap - max(limit.room[date], 0) + taken

    def _against(self, n: int, i: int) -> Limit | None:
        if self.room[i] <= 0:
            return min(self.shared, key=lambda li: li.room.get(self.dates[i], NO_LIMIT), default=None)
        return None if self._post_fits(n, i) else self.post_limits[self.people[n].post]

    def _close(self, n: int, one: Given) -> None:
        best, mine = self.best[n], self.got[n]
        if not mine:
            one.why = "AWAY" if self._absent(n) else "NO_ROOM" if self._has_room(n) else "CLOSED"
            return
        one.dates = [self.dates[i] for i in sorted(mine)]
        rank = min(rank for rank, i in best if i in mine)
        if rank == 0:
            one.why = "SERIES"
        elif rank < NO_WISH:
            one.why, one.rank = "CHOICE", rank
        else:
            one.why = "FIXED" if self.fixed else "ROOM"
        if not one.code and best[0][0] < rank:
            self._blame(n, one, best[0][1])


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
    pairs = Counter((got, earned) for got, earned in had if earned > 0)
    shares = [(Fraction(got, earned), count) for (got, earned), count in pairs.items()]
    square = sum(count * share * share for share, count in shares)
    if not square:
        return 100
    return int(100 * sum(count * share for share, count in shares) ** 2 / (pairs.total() * square))


def gap(had: Sequence[tuple[int, int]]) -> int:
    """The largest difference of days had among people who earned the same (in the unit of the input)."""
    by_earned: dict[int, list[int]] = {}
    for got, earned in had:
        by_earned.setdefault(earned, []).append(got)
    return max((max(group) - min(group) for group in by_earned.values()), default=0)
