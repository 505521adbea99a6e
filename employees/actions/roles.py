"""Giving a role and taking it away. Nobody gives more than they have, and nobody anything to themselves."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from employees.calendar import local_date
from employees.leave import LATEST, days_of
from employees.models import Agency, Role, RoleGrant, Unit, User
from employees.models.access import PLATFORM_ZONE
from employees.permissions import may_end, may_give
from employees.roles import GIVEN
from employees.staging import execute
from ledger.trail import record

from .refused import Refused
from .sessions import end_all

DAY = dt.timedelta(days=1)
LONGEST_REASON = 500


@transaction.atomic
def give_role(
    *,
    user: User,
    role: str,
    agency: Agency | None,
    unit: Unit | None,
    first: dt.date,
    last: dt.date | None,
    by: User | None,
    at: dt.datetime,
    reason: str,
) -> RoleGrant:
    """Give an account a role for an agency, a sub-tree (`unit`) or everything (both None), from the first to the last
    day (None: until it is ended). What the account has open ends, so that it starts anew with its new rights.

    `by` None is the installation itself, for the very first platform administrator only. Raises `Refused` with the
    codes NO_REASON, TOO_LONG, BAD_ROLE, BAD_SCOPE, OWN, NOT_YOURS, UNKNOWN, INACTIVE, PAST,
    LAST_BEFORE_FIRST, BAD_YEAR and TAKEN.
    """
    reason = said(reason)
    if role == Role.PLATFORM_ADMIN:
        one_at_a_time()
    by, user = locked(by, user)
    today = today_of(agency, at)
    _check_scope(role, agency, unit)
    _check_giver(by, user, role, agency, unit, today)
    if not user.is_active:
        raise Refused("INACTIVE", _("This account is closed. Open it first."))
    if first < today:
        raise Refused("PAST", _("A role begins today at the earliest: nobody had rights they did not have."))
    if last is not None and last < first:
        raise Refused("LAST_BEFORE_FIRST", _("The last day is before the first."))
    if max(first, last or first) > LATEST:
        raise Refused("BAD_YEAR", _("Check the year: a role ends before the year 2101."))
    valid = DateRange(first, last + DAY if last else None)
    made = RoleGrant(user=user, role=role, agency=agency, unit=unit, valid=valid)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # also where somebody was faster between the look and the write
        raise Refused("TAKEN", _("This account already has this role in that time. End it first.")) from None
    _recorded("role.give", made, by, at, reason, after=facts(made))
    end_all(user=user, at=at, by=by)
    return made


@transaction.atomic
def end_role(*, grant_id: int, last: dt.date | None, by: User, at: dt.datetime, reason: str) -> RoleGrant:
    """Set the last day of a role, today or later and not later than before; `last` None: it ends at once.

    At once means at the next click; a role that began today or later is then gone as a row, and its history stays.
    Raises `Refused` with the codes NO_REASON, TOO_LONG, NOT_YOURS, OWN, PAST, ENDS_EARLIER, LAST_BEFORE_FIRST and LAST
    (somebody must run the platform).
    """
    reason = said(reason)
    grant = RoleGrant.objects.visible_to(by).select_related("agency", "unit").filter(pk=grant_id).first()
    if grant is None:
        raise Refused("NOT_YOURS", not_yours_to_end())
    if grant.role == Role.PLATFORM_ADMIN:
        one_at_a_time()
    now_by, user = locked(by, grant.user)
    assert now_by is not None
    by = now_by
    rows = RoleGrant.objects.select_for_update(of=("self",)).select_related("agency", "unit")
    grant = rows.filter(pk=grant_id).first()
    if grant is None:  # ended by somebody else while this waited
        raise Refused("NOT_YOURS", not_yours_to_end())
    today = today_of(grant.agency, at)
    if user.pk == by.pk:
        raise Refused("OWN", _("Nobody changes their own roles. Ask another administrator."))
    if not may_end(by, grant.role, grant.agency_id, grant.unit.path if grant.unit else None, today):
        raise Refused("NOT_YOURS", not_yours_to_end())
    before = facts(grant)
    until = today if last is None else last + DAY
    _check_end(grant, today, last)
    if grant.role == Role.PLATFORM_ADMIN:
        check_not_last(user, today)
    if grant.valid.lower is None or until <= grant.valid.lower:
        RoleGrant.objects.filter(pk=grant.pk).delete()
        _recorded("role.end", grant, by, at, reason, before=before)
    else:
        grant.valid = DateRange(grant.valid.lower, until)
        RoleGrant.objects.filter(pk=grant.pk).update(valid=grant.valid)
        _recorded("role.end", grant, by, at, reason, before=before, after=facts(grant))
    end_all(user=user, at=at, by=by)
    return grant


def _check_scope(role: str, agency: Agency | None, unit: Unit | None) -> None:
    kind = GIVEN.get(role)
    if kind is None:
        raise Refused("BAD_ROLE", _("There is no such role."))
    if agency is None and not kind.for_all:
        raise Refused("BAD_SCOPE", _("This role is given for one agency. Choose it."))
    if agency is not None and not kind.for_agency:
        raise Refused("BAD_SCOPE", _("This role is not given for one agency, but for the whole platform."))
    if unit is not None and not kind.for_unit:
        raise Refused("BAD_SCOPE", _("This role is given for the whole agency, not for some of its units."))
    if unit is not None and (agency is None or unit.agency_id != agency.pk):
        raise Refused("BAD_SCOPE", _("This unit does not belong to that agency."))


def _check_giver(by, user: User, role: str, agency: Agency | None, unit: Unit | None, today: dt.date) -> None:
    """Raises `Refused` unless `by` may give this, here, to this account."""
    if by is None:
        if role != Role.PLATFORM_ADMIN or platform_admins(today).exists():
            message = _("The platform has its administrator; they give further roles. Say who: --by NAME.")
            raise Refused("NOT_YOURS", message)
        return
    if user.pk == by.pk:
        raise Refused("OWN", _("Nobody changes their own roles. Ask another administrator."))
    if not may_give(by, role, agency.pk if agency else None, unit.path if unit else None, today):
        raise Refused("NOT_YOURS", _("You cannot give this role there: nobody gives more than they have."))
    # A role of an agency goes to its own people; the platform's also to others, and so does the first in an agency.
    if not by.reach.platform and not User.objects.visible_to(by).filter(pk=user.pk).exists():
        raise Refused("UNKNOWN", unknown_account())


def _check_end(grant: RoleGrant, today: dt.date, last: dt.date | None) -> None:
    first, until = grant.valid.lower, grant.valid.upper
    if until is not None and until <= today:
        raise Refused("ENDS_EARLIER", _("This role has ended already."))
    if last is None:
        return
    if last < today:
        raise Refused("PAST", _("The last day is today at the earliest. To end the role now, leave the day empty."))
    if first and last < first:
        raise Refused("LAST_BEFORE_FIRST", _("The last day is before the first."))
    if until is not None and last + DAY > until:
        was = date_format(days_of(grant.valid)[1], "DATE_FORMAT")
        raise Refused("ENDS_EARLIER", _("This role ends on %(day)s. For longer, give it again.") % {"day": was})


def platform_admins(today: dt.date):
    """Grants of those who can run the platform today."""
    rows = RoleGrant.objects.filter(role=Role.PLATFORM_ADMIN, valid__contains=today)
    return rows.filter(user__is_active=True)


def check_not_last(user: User, today: dt.date) -> None:
    """Raises `Refused` if nobody else would run the platform."""
    if not platform_admins(today).exclude(user=user).exists():
        raise Refused("LAST", _("Somebody must run the platform. Give the role to another account first."))


def one_at_a_time() -> None:
    """Until the end of the transaction nobody else changes who runs the platform: there is one first, and one last."""
    execute("SELECT pg_advisory_xact_lock(hashtext('who runs the platform'))", {})


def not_yours_to_end() -> str:
    return _("This role does not exist, or it is not yours to end.")


def locked(by: User | None, user: User) -> tuple[User | None, User]:
    """Both accounts as they are now, locked in the order of their keys: what `by` may is what they may at this moment,
    even where their own role is being ended meanwhile."""
    keys = {one.pk for one in (by, user) if one}
    rows = User.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    found = {row.pk: row for row in rows}
    return found[by.pk] if by else None, found[user.pk]


def today_of(agency: Agency | None, at: dt.datetime) -> dt.date:
    """The date by which a role of the agency counts, as `User.reach` reads it."""
    return local_date(at, agency.zone if agency else ZoneInfo(PLATFORM_ZONE))


def said(reason: str) -> str:
    """A reason that says something. Raises `Refused`."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused("NO_REASON", _("Write why: it stands in the audit trail."))
    if len(reason) > LONGEST_REASON:
        raise Refused("TOO_LONG", _("At most %(longest)d characters.") % {"longest": LONGEST_REASON})
    return reason


def unknown_account() -> str:
    """The one sentence for accounts that do not exist and those of others (rulings.md 23)."""
    return _("There is no account with this number or name among your people.")


def facts(grant: RoleGrant) -> dict:
    """What the ledger keeps of a role."""
    lower, upper = grant.valid.lower, grant.valid.upper
    return {
        "user": grant.user_id,
        "role": str(grant.role),
        "agency": grant.agency_id,
        "unit": grant.unit_id,
        "first": lower.isoformat() if lower else None,
        "last": (upper - DAY).isoformat() if upper else None,
    }


def _recorded(verb, grant: RoleGrant, by, at, reason, before=None, after=None) -> None:
    record(
        verb=verb,
        subject=grant,
        by=by,
        at=at,
        agency_id=grant.agency_id,
        reason=reason,
        before=before,
        after=after,
    )
