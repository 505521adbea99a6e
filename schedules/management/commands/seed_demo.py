"""``manage.py seed_demo --people N``: made-up agencies, people, scores and weeks."""

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ledger.commands import RecordedCommand
from schedules.demo import DemoRefused, seed


class Command(RecordedCommand):
    help = (
        "Fills an empty database with two made-up agencies, their people, two years of appraisals, holidays, accounts "
        "without passwords, and the last weeks published. The same --seed gives the same people."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=5000, help="how many people, at least 200 (default 5000)")
        parser.add_argument("--seed", type=int, default=1, help="another number gives other people (default 1)")

    def handle(self, *, people: int, **options) -> None:
        try:
            done = seed(count=max(people, 200), number=options["seed"], at=timezone.now())
        except DemoRefused as refused:
            raise CommandError(str(refused), returncode=2) from None
        self.stdout.write("Demo data loaded." if done else "The demo data are already there.")
