"""What would change under a policy, or under other numbers."""

import json
import sys
from typing import NoReturn

from django.core.management.base import BaseCommand
from django.utils import timezone

from eligibility.queries import named
from eligibility.queries.what_if import with_numbers
from eligibility.rules import BadPolicy
from employees.calendar import BadWeek, parse_week, week_name
from employees.models import Agency
from schedules.queries.what_if import IN_FORCE, PUBLISHED, NothingToCompare, TooSlow, UnitLine, WhatIf, what_if

MOST = 20  # units in the text; --json has all


class Command(BaseCommand):
    help = (
        "Who would gain and who would lose under a policy, and which units break; computed now by the engine of the "
        "weekly run, writing nothing and naming nobody. Exit 0 done, 2 refused."
    )

    def add_arguments(self, parser):
        parser.add_argument("--agency", required=True, metavar="CODE", help="the agency")
        parser.add_argument("--policy", required=True, metavar="CODE", help="a policy, drafts too")
        parser.add_argument("--edition", type=int, metavar="N", help="its version (default: the newest)")
        parser.add_argument("--week", required=True, metavar="2026-W48", help="ISO week")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="MinimumRating.minimum=4",
            help="another number for a rule (may be given several times)",
        )
        parser.add_argument(
            "--published",
            action="store_true",
            help="compare with the newest published week (default: the policy in force in that week)",
        )
        parser.add_argument("--json", action="store_true", help="totals, units, ratings, reasons")

    def handle(self, *, agency, policy, edition, week, published, **options):
        place = Agency.objects.filter(code=agency).first()
        if place is None:
            self._refuse(f"No agency {agency}.")
        asked = named(policy, place.pk, edition)
        if asked is None:
            self._refuse(f"No policy {policy}{f' v{edition}' if edition else ''}; load or draft it first.")
        try:
            found = what_if(
                agency=place,
                policy=with_numbers(asked, dict(map(self._number, options["set"]))),
                week=parse_week(week),
                at=timezone.now(),
                against=PUBLISHED if published else IN_FORCE,
                patient=True,
            )
        except (BadPolicy, BadWeek, NothingToCompare, TooSlow) as refused:
            self._refuse(str(refused))
        self.stdout.write(as_json(found) if options["json"] else as_text(found))

    def _number(self, text: str) -> tuple[str, str]:
        address, equals, value = text.partition("=")
        if not equals:
            self._refuse(f"“{text}” is not a number; write it as MinimumRating.minimum=4.")
        return address.strip(), value

    def _refuse(self, message: str) -> NoReturn:
        self.stderr.write(message)
        sys.exit(2)


def _before(found: WhatIf) -> str:
    if found.run:
        return f"published {week_name(found.run.week)} ({found.before})"
    return str(found.before) if found.before else "no policy in force"


def as_text(found: WhatIf) -> str:
    sums = found.totals
    lines = [
        f"{found.agency.code} {week_name(found.week)}: {found.policy} compared with {_before(found)}",
        f"{sums['people']} people, eligible {sums['before']} → {sums['after']} (+{sums['gained']} −{sums['lost']})",
    ]
    lines += [f"  {line.code} {line.before} → {line.after}" for line in found.reasons if line.change]
    turned = [line for line in found.units if line.turned]
    lines += [f"  {line.name}: {line.before} → {line.after} (+{line.gained} −{line.lost})" for line in turned[:MOST]]
    if len(turned) > MOST:
        lines.append(f"  … and {len(turned) - MOST} more units")
    breaking = found.breaking
    lines.append(f"{len(breaking)} units whose staffing breaks")
    for line in breaking[:MOST]:
        staffed = line.staffed_after
        lines.append(f"  {line.name}: {staffed.missing} of {staffed.earned} days without a place [{staffed.code}]")
    if found.broken:
        lines.append(f"{found.broken} people whose data cannot be judged")
    return "\n".join([*lines, "(nothing written)"])


def as_json(found: WhatIf) -> str:
    body = {
        "agency": found.agency.code,
        "week": week_name(found.week),
        "policy": {"code": found.policy.code, "version": found.policy.version, "rules": found.policy.rules},
        "compared_with": _before(found),
        "totals": found.totals | {"broken": found.broken},
        "units": [unit_json(line) for line in found.units],
        "ratings": [vars(line) for line in found.ratings],
        "reasons": {line.code: {"before": line.before, "after": line.after} for line in found.reasons},
    }
    return json.dumps(body, ensure_ascii=False, indent=2)


def unit_json(line: UnitLine) -> dict:
    counts = {name: getattr(line, name) for name in ("name", "people", "before", "after", "gained", "lost")}
    staffed = {"before": vars(line.staffed_before), "after": vars(line.staffed_after)}
    return {"id": line.unit_id} | counts | {"breaks": line.breaks, "days": staffed}
