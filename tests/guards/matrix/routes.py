"""Every route of the portal, walked from the URL resolver, with what its parameters stand for and a body that works.

A new route needs a line here only where its parameters name rows of a new kind (`KINDS`), where its address or body
names rows beside the path (`BESIDE`), or where its POST needs a body to succeed (`BODIES`).
"""

import dataclasses
import re
from collections.abc import Callable, Iterator

from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, URLResolver, get_resolver

from employees.models import Employee

from .world import MONDAY, PUSH, RELATIONS, THURSDAY, WEDNESDAY, WEEK, World

PARAMETER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
# What the parameter of a route stands for: the kind of row (world.ids) or a fixed text.
KINDS = {
    "object_id": lambda route: route.model,
    "unit_id": lambda route: "unit",
    "person": lambda route: "employee",
    "pk": lambda route: route.model,
    "token": lambda route: "calendar",
}
# The kind of row where the general one is in the wrong state for the route to succeed, or the name says no model.
OF_ROUTE = {
    "objection-withdraw": "objection",
    "data-request-withdraw": "datarequest",
    "factor-remove": "factor",
    "request-again": "returned",
    "request-withdraw": "request",
    "request-approve": "request",
    "request-reject": "request",
    "request-return": "request",
    "day-give-back": "wfhday_free",
    "day-recall": "wfhday",
    "delegation-end": "delegation",
    "api-wfh-day-recall": "wfhday",
    "api-request": "request",
    "api-request-approve": "request",
    "api-request-reject": "request",
    "api-request-return": "request",
    "api-request-withdraw": "request",
    "api-request-send": "returned",
    "api-plan": "plan",
    "api-plan-publish": "plan_draft",
    "admin:schedules_plan_publish": "plan_draft",
    "admin:schedules_plan_anew": "plan_draft",
    "admin:eligibility_policy_approve": "policy_submitted",
    "admin:eligibility_policy_return": "policy_submitted",
    "admin:eligibility_policy_in-force": "policy_approved",
    "admin:eligibility_run_publish": "run_waiting",
    "admin:eligibility_run_withdraw": "run_waiting",
    "admin:eligibility_run_recompute": "run_waiting",
    "admin:eligibility_run_preview": "run_waiting",
    "admin:schedules_plan_unit": "plan_of_unit",
    "admin:employees_user_do:open": "user_closed",
    "admin:view_on_site": "employee",
    "admin:record": "employee",
}
# The kinds of row of a parameter that names a thing to do: each is asked for as a route of its own.
CHOICES = {"admin:employees_user_do": ("what", ("close", "open", "new-link", "end-sessions"))}
FIXED = {
    "week": "2026-W48",
    "date": "2026-11-25",
    "app_label": "employees",
    "uidb36": "1",
    "key": "x",
    "url": "no-such-page",
}
# Rows named beside the path: route → (parameter of the query or the body, kind of row).
BESIDE = {
    "swap-new": ("day", "wfhday_free"),
    "team": ("unit", "unit"),
    "team-day": ("unit", "unit"),
    "delegations": ("delegate", "employee"),
    "request-new": ("gives_up", "wfhday"),
    "api-requests": ("gives_up", "wfhday"),
    "approve-chosen": ("chosen", "request"),
    "api-requests-approve": ("chosen", "request"),
    "admin:bias": ("run", "run"),
    "admin:access": ("agency", "agency"),
    "admin:readings": ("account", "holder"),
    "token-make": ("digest", "token"),
    "token-end": ("digest", "token"),
    "push-off": ("endpoint", "browser"),
    "admin:employees_user_add": ("nip", "newcomer"),
    "admin:employees_rolegrant_add": ("account", "user"),
    "admin:performance_appraisal_changelist": ("_selected_action", "appraisal"),
    "admin:eligibility_correction_changelist": ("_selected_action", "correction"),
    "admin:what_if": ("agency", "agency"),
    "admin:performance_importbatch_upload": ("agency", "agency"),
    "admin:employees_leave_add": ("nip", "employee"),
    "admin:employees_discipline_add": ("nip", "employee"),
    "admin:employees_absence_add": ("nip", "employee"),
    "admin:employees_fact_add": ("nip", "employee"),
    "admin:performance_appraisal_add": ("nip", "employee"),
    "admin:eligibility_correction_add": ("nip", "employee"),
    "admin:schedules_unitrule_add": ("unit", "unit"),
    "admin:eligibility_policy_add": ("agency", "agency"),
    "admin:employees_feed_add": ("agency", "agency"),
    "admin:employees_holiday_add": ("agency", "agency"),
}
IN_QUERY = {"swap-new", "team", "team-day", "admin:bias", "admin:what_if", "admin:access", "admin:readings"}


