"""Accounts made, closed and opened again by administrators. A first password is set by a link that works once.

No password is ever made from a number or a birth date: an account begins without one.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from employees.letters import write_to
from employees.models import Agency, CalendarAddress, Employee, Role, User
from employees.permissions import governed, may_create_for, may_manage
from employees.staging import LONG_STATEMENT, execute
from ledger.trail import record

from .factors import forget_factors
from .refused import Refused
from .roles import check_not_last, locked, one_at_a_time, platform_admins, said, today_of, unknown_account
from .sessions import end_all


@transaction.atomic
def create_account(*, employee: Employee, by: User | None, at: dt.datetime) -> User:
    """Make the account of one person, without a usable password (`by` None: the installation itself).

    Raises `Refused` with the codes UNKNOWN (nobody, or not one's own people) and TAKEN.
    """
    if by is not None and not may_create_for(by, employee, today_of(employee.agency, at)):
        raise Refused("UNKNOWN", unknown_person())
    try:
        with transaction.atomic():
            user = User.objects.create_user(employee=employee, email=employee.email)
    except IntegrityError:
        raise Refused("TAKEN", _("This person already has an account.")) from None
    _recorded("account.create", user, by, at)
    return user


@transaction.atomic
def create_named_account(*, name: str, email: str, by: User | None, at: dt.datetime) -> User:
    """Make an account of no person: another system's, or an administrator's of the platform. By the platform's.

    `by` None: the installation itself, while nobody runs the platform. Raises `Refused`: NOT_YOURS, BAD_NAME, TAKEN.
    """
    if by is None and platform_admins(today_of(None, at)).exists():
        raise Refused("NOT_YOURS", _("The platform has its administrator; they make further accounts. Say who: --by."))
    if by is not None and not by.reach.platform:
        raise Refused("NOT_YOURS", _("Only a platform administrator makes an account of no person."))
    name = name.strip()
    if not 3 <= len(name) <= 64 or not all(c.isalnum() or c in "-_." for c in name) or name.isdecimal():
        raise Refused("BAD_NAME", _("A name has 3 to 64 letters, digits, points, dashes; it is no number of a person."))
    try:
        with transaction.atomic():
            user = User.objects.create_user(name, email=email)
    except IntegrityError:
        raise Refused("TAKEN", _("There is an account with this name already.")) from None
    _recorded("account.create", user, by, at)
    return user


@transaction.atomic
def create_accounts(*, agency: Agency, by: User, at: dt.datetime) -> int:
    """Make the accounts of everybody of an agency who has none, in one statement, all without a usable password; how
    many. Of who has left (retired, dismissed) none is made.

    Raises `Refused` with the code NOT_YOURS.
    """
    today = today_of(agency, at)
    holds_it = agency.pk in by.reach.whole_agencies({Role.AGENCY_ADMIN})
    if not holds_it and not (by.reach.platform and not governed(agency.pk, today)):
        raise Refused("NOT_YOURS", _("Accounts are made by the agency's administrator."))
    execute(f"SET LOCAL statement_timeout = '{LONG_STATEMENT}'")
    gone = [str(one) for one in (Employee.Legal.DISMISSED, Employee.Legal.RETIRED, Employee.Legal.INACTIVE)]
    made = execute(
        """INSERT INTO employees_user (username, password, email, language, is_active, is_superuser, employee_id)
           SELECT replace(gen_random_uuid()::text, '-', ''), '!' || replace(gen_random_uuid()::text, '-', ''),
             e.email, 'id', true, false, e.id
           FROM employees_employee e
           WHERE e.agency_id = %(agency)s AND NOT e.legal_status = ANY(%(gone)s)
             AND NOT EXISTS (SELECT FROM employees_user u WHERE u.employee_id = e.id)
           ON CONFLICT DO NOTHING""",
        {"agency": agency.pk, "gone": gone},
    )
    if made:
        record(verb="accounts.create", subject=agency, by=by, at=at, agency_id=agency.pk, after={"accounts": made})
    return made


@transaction.atomic
def forget_password(*, user: User, by: User, at: dt.datetime, reason: str) -> User:
    """Take the password of an account away, so that a new link sets one; what it has open ends. For whoever has
    forgotten it and reads no mail.

    Raises `Refused` with the codes NO_REASON, TOO_LONG, UNKNOWN, OWN, HIGHER and INACTIVE.
    """
    reason = said(reason)
    by, account = _managed(by, user, at)
    if not account.is_active:
        raise Refused("INACTIVE", _("This account is closed. Open it first."))
    account.set_unusable_password()
    account.save(update_fields=["password"])
    _recorded("account.password_taken", account, by, at, reason)
    end_all(user=account, at=at, by=by)
    return account


@transaction.atomic
def reset_factors(*, user: User, by: User | None, at: dt.datetime, reason: str) -> User:
    """Take the second factors of an account away, for whoever has lost them; what it has open ends, and its holder is
    told. With a role they set up a new one at the next log-in, before anything else.

    `by` None: the installation itself, for the last platform administrator, whom nobody else could let in again.
    Raises `Refused` with the codes NO_REASON, TOO_LONG, UNKNOWN, OWN, HIGHER, NOT_YOURS and NO_FACTOR.
    """
    reason = said(reason)
    if by is None:
        account = _last_one(user, at)
    else:
        by, account = _managed(by, user, at)
    count = forget_factors(account)
    if not count:
        raise Refused("NO_FACTOR", _("This account has no second factor."))
    _recorded("account.factors-reset", account, by, at, reason, before={"factors": count})
    end_all(user=account, at=at, by=by)
    write_to(account, "factors-reset", at=at)
    return account


@transaction.atomic
def deactivate(*, user: User, by: User, at: dt.datetime, reason: str) -> User:
    """Close an account: all it has open ends at once, and nobody logs in with it. Its roles stay and count for nothing.

    Raises `Refused` with the codes NO_REASON, TOO_LONG, UNKNOWN, OWN, HIGHER and LAST. Closing twice changes nothing.
    """
    reason = said(reason)
    if user.reach.platform:
        one_at_a_time()
    by, account = _managed(by, user, at)
    if account.is_active:
        if account.reach.platform:
            check_not_last(account, today_of(None, at))
        User.objects.filter(pk=account.pk).update(is_active=False)
        account.is_active = False
        _recorded("account.close", account, by, at, reason, before={"active": True}, after={"active": False})
        if CalendarAddress.objects.filter(user=account).delete()[0]:  # opened again, the account makes a new one
            _recorded("account.calendar-ended", account, by, at)
    end_all(user=account, at=at, by=by)
    return account


@transaction.atomic
def reactivate(*, user: User, by: User, at: dt.datetime, reason: str) -> User:
    """Open a closed account again, with the password and the roles it had.

    Raises `Refused` with the codes NO_REASON, TOO_LONG, UNKNOWN, OWN and HIGHER. Opening twice changes nothing.
    """
    reason = said(reason)
    by, account = _managed(by, user, at)
    if not account.is_active:
        User.objects.filter(pk=account.pk).update(is_active=True)
        account.is_active = True
        _recorded("account.open", account, by, at, reason, before={"active": False}, after={"active": True})
    return account


@transaction.atomic
def end_sessions(*, user: User, by: User, at: dt.datetime) -> int:
    """End what another's account has open, on all devices; how many. Raises `Refused`: UNKNOWN, OWN, HIGHER."""
    by, account = _managed(by, user, at)
    return end_all(user=account, at=at, by=by)


def _managed(by: User, user: User, at: dt.datetime) -> tuple[User, User]:
    """Both accounts as they are now, locked. Raises `Refused` unless `by` may manage the other."""
    now_by, account = locked(by, user)
    assert now_by is not None
    if account.pk == now_by.pk:
        raise Refused("OWN", _("Nobody closes, opens or renews their own account here. Ask another administrator."))
    if not User.objects.visible_to(now_by).filter(pk=account.pk).exists():
        raise Refused("UNKNOWN", unknown_account())
    agency = account.employee.agency if account.employee else None
    if not may_manage(now_by, account, today_of(agency, at)):
        message = _("This account has rights that you cannot give, or is not one of your people's. Ask who gave them.")
        raise Refused("HIGHER", message)
    return now_by, account


def _last_one(user: User, at: dt.datetime) -> User:
    """The account, locked. Raises `Refused` unless it alone runs the platform."""
    one_at_a_time()
    _nobody, account = locked(None, user)
    if not account.reach.platform or platform_admins(today_of(None, at)).exclude(user=account).exists():
        raise Refused("NOT_YOURS", _("An administrator does this. Say who answers for it: --by NIP."))
    return account


def unknown_person() -> str:
    """The one sentence for people who do not exist and those of others (rulings.md 23)."""
    return _("There is nobody with this number among your people.")


def _recorded(verb, user: User, by, at, reason="", before=None, after=None) -> None:
    record(
        verb=verb,
        subject=user,
        by=by,
        at=at,
        agency_id=user.employee.agency_id if user.employee else None,
        reason=reason,
        before=before,
        after=after,
    )
