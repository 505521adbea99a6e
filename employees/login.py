"""Logging in by the 18-digit number, through allauth; accounts are made by administrators, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import LoginForm, default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


def typed_number(text: str) -> str:
    """A number as people write it (`19860926 201505 1 001`) without its spaces and dots."""
    return "".join(text.split()).replace(".", "")


class NipBackend(AuthenticationBackend):
    """Finds the account by the person's number, else by its own name (accounts without a person)."""

    def authenticate(self, request, username=None, password=None, **credentials):
        if not username or password is None:
            return None
        users = get_user_model().objects.select_related("employee")
        typed = typed_number(username)
        user = users.filter(employee__nip=typed).first() or users.filter(username=username.strip()).first()
        if user is None:
            get_user_model()().set_password(password)  # an unknown number takes as long as a wrong password
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None


class ClosedAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("This number and this password do not belong together. Please check both."),
    }

    def is_open_for_signup(self, request) -> bool:
        return False


class NipLoginForm(LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("NIP or NI PPPK")
        self.fields["login"].widget.attrs.update(
            {"placeholder": "", "inputmode": "numeric", "autocomplete": "username", "autofocus": True}
        )
        self.fields["password"].widget.attrs["placeholder"] = ""


def first_link(user) -> str:
    """The address at which the holder of an account sets its password: once, and within `PASSWORD_RESET_TIMEOUT`.

    It is a secret: shown once or written to a file of the administrator's, never kept, logged or put into the ledger.
    """
    key = default_token_generator.make_token(user)
    where = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return f"{settings.PUBLIC_URL}{where}"
