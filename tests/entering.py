"""How the tests log somebody in: as the log-in does, with password and second factor.

`client.force_login` stands for a person who gave both (`tests.conftest` puts it in the place of Django's), for most
tests are about what comes after. What the log-in itself asks for, `tests/employees/test_factors.py` asks.
"""

import time

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.test import Client
from django.utils import timezone

from employees.actions.factors import code_now

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
password_alone = Client.force_login  # Django's own: a session that knows whose it is, and of no second factor


def with_both(client: Client, user, backend=None) -> None:
    """In the place of `Client.force_login`."""
    password_alone(client, user, backend)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "type": "totp", "at": time.time()}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()


def an_app(user) -> Authenticator:
    """The user has an authenticator app that holds SECRET."""
    data = {"secret": encrypt(SECRET), "last": 0}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=data)


def next_code(user) -> str:
    """A code of that app that was not used yet."""
    last = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["last"]
    now = timezone.now()
    return code_now(SECRET, now, step=1 if last >= int(now.timestamp()) // 30 else 0)


def shown(at=None) -> str:
    """What that app shows now."""
    return code_now(SECRET, at or timezone.now())
