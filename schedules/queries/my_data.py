"""What is held about one person, in parts, for that person: rows, who changed them, who read them.

What one reads here is what one may read elsewhere: a score that nobody approved, a run or a plan that is not published
is not in it. Of others it says role and unit, not name.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from psycopg2.extras import DateRange as Range

from eligibility.groups import without_rank
from eligibility.models import Run
from employees.about import kept, known
from employees.models import Placement, RoleGrant, User
from employees.roles import GIVEN
from ledger.models import ReadLog
from ledger.reading import opened
from performance.models import Appraisal
from schedules.models import Plan

NEWEST = 50  # on the page; the copy has all
SECRET = frozenset(
    {"password", "digest", "token_key", "session_key", "session_data", "data", "endpoint", "p256dh", "auth"}
    | {"extra_data", "facts_key"}
)
FOR_PROGRAMMES = frozenset({"public_id"})
PLUMBING = frozenset({"id", "version", "key", "subject_id", "plan", "run_id", "from_run", "until_run"})


def published_run(run: str) -> Callable[[], Q]:
    return lambda: Q(**{f"{run}__state": Run.State.PUBLISHED})


def _decided() -> Q:
    runs = Run.objects.published().filter(
        agency=OuterRef("agency_id"), track=OuterRef("track"), number=OuterRef("from_run")
    )
    return Q(Exists(runs))


@dataclasses.dataclass(frozen=True)
class Part:
    """Rows of one kind about a person: `of` names the table and the column by which they are theirs."""

    of: str  # "app.Model column"
    group: str
    title: str | Promise
    only: Callable[[], Q] = Q  # which of them the person may read

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.of.partition(" ")[0])

    @property
    def link(self) -> str:
        return self.of.partition(" ")[2]


GROUPS = {
    "person": gettext_lazy("Who you are"),
    "work": gettext_lazy("Appraisals and records"),
    "decisions": gettext_lazy("Decisions"),
    "wfh": gettext_lazy("WFH days and requests"),
    "account": gettext_lazy("Your account"),
}
PARTS = [
    Part("employees.Employee pk", "person", gettext_lazy("Person")),
    Part("employees.Placement employee", "person", gettext_lazy("Units, supervisors and posts")),
    Part("employees.Unit head", "person", gettext_lazy("Units you head")),
    Part(
        "performance.Appraisal employee", "work", gettext_lazy("Appraisals"),
        lambda: Q(state__in=Appraisal.TOLD),
    ),
    Part("employees.Discipline employee", "work", gettext_lazy("Discipline")),
    Part("employees.Absence employee", "work", gettext_lazy("Absences")),
    Part("employees.Leave employee", "work", gettext_lazy("Leave")),
    Part("employees.Fact employee", "work", gettext_lazy("Facts of your agency")),
    Part("employees.DataRequest employee", "work", gettext_lazy("Requests to correct data")),
    Part("eligibility.Decision employee", "decisions", gettext_lazy("Published decisions"), _decided),
    Part("eligibility.Correction employee", "decisions", gettext_lazy("Corrections"),
         lambda: ~Q(state="PROPOSED")),
    Part("eligibility.Objection employee", "decisions", gettext_lazy("Objections")),
    Part("eligibility.Suspension employee", "decisions", gettext_lazy("Automatic decisions suspended")),
    Part("eligibility.RunProblem employee", "decisions", gettext_lazy("Data that could not be evaluated"),
         published_run("run")),
    Part("schedules.WfhDay employee", "wfh", gettext_lazy("WFH days"),
         lambda: Q(plan=None) | ~Q(plan__state=Plan.State.DRAFT)),
    Part("schedules.Allotment employee", "wfh", gettext_lazy("What each plan gave you, and why"),
         lambda: ~Q(plan__state=Plan.State.DRAFT)),
    Part("schedules.Request employee", "wfh", gettext_lazy("Requests")),
    Part("schedules.Request colleague", "wfh", gettext_lazy("Swaps you were asked for"), lambda: ~Q(state="DRAFT")),
    Part("schedules.Preference employee", "wfh", gettext_lazy("Wished weekdays")),
    Part("schedules.Delegation delegator", "wfh", gettext_lazy("Your stand-ins")),
    Part("schedules.Delegation delegate", "wfh", gettext_lazy("For whom you stand in")),
    Part("schedules.Notice receiver", "wfh", gettext_lazy("What you were told")),
    Part("employees.User pk", "account", pgettext_lazy("my data", "Account")),
    Part("employees.RoleGrant user", "account", gettext_lazy("Roles")),
    Part("employees.Session account", "account", gettext_lazy("Log-ins")),
    Part("knox.AuthToken user", "account", gettext_lazy("API tokens")),
    Part("mfa.Authenticator user", "account", gettext_lazy("Second factors")),
    Part("employees.CalendarAddress user", "account", gettext_lazy("Calendar address")),
    Part("schedules.PushSubscription user", "account", gettext_lazy("Browsers that are told")),
    Part("account.EmailAddress user", "account", gettext_lazy("Addresses for links")),
    Part("socialaccount.SocialAccount user", "account", gettext_lazy("Accounts elsewhere")),
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Held:
    """A part with its rows: for people (names and words), and for programmes (columns and codes)."""

    part: Part
    rows: tuple[tuple[tuple[str, str], ...], ...]
    raw: tuple[dict[str, Any], ...]


@dataclasses.dataclass(frozen=True)
class Touch:
    """Somebody changed or read something: when, what, and in which capacity."""

    at: dt.datetime
    what: str
    code: str  # the same for programmes
    by: str


def held(user) -> list[Held]:
    """Every part that has rows for this account's person; one query a part."""
    return [found for part in PARTS if (found := _held(part, user)).rows]


