"""When something dated that an account had – a role, a stand-in – ended last. What it opened before that is over.

Each floor adds its own kind of ending where its table stands; whoever reads an account `with_endings` gets all of them
in the same statement, so that a session and a token are asked at every request (reliability.md F36; ADR 21).
"""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import DateTimeField, Func


@dataclasses.dataclass(frozen=True)
class Ending:
    """A kind of ending. `moment` is SQL for its last instant that has passed, over a row of accounts; NULL for none."""

    name: str  # in an address
    sentence: Any  # lazily translated, for whoever has to log in anew
    moment: Callable[[], Any]

    @property
    def column(self) -> str:
        return f"ended_{self.name.replace('-', '_')}"


ENDINGS: dict[str, Ending] = {}


def dated(name: str, sentence, moment) -> None:
    """Add a kind of ending."""
    ENDINGS[name] = Ending(name, sentence, moment)


class Midnight(Func):
    """SQL: the instant at which a date begins, given the time zone and the date."""

    template = "timezone(%(expressions)s::timestamp)"
    output_field = DateTimeField()


def columns() -> dict[str, Any]:
    """What to annotate accounts with."""
    return {one.column: one.moment() for one in ENDINGS.values()}


def ended_since(user, start: dt.datetime) -> Ending | None:
    """What of an account (read `with_endings`) ended after this instant, the latest; None where nothing did."""
    found = [(moment, one) for one in ENDINGS.values() if (moment := getattr(user, one.column, None))]
    moment, one = max(found, key=lambda pair: pair[0], default=(start, None))
    return one if moment > start else None
