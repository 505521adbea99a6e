"""`/account/factors/`: one's own second factor. Recovery codes are on the page of the very answer that made them, and
nowhere afterwards."""

from base64 import b64encode

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import clear_totp_secret, get_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal import auth as passkeys
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from employees import actions
from employees.actions.factors import codes_left, factors_of, needs_factor
from employees.factors import now_proved, proved
from employees.forms import AppCodeForm, PasskeyForm


@require_GET
def factors(request):
    """What the account proves itself with beside the password."""
    rows = list(factors_of(request.user))
    context = {
        "app": next((row for row in rows if row.type == row.Type.TOTP), None),
        "passkeys": [row for row in rows if row.type == row.Type.WEBAUTHN],
        "codes_left": codes_left(request.user),
        "needs": needs_factor(request.user),
        "proved": proved(request),
    }
    return render(request, "account/factors.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def app_add(request):
    """Scan, type the code the app shows, done."""
    form = AppCodeForm(request.POST if request.method == "POST" else None)
    secret = get_totp_secret(regenerate=request.method != "POST")
    if form.is_valid():
        code = form.cleaned_data["code"]
        try:
            one, codes = actions.add_app(
                by=request.user, secret=secret, code=code, key=request.session.session_key, at=timezone.now()
            )
        except actions.Refused as refused:
            if refused.code == "TAKEN":
                messages.error(request, str(refused))
                return redirect("factors")
            form.add_error("code", str(refused))
        else:
            clear_totp_secret(request)
            return _added(request, one, codes)
    address = get_adapter().build_totp_url(request.user, secret)
    context = {
        "form": form,
        "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        "address": address,
        "square": "data:image/svg+xml;base64," + b64encode(get_adapter().build_totp_svg(address).encode()).decode(),
    }
    return render(request, "account/factor_app.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def passkey_add(request):
    """The browser makes the key; the library checks its answer to the challenge it was given."""
    if request.method == "POST":
        form = PasskeyForm(request.POST)
        checked = AddWebAuthnForm(request.POST, user=request.user)
        if form.is_valid() and checked.is_valid():
            one, codes = actions.add_passkey(
                by=request.user,
                name=form.cleaned_data["name"],
                credential=checked.cleaned_data["credential"],
                key=request.session.session_key,
                at=timezone.now(),
            )
            return _added(request, one, codes)
        messages.error(request, _("The browser's answer was not the one asked for. Please try again."))
    options = passkeys.begin_registration(request.user, False)
    return render(request, "account/factor_passkey.html", {"form": PasskeyForm(), "options": options})


@require_POST
def factor_remove(request, pk):
    try:
        actions.remove_factor(by=request.user, pk=pk, at=timezone.now())
        messages.success(request, _("The factor is removed."))
    except actions.Refused as refused:
        if refused.code == "UNKNOWN":  # somebody else's, or none at all
            raise Http404 from refused
        messages.error(request, str(refused))
    return redirect("factors")


@require_POST
def codes_renew(request):
    try:
        codes = actions.renew_codes(by=request.user, at=timezone.now())
    except actions.Refused as refused:
        messages.error(request, str(refused))
        return redirect("factors")
    return render(request, "account/recovery_codes.html", {"codes": codes})


def _added(request, one, codes):
    now_proved(request, one)
    if codes:
        return render(request, "account/recovery_codes.html", {"codes": codes})
    messages.success(request, _("The factor is added."))
    return redirect("factors")
