"""Which kept rows are about a person: found in the models, so that a table added tomorrow belongs to them tomorrow."""

import dataclasses
import functools

from django.apps import apps
from django.db import connection, models

from .models import Employee, User

# Columns by which a row is about somebody. Whoever decided, entered or supervises is not whom a row is about.
LINKS = ("employee", "user", "delegator", "delegate")


@dataclasses.dataclass(frozen=True)
class Kept:
    """A table of versions of rows about people."""

    model: type[models.Model]  # whose rows they are versions of
    table: str
    person: tuple[str, ...]  # columns that hold the employee's id
    account: tuple[str, ...]  # columns that hold the account's id
    has_agency: bool

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def theirs(self) -> str:
        """SQL, true for a row `h` about the person."""
        found = [f"h.{column} = %(person)s" for column in self.person]
        return " OR ".join(found + [f"h.{column} = %(account)s" for column in self.account])


@functools.cache
def kept() -> tuple[Kept, ...]:
    """Every table of versions about people, in a fixed order."""
    found = []
    for history in apps.get_models():
        tracked = getattr(history, "pgh_tracked_model", None)
        if tracked is None:
            continue
        columns: dict[type, list[str]] = {Employee: [], User: []}
        if tracked in columns:
            columns[tracked].append("pgh_obj_id")
        for field in history._meta.concrete_fields:
            if field.name in LINKS and field.related_model in columns:
                columns[field.related_model].append(str(field.column))
        if tracked is User:
            columns[Employee] = []  # an account is found by its own number; `employee_id` would find it twice
        if any(columns.values()):
            names = {field.column for field in history._meta.concrete_fields}
            found.append(
                Kept(
                    tracked,
                    history._meta.db_table,
                    tuple(columns[Employee]),
                    tuple(columns[User]),
                    "agency_id" in names,
                )
            )
    return tuple(sorted(found, key=lambda one: one.label))


def subjects_sql() -> str:
    """SQL for (type, id) of everything about `%(person)s` and `%(account)s` that an event may be about."""
    parts = ["SELECT 'employees.employee', %(person)s::bigint", "SELECT 'employees.user', %(account)s::bigint"]
    for one in kept():
        if one.model not in (Employee, User):
            parts.append(f"SELECT '{one.label}', h.pgh_obj_id::bigint FROM {one.table} h WHERE {one.theirs}")  # noqa: S608 - names of our own tables
    return " UNION ".join(parts)


def subjects_of(employee: Employee) -> dict[str, list[int]]:
    """Ids of everything about a person that an event may be about, deleted rows too, by kind. One query."""
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(subjects_sql(), known(employee))
        for kind, pk in cursor.fetchall():
            found.setdefault(kind, []).append(pk)
    return found


def known(employee: Employee) -> dict[str, int]:
    """What the SQL above asks for; an account that is not there is 0, which no row has."""
    account = User.objects.filter(employee=employee).values_list("pk", flat=True).first()
    return {"person": employee.pk, "account": account or 0}
