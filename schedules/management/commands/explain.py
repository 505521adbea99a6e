"""Why somebody may or may not work from home."""

import dataclasses
import datetime as dt
import json
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from eligibility.queries import named
from employees.calendar import BadWeek, parse_week
from employees.identity import BadNip, parse_nip
from employees.models import Employee
from schedules.explaining import Explanation, explain


class Command(BaseCommand):
    help = "Explain a published decision, or with --now what it would be: each rule, its facts, sources and dates."

    def add_arguments(self, parser):
        parser.add_argument("nip", help="NIP or NI PPPK")
        parser.add_argument("--week", required=True, metavar="2026-W48", help="ISO week")
        parser.add_argument("--date", metavar="2026-11-25", help="add what hangs on the day: weekday, holiday, caps")
        parser.add_argument("--now", action="store_true", help="what it would be with what is approved now")
        parser.add_argument("--policy", metavar="CODE", help="ask another policy (its newest version; implies --now)")
        parser.add_argument("--json", action="store_true", help="eligible, reasons (codes), evidence")

    def handle(self, *, nip, week, date, now, policy, **options):
        try:
            number = parse_nip(nip).number
            monday = parse_week(week)
            day = dt.date.fromisoformat(date) if date else None
        except (BadNip, BadWeek) as error:
            self._refuse(str(error))
        except ValueError:
            self._refuse(f"“{date}” is not a date; write it as 2026-11-25.")
        employee = Employee.objects.select_related("agency").filter(nip=number).first()
        if employee is None:
            self._refuse(f"No person with the number {number}.")
        asked = named(policy, employee.agency_id) if policy else None
        if policy and asked is None:
            self._refuse(f"No policy {policy}; load it first.")
        at = timezone.now() if now or asked else None
        found = explain(employee, monday, viewer=None, date=day, policy=asked, now=at)
        self.stdout.write(self._json(found) if options["json"] else self._text(found))
        sys.exit(0 if found.policies else 1)

    def _json(self, found: Explanation) -> str:
        evidence = {view.code: view.evidence for view in found.policies}
        body: dict[str, Any] = {
            "eligible": found.eligible,
            "reasons": found.reasons,
            "week": found.week_name,
            "evidence": evidence,
        }
        policies = [
            {
                "code": view.code,
                "version": view.version,
                "run": view.run_number,
                "rules": [dataclasses.asdict(rule) for rule in view.rules],
            }
            for view in found.policies
        ]
        body |= {"policies": policies, "corrections": [dataclasses.asdict(one) for one in found.corrections]}
        return json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)

    def _text(self, found: Explanation) -> str:
        lines = [f"{found.week_name}: {found.headline}"]
        for one in found.corrections:
            before = "no decision" if one.before_eligible is None else ", ".join(one.before) or "eligible"
            after = "; ".join(filter(None, [", ".join(one.after) or "eligible", one.given]))
            lines.append(f"Corrected {one.at:%Y-%m-%d} by {one.by} ({one.reason}): {before} → {after}")
        for view in found.policies:
            run = f"run {view.run_number}, published {view.published_at:%Y-%m-%d}" if view.run_number else "as of now"
            lines.append(f"\n{view.name} ({view.code} v{view.version}; {run})")
            for rule in view.rules:
                mark = "✓" if rule.passed else "✗"
                lines.append(
                    f"  {mark} {rule.label}: {rule.sentence}" + (f" [{', '.join(rule.codes)}]" if rule.codes else "")
                )
                lines += [f"      {rule.text} {rule.article}".rstrip()] if rule.text else []
                lines += [
                    f"      {f.label}: {f.value} ({', '.join(filter(None, [f.source, f.date]))})" for f in rule.facts
                ]
        return "\n".join(lines)

    def _refuse(self, message: str) -> NoReturn:
        self.stderr.write(message)
        sys.exit(2)
