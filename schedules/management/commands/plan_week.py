"""The weekly plan by hand."""

import sys

from django.utils import timezone

from eligibility import queries as decisions
from employees.calendar import BadWeek, parse_week, week_name
from employees.models import Agency
from ledger.commands import RecordedCommand
from schedules.actions import plans
from schedules.actions.refused import Refused


class Command(RecordedCommand):
    help = "Plan a week from its published runs: who gets which day. A planned week stays as it is."

    def add_arguments(self, parser):
        parser.add_argument("--week", required=True, metavar="2026-W48", help="ISO week")
        parser.add_argument("--agency", metavar="CODE", help="one agency (default: all)")
        parser.add_argument("--dry-run", action="store_true", help="count only (the default without --publish)")
        parser.add_argument("--publish", action="store_true", help="write and publish the plan")

    def handle(self, *, week, agency, dry_run, publish, **options):
        try:
            monday = parse_week(week)
        except BadWeek as error:
            self.stderr.write(str(error))
            sys.exit(2)
        agencies = list(Agency.objects.filter(code=agency) if agency else Agency.objects.all())
        if not agencies:
            self.stderr.write(f"No agency {agency or ''}.")
            sys.exit(2)
        write = publish and not dry_run
        done = [self._publish(one, monday) if write else self._draft(one, monday) for one in agencies]
        sys.exit(0 if all(done) else 1)

    def _draft(self, agency, monday) -> bool:
        runs = decisions.published_runs(agency.pk, monday)
        units = list(plans.unit_weeks(agency=agency, week=monday, runs=runs, at=timezone.now()))
        days = sum(len(one.dates) for unit in units for one in unit.given)
        counts = f"{days} days, {sum(unit.without for unit in units)} eligible without one"
        self.stdout.write(f"{agency.code} {week_name(monday)}: {counts} (nothing written)")
        return bool(runs)

    def _publish(self, agency, monday) -> bool:
        try:
            plan = plans.plan_week(agency=agency, week=monday, by=None, at=timezone.now(), publish=True)
        except Refused as refused:
            self.stderr.write(f"{agency.code} {week_name(monday)}: {refused}")
            return False
        if plan is None:
            self.stderr.write(f"{agency.code} {week_name(monday)}: no published run yet; publish the run first.")
            return False
        self.stdout.write(f"{agency.code} {plan}: {plan.given} days, {plan.without} eligible without one")
        return True