@dataclasses.dataclass(frozen=True)
class Route:
    """One address with a name of its own; `pattern` as the resolver has it."""

    name: str
    pattern: str
    choice: str = ""  # what its parameter of `CHOICES` says

    @property
    def model(self) -> str:
        """The model of a page of the admin: `admin:employees_leave_change` → `leave`."""
        return self.name.removeprefix("admin:").split("_")[1] if self.name.count("_") > 1 else ""

    @property
    def door(self) -> str:
        if self.pattern.startswith("api/v1"):
            return "api"
        return "admin" if self.name.startswith("admin:") else "page"

    @property
    def kind(self) -> str | None:
        """The kind of row that the path, the query or the body names; None: no row at all."""
        if self.name in OF_ROUTE:
            return OF_ROUTE[self.name]
        for name in self.parameters:
            if name in KINDS:
                return KINDS[name](self)
        return BESIDE[self.name][1] if self.name in BESIDE else None

    @property
    def parameters(self) -> list[str]:
        return [match["name"] for match in PARAMETER.finditer(self.pattern)]

    def relations(self, world: World) -> list[str]:
        """The relations there are rows of, and a random number."""
        if self.kind is None:
            return ["-"]
        assert self.kind in world.ids, (
            f"{self.name}: say in OF_ROUTE which rows it is about ({self.kind or 'no model'})"
        )
        return [one for one in RELATIONS if one == "random" or one in world.ids[self.kind]]

    def address(self, world: World, relation: str) -> str:
        def value(match):
            return str(self._value(world, match["name"], relation))

        path = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", self.pattern.replace("^", "").rstrip("$"))
        path = "/" + PARAMETER.sub(value, path)
        if self.name in IN_QUERY:
            parameter, kind = BESIDE[self.name]
            path += f"?{parameter}={world.row(kind, relation)}"
        return path + QUERIES.get(self.name, "")

    def _value(self, world: World, name: str, relation: str):
        if name in FIXED:
            return FIXED[name]
        if name == "what":
            return self.choice
        if name == "content_type_id":
            return ContentType.objects.get_for_model(Employee).pk
        if name == "person":
            return world.public_id(relation)
        kind = self.kind if name in ("pk", "object_id") else KINDS[name](self)
        return world.row(kind, relation)


QUERIES = {
    "request-new": "?day=2026-11-25",
    "api-wfh-days": "?date=2026-11-26",
    "api-decisions": "?week=2026-W48",
    "request-series": "?date=2026-11-25&until=2026-12-09",
}


def routes() -> list[Route]:
    return sorted(set(_walk(get_resolver().url_patterns)), key=lambda route: (route.name, route.pattern))


def _walk(patterns, before="", space="") -> Iterator[Route]:
    for item in patterns:
        if isinstance(item, URLResolver):
            inner = f"{space}{item.namespace}:" if item.namespace else space
            yield from _walk(item.url_patterns, before + str(item.pattern), inner)
        elif isinstance(item, URLPattern):
            pattern = before + str(item.pattern)
            name = space + (item.name or _nameless(pattern))
            _parameter, choices = CHOICES.get(name, ("", ()))
            yield from (Route(f"{name}:{one}", pattern, one) for one in choices) if choices else [Route(name, pattern)]


def _nameless(pattern: str) -> str:
    """Django's admin leaves two kinds of address without a name: `…/<id>/`, which redirects, and what is left over."""
    parts = pattern.strip("/").split("/")
    return f"{parts[1]}_{parts[2]}_short" if len(parts) == 4 else "left_over"


# --- bodies with which a POST succeeds where it may ---------------------------------------------------


def _person(**fields) -> Callable:
    return lambda world, relation: {"nip": world.nip(relation)} | fields


def _chosen(world, relation):
    return {"chosen": f"{world.row('request', relation)}:1"}


