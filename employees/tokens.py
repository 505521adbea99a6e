"""Who a token speaks for, in which language they are answered, and what it may."""

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission

from .endings import ended_since
from .models import TokenScopes, User
from .scopes import Scope


class AccountToken(TokenAuthentication):
    """Knox's tokens; the answer is in the account's language, as its pages are (the middleware sees no token)."""

    def authenticate_credentials(self, token):
        user, found = super().authenticate_credentials(token)
        translation.activate(user.language)
        account = User.objects.with_endings().get(pk=user.pk)
        if ended_since(account, found.created):
            raise AuthenticationFailed(
                _("A role or a stand-in of yours has ended since this token was made. Make a new one.")
            )
        return account, found


class AccountTokenScheme(KnoxTokenScheme):
    target_class = "employees.tokens.AccountToken"


class InScope(BasePermission):
    """A token reads; to write it needs the view's scope (`scope` of the view, else `write`). A log-in needs none."""

    message = _("This token only reads, or may not do this. Make one with the scope for it.")
    code = "SCOPE"

    def has_permission(self, request, view) -> bool:
        if request.method in SAFE_METHODS or not isinstance(request.auth, AuthToken):
            return True
        needed = getattr(view, "scope", Scope.WRITE)
        return TokenScopes.objects.filter(token=request.auth, names__contains=[needed]).exists()
