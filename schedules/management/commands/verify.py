"""``manage.py verify``: every invariant as SQL, the event chain, and every decision judged again from its evidence."""

import json
import sys
from collections.abc import Callable, Iterable

from django.core.management.base import BaseCommand
from django.db import connection

from eligibility import engine
from eligibility.invariants import NEVER as OF_ELIGIBILITY
from eligibility.queries import altered_runs
from employees.invariants import NEVER as OF_EMPLOYEES
from ledger import replay, seals
from ledger.invariants import NEVER as OF_LEDGER
from performance.invariants import NEVER as OF_PERFORMANCE
from schedules.invariants import NEVER as OF_SCHEDULES
from schedules.queries.verified import over_the_weekly_maximum

SHOWN = 20  # rows printed of each that is broken


def rows_of(sql: str) -> Callable[[], Iterable]:
    def rows():
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [row[0] for row in cursor.fetchall()]

    return rows


FLOORS = {
    "ledger": OF_LEDGER,
    "employees": OF_EMPLOYEES,
    "performance": OF_PERFORMANCE,
    "eligibility": OF_ELIGIBILITY,
    "schedules": OF_SCHEDULES,
}
CHECKS: dict[str, Callable[[], Iterable]] = {
    f"{floor}: {name}": rows_of(sql) for floor, never in FLOORS.items() for name, sql in never.items()
} | {
    "ledger: a seal that does not fit its events": seals.broken,
    "ledger: a row that its history does not give": replay.diverged,
    "eligibility: a published week whose decisions are not those that were published": altered_runs,
    "schedules: more days in a week than any of its policies allows": over_the_weekly_maximum,
    "eligibility: a decision that its own evidence does not give": lambda: [pk for _run, pk in engine.misjudged()],
}


class Command(BaseCommand):
    help = "Check every invariant. Exit 0: nothing broken; 1: what is broken is printed, with the ids of the rows."

    def add_arguments(self, parser):
        parser.add_argument("--only", metavar="TEXT", help="only checks whose name holds this text")
        parser.add_argument("--json", action="store_true", help="names of checks, each with the ids that break it")

    def handle(self, *, only, **options):
        chosen = {name: check for name, check in CHECKS.items() if not only or only.lower() in name.lower()}
        if not chosen:
            self.stderr.write(f"No check is called anything like “{only}”.")
            sys.exit(2)
        found = {}
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")  # millions of rows take longer than a page may
        try:
            for name, check in chosen.items():
                found[name] = list(check())
                if not options["json"]:
                    self._say(name, found[name])
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
        sys.exit(1 if any(found.values()) else 0)

    def _say(self, name: str, ids: list) -> None:
        if not ids:
            self.stdout.write(f"ok      {name}")
            return
        more = f" … and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
        self.stdout.write(f"BROKEN  {name}: {', '.join(map(str, ids[:SHOWN]))}{more}")
