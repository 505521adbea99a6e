"""Every address of the portal. Signing up does not exist: accounts are made by administrators."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from employees import sso
from employees.factors import CodeAgain, PasskeyAgain, PasswordAgain, SecondDoor
from employees.login import Entrance, NewPassword

from . import health

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one door for everybody

accounts = [
    path("login/", Entrance.as_view(), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", PasswordAgain.as_view(), name="account_reauthenticate"),
    # The second factor, under the names the log-in library asks for: to come in, and to confirm that it is still you.
    path("code/", SecondDoor.as_view(), name="mfa_authenticate"),
    path("reauthenticate/code/", CodeAgain.as_view(), name="mfa_reauthenticate"),
    path("reauthenticate/passkey/", PasskeyAgain.as_view(), name="mfa_reauthenticate_webauthn"),
    path("sso/", sso.start, name="sso"),
    path("sso/callback/", sso.callback, name="sso-callback"),
    path("password/change/", NewPassword.as_view(), name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # The log-in library asks for this name; whoever comes here is led to the log-in.
    path(
        "signup/",
        login_not_required(RedirectView.as_view(pattern_name="account_login")),
        name="account_signup",
    ),
]

urlpatterns = [
    path("", include("schedules.urls")),
    path("", include("employees.urls")),
    path("accounts/", include(accounts)),
    path("admin/", admin.site.urls),
    path("api/", include("schedules.api_urls")),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]

handler404 = "wfh_portal.problems.nowhere"
