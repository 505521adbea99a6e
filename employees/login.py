"""Logging in by the 18-digit number, through allauth; accounts are made by administrators, never by signing up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordForm
from allauth.account.views import LoginView, PasswordChangeView
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ledger.trail import denied

from . import limits
from .actions import set_password
from .devices import device_of
from .endings import ENDINGS
from .letters import write_to
from .sessions import DEVICE, SEEN, STARTED

MOST = 5  # accounts that one address may have


def typed_number(text: str) -> str:
    """A number as people write it (`19860926 201505 1 001`) without its spaces and dots."""
    return "".join(text.split()).replace(".", "")


def account_named(text: str):
    """The account of the person with this number, else the one of this name (accounts without a person), else None."""
    typed = typed_number(text)
    found = list(
        get_user_model().objects.select_related("employee").filter(Q(employee__nip=typed) | Q(username=text.strip()))
    )
    by_number = (one for one in found if one.employee and one.employee.nip == typed)
    return next(by_number, None) or next(iter(found), None)


class NipBackend(AuthenticationBackend):
    """Finds the account by the person's number, else by its own name (accounts without a person).

    Unknown, inactive, without a password, wrong password: one query, one hash, one answer (F40).
    """

    def authenticate(self, request, username=None, password=None, **credentials):
        if not username or password is None:
            return None
        user = account_named(username)
        if user is None:
            get_user_model()().set_password(password)  # an unknown number takes as long as a wrong password
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def get_user(self, user_id):
        """The account of a request, with what ended of it last: no statement more."""
        user = get_user_model().objects.with_endings().filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None


class ClosedAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("This number and this password do not belong together. Please check both."),
    }

    def is_open_for_signup(self, request) -> bool:
        return False

    def login(self, request, user) -> None:
        """Logging in anew begins anew, in the same browser too."""
        super().login(request, user)
        request.session[STARTED] = request.session[SEEN] = timezone.now().timestamp()
        request.session[DEVICE] = device_of(request.headers.get("User-Agent", ""))

    def get_login_stages(self) -> list[str]:
        """The second factor is asked for by our own stage: a provider may have asked for it already."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "employees.factors.SecondStage"}
        return [ours.get(one, one) for one in super().get_login_stages()]

    def pre_authenticate(self, request, **credentials) -> None:
        """Our own limits stand in the place of allauth's, which count in the cache and mix up good and bad."""
        account = typed_number(credentials.get("username") or "").lower()
        self.trying = limits.Try(account, self.get_client_ip(request))
        try:
            self.trying.begin(at=timezone.now())
        except limits.TooMany as refused:
            self.refused(request, "authn_login_lock", status=429, **credentials)
            raise wait_longer(request, refused) from None

    def authentication_failed(self, request, **credentials) -> None:
        self.trying.failed(at=timezone.now())
        self.refused(request, "authn_login_fail", status=200, **credentials)

    def refused(self, request, what: str, *, status: int, username: str = "", **credentials) -> None:
        """An event in the trail: whose account it was, if it is one. What was typed is never kept; the same is done and
        written for a number nobody has, so that the time tells nothing (F40). A pause is one event a window."""
        account, at = account_named(username), timezone.now()
        if what == "authn_login_lock" and not self.trying.first_lock(at=at):
            return
        denied(
            by=request.user if request.user.is_authenticated else None,
            at=at,
            route=request.resolver_match.view_name if request.resolver_match else "",
            what=what,
            method=request.method,
            status=status,
            subject_type="employees.user",
            subject_id=account.pk if account else 0,
            agency_id=account.employee.agency_id if account and account.employee else None,
        )

    def _rollback_login_failed_rl_usage(self) -> None:
        """allauth calls it after a good password (the name is theirs)."""
        self.trying.succeeded(at=timezone.now())

    def set_password(self, user, password) -> None:
        """Changed by the person, or by the link they were sent: what else is open of the account ends."""
        key = self.request.session.session_key if self.request.user.is_authenticated else None
        set_password(user=user, password=password, by=user, at=timezone.now(), except_key=key)


def wait_longer(request, refused: limits.TooMany) -> ValidationError:
    """What a form says to somebody who tried too often; the view answers with 429."""
    request.too_many = refused
    text = ngettext(
        "Too many attempts. Please wait %(minutes)s minute, then try again.",
        "Too many attempts. Please wait %(minutes)s minutes, then try again.",
        refused.minutes,
    )
    return ValidationError(text % {"minutes": refused.minutes}, code="too_many_login_attempts")


class ForgottenForm(ResetPasswordForm):
    """An address known or not: one look, one entry of the outbox, one answer; a worker writes the mail (F40)."""

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        self.users = list(get_user_model().objects.filter(email__iexact=email, is_active=True).order_by("pk")[:MOST])
        return email

    def save(self, request, **kwargs) -> str:
        for user in self.users or [None]:
            write_to(user, "password-reset", at=timezone.now())
        return self.cleaned_data["email"]


class NewPasswordForm(ChangePasswordForm):
    """The old password is asked for as at the log-in: counted before it is looked at."""

    def clean_oldpassword(self) -> str:
        old = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, old):
            raise get_adapter().validation_error("enter_current_password")
        return old


class Waits:
    """Of a page that asks for a password or a code: who must wait is told for how long, in words and to programs."""

    request: Any

    def form_invalid(self, form):
        response = super().form_invalid(form)  # type: ignore[misc]  # a view's
        if refused := getattr(self.request, "too_many", None):
            response.status_code = 429
            response.headers["Retry-After"] = str(refused.seconds)
        return response


class Entrance(Waits, LoginView):
    """The log-in page."""

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {
            "sso": bool(settings.OIDC_ISSUER),
            "ended": ENDINGS.get(self.request.GET.get("ended", "")),
        }


class NewPassword(Waits, PasswordChangeView):
    """Changing one's password."""


class NipLoginForm(LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("NIP or NI PPPK")
        self.fields["login"].widget.attrs.update(
            {"placeholder": "", "inputmode": "numeric", "autocomplete": "username", "autofocus": True}
        )
        self.fields["password"].widget.attrs["placeholder"] = ""