REASON = {"reason": "Rapat", "usual": ""}
POLICY = {
    "name_id": "Kebijakan", "name_en": "Policy", "basis": "SK", "brake_percent": "20", "feed_days": "7",
    "do": "save", "rules": "1", "rule-0-rule": "ActiveStatus",
}  # fmt: skip
DAYS = {"first": "2027-02-01", "last": "2027-02-03"}
PUSHED = {"p256dh": "p" * 87, "auth": "a" * 22}  # as long as a browser's keys are
BODIES: dict[str, Callable | dict] = {
    "object": lambda world, relation: {"run_id": world.row("run", "own"), "text": "Nilai saya keliru di sini."},
    "automatic-decisions": {"do": "suspend"},
    "request-new": lambda world, relation: {
        "date": WEDNESDAY.isoformat(), "gives_up": world.row("wfhday", relation), "reason": "x", "keep": "1",
    },
    "request-series": {"date": "2026-11-27", "until": "2026-12-11", "reason": "x"},
    "request-again": lambda world, relation: {
        "version": 1, "date": (MONDAY + WEEK + (THURSDAY - MONDAY)).isoformat(), "reason": "x",
    },
    "swap-new": lambda world, relation: {"for_day": world.row("wfhday_free", "colleague"), "reason": ""},
    "wishes": {"first": "5", "second": "", "third": ""},
    "approve-chosen": _chosen,
    "day-give-back": {"slot": "FULL", "reason": "x"},
    "day-recall": REASON,
    "delegations": lambda world, relation: {
        "delegate": world.row("employee", relation), "first": "2026-12-07", "last": "2026-12-09",
    },
    "account-language": {"language": "en", "next": "/account/"},
    "connections-calendar": {"do": "renew"},
    "token-make": lambda world, relation: {"digest": world.row("token", relation)},
    "token-end": lambda world, relation: {"digest": world.row("token", relation)},
    "push-on": PUSHED | {"endpoint": f"{PUSH}new"},
    "push-off": lambda world, relation: {"endpoint": world.row("browser", relation)},
    "my-data-copy": {"form": "json"},
    "data-requests": {"about": "OTHER", "wrong": "Nama ibu kota", "wanted": "Jakarta"},
    "admin:readings": lambda world, relation: {"account": world.row("holder", relation), "reason": "LHP 1"},
    "admin:record": {"reason": "LHP 1"},
    "admin:access": lambda world, relation: {"agency": world.row("agency", relation), "reason": "LHP 1"},
    "admin:employees_holiday_change": {"last": "2027-08-03", "reason": "SKB", "sure": "on", "seen": "1"},
    "admin:employees_datarequest_answer": {"do": "done", "answer": "Sudah diperbaiki.", "version": "1"},
    "admin:employees_user_add": lambda world, relation: {"nip": world.newcomer(relation)},
    "admin:employees_user_do:close": REASON,
    "admin:employees_user_do:open": REASON,
    "admin:employees_user_do:new-link": REASON,
    "admin:employees_rolegrant_add": lambda world, relation: {
        "account": world.nip(relation), "role": "AUDITOR", "first": "2026-12-01", "last": "", "reason": "SK",
        "agency": world.house("agency", relation), "unit_code": "",
    },
    "admin:employees_rolegrant_change": {"last": "2026-12-31", "reason": "SK"},
    "admin:performance_appraisal_changelist": lambda world, relation: {
        "action": "approve_selected", "_selected_action": world.row("appraisal", relation),
        "shown_up_to": world.row("appraisal", relation),
    },
    "admin:eligibility_correction_changelist": lambda world, relation: {
        "action": "apply_selected", "_selected_action": world.row("correction", relation), "reason": "Putusan",
        "seen": f"{world.row('correction', relation)}:1",
    },
    "search": {"here": "/team/", "q": "sari"},
    "account-notices": {"digest": "1", "quiet_from": "18:00", "quiet_until": "06:00"},
    "account_change_password": {"oldpassword": "x", "password1": "y", "password2": "y"},
    "api-requests": lambda world, relation: {
        "kind": "MOVE", "date": WEDNESDAY.isoformat(), "gives_up": world.row("wfhday", relation), "draft": True,
    },
    "api-requests-approve": lambda world, relation: [{"id": world.row("request", relation), "version": 1}],
    "api-wfh-day-recall": {"reason": "Rapat"},
    "api-request-approve": {},
    "api-request-reject": {"reason": "Rapat"},
    "api-request-return": {"reason": "Rapat"},
    "api-request-withdraw": {},
    "api-request-send": {"date": (MONDAY + WEEK + (THURSDAY - MONDAY)).isoformat()},
    "admin:performance_appraisal_return": {"reason": "Periksa lagi"},
    "admin:eligibility_policy_add": lambda world, relation: POLICY | {
        "code": "MATRIKS-2026", "track": "REWARD", "agency": world.row("agency", relation),
    },
    "admin:eligibility_policy_edit": POLICY | {"edition": 1},
    "admin:eligibility_policy_in-force": lambda world, relation: {
        "agency": world.house("agency", relation), "since": "2027-01-04",
    },
    "admin:eligibility_objection_answer": {"do": "reject", "answer": "Nilai sudah benar.", "version": "1"},
    "admin:eligibility_correction_decide": {"do": "apply", "version": "1", "reason": "Putusan"},
    "admin:employees_leave_add": _person(kind="Cuti tahunan", source="", **DAYS),
    "admin:employees_discipline_add": _person(status="DIJATUHKAN", level="RINGAN", decree="SK-2", **DAYS),
    "admin:employees_absence_add": _person(date="2026-10-06", kind="ALPA"),
    "admin:employees_fact_add": _person(key="ujian", text="1", source="", **DAYS),
    "admin:performance_appraisal_add": _person(
        kind="TAHUNAN", year="2023", period="0", regime="P6", result="ATAS", behaviour="ATAS"
    ),
    "admin:eligibility_correction_add": lambda world, relation: {
        "nip": world.nip(relation), "run": world.house("run", relation),
        "outcome": "NO", "reasons": ["R-PREDIKAT"], "reason": "SK",
    },
    "admin:employees_feed_add": lambda world, relation: {
        "agency": world.row("agency", relation), "kind": "FACTS", "complete_until": "2026-11-20",
    },
    "admin:employees_holiday_add": lambda world, relation: {
        "date": "2027-03-01", "name": "Hari jadi", "kind": "LIBUR_NASIONAL", "agency": world.row("agency", relation),
        "source": "SK",
    },
    "admin:schedules_unitrule_add": lambda world, relation: {
        "kind": "MIN_PRESENT", "percent": "40", "unit": world.unit_code(relation), "slot": "FULL",
        "since": "2026-12-14",
    },
    "admin:employees_leave_change": {"last": "2026-12-29"},
    "admin:employees_discipline_change": {"last": "2026-12-20"},
    "admin:employees_absence_change": {"taken_back": "on"},
    "admin:employees_fact_change": {"taken_back": "on"},
    "admin:employees_feed_change": {"complete_until": "2026-11-20"},
    "admin:employees_employee_change": {
        "last": "2027-02-01", "placements-TOTAL_FORMS": 0, "placements-INITIAL_FORMS": 0,
    },
    "admin:schedules_unitrule_change": {"ends": "2027-01-31"},
    "admin:performance_appraisal_change": {
        "regime": "P6", "result": "SESUAI", "behaviour": "SESUAI", "reason": "Salah ketik",
    },
    "admin:performance_importbatch_apply": {"partial": "1"},
    "admin:performance_importbatch_upload": lambda world, relation: {
        "agency": world.row("agency", relation), "file": world.file(),
    },
    "admin:schedules_plan_repair": lambda world, relation: {
        "dates": [THURSDAY.isoformat()], "kind": "EMERGENCY", "unit": "", "reason": "Banjir",
        "digest": world.digest(relation),
    },
}  # fmt: skip
EDITIONED = {
    "admin:eligibility_policy_submit", "admin:eligibility_policy_approve", "admin:eligibility_policy_return",
    "admin:eligibility_policy_drop",
}  # fmt: skip
VERSIONED = {"request-approve", "request-reject", "request-return", "admin:eligibility_run_publish"}
VERSIONED |= {
    "admin:eligibility_run_withdraw",
    "admin:eligibility_run_recompute",
    "admin:schedules_plan_publish",
    "admin:schedules_plan_anew",
}


def body(route: Route, world: World, relation: str):
    """The body that succeeds where it may."""
    made = BODIES.get(route.name, {})
    made = made(world, relation) if callable(made) else dict(made) if isinstance(made, dict) else made
    if route.name in VERSIONED:
        made |= {"version": world.version(route.kind, relation)} | REASON
    if route.name in EDITIONED:
        made |= {"edition": 1, "reason": "Rapat"}
    return made