def _held(part: Part, user) -> Held:
    about_account = part.of == "employees.User pk" or part.link in ("user", "account")
    owner = user.pk if about_account else user.employee_id
    fields = [field for field in part.model._meta.concrete_fields if _told(part, field)]
    joined = [field.name for field in fields if field.is_relation]
    found = part.model._default_manager.filter(part.only(), **{part.link: owner}).select_related(*joined)
    rows, raw = [], []
    for row in found.order_by("pk"):
        values = [(field, _own(row, field)) for field in fields]
        told = [(field, value) for field, value in values if _there(value) and field.name not in FOR_PROGRAMMES]
        rows.append(tuple((capfirst(str(field.verbose_name)), _shown(field, row, value)) for field, value in told))
        raw.append({field.name: _plain(field, value) for field, value in values})
    return Held(part, tuple(rows), tuple(raw))


def _own(row, field):
    """What is told of a column: in a small group no place, which would tell of the colleagues."""
    value = getattr(row, field.name)
    if field.name not in ("evidence", "changed_facts"):
        return value
    return without_rank(value, row.evidence.get("group_size"))


def _told(part: Part, field) -> bool:
    """Not what opens a door, not plumbing, not oneself again, and not who of an office decided: that is a capacity."""
    if field.name in SECRET or (field.name in PLUMBING and not (field.primary_key and field.is_relation)):
        return False
    return field.name != part.link and not (field.is_relation and field.related_model is User)


def _there(value) -> bool:
    return value not in (None, "", [], {})


def _shown(field, row, value) -> str:
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Range):
        last = value.upper - dt.timedelta(days=1) if value.upper else "…"
        return f"{value.lower} – {last}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    return _moment(value) if isinstance(value, dt.datetime) else str(value)


def _moment(at: dt.datetime) -> str:
    return timezone.localtime(at).isoformat(sep=" ", timespec="minutes")


def _plain(field, value):
    """As JSON writes it: codes and ISO dates; another row by its public number or its name."""
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    if isinstance(value, models.Model):
        return str(getattr(value, "public_id", "") or value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# --- who changed it, who read it ------------------------------------------------------------------

_CHANGES = """
SELECT '{label}', h.pgh_label, h.pgh_created_at, (c.metadata ->> 'user')::bigint,
       coalesce(c.metadata ->> 'job', c.metadata ->> 'command')
FROM {table} h LEFT JOIN pghistory_context c ON c.id = h.pgh_context_id WHERE {theirs}
"""


def changes(user, *, limit: int | None = None) -> list[Touch]:
    """Who entered, changed or deleted rows about the person, the newest first."""
    sql = " UNION ALL ".join(_CHANGES.format(label=one.label, table=one.table, theirs=one.theirs) for one in kept())
    names = known(user.employee) | {"limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({sql}) AS line ORDER BY 3 DESC LIMIT %(limit)s", names)  # noqa: S608 - names of our own tables
        rows = cursor.fetchall()
    said = {"insert": _("entered"), "update": _("changed"), "delete": _("deleted")}
    titles = {one.label: capfirst(str(one.model._meta.verbose_name)) for one in kept()}
    by = capacities([(actor, at) for _kind, _what, at, actor, _tool in rows], user)
    return [
        Touch(at, f"{titles[kind]}: {said[what]}", f"{kind} {what}", by[actor, at] if actor else _tool(tool))
        for kind, what, at, actor, tool in rows
    ]


def _tool(name: str | None) -> str:
    return _("the system (%(name)s)") % {"name": name} if name else _("the system")


def readings(user, *, limit: int | None = None) -> list[Touch]:
    """Who opened the person's record or took it in a file, the newest first."""
    found = ReadLog.objects.filter(employee_id=user.employee_id).order_by("-at", "-pk")
    rows = list(found.values_list("at", "what", "actor_id")[:limit])
    by = capacities([(actor, at) for at, _what, actor in rows], user)
    return [Touch(at, opened(what), what, by[actor, at]) for at, what, actor in rows]


def capacities(touches: list[tuple[int | None, dt.datetime]], user) -> dict[tuple[int | None, dt.datetime], str]:
    """Role and unit of each account at each moment, never the name: who in an office did it is the office's matter,
    and the auditor's. Two queries."""
    accounts = {actor for actor, _at in touches if actor}
    grants: dict[int, list[RoleGrant]] = {}
    for grant in RoleGrant.objects.filter(user__in=accounts).select_related("agency", "unit").order_by("pk"):
        grants.setdefault(grant.user_id, []).append(grant)
    places: dict[int, list[tuple[Any, str]]] = {}
    rows = Placement.objects.filter(employee__user__in=accounts).order_by("pk")
    for account, valid, unit in rows.values_list("employee__user", "valid", "unit__name"):
        places.setdefault(account, []).append((valid, unit))
    return {(actor, at): _capacity(actor, at.date(), grants, places, user) for actor, at in touches if actor}


def _capacity(actor: int, day: dt.date, grants, places, user) -> str:
    if actor == user.pk:
        return _("you")
    roles = dict.fromkeys(str(GIVEN[one.role].name) for one in grants.get(actor, []) if day in _days(one.valid))
    unit = next((name for valid, name in places.get(actor, []) if day in _days(valid)), "")
    return " · ".join(part for part in (", ".join(roles) or _("no role"), unit) if part)


def _days(valid):
    return valid  # psycopg2's ranges answer `in` by themselves
