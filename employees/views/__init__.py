"""Who reads a page and when; the account page; the language."""

import datetime as dt
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from employees import actions, searches
from employees.calendar import local_date
from employees.forms import LanguageForm, NoticesForm
from employees.models import Agency, Employee
from employees.queries import placement_on


class Reader:
    """Who reads a page, and when, in whose zone. Each answer is found when first asked, once a request."""

    def __init__(self, request):
        self.user: Any = getattr(request, "user", None) or AnonymousUser()
        self.now = timezone.now()
        match = request.resolver_match
        self.here: str = match.view_name if match else ""
        self.path: str = request.get_full_path() if request.method == "GET" else "/"

    @cached_property
    def person(self) -> Employee | None:
        """The civil servant the account belongs to."""
        number = getattr(self.user, "employee_id", None)
        person = Employee.objects.with_zone().select_related("agency").filter(pk=number).first() if number else None
        if person:
            self.user.employee = person  # so that nothing fetches it again
        return person

    @property
    def agency(self) -> Agency | None:
        return self.person.agency if self.person else None

    @property
    def zone(self) -> ZoneInfo:
        return self.person.zone if self.person else ZoneInfo(settings.TIME_ZONE)

    @property
    def today(self) -> dt.date:
        return local_date(self.now, self.zone)

    @property
    def greeting(self) -> str:
        hour = self.now.astimezone(self.zone).hour
        if hour < 11:
            text = _("Good morning, %(name)s")
        elif hour < 15:
            text = _("Good day, %(name)s")
        elif hour < 18:
            text = _("Good afternoon, %(name)s")
        else:
            text = _("Good evening, %(name)s")
        return text % {"name": self.person.name if self.person else ""}


def reader_of(request) -> Reader:
    """The reader of this request, made once."""
    if not hasattr(request, "reader"):
        request.reader = Reader(request)
    return request.reader


def sorry(request, heading: str, text: str, status: int):
    """A friendly page with one sentence that says what to do."""
    return render(request, "message.html", {"heading": heading, "text": text}, status=status)


@require_GET
def account(request):
    """`/account/`: who the portal takes me for, language, how I am told, password, log-out."""
    user = request.user
    chosen = {
        "digest": "1" if user.digest else "0",
        "quiet_from": user.quiet_from,
        "quiet_until": user.quiet_until,
        "quiet_days_off": user.quiet_days_off,
    }
    return _account(request, NoticesForm(initial=chosen))


def _account(request, form: NoticesForm, status: int = 200):
    reader = reader_of(request)
    placement = placement_on(reader.person.pk, reader.today) if reader.person else None
    context = {
        "person": reader.person,
        "placement": placement,
        "form": form,
        "push_key": settings.WEBPUSH_PUBLIC_KEY if settings.WEBPUSH_PRIVATE_KEY else "",
    }
    return render(request, "account/profile.html", context, status=status)


@require_POST
def notices(request):
    """`/account/notices/`: each mail at once or one a day; hours without mail."""
    form = NoticesForm(request.POST)
    if not form.is_valid():
        return _account(request, form, status=422)
    actions.choose_notices(by=request.user, at=timezone.now(), **form.cleaned_data)
    messages.success(request, _("How you are told is saved."))
    return HttpResponseRedirect(reverse("account"))


@login_not_required
@require_POST
def language(request):
    """`/account/language/`: a cookie for this browser, and for an account its own language too."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        text = _("The portal speaks Indonesian (id) and English (en).")
        return sorry(request, _("This language is not known"), text, 400)
    chosen = form.cleaned_data["language"]
    if request.user.is_authenticated:
        actions.choose_language(by=request.user, language=chosen, at=timezone.now())
    target = form.cleaned_data["next"]
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    if target == reverse("account") and request.user.is_authenticated:
        with translation.override(chosen):
            messages.success(request, _("The language is saved."))
    response = HttpResponseRedirect(target)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=365 * 24 * 3600,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


NOT_OF_THE_SEARCH = frozenset({"csrfmiddlewaretoken", "here", "p"})  # what is found begins on its first page


@require_POST
def search(request):
    """Every form with a search posts to here: to the address of its list (`here`), with all else as it was chosen and a
    mark for what was typed."""
    query = QueryDict(mutable=True)
    for name, values in request.POST.lists():
        if name not in NOT_OF_THE_SEARCH:
            found = [searches.mark(request, value) if name in searches.TYPED else value for value in values]
            query.setlist(name, [value for value in found if value])
    here = request.POST.get("here", "").partition("?")[0]
    if not url_has_allowed_host_and_scheme(here, allowed_hosts=None) or not here.startswith("/"):
        here = "/"
    asked = query.urlencode()
    return HttpResponseRedirect(f"{here}?{asked}" if asked else here)
