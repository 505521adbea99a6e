"""The second factor of an account: an app's codes, passkeys, and recovery codes for the day both are lost.

They stand in the log-in library's table. An app's secret is encrypted there; of recovery codes only hashes are kept. A
code works once: the row remembers the last one used, and is locked while one is looked at.
"""

import datetime as dt
import hashlib
import secrets

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt, encrypt
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from employees import limits
from employees.letters import write_to
from employees.models import User
from employees.roles import NEEDS_FACTOR
from ledger.trail import record

from .refused import Refused
from .sessions import end_others

Type = Authenticator.Type
PERIOD = 30  # seconds a code of an app stands for; the one before and the one after are taken too, clocks differ
CODES = 10  # recovery codes
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 letters and digits that are not mistaken for one another
LENGTH = 16  # letters of a recovery code: 80 bits, so that its hash alone gives nothing away
LONGEST_NAME = 60


def needs_factor(user) -> bool:
    """Whether one of the account's roles asks for more than a password."""
    return bool(user.reach.having(NEEDS_FACTOR))


def factors_of(user):
    """What the account proves itself with beside the password; recovery codes alone are no factor."""
    return Authenticator.objects.filter(user=user).exclude(type=Type.RECOVERY_CODES).order_by("created_at", "pk")


def codes_left(user) -> int:
    """How many recovery codes are not used yet."""
    row = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    return len(row.data["hashes"]) if row else 0


def code_now(secret: str, at: dt.datetime, step: int = 0) -> str:
    """What an app that holds the secret shows at an instant, or so many steps later."""
    return format_hotp_value(hotp_value(secret, _step(at) + step))


@transaction.atomic
def add_app(*, by: User, secret: str, code: str, key: str, at: dt.datetime) -> tuple[Authenticator, list[str]]:
    """Make an authenticator app a factor of one's own, proved by a code it shows; the recovery codes where it is the
    first factor. `key` is the session that asks. Raises `Refused`: WRONG_CODE, TAKEN (there is an app already)."""
    user = _locked(by)
    if factors_of(user).filter(type=Type.TOTP).exists():
        raise Refused("TAKEN", _("An app is set up already. Remove it first, then set up the other one."))
    step = _matching(secret, _typed(code), at, after=0)
    if step is None:
        raise Refused("WRONG_CODE", _("This is not the code the app shows now. Look again, and check its clock."))
    data = {"secret": encrypt(secret), "last": step}
    return _added(user, Authenticator(user=user, type=Type.TOTP, data=data), key, at)


@transaction.atomic
def add_passkey(*, by: User, name: str, credential: dict, key: str, at: dt.datetime) -> tuple[Authenticator, list[str]]:
    """Make a passkey, whose answer the library has checked, a factor of one's own; as `add_app`."""
    user = _locked(by)
    name = " ".join(name.split())[:LONGEST_NAME] or _("Passkey")
    data = {"name": name, "credential": credential}
    return _added(user, Authenticator(user=user, type=Type.WEBAUTHN, data=data), key, at)


@transaction.atomic
def remove_factor(*, by: User, pk: int, at: dt.datetime) -> None:
    """Take one of one's own factors away; with the last one the recovery codes go. Raises `Refused`: UNKNOWN, LAST."""
    user = _locked(by)
    one = factors_of(user).filter(pk=pk).first()
    if one is None:
        raise Refused("UNKNOWN", _("There is no such factor of yours; perhaps it is already removed."))
    left = factors_of(user).exclude(pk=pk).exists()
    if not left and needs_factor(user):
        raise Refused("LAST", _("Your role needs a second factor. Add another one first, then remove this."))
    one.delete()
    if not left:
        Authenticator.objects.filter(user=user).delete()
    _recorded("account.factor-removed", user, by, at, before={"type": one.type})
    write_to(user, "factor-removed", at=at, type=one.type)


@transaction.atomic
def renew_codes(*, by: User, at: dt.datetime) -> list[str]:
    """New recovery codes in the place of the old ones. Raises `Refused`: NO_FACTOR."""
    user = _locked(by)
    if not factors_of(user).exists():
        raise Refused("NO_FACTOR", _("Recovery codes go with a second factor. Set one up first."))
    codes = _new_codes(user)
    _recorded("account.recovery-codes", user, by, at, after={"codes": CODES})
    write_to(user, "codes-renewed", at=at)
    return codes


