"""What each column tells of a person (UU 27/2022): the one place that says it, for every table of the portal.

A column that stands nowhere here is red (wfh.E023, tests/guards/test_personal.py). Keys and links between rows classify
themselves; history tables say what their table says. `docs/dpia.md` is made from this file: python scripts/dpia.py
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

SERVICE = "as long as the person serves, then five years"
HISTORY = "with its table; never changed"
DECIDED = "five years after the week"


@dataclasses.dataclass(frozen=True)
class Table:
    """The columns of a table by what they tell, why a personal one is kept, and until when we propose to keep it."""

    why: str = ""
    until: str = ""
    link: str = ""  # points at a person: pseudonymous
    general: str = ""  # pasal 4(3): name, number, sex, post, what they did and what was decided about them
    specific: str = ""  # pasal 4(2): health and family can be read from it
    free: str = ""  # typed by people: may hold anything
    opens: str = ""  # opens something, or a digest of what does
    nothing: str = ""  # tells nothing of a person

    def columns(self, kind: str) -> set[str]:
        return set(getattr(self, kind).split())

    @property
    def personal(self) -> bool:
        return bool(self.why)


KINDS = ("link", "general", "specific", "free", "opens", "nothing")
TABLES = {
    # --- what happened, what must follow
    "ledger.Event": Table(
        why="to show who decided what about whom, and why",
        until="ten years; sealed",
        link="actor_id on_behalf_of_id subject_id",
        general="at verb before after",
        free="reason",
        nothing="agency_id subject_type request_id",
    ),
    "ledger.ReadLog": Table(
        why="to show a person who read their record",
        until="two years, by months",
        link="actor_id employee_id",
        general="at what",
        nothing="agency_id request_id",
    ),
    "ledger.Reply": Table(
        why="to answer a repeated call of the API once",
        until="a day",
        link="user_id",
        general="body at",
        nothing="key digest status etag",
    ),
    "ledger.Limit": Table(nothing="key count until"),  # a digest
    "ledger.Outbox": Table(
        why="to tell people, once",
        until="ninety days",
        link="payload key",
        nothing="kind agency_id due_at attempts done_at dead_at error",
    ),
    "ledger.Seal": Table(nothing="from_id to_id previous digest at"),
    "ledger.JobRun": Table(nothing="kind key agency_id state started_at finished_at woken_at"),
    "ledger.JobChunk": Table(nothing="lo hi state fence claimed_at done_at counts"),
    # --- people and their accounts
    "employees.Agency": Table(
        nothing="code name scope time_zone working_days run_weekday run_hour objection_track four_eyes_import version"
    ),
    "employees.AgencyInputs": Table(nothing="changes"),
    "employees.Unit": Table(
        nothing="code name path kind time_zone working_days wfh_quota_percent direct_service serves_public"
    ),
    "employees.Holiday": Table(nothing="date name kind source version"),
    "employees.Feed": Table(nothing="kind complete_until"),
    "employees.User": Table(
        why="to log in, and to be told at the hours one wishes",
        until=SERVICE,
        general="username email last_login language is_active digest quiet_from quiet_until quiet_days_off",
        opens="password",
        nothing="is_superuser",
    ),
    "employees.RoleGrant": Table(why="to know who may do what, since when", until=SERVICE, general="role valid"),
    "employees.Employee": Table(
        why="to know about whom is decided, and what the rules ask",
        until=SERVICE,
        link="public_id",
        general="nip name title_before title_after sex kind grade legal_status email phone duty_outside_office "
        "duty_no_special_room duty_uses_ict duty_little_face_to_face duty_no_constant_supervision",
        specific="special_until special_verified_at",
        nothing="version",
    ),
    "employees.Placement": Table(
        why="to know the unit whose rules hold, and who decides",
        until=SERVICE,
        general="job_group job_title in_post_since direct_service valid",
    ),
    "employees.Leave": Table(
        why="nobody works on leave", until=DECIDED, general="valid", specific="kind", nothing="source"
    ),
    "employees.Discipline": Table(
        why="PP 94/2021 and the policy exclude from WFH", until=DECIDED, general="level start end status decree"
    ),
    "employees.Absence": Table(why="the policy counts unexcused days", until=DECIDED, general="date", specific="kind"),
    "employees.Fact": Table(
        why="what an agency's own policy asks",
        until=DECIDED,
        general="key number flag day valid",
        free="text",
        nothing="source",
    ),
    "employees.CalendarAddress": Table(
        why="one's own days in one's calendar",
        until="until it is ended",
        general="made_at",
        opens="digest",
    ),
    "employees.DataRequest": Table(
        why="UU 27/2022 pasal 6: correction within 3 × 24 hours",
        until="five years",
        general="about state asked_at due_at answered_at",
        free="wrong wanted answer",
        nothing="version",
    ),
    "employees.Session": Table(
        why="to stay logged in, and to end it; what was searched for stands in it, not in addresses",
        until="its end",
        opens="session_key session_data",
        general="expire_date",
    ),
    "employees.TokenScopes": Table(why="what a program may do in one's name", until="90 days", general="names"),
    "employees.Attempt": Table(nothing="key count since until"),  # keyed digests
    # --- scores
    "performance.Appraisal": Table(
        why="the approved appraisal decides who may work from home",
        until=DECIDED,
        general="kind year period number regime goals behaviour_score weight_goals new_idea result behaviour score "
        "rating appraiser state fetched_at decided_at superseded_at",
        free="note decision_reason",
        nothing="source batch",
    ),
    "performance.ImportBatch": Table(
        why="to show who brought which scores in",
        until="a year",
        general="uploaded_at applied_at",
        free="file_name",
        nothing="kind digest state counts version",
    ),
    "performance.ImportRow": Table(
        why="to show a file's rows before they are taken",
        until="a year",
        general="data",
        nothing="line verdict column reason",
    ),
    # --- policies and decisions
    "eligibility.Policy": Table(
        nothing="code version name_id name_en basis track rules note_id note_en since until brake_percent feed_days "
        "plan_automatic state approved_at edition"
    ),
    "eligibility.PolicyInForce": Table(nothing="track valid"),
    "eligibility.Run": Table(
        nothing="track week number state hold cutoff_at inputs_seen job_id in_scope eligible changed gained lost "
        "problems left_out digest published_at version"
    ),
    "eligibility.RunProblem": Table(why="whose data break a rule", until=DECIDED, general="what"),
    "eligibility.Standing": Table(
        why="the best n per cent", until=DECIDED, link="employee_id", general="position", nothing="run_id size"
    ),
    "eligibility.Decision": Table(
        why="the decision and everything it rests on",
        until=DECIDED,
        link="placement_id appraisal_id",
        general="eligible reasons rating score kind legal_status direct_service evidence from_run until_run",
        nothing="agency_id track facts_key told_key",
    ),
    "eligibility.Correction": Table(
        why="a published week changes by a recorded correction only",
        until=DECIDED,
        general="state cause before_eligible before_reasons after_eligible after_reasons evidence changed_facts days "
        "proposed_at decided_at",
        free="reason",
        nothing="version",
    ),
    "eligibility.Objection": Table(
        why="UU 30/2014: everybody may object",
        until=DECIDED,
        general="procedure reasons state filed_at file_until answer_due deemed_granted_on effect_due decided_at",
        free="text answer",
        nothing="version",
    ),
    "eligibility.Suspension": Table(
        why="UU 27/2022 pasal 10: no automatic decision against one's wish", until=DECIDED, general="valid asked_at"
    ),
    # --- days
    "schedules.Plan": Table(
        nothing="week revision state reason run_ids digest created_at published_at earned given without first_choices "
        "exceptions version"
    ),
    "schedules.UnitPlan": Table(
        nothing="people earned given without first_choices with_choice gap balance exception clash room"
    ),
    "schedules.Allotment": Table(
        why="to explain why this day and not another",
        until=DECIDED,
        general="week earned dates why rank place owed wanted code used cap",
        nothing="agency_id track",
    ),
    "schedules.WfhDay": Table(why="the day itself", until=DECIDED, general="date slot state origin", nothing="track"),
    "schedules.Request": Table(
        why="to ask for another day, and to be answered",
        until=DECIDED,
        general="kind week date slot until state stage stages sent_at due_at next_at reminded_at escalated_at "
        "decided_at",
        free="reason decision_reason",
        nothing="version",
    ),
    "schedules.Preference": Table(why="which weekday one likes", until="the last one", general="weekdays updated_at"),
    "schedules.Delegation": Table(
        why="who decides while somebody is away",
        until="five years",
        general="valid on_leave_only created_at ended_at",
        nothing="version",
    ),
    "schedules.UnitRule": Table(
        why="days on which a unit needs somebody",
        until=SERVICE,
        free="reason",
        nothing="kind weekday date slot number percent post lifted valid version",
    ),
    "schedules.Notice": Table(
        why="to tell a person",
        until="a year",
        link="subject_id key",
        general="kind facts at mailed_at",
        nothing="agency_id",
    ),
    "schedules.PushSubscription": Table(
        why="to tell a person on their device",
        until="until it is ended",
        opens="endpoint p256dh auth",
        general="created_at",
    ),
    # --- libraries
    "account.EmailAddress": Table(why="where links for a password go", until=SERVICE, general="email verified primary"),
    "account.EmailConfirmation": Table(why="not used", until="never written", opens="key", general="created sent"),
    "mfa.Authenticator": Table(
        why="second factor",
        until="until it is ended",
        opens="data",
        general="type created_at last_used_at",
    ),
    "socialaccount.SocialApp": Table(
        nothing="provider provider_id name client_id key settings",
        opens="secret",
    ),
    "socialaccount.SocialAccount": Table(
        why="not used: a provider's word is not kept",
        until="never written",
        general="provider uid last_login date_joined extra_data",
    ),
    "socialaccount.SocialToken": Table(
        why="not kept", until="never written", opens="token token_secret", general="expires_at"
    ),
    "knox.AuthToken": Table(
        why="programs of a person",
        until="90 days",
        opens="digest token_key",
        general="created expiry",
    ),
    "sessions.Session": Table(
        why="not used", until="never written", opens="session_key session_data", general="expire_date"
    ),
    "admin.LogEntry": Table(
        why="not used", until="never written", general="action_time object_id object_repr action_flag change_message"
    ),
    "auth.Permission": Table(nothing="name codename"),
    "auth.Group": Table(nothing="name"),
    "contenttypes.ContentType": Table(nothing="app_label model"),
    "pghistory.Context": Table(
        why="who changed a row", until="with the histories", link="metadata", nothing="created_at updated_at"
    ),
}
PEOPLE = ("employees.Employee", "employees.User")
OF_HISTORY = "pgh_"  # columns that a history table has beside those of its table


def table_of(model: type[models.Model]) -> Table | None:
    """What is said of a model's table; a history says what its table says."""
    tracked: Any = getattr(model, "pgh_tracked_model", None) or model
    return TABLES.get(tracked._meta.concrete_model._meta.label)


def kind_of(field: models.Field) -> str | None:
    """What a column tells: by itself for keys and links, else as said; None where nobody said it."""
    if isinstance(field, models.ForeignKey):
        target: Any = field.remote_field.model
        return "link" if target._meta.label in PEOPLE else "nothing"
    table = table_of(field.model)
    if isinstance(field, models.AutoField) or field.name == "id" or field.name.startswith(OF_HISTORY):
        return "nothing"
    return next((kind for kind in KINDS if table and field.name in table.columns(kind)), None)


def tables() -> Iterator[type[models.Model]]:
    """Every model that has a table of its own."""
    return (model for model in apps.get_models() if model._meta.managed and not model._meta.proxy)


def unclassified() -> list[str]:
    """Columns of which nobody said what they tell, tables of which nobody said why they hold something."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in tables()
        for field in model._meta.concrete_fields
        if kind_of(field) is None
    ]
