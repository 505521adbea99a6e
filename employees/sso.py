"""Logging in through the agency's own identity provider (OpenID Connect). The provider says who it is, by the NIP.

Nobody gets an account by it and no mail address leads to one: the number must be that of a civil servant with an open
account here. Nothing of the provider's is kept. Off unless OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are set.
"""

import secrets
from http import HTTPStatus

import jwt
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from requests import RequestException

from employees.views import sorry
from ledger.trail import denied

PROVIDER = "sso"
SIGNED = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]  # by a key pair
BROKEN = (
    OAuth2Error,
    RequestException,
    KeyError,
    TypeError,
    ValueError,
)  # no provider, or none that answers as one


def is_on() -> bool:
    """Whether this installation has a provider."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET)


class Provider(OpenIDConnectOAuth2Adapter):
    """The provider of the settings. Its tokens are checked in full, though they come straight from it."""

    @property
    def openid_config(self):
        config = super().openid_config
        if config.get("issuer") != settings.OIDC_ISSUER:
            raise OAuth2Error("another issuer answers there")
        return config

    def get_callback_url(self, request, app):
        return settings.PUBLIC_URL + reverse("sso-callback")

    def complete_login(self, request, app, token, **kwargs):
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("no id_token")
        return super().complete_login(request, app, token, **kwargs)

    def _decode_id_token(self, app, id_token):
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        try:
            kid = jwt.get_unverified_header(id_token).get("kid")
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
            (key,) = [one for one in keys if kid is None or one.key_id == kid]  # a provider with one key names none
            known = {"issuer": settings.OIDC_ISSUER, "audience": app.client_id, "algorithms": SIGNED}
            return jwt.decode(id_token, key, options={"require": ["exp", "iat", "iss", "aud", "sub"]}, **known)
        except jwt.PyJWTError as error:
            raise OAuth2Error("the id_token is not good") from error


class NumberAdapter(DefaultSocialAccountAdapter):
    """From what the provider says to an account of ours; nothing else of the library's ways is open."""

    def is_open_for_signup(self, request, sociallogin) -> bool:
        return False

    def list_apps(self, request, provider=None, client_id=None):
        if not is_on():
            return []
        options = {"server_url": settings.OIDC_ISSUER.rstrip("/"), "oauth_pkce_enabled": True}
        known = {"client_id": settings.OIDC_CLIENT_ID, "secret": settings.OIDC_CLIENT_SECRET, "settings": options}
        return [SocialApp(provider="openid_connect", provider_id=PROVIDER, name="SSO", **known)]

    def pre_social_login(self, request, sociallogin):
        """The tokens are good: whose account is it? Always ends here, in a log-in or a refusal."""
        said = sociallogin.account.extra_data
        token, info = said["id_token"], said.get("userinfo") or {}
        nonce = (sociallogin.state.get("data") or {}).get("nonce", "")
        if not nonce or not constant_time_compare(str(token.get("nonce", "")), nonce):
            raise ImmediateHttpResponse(refused(request, "NONCE"))
        if info and info.get("sub") != token["sub"]:
            raise ImmediateHttpResponse(refused(request, "SUBJECT"))
        number = token.get(settings.OIDC_NIP_CLAIM, info.get(settings.OIDC_NIP_CLAIM))
        user = _holder(number)
        if user is None or not user.is_active:
            raise ImmediateHttpResponse(refused(request, "NO_ACCOUNT", user))
        record_authentication(request, user, "socialaccount", provider=PROVIDER)
        if "mfa" in (token.get("amr") or []):  # RFC 8176: the provider asked for more than one factor
            record_authentication(request, user, "mfa", type=PROVIDER)
        login = Login(user=user, redirect_url=sociallogin.state.get("next"))
        raise ImmediateHttpResponse(perform_login(request, login))

    def on_authentication_error(self, request, provider, error=None, exception=None, extra_context=None):
        """Cancelled there; a state that is none of ours, or used; a token that is not good."""
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(redirect("account_login"))
        raise ImmediateHttpResponse(refused(request, "BROKEN" if exception else "STATE"))


@login_not_required
@require_GET
def start(request):
    """`/accounts/sso/`: to the provider, with a state and a nonce of this very log-in."""
    if not is_on():
        raise Http404
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    nonce = secrets.token_urlsafe(32)
    try:
        provider = Provider(request, PROVIDER).get_provider()
        provider.oauth2_adapter_class = Provider
        return provider.redirect(
            request,
            AuthProcess.LOGIN,
            next_url=wanted if safe else None,
            data={"nonce": nonce},
            auth_params={"nonce": nonce},
        )
    except BROKEN:
        return refused(request, "PROVIDER", status=HTTPStatus.BAD_GATEWAY)


@login_not_required
@require_GET
def callback(request):
    """`/accounts/sso/callback/`: back from the provider."""
    if not is_on():
        raise Http404
    try:
        return OAuth2CallbackView.adapter_view(Provider(request, PROVIDER))(request)
    except BROKEN:
        return refused(request, "BROKEN")


def _holder(number):
    """The account of the civil servant with this number, open or not; None where it is no number of ours."""
    if not isinstance(number, str) or not number:
        return None
    return get_user_model().objects.select_related("employee").filter(employee__nip=number).first()


def refused(request, code: str, user=None, status: int = HTTPStatus.FORBIDDEN):
    """A page that says what to do, and a line in the trail. Without an account, with a closed one: one sentence."""
    denied(
        by=None,
        at=timezone.now(),
        route=request.resolver_match.view_name,
        what="authn_login_fail",
        method=request.method,
        status=status,
        code=code,
        subject_type="employees.user",
        subject_id=user.pk if user else 0,
        agency_id=user.employee.agency_id if user else None,
    )
    if code == "NO_ACCOUNT":
        text = _("There is no open account here for your number. The administrator of your agency makes or opens it.")
    elif code == "PROVIDER":
        text = _("Your agency's log-in does not answer just now. Try again later, or log in with number and password.")
    else:
        text = _("The log-in took too long or came back incomplete. Please begin again from the log-in page.")
    return sorry(request, _("The log-in did not succeed"), text, int(status))
