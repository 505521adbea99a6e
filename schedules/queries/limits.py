"""A unit's week as numbers for the planner: its working days, and each rule's room on them."""

import datetime as dt

from eligibility.rules import DayRule, Weekday
from schedules.planning import Limit

from .cover import Cover
from .person import HALVES


def working_dates(cover: Cover, unit_id: int) -> list[dt.date]:
    return [date for date in cover.dates if cover.working(unit_id, date)]


def limits(
    cover: Cover, unit_id: int, dates: list[dt.date], rules: list[DayRule], *, on_request: bool = False
) -> list[Limit]:
    """What every rule lets go home on each date, for whoever would be the next; a closed day has no room at all."""
    days = {date: cover.facts(unit_id, date, on_request=on_request) for date in dates}
    found = []
    for rule in rules:
        room, cap = {}, {}
        for date, facts in days.items():
            left = rule.room(facts)
            if left is not None:
                room[date], cap[date] = left, max(left, 0) + facts.at_home
            elif rule.check(facts):
                room[date] = 0
        if room:
            found.append(Limit(next(iter(rule.codes)), room, "", cap))
    return found + _posts(cover, unit_id, dates)


def _posts(cover: Cover, unit_id: int, dates: list[dt.date]) -> list[Limit]:
    """Holders of a post that must be staffed, beyond those who must be there."""
    posts = {post for date in dates for post in cover.posts(unit_id, date)}
    found = []
    for post in sorted(posts):
        room = {}
        for date in dates:
            if post in cover.posts(unit_id, date):
                room[date] = min(
                    cover.post_present(unit_id, date, post, half) - cover.post_minimum(unit_id, date, post, half)
                    for half in HALVES
                )
        found.append(Limit("R-POS-WAJIB", room, post, {date: max(n, 0) for date, n in room.items()}))
    return found


def is_fixed(rules: list[DayRule]) -> bool:
    """Whether the policy names the weekday: then the cap decides, and rotates."""
    return any(isinstance(rule, Weekday) and len(rule.days) == 1 for rule in rules)


def understaffed(cover: Cover, unit_id: int, dates: list[dt.date]) -> list[dt.date]:
    """Dates on which a minimum is missed even with nobody at home: leave alone has taken too many."""
    short = []
    for date in dates:
        size_left = cover.sizes.get((unit_id, date), 0) - cover.leave.get((unit_id, date), 0)
        needs = max(cover.minimum(unit_id, date, half) for half in HALVES)
        posts = any(
            cover.post_present(unit_id, date, post, half) < cover.post_minimum(unit_id, date, post, half)
            for post in cover.posts(unit_id, date)
            for half in HALVES
        )
        if size_left < needs or posts:
            short.append(date)
    return short