def use_code(*, user: User, code: str, at: dt.datetime) -> Authenticator | None:
    """Take a code of an app or a recovery code, once; None where it is neither. Each try counts before it is looked
    at, so that many at once cannot pass between. Raises `limits.TooMany`."""
    tried = limits.take(limits.CODE, str(user.pk), at=at)
    with transaction.atomic():
        one = _spent(user, _typed(code), at)
    if one:
        limits.clear(limits.CODE, str(user.pk))
    elif tried >= limits.CODE.amount:  # the password was right each time: somebody may have it who should not
        _recorded("account.codes-guessed", user, None, at, after={"tries": tried})
        write_to(user, "codes-guessed", at=at)
    return one


def forget_factors(user: User) -> int:
    """Delete all factors of an account, recovery codes too; how many factors. For `reset_factors` and the demo."""
    count = factors_of(user).count()
    Authenticator.objects.filter(user=user).delete()
    return count


@transaction.atomic
def lend_app(*, user: User, at: dt.datetime) -> None:
    """Give a made-up person of the demo an app in the place of what they had. Nobody holds its secret: the page that
    asks for a code shows it (`employees.factors.demo_code`)."""
    forget_factors(user)
    data = {"secret": encrypt(generate_totp_secret()), "last": 0, "demo": True}
    Authenticator.objects.create(user=user, type=Type.TOTP, data=data)
    _recorded("account.factor-added", user, None, at, after={"type": Type.TOTP, "demo": True})


def _added(user: User, one: Authenticator, key: str, at: dt.datetime) -> tuple[Authenticator, list[str]]:
    first = not factors_of(user).exists()
    one.save()
    codes = _new_codes(user) if first else []
    if first:  # what was opened with the password alone does not stay open beside it
        end_others(by=user, key=key, at=at)
    _recorded("account.factor-added", user, user, at, after={"type": one.type})
    write_to(user, "factor-added", at=at, type=one.type)
    return one, codes


def _spent(user: User, typed: str, at: dt.datetime) -> Authenticator | None:
    rows = Authenticator.objects.select_for_update().filter(user=user, type__in=[Type.TOTP, Type.RECOVERY_CODES])
    for one in rows.order_by("pk"):
        if _spend_app(one, typed, at) if one.type == Type.TOTP else _spend_recovery(one, typed, at):
            one.save(update_fields=["data"])
            return one
    return None


def _spend_app(one: Authenticator, typed: str, at: dt.datetime) -> bool:
    step = _matching(decrypt(one.data["secret"]), typed, at, after=one.data["last"])
    if step is not None:
        one.data["last"] = step
    return step is not None


def _spend_recovery(one: Authenticator, typed: str, at: dt.datetime) -> bool:
    digest = _digest(one.user_id, typed)
    left = [each for each in one.data["hashes"] if not constant_time_compare(each, digest)]
    spent = len(left) < len(one.data["hashes"])
    if spent:
        one.data["hashes"] = left
        user = User.objects.select_related("employee").get(pk=one.user_id)
        _recorded("account.recovery-used", user, user, at, after={"left": len(left)})
        write_to(user, "recovery-used", at=at)
    return spent


def _matching(secret: str, typed: str, at: dt.datetime, *, after: int) -> int | None:
    """The step whose code was typed, out of those that count now and are later than the last one used."""
    now = _step(at)
    steps = [step for step in range(now - 1, now + 2) if step > after]
    return next((s for s in steps if constant_time_compare(format_hotp_value(hotp_value(secret, s)), typed)), None)


def _step(at: dt.datetime) -> int:
    return int(at.timestamp()) // PERIOD


def _new_codes(user: User) -> list[str]:
    Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).delete()
    codes = ["".join(secrets.choice(ALPHABET) for _letter in range(LENGTH)) for _code in range(CODES)]
    data = {"hashes": [_digest(user.pk, code) for code in codes]}
    Authenticator.objects.create(user=user, type=Type.RECOVERY_CODES, data=data)
    return ["-".join(code[n : n + 4] for n in range(0, LENGTH, 4)) for code in codes]


def _digest(user_id: int, code: str) -> str:
    """Codes are random and long, so a plain hash is enough; the account in it makes each a hash of its own."""
    return hashlib.sha256(f"{user_id} {code}".encode()).hexdigest()


def _typed(code: str) -> str:
    """A code as people write it, without its spaces and dashes."""
    return "".join(code.split()).replace("-", "").upper()


def _locked(by: User) -> User:
    """The account, so that clicks at the same moment stand in line."""
    return User.objects.select_related("employee").select_for_update(of=("self",)).get(pk=by.pk)


def _recorded(verb: str, user: User, by: User | None, at: dt.datetime, before=None, after=None) -> None:
    agency_id = user.employee.agency_id if user.employee else None
    record(verb=verb, subject=user, by=by, at=at, agency_id=agency_id, before=before, after=after)
