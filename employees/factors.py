"""The second factor at the doors: who must have one, whether this session proved it, the forms that ask for it."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import get_adapter as account_adapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.views import ReauthenticateView
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from cryptography.fernet import Fernet, MultiFernet
from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ledger.trail import denied

from . import limits
from .actions import use_code
from .actions.factors import code_now
from .login import Waits, wait_longer


def proved(request) -> bool:
    """Whether a second factor was given in this very session. Having one somewhere is not enough: a session that began
    with the password alone stays outside."""
    return any(one["method"] == "mfa" for one in get_authentication_records(request, request.user))


def now_proved(request, one: Authenticator) -> None:
    """The factor was set up, and so given, in this session. What knew the session's key before is worth nothing."""
    record_authentication(request, request.user, "mfa", id=one.pk, type=one.type, reauthenticated=True)
    request.session.cycle_key()


class FactorAdapter(DefaultMFAAdapter):
    """How the library keeps and names factors here: secrets encrypted by the installation's key, people by name."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or it was used already. Wait for the next one and try again."),
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return str(_("WFH Portal"))

    def _get_user_identifier(self, user) -> str:
        """What the app or the browser shows beside the key: a name, no number, no address."""
        return str(user)


def _cipher() -> MultiFernet:
    """A new SECRET_KEY goes on reading what an old one wrote while that stands in SECRET_KEY_FALLBACKS."""
    keys: list[Any] = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"factor {key!s}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class _TakesCode:
    """In the place of the library's way, which counts tries in the cache and forgets a used code after 30 seconds."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        try:
            one = use_code(user=self.user, code=code, at=timezone.now())
        except limits.TooMany as refused:
            raise wait_longer(context.request, refused) from None
        if one is None:
            _note(context.request, self.user)
            raise account_adapter().validation_error("incorrect_code")
        one.user = self.user
        self.authenticator = one
        return code


def _note(request, user) -> None:
    """A wrong code stands in the trail as a wrong password does; what was typed is never kept."""
    denied(
        by=None,
        at=timezone.now(),
        route=request.resolver_match.view_name,
        what="authn_login_fail",
        method=request.method,
        status=200,
        subject_type="employees.user",
        subject_id=user.pk,
        agency_id=user.employee.agency_id if user.employee else None,
    )


def _plain(form: forms.Form) -> None:
    form.fields["code"].label = _("Code of your app, or a recovery code")
    attributes = {"placeholder": "", "autocomplete": "one-time-code", "autofocus": True, "maxlength": 40}
    form.fields["code"].widget.attrs.update(attributes)


class CodeForm(_TakesCode, AuthenticateForm):
    """At the log-in, after the password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain(self)


class CodeAgainForm(_TakesCode, ReauthenticateForm):
    """Confirming that it is still the same person."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain(self)


class NewKey(Waits):
    """Who confirmed that it is them goes on under a new session key (reliability.md F37)."""

    def form_valid(self, form):
        self.request.session.cycle_key()
        return super().form_valid(form)  # type: ignore[misc]  # a view's


class PasswordAgain(NewKey, ReauthenticateView):
    """Confirming by password."""


class CodeAgain(NewKey, ReauthenticateByCodeView):
    """Confirming by a code."""


class PasskeyAgain(NewKey, ReauthenticateWebAuthnView):
    """Confirming by a passkey."""


class SecondStage(AuthenticateStage):
    """Between the password and the portal. A provider may have asked for it already."""

    def _should_handle(self, request) -> bool:
        records = get_authentication_records(request, self.login.user)
        by_provider = any(one["method"] == "mfa" and one.get("type") == "sso" for one in records)
        return super()._should_handle(request) and not by_provider


class SecondDoor(Waits, AuthenticateView):
    """The log-in's page for the second factor."""

    def get_context_data(self, **kwargs):
        user = self.stage.login.user
        rows = {row.type: row for row in Authenticator.objects.filter(user=user)}
        return super().get_context_data(**kwargs) | {
            "takes_codes": Authenticator.Type.TOTP in rows or Authenticator.Type.RECOVERY_CODES in rows,
            "takes_passkeys": Authenticator.Type.WEBAUTHN in rows,
            "demo_code": demo_code(rows.get(Authenticator.Type.TOTP)),
        }


def demo_code(app: Authenticator | None) -> str:
    """The demo's printed accounts have no telephone: the page shows what their app would. Only in a demo (EMBEDDED is
    refused by `check --deploy`), and only for an app that `demo_accounts` made."""
    if not settings.EMBEDDED or app is None or not app.data.get("demo"):
        return ""
    now = timezone.now()
    secret = FactorAdapter().decrypt(app.data["secret"])
    used = int(now.timestamp()) // 30 <= app.data["last"]
    return code_now(secret, now, step=1 if used else 0)
