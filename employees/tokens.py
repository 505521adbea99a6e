"""Who a token speaks for, and in which language they are answered."""

from django.utils import translation
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication


class AccountToken(TokenAuthentication):
    """Knox's tokens; the answer is in the account's language, as its pages are (the middleware sees no token)."""

    def authenticate_credentials(self, token):
        user, found = super().authenticate_credentials(token)
        translation.activate(user.language)
        return user, found


class AccountTokenScheme(KnoxTokenScheme):
    target_class = "employees.tokens.AccountToken"
