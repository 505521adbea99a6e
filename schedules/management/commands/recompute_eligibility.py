"""The weekly run by hand."""

import sys
from typing import NoReturn

from django.utils import timezone
from django.utils.translation import gettext as _

from eligibility.actions import Refused, preview_run
from eligibility.models import Run
from eligibility.queries import in_force
from employees.calendar import BadWeek, parse_week, week_name
from employees.models import Agency
from ledger.commands import RecordedCommand
from schedules.actions import weekly

COUNTS = ("in_scope", "eligible", "changed", "gained", "lost", "problems", "left_out")


class Command(RecordedCommand):
    help = (
        "Compute who is eligible in a week, from approved scores only. Exit 0 done, 1 some agencies refused, 2 refused."
    )

    def add_arguments(self, parser):
        parser.add_argument("--week", required=True, metavar="2026-W48", help="ISO week")
        parser.add_argument("--agency", metavar="CODE", help="one agency (default: all)")
        parser.add_argument("--dry-run", action="store_true", help="count only; write nothing")
        parser.add_argument("--publish", action="store_true", help="publish and plan, whatever the brake says")

    def handle(self, *, week, agency, dry_run, publish, **options):
        try:
            monday = parse_week(week)
        except BadWeek as error:
            self._refuse(str(error))
        agencies = list(Agency.objects.filter(code=agency) if agency else Agency.objects.all())
        if not agencies:
            self._refuse(f"No agency {agency or ''}: see the list in the admin, or import agencies first.")
        pairs = [(one, row.track) for one in agencies for row in in_force(one.pk, monday)]
        if not pairs:
            self._refuse(f"No policy is in force in {week_name(monday)}: put one in force with load_policies --agency.")
        done = [self._one(one, track, monday, dry_run, publish) for one, track in pairs]
        sys.exit(0 if all(done) else 1 if any(done) else 2)

    def _one(self, agency, track, monday, dry_run, publish) -> bool:
        name = f"{agency.code} {track} {week_name(monday)}"
        at = timezone.now()
        if dry_run:
            return self._preview(name, agency, track, monday, at)
        try:
            run = weekly.run_by_hand(agency=agency, track=track, week=monday, by=None, at=at, publish=publish)
        except Refused as error:
            self.stderr.write(f"{name}: {error}")
            return False
        named = {field: getattr(run, field) for field in COUNTS}
        counts = _(
            "%(in_scope)s people, %(eligible)s eligible, %(changed)s changed (+%(gained)s −%(lost)s), "
            "%(problems)s with a problem, %(left_out)s left out at their own wish"
        )
        held = f" ({run.get_hold_display()})" if run.state == Run.State.WAITING else ""
        self.stdout.write(f"{name}: {counts % named}, {run.get_state_display()}{held}")
        return True

    def _preview(self, name, agency, track, monday, at) -> bool:
        try:
            found = preview_run(agency=agency, track=track, week=monday, at=at)
        except Refused as error:
            self.stderr.write(f"{name}: {error}")
            return False
        self.stdout.write(f"{name}: {found} " + _("(nothing written)"))
        return True

    def _refuse(self, message: str) -> NoReturn:
        self.stderr.write(message)
        sys.exit(2)
