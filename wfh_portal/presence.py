"""How long a log-in lasts: shorter for whoever holds a role, and never too old to decide with (reliability.md 4.3)."""

import datetime as dt
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.contrib.auth import logout
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from employees.actions.factors import factors_of, needs_factor
from employees.endings import ended_since
from employees.factors import proved
from employees.sessions import SEEN, STARTED
from ledger.api import PROBLEM

HOUR = dt.timedelta(hours=1).total_seconds()
WITH_A_ROLE = (HOUR / 2, 12 * HOUR)  # idle, absolute: HR, administrators, auditors
WITHOUT = (12 * HOUR, 7 * 24 * HOUR)  # who only reads their own week need not log in every morning
DECIDE = 12 * HOUR  # a log-in older than this changes nothing before it is confirmed
NOTED = 300  # seconds: being here is written this often, not at every request

# A supervisor decides about others: not from a screen that was left alone for half an hour.
ABOUT_OTHERS = frozenset({"request-approve", "request-reject", "request-return", "approve-chosen", "day-recall"})
# What weighs most is done by somebody who proved in the last ten minutes that it is them (step-up).
FRESH = 600  # seconds
WEIGHTY = frozenset(
    {
        "admin:performance_appraisal_changelist",  # many scores at once
        "approve-chosen",  # many requests at once
        "admin:performance_appraisal_approve",
        "admin:employees_rolegrant_add",
        "admin:employees_rolegrant_change",
        "admin:employees_user_do",
        "factor-app",
        "factor-passkey",
        "factor-codes",
        "factor-remove",
        "admin:eligibility_policy_approve",
        "admin:eligibility_policy_in-force",
        "admin:eligibility_run_publish",
        "admin:schedules_plan_publish",
    }
)
ALWAYS = ("/accounts/", "/account/language/", "/search/")  # logging out, confirming, the language, looking


class PresenceMiddleware:
    """Ends sessions that are too old for whose they are, or began with a right that is over; asks for the password
    before an old one decides."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated and SEEN in request.session:
            self._be_here(request)
        return self.get_response(request)

    def _be_here(self, request) -> None:
        now, session = timezone.now().timestamp(), request.session
        request.idle = now - session[SEEN]
        began = dt.datetime.fromtimestamp(session[STARTED], tz=dt.UTC)
        if ended := ended_since(request.user, began):
            logout(request)
            request.ended = ended
        elif _over(request.user, request.idle, now - session[STARTED]):
            logout(request)  # the next middleware leads to the log-in, the API answers 401
        elif request.idle > NOTED:
            session[SEEN] = now

    def process_view(self, request, view, args, kwargs):
        """Who lost a right logs in anew and reads why. Before a decision from an old log-in: confirm it, then go on
        with what was entered."""
        if hasattr(request, "ended") and getattr(view, "login_required", True) and not request.path.startswith("/api/"):
            back = request.get_full_path() if request.method == "GET" else "/"
            return HttpResponseRedirect(
                f"{reverse('account_login')}?{urlencode({'next': back, 'ended': request.ended.name})}"
            )
        if request.method in ("GET", "HEAD", "OPTIONS") or not request.user.is_authenticated:
            return None
        if request.path.startswith(ALWAYS) or not hasattr(request, "idle"):
            return None
        view_name = request.resolver_match.view_name
        left_alone = view_name in ABOUT_OTHERS and request.idle > WITH_A_ROLE[0]
        if not left_alone and is_fresh(request, FRESH if view_name in WEIGHTY else DECIDE):
            return None
        if request.path.startswith("/api/"):
            logout(request)  # programs use tokens; a browser's old session is none
            return None
        if not get_adapter().get_reauthentication_methods(request.user):
            logout(request)  # neither password nor factor: the agency's provider says anew who it is
            return HttpResponseRedirect(reverse("account_login"))
        return suspend_request(request, reverse("account_reauthenticate"))


# Where somebody goes whose role needs a second factor: to set one up, or to give it. And nowhere else.
WITHOUT_FACTOR = frozenset({"factors", "factor-app", "factor-passkey", "account_reauthenticate", "account_logout"})
NOT_PROVED = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout"})


class FactorMiddleware:
    """Closed to a session with a role that did not prove a second factor; pages, admin and API alike.

    Who has none sets one up. Who has one gives it, and does not set up another with the password alone.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        api = request.path.startswith("/api/")
        if not api and not getattr(view, "login_required", True):  # what visitors may see: the log-in, the language
            return None
        if not request.user.is_authenticated or proved(request) or not needs_factor(request.user):
            return None
        has_one = factors_of(request.user).exists()
        if request.resolver_match.view_name in (NOT_PROVED if has_one else WITHOUT_FACTOR):
            return None
        if api:
            title = _("Your role needs a second factor. Log in to the portal with one, or use a token.")
            body = {"type": "about:blank", "status": 403, "code": "SECOND_FACTOR", "title": title}
            return JsonResponse(body, status=403, content_type=PROBLEM)
        if not has_one:
            return HttpResponseRedirect(reverse("factors"))
        passkey = not factors_of(request.user).exclude(type="webauthn").exists()
        where = reverse("mfa_reauthenticate_webauthn" if passkey else "mfa_reauthenticate")
        back = request.get_full_path() if request.method == "GET" else "/"
        return HttpResponseRedirect(f"{where}?{urlencode({'next': back})}")


def _over(user, idle: float, age: float) -> bool:
    """Whether a session is past its limits. Nothing is asked of the database within the stricter ones."""
    if idle <= WITH_A_ROLE[0] and age <= WITH_A_ROLE[1]:
        return False
    idle_limit, age_limit = WITH_A_ROLE if user.reach.grants else WITHOUT
    return idle > idle_limit or age > age_limit


def is_fresh(request, seconds: float = FRESH) -> bool:
    """Whether the person proved who they are, in this session, in the last `seconds`."""
    records = get_authentication_records(request, request.user)
    proved = max([request.session[STARTED], *(one["at"] for one in records)])
    return timezone.now().timestamp() - proved <= seconds
