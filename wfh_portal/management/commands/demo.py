"""``manage.py demo``: the whole portal with made-up people, from one command."""

import os
import sys

from django.core.management.base import BaseCommand, CommandParser

from wfh_portal.places import RuntimeRefused
from wfh_portal.processes import complain
from wfh_portal.showcase import play


class Command(BaseCommand):
    help = (
        "Starts PostgreSQL and Valkey (or uses DATABASE_URL and REDIS_URL), migrates, loads made-up people once, and "
        "runs the web server, the workers and the timetable until Ctrl-C. Not for production."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", default=os.environ.get("PORT", "8000"), help="where to listen on 127.0.0.1 (PORT)"
        )
        parser.add_argument(
            "--people", default=os.environ.get("DEMO_PEOPLE", "5000"), help="how many people to make up (DEMO_PEOPLE)"
        )

    def handle(self, *, port: str, people: str, **options: object) -> None:
        if not people.isascii() or not people.isdigit() or not 1 <= int(people) <= 1_000_000:
            complain(
                f"DEMO_PEOPLE is «{people}», but it is a whole number from 1 to 1000000. Example: DEMO_PEOPLE=5000"
            )
            sys.exit(2)
        try:
            sys.exit(play(port=port, people=int(people)))
        except RuntimeRefused as problem:
            complain(str(problem))
            sys.exit(2)
