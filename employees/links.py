"""The link at which the holder of an account sets its password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse


def first_link(user) -> str:
    """The address at which the holder of an account sets its password: once, and within `PASSWORD_RESET_TIMEOUT`.

    It is a secret: shown once, mailed, or written to a file of the administrator's, never kept, logged or put into the
    ledger.
    """
    key = default_token_generator.make_token(user)
    where = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return f"{settings.PUBLIC_URL}{where}"
